/**
 * The tags of what `create` makes.
 */
import assert from "node:assert/strict";
import { connect, createCredentials, S3CredentialsError } from "@s3creds/cli";
import { type Sandbox, startSandbox, type Tag } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";
import { testsOf } from "./support.ts";

const test = testsOf("create, tags");

/** Tags as an object, with what differs from run to run replaced. */
function tagsOf(tags: readonly Tag[] = []): Record<string, string> {
  const entries = tags.map(({ key, value }) => [key, value]);
  const found: Record<string, string> = Object.fromEntries(entries);
  if (found["s3-credentials:run"] !== undefined) {
    assert.match(found["s3-credentials:run"], /^[\da-f]{8}-[\da-f-]{27}$/);
    found["s3-credentials:run"] = "RUN";
  }
  if (found["s3-credentials:version"] !== undefined) {
    assert.match(found["s3-credentials:version"], /^\d+\.\d+\.\d+/);
    found["s3-credentials:version"] = "VERSION";
  }
  return found;
}

const OWN = { "s3-credentials:version": "VERSION", "s3-credentials:run": "RUN" };

test("a new user says what it is for, and which run has made it, in the call that makes it", async (sandbox) => {
  const { code, stderr } = await run(["create", "old-bucket", "--read-only"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.deepEqual(tagsOf(sandbox.account.users.get("s3.read-only.old-bucket")?.tags), {
    ...OWN,
    "s3-credentials:buckets": "old-bucket",
    "s3-credentials:permission": "read-only",
  });
  assert.equal(sandbox.requests.some(({ operation }) => operation === "TagUser"), false);
});

test("--tag is for user, role and new buckets, beside the tags of this tool", async (sandbox) => {
  const tag = ["--tag", "team=data", "--tag", "cost center=a=b"];
  const own = { team: "data", "cost center": "a=b" };
  const args = ["create", "old-bucket", "new-bucket", "-c", ...tag];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Tagged bucket: new-bucket$/m);
  const { users, buckets, roles } = sandbox.account;
  assert.deepEqual(tagsOf(users.get("s3.read-write.old-bucket,new-bucket")?.tags), {
    ...own,
    ...OWN,
    "s3-credentials:buckets": "old-bucket new-bucket",
    "s3-credentials:permission": "read-write",
  });
  assert.deepEqual(tagsOf(buckets.get("new-bucket")?.tags), own);
  assert.deepEqual(tagsOf(buckets.get("old-bucket")?.tags), {});
  await run(["create", "old-bucket", "-d", "15m", ...tag], { sandbox });
  assert.deepEqual(tagsOf(roles.get("s3-credentials.AmazonS3FullAccess")?.tags), {
    ...own,
    ...OWN,
  });
});

test("--no-own-tags leaves only those of the caller", async (sandbox) => {
  await run(["create", "old-bucket", "--no-own-tags"], { sandbox });
  const { users, roles } = sandbox.account;
  assert.deepEqual(users.get("s3.read-write.old-bucket")?.tags, []);
  const args = ["create", "old-bucket", "--write-only", "--no-own-tags", "--tag", "a="];
  await run(args, { sandbox });
  assert.deepEqual(users.get("s3.write-only.old-bucket")?.tags, [{ key: "a", value: "" }]);
  await run(["create", "old-bucket", "-d", "15m", "--no-own-tags"], { sandbox });
  assert.deepEqual(roles.get("s3-credentials.AmazonS3FullAccess")?.tags, []);
});

/** A caller with all permissions but these. */
async function callerWithout(sandbox: Sandbox, actions: string[]): Promise<Record<string, string>> {
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const iam = await aws.iam();
  await iam.createUser({ UserName: "caller" });
  const Statement = [
    { Effect: "Allow", Action: "*", Resource: "*" },
    { Effect: "Deny", Action: actions, Resource: "*" },
  ];
  await iam.putUserPolicy({
    UserName: "caller",
    PolicyName: "own",
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
  });
  const { AccessKey } = await iam.createAccessKey({ UserName: "caller" });
  return {
    AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!,
    AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey!,
  };
}

test("a caller who may not tag gets the credentials, and a warning even with --silent", async (sandbox) => {
  const denied = ["iam:TagUser", "iam:TagRole", "s3:PutBucketTagging"];
  const env = await callerWithout(sandbox, denied);
  const args = ["create", "new-bucket", "-c", "--tag", "team=data", "--silent"];
  const permanent = await run(args, { sandbox, env });
  assert.equal(permanent.code, 0, permanent.stderr);
  assert.deepEqual(permanent.stderr.trimEnd().split("\n").sort(), [
    "Warning: Bucket new-bucket got no tags: that needs s3:PutBucketTagging",
    "Warning: Created user s3.read-write.new-bucket without tags: these credentials lack " +
    "iam:TagUser for them",
  ]);
  assert.deepEqual(sandbox.account.users.get("s3.read-write.new-bucket")?.tags, []);
  const temporary = await run(["create", "new-bucket", "-d", "15m", "--silent"], { sandbox, env });
  assert.equal(temporary.code, 0, temporary.stderr);
  assert.match(temporary.stderr, /^Warning: Created role .* without tags: .* lack iam:TagRole/);
});

test("a caller who may not create users is told that, and not of tags", async (sandbox) => {
  const env = await callerWithout(sandbox, ["iam:CreateUser"]);
  const { code, stderr } = await run(["create", "old-bucket"], { sandbox, env });
  assert.equal(code, 1);
  assert.match(stderr, /not authorized to perform: iam:CreateUser/);
  assert.doesNotMatch(stderr, /without tags/);
});

test("many buckets: as many names as a tag can hold, and the number of the others", async (sandbox) => {
  const names = Array.from({ length: 9 }, (_, index) => `${"bucket-".repeat(8)}${index}`);
  for (const name of names) await run(["create", name, "-c", "-d", "15m"], { sandbox });
  const { code, stderr } = await run(["create", ...names, "--write-only"], { sandbox });
  assert.equal(code, 0, stderr);
  const [user] = [...sandbox.account.users.values()].slice(-1);
  const value = tagsOf(user?.tags)["s3-credentials:buckets"]!;
  assert.equal(value, [...names.slice(0, 4), "+5"].join(" "));
});

test("--dry-run and --plan show the tags that the caller has chosen for a bucket", async (sandbox) => {
  const args = ["create", "new-bucket", "-c", "--tag", "team=data"];
  for (const mode of ["--dry-run", "--plan"]) {
    const { stdout } = await run([...args, mode], { sandbox });
    assert.match(stdout, /^Would create bucket: 'new-bucket'\n\.\.\. then tag it: team=data$/m);
  }
  assert.equal(sandbox.account.buckets.has("new-bucket"), false);
});

Deno.test("createCredentials: tags that AWS would refuse are refused before anything is sent", async () => {
  await using sandbox = await startSandbox({ buckets: ["old-bucket"] });
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const many = Array.from({ length: 44 }, (_, index) => [`tag-${index}`, ""]);
  const cases: [tags: Record<string, string>, says: RegExp][] = [
    [{ "": "x" }, /1 to 128 characters/],
    [{ ["k".repeat(129)]: "" }, /1 to 128 characters/],
    [{ k: "v".repeat(257) }, /at most 256 characters/],
    [{ "aws:x": "" }, /AWS reserves aws:/],
    [{ "S3-Credentials:run": "" }, /this tool reserves s3-credentials:/],
    [{ "a*": "" }, /letters, digits/],
    [{ a: "1", A: "2" }, /given twice/],
    [Object.fromEntries(many), /at most 43/],
  ];
  for (const [tags, says] of cases) {
    await assert.rejects(
      createCredentials(aws, { buckets: ["old-bucket"], tags }),
      (error) =>
        error instanceof S3CredentialsError && error.code === "usage" && says.test(error.message),
    );
  }
  assert.deepEqual(sandbox.requests, []);
});
