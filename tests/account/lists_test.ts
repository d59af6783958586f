/**
 * The library's lists: AWS's field names, times as dates, and errors in the place of details.
 */
import assert from "node:assert/strict";
import {
  connect,
  debugBucket,
  deleteUser,
  getCorsRules,
  listBuckets,
  listRoles,
  listUserPolicies,
  listUsers,
  S3CredentialsError,
  setCorsRule,
  setPublicAccessBlock,
} from "@s3creds/cli";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { addManagedPolicy, addRoles, addUsers, policyFor } from "../support/large_account.ts";

const DENIED = { status: 403, code: "AccessDenied", message: "Not for you" };

function account(sandbox: Sandbox) {
  return connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
}

Deno.test("listUsers: gives times as dates", async () => {
  await using sandbox = await startSandbox();
  addUsers(sandbox.account, 2);
  using aws = account(sandbox);
  const users = await Array.fromAsync(listUsers(aws));
  const user = users.find(({ UserName }) => UserName === "user-0001")!;
  assert.deepEqual(user.CreateDate, new Date("2024-01-01T00:00:01Z"));
  assert.equal(user.Path, "/team/");
});

Deno.test("listRoles: gives documents, and with details the policies of each role", async () => {
  await using sandbox = await startSandbox();
  const { arn } = addManagedPolicy(sandbox.account, "everyone");
  for (const role of addRoles(sandbox.account, 2)) {
    role.inlinePolicies.set("inline", JSON.stringify(policyFor(role.roleName)));
    role.attachedPolicies.add(arn);
    role.lastUsed = { date: new Date("2025-02-03T04:05:06Z"), region: "eu-west-1" };
  }
  using aws = account(sandbox);
  const [bare] = await Array.fromAsync(listRoles(aws));
  assert.equal("details" in bare!, false);
  const [role] = await Array.fromAsync(listRoles(aws, { names: ["role-0001"], details: true }));
  assert.ok(role !== undefined && !(role.AssumeRolePolicyDocument instanceof S3CredentialsError));
  assert.equal(role.AssumeRolePolicyDocument?.Statement[0]?.Effect, "Allow");
  assert.deepEqual(role.RoleLastUsed?.LastUsedDate, new Date("2025-02-03T04:05:06Z"));
  assert.deepEqual(role.details?.inlinePolicies, [
    { PolicyName: "inline", PolicyDocument: policyFor("role-0001") },
  ]);
  const attached = role.details?.attachedPolicies;
  assert.ok(Array.isArray(attached));
  assert.deepEqual(attached[0]?.PolicyVersion.CreateDate, new Date("2024-02-01T00:00:00Z"));
  assert.deepEqual(attached[0]?.PolicyVersion.Document, policyFor("everyone"));
});

Deno.test("listRoles: what may not be read is the error that was reported, in its place", async () => {
  await using sandbox = await startSandbox();
  addRoles(sandbox.account, 1)[0]!.assumeRolePolicyDocument = "nonsense";
  sandbox.fail({ operation: "ListRolePolicies", times: Infinity, error: DENIED });
  using aws = account(sandbox);
  const errors: S3CredentialsError[] = [];
  const [role] = await Array.fromAsync(
    listRoles(aws, { details: true, onError: (error) => errors.push(error) }),
  );
  assert.equal(errors.length, 2);
  assert.equal(role!.AssumeRolePolicyDocument, errors.find(({ code }) => code === "aws"));
  assert.equal(role!.details?.inlinePolicies, errors.find(({ code }) => code === "access-denied"));
  assert.deepEqual(role!.details?.attachedPolicies, []);
  await assert.rejects(Array.fromAsync(listRoles(aws, { details: true })), S3CredentialsError);
});

