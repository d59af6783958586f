/** boto3 on our sandbox: what each step of boto3_client.py must give. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { adminEnv, hasPeers, peerTest, runPeer, scriptPath } from "./support.ts";

let sandbox: Sandbox;
let results: Record<string, unknown> = {};

Deno.test.beforeAll(async () => {
  sandbox = await startSandbox();
  if (!hasPeers) return;
  const ran = await runPeer("python", [scriptPath("boto3_client.py")], { env: adminEnv(sandbox) });
  assert.equal(ran.code, 0, ran.stderr);
  results = JSON.parse(ran.stdout);
});
Deno.test.afterAll(() => sandbox.close());

/** What boto3 raises where its model of the service has a class for the error. */
const modelled = (name: string, code: string) => ({ class: name, code });
/** What it raises for all other codes. */
const refused = (code: string) => ({ class: "ClientError", code });

const ACCOUNT = "123456789012";

const expected: Record<string, unknown> = {
  "get_caller_identity": `arn:aws:iam::${ACCOUNT}:user/admin`,
  "create_user": `arn:aws:iam::${ACCOUNT}:user/ida`,
  "get a missing user": modelled("NoSuchEntityException", "NoSuchEntity"),
  "a missing user raises NoSuchEntityException": true,
  "create a user again": modelled("EntityAlreadyExistsException", "EntityAlreadyExists"),
  "paginate list_users by one": ["admin", "ida"],
  "put and get_user_policy": true,
  "a policy that is no JSON": modelled(
    "MalformedPolicyDocumentException",
    "MalformedPolicyDocument",
  ),
  "list_access_keys": [true],
  "a second key": "Active",
  "a third key": modelled("LimitExceededException", "LimitExceeded"),
  "create_bucket": "/papers",
  "put_object": '"5d41402abc4b2a76b9719d911017c592"',
  "get_object": ["hello", { by: "boto3" }],
  "get_object of a missing key": modelled("NoSuchKey", "NoSuchKey"),
  "head_bucket of none": refused("404"),
  "multipart up and down": [true, true],
  "paginate list_objects_v2 by one": ["a/b.txt", "big"],
  "an allowed read": 5,
  "a denied write": modelled("AccessDenied", "AccessDenied"),
  "a denied identity call": refused("AccessDenied"),
  "an unknown key": refused("InvalidAccessKeyId"),
  "a public policy that the block refuses": modelled("AccessDenied", "AccessDenied"),
  "put and get_public_access_block": true,
  "put and get_bucket_policy": true,
  "get_bucket_cors where there is none": refused("NoSuchCORSConfiguration"),
  "put and get_bucket_cors": true,
  "put and get_bucket_website": { Key: "error.html" },
  "get_bucket_location": null,
  "create_role": `arn:aws:iam::${ACCOUNT}:role/worker`,
  "list_attached_role_policies": [{
    PolicyName: "AmazonS3FullAccess",
    PolicyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
  }],
  "assume_role": `arn:aws:sts::${ACCOUNT}:assumed-role/worker/try`,
  "a session that is too long": refused("ValidationError"),
  "a session policy that is no JSON": modelled(
    "MalformedPolicyDocumentException",
    "MalformedPolicyDocument",
  ),
  "temporary: who am I": `arn:aws:sts::${ACCOUNT}:assumed-role/worker/try`,
  "temporary: an allowed read": 5,
  "temporary: a denied write": modelled("AccessDenied", "AccessDenied"),
  "temporary: another action of the role": modelled("AccessDenied", "AccessDenied"),
  "temporary: without the token": refused("InvalidAccessKeyId"),
  "delete_user with dependents": modelled("DeleteConflictException", "DeleteConflict"),
  "delete_objects": [],
  "delete_bucket": true,
};

for (const [name, value] of Object.entries(expected)) {
  peerTest(`boto3: ${name}`, () => assert.deepEqual(results[name], value));
}

peerTest("boto3: no step is left out", () => {
  assert.deepEqual(Object.keys(results), Object.keys(expected));
});
