/** The aws CLI on our sandbox: identities, and what it says when it is refused. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { AWS_SERVICE_ERROR as SERVICE_ERROR, type Step, stepTests } from "./steps.ts";
import { adminEnv, awsEnv } from "./support.ts";

let sandbox: Sandbox;
/** Ida's keys, once she has them. */
let key = { accessKeyId: "", secretAccessKey: "" };

Deno.test.beforeAll(async () => {
  sandbox = await startSandbox({ buckets: ["photos", "secrets"] });
});
Deno.test.afterAll(() => sandbox.close());

const readPhotos = {
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Action: ["s3:ListBucket", "s3:GetObject"],
    Resource: ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"],
  }],
};
const boundary = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const asIda = () => awsEnv(sandbox.url, key);

const users: Step[] = [
  {
    name: "sts get-caller-identity",
    args: "sts get-caller-identity",
    stdout: { json: { Account: "123456789012", Arn: "arn:aws:iam::123456789012:user/admin" } },
  },
  {
    name: "iam create-user",
    args: `iam create-user --user-name ida --permissions-boundary ${boundary}`,
    stdout: {
      json: {
        User: {
          UserName: "ida",
          Path: "/",
          Arn: "arn:aws:iam::123456789012:user/ida",
          PermissionsBoundary: { PermissionsBoundaryArn: boundary },
        },
      },
    },
  },
  {
    name: "iam create-user again",
    args: "iam create-user --user-name ida",
    code: SERVICE_ERROR,
    stderr: /\(EntityAlreadyExists\) when calling the CreateUser operation/,
  },
  {
    name: "iam get-user",
    args: "iam get-user --user-name ida",
    stdout: { json: { User: { PermissionsBoundary: { PermissionsBoundaryArn: boundary } } } },
  },
  {
    name: "iam get-user of nobody",
    args: "iam get-user --user-name nobody",
    code: SERVICE_ERROR,
    stderr: /\(NoSuchEntity\) when calling the GetUser operation/,
  },
  {
    name: "iam list-users",
    args: "iam list-users --query Users[].UserName --output json",
    stdout: { json: ["admin", "ida"] },
  },
  {
    name: "iam put-user-policy",
    args: () => [
      ...["iam", "put-user-policy", "--user-name", "ida", "--policy-name", "read"],
      ...["--policy-document", JSON.stringify(readPhotos)],
    ],
    stdout: "",
  },
  {
    name: "iam put-user-policy that is no policy",
    args: () => [
      ...["iam", "put-user-policy", "--user-name", "ida", "--policy-name", "bad"],
      ...["--policy-document", '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}'],
    ],
    code: SERVICE_ERROR,
    stderr: /\(MalformedPolicyDocument\)/,
  },
  {
    name: "iam get-user-policy",
    args: "iam get-user-policy --user-name ida --policy-name read",
    stdout: { json: { UserName: "ida", PolicyName: "read", PolicyDocument: readPhotos } },
  },
  {
    name: "iam list-user-policies",
    args: "iam list-user-policies --user-name ida",
    stdout: { json: { PolicyNames: ["read"] } },
  },
  {
    name: "iam create-access-key",
    args: "iam create-access-key --user-name ida",
    stdout: { json: { AccessKey: { UserName: "ida", Status: "Active" } } },
    check: ({ stdout }) => {
      const { AccessKeyId, SecretAccessKey } = JSON.parse(stdout).AccessKey;
      key = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
      assert.match(AccessKeyId, /^AKIA[A-Z0-9]{16}$/);
    },
  },
  {
    name: "iam list-access-keys",
    args: "iam list-access-keys --user-name ida",
    check: ({ stdout }) => {
      const [one, ...others] = JSON.parse(stdout).AccessKeyMetadata;
      assert.deepEqual([one.AccessKeyId, others.length], [key.accessKeyId, 0]);
    },
  },
];

const asUser: Step[] = [
  {
    name: "sts get-caller-identity as the new user",
    args: "sts get-caller-identity",
    env: asIda,
    stdout: { json: { Arn: "arn:aws:iam::123456789012:user/ida" } },
  },
  { name: "s3 ls of what the policy allows", args: "s3 ls s3://photos", env: asIda, code: 0 },
  {
    name: "s3 ls of another bucket",
    args: "s3 ls s3://secrets",
    env: asIda,
    code: SERVICE_ERROR,
    stderr: /\(AccessDenied\) when calling the ListObjectsV2 operation/,
  },
  {
    name: "s3 cp that the policy does not allow",
    args: "s3 cp - s3://photos/mine.txt",
    stdin: "mine",
    env: asIda,
    code: 1,
    stderr: /\(AccessDenied\) when calling the PutObject operation/,
  },
  {
    name: "iam list-users that the policy does not allow",
    args: "iam list-users",
    env: asIda,
    code: SERVICE_ERROR,
    stderr: /\(AccessDenied\) when calling the ListUsers operation.*iam:ListUsers/,
  },
];

const wrongKeys: Step[] = [
  ["iam list-users", "InvalidClientTokenId", "SignatureDoesNotMatch"],
  ["sts get-caller-identity", "InvalidClientTokenId", "SignatureDoesNotMatch"],
  ["s3api list-buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"],
].flatMap(([args = "", unknownKey, wrongSecret]): Step[] => [
  {
    name: `${args} with an unknown key`,
    args,
    env: { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" },
    code: SERVICE_ERROR,
    stderr: new RegExp(`\\(${unknownKey}\\)`),
  },
  {
    name: `${args} with a wrong secret`,
    args,
    env: { AWS_SECRET_ACCESS_KEY: "wrong" },
    code: SERVICE_ERROR,
    stderr: new RegExp(`\\(${wrongSecret}\\)`),
  },
]);

const removal: Step[] = [
  {
    name: "iam delete-user that has a key and a policy",
    args: "iam delete-user --user-name ida",
    code: SERVICE_ERROR,
    stderr: /\(DeleteConflict\)/,
  },
  {
    name: "iam delete-access-key",
    args: () => [
      ...["iam", "delete-access-key", "--user-name", "ida"],
      ...["--access-key-id", key.accessKeyId],
    ],
  },
  {
    name: "sts get-caller-identity with the deleted key",
    args: "sts get-caller-identity",
    env: asIda,
    code: SERVICE_ERROR,
    stderr: /\(InvalidClientTokenId\)/,
  },
  {
    name: "iam delete-user-policy",
    args: "iam delete-user-policy --user-name ida --policy-name read",
  },
  {
    name: "iam delete-user",
    args: "iam delete-user --user-name ida",
    check: () => assert.deepEqual([...sandbox.account.users.keys()], ["admin"]),
  },
];

stepTests("aws", () => ({ env: adminEnv(sandbox) }), [
  ...users,
  ...asUser,
  ...wrongKeys,
  ...removal,
]);