Deno.test("listUserPolicies: gives the named users in their order, and reports those that are missing", async () => {
  await using sandbox = await startSandbox();
  for (const user of addUsers(sandbox.account, 2)) {
    user.inlinePolicies.set("own", JSON.stringify(policyFor(user.userName)));
  }
  using aws = account(sandbox);
  const codes: string[] = [];
  const found = await Array.fromAsync(listUserPolicies(aws, {
    names: ["user-0001", "nobody", "user-0000"],
    onError: ({ code }) => codes.push(code),
  }));
  assert.deepEqual(
    found,
    ["user-0001", "user-0000"].map((UserName) => ({
      UserName,
      Policies: [{ PolicyName: "own", PolicyDocument: policyFor(UserName) }],
    })),
  );
  assert.deepEqual(codes, ["not-found"]);
  await assert.rejects(Array.fromAsync(listUserPolicies(aws, { names: ["nobody"] })), {
    code: "not-found",
  });
});

Deno.test("listBuckets: details are null if not set, and an error if they may not be read", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  const bucket = sandbox.account.buckets.get("photos")!;
  bucket.publicAccessBlock = undefined;
  sandbox.fail({ operation: "GetBucketAcl", times: Infinity, error: DENIED });
  using aws = account(sandbox);
  const errors: S3CredentialsError[] = [];
  const [photos] = await Array.fromAsync(
    listBuckets(aws, { details: true, onError: (error) => errors.push(error) }),
  );
  assert.ok(photos?.CreationDate instanceof Date);
  assert.deepEqual(photos.details, {
    region: "us-east-1",
    acl: errors[0],
    publicAccessBlock: null,
    website: null,
  });
  assert.equal(errors[0]?.code, "access-denied");
});

Deno.test("debugBucket: each setting by its name, an error where it may not be read", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  sandbox.fail({ operation: "GetBucketCors", times: Infinity, error: DENIED });
  using aws = account(sandbox);
  await setPublicAccessBlock(aws, "photos", { BlockPublicAcls: false });
  const { acl, cors, verdict, ...report } = await debugBucket(aws, "photos");
  assert.ok(!(acl instanceof Error) && acl.Grants?.[0]?.Permission === "FULL_CONTROL");
  assert.ok(cors instanceof S3CredentialsError && cors.code === "access-denied");
  assert.match(verdict[0]!, /^Not public/);
  assert.deepEqual(report, {
    region: "us-east-1",
    policyStatus: null,
    publicAccessBlock: {
      BlockPublicAcls: false,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    ownershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    website: null,
    policy: null,
    accountPublicAccessBlock: null,
  });
});

Deno.test("setCorsRule: what is omitted has its default, what is given comes back", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  using aws = account(sandbox);
  await setCorsRule(aws, "photos", { AllowedMethods: undefined, ExposeHeaders: ["ETag"] });
  assert.deepEqual(await getCorsRules(aws, "photos"), [{
    ID: "set-by-s3-credentials",
    AllowedMethods: ["GET"],
    AllowedOrigins: ["*"],
    ExposeHeaders: ["ETag"],
  }]);
  await setCorsRule(aws, "photos", { ID: "mine", MaxAgeSeconds: 5 });
  assert.deepEqual(await getCorsRules(aws, "photos"), [
    { ID: "mine", AllowedMethods: ["GET"], AllowedOrigins: ["*"], MaxAgeSeconds: 5 },
  ]);
});

Deno.test("deleteUser: calls onRemoved with each dependent, in a fixed order", async () => {
  await using sandbox = await startSandbox();
  const [user] = addUsers(sandbox.account, 1);
  user!.inlinePolicies.set("own", "{}");
  using aws = account(sandbox);
  const iam = await aws.iam();
  const { AccessKey } = await iam.createAccessKey({ UserName: "user-0000" });
  const removed: unknown[] = [];
  await deleteUser(aws, "user-0000", { onRemoved: (dependent) => removed.push(dependent) });
  assert.deepEqual(removed, [
    { kind: "policy", id: "own" },
    { kind: "access key", id: AccessKey!.AccessKeyId },
  ]);
});
