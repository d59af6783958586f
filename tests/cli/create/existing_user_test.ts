/**
 * `create` for a user that is there already: used as it is, and what that means is said.
 */
import assert from "node:assert/strict";
import { connect, createCredentials, type S3CredentialsError } from "@s3creds/cli";
import { bucketsPolicy } from "@s3creds/cli/policy";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { makeFullUser } from "../../support/full_user.ts";
import { run } from "../../support/run.ts";
import { testsOf } from "./support.ts";

const FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ_ONLY_ACCESS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

const test = testsOf("create, existing user");

test("an existing user is used as it is and gets a second key; a third is refused", async (sandbox) => {
  const args = ["create", "old-bucket"];
  const first = JSON.parse((await run(args, { sandbox })).stdout);
  const second = JSON.parse((await run(args, { sandbox })).stdout);
  const before = sandbox.snapshot();
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: User s3\.read-write\.old-bucket already has 2 access keys/);
  for (const { AccessKeyId } of [first, second]) {
    assert.match(stderr, new RegExp(`${AccessKeyId} \\(created \\d{4}-.*never used`));
  }
  assert.deepEqual(sandbox.snapshot(), before);
});

test("the command that makes room for a key works", async (sandbox) => {
  const args = ["create", "old-bucket", "--username=-a@b"];
  const { AccessKeyId } = JSON.parse((await run(args, { sandbox })).stdout);
  await run(args, { sandbox });
  const { stderr } = await run(args, { sandbox });
  const [, command = ""] = /: s3-credentials (delete-key) ID$/m.exec(stderr) ?? [];
  assert.equal((await run([command, AccessKeyId], { sandbox })).code, 0);
  assert.equal((await run(args, { sandbox })).code, 0);
});

test("the age and last use of keys in the way are told", async (sandbox) => {
  const args = ["create", "old-bucket"];
  const { stdout } = await run(args, { sandbox });
  await run(["whoami", "--auth", "key"], { sandbox, files: { key: stdout } });
  await run(args, { sandbox });
  const { stderr } = await run(args, { sandbox });
  assert.match(stderr, /last used \d{4}-\d\d-\d\d/);
});

test("a last use that may not be seen is not called none", async (sandbox) => {
  const args = ["create", "old-bucket"];
  for (let keys = 0; keys < 2; keys++) await run(args, { sandbox });
  const error = { status: 403, code: "AccessDenied", message: "Not for you" };
  sandbox.fail({ operation: "GetAccessKeyLastUsed", times: Infinity, error });
  const { stderr } = await run(args, { sandbox });
  assert.match(
    stderr,
    /already has 2 access keys.*last use unknown\), access key .*last use unknown\)/,
  );
  assert.doesNotMatch(stderr, /never used/);
});

test("an existing user without the boundary that was asked for is an error", async (sandbox) => {
  const args = ["create", "old-bucket", "--username", "one", "--user-permissions-boundary"];
  await run([...args, "none"], { sandbox });
  const before = sandbox.snapshot();
  const { code, stderr } = await run([...args, READ_ONLY_ACCESS], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /User one already exists, with no permissions boundary/);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("an existing user with a boundary where none was asked for is an error", async (sandbox) => {
  const args = ["create", "old-bucket", "--username", "one"];
  await run(args, { sandbox });
  const before = sandbox.snapshot();
  const none = [...args, "--user-permissions-boundary", "none"];
  const { code, stderr } = await run(none, { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /User one already exists, with permissions boundary arn:.*S3FullAccess; an/);
  assert.deepEqual(sandbox.snapshot(), before);
});

const TEXTRACT = '{"Effect":"Allow","Action":"textract:*","Resource":"*"}';
const ANYTHING = '{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}';
const GET_ONLY = '{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"*"}';

for (
  const [boundary, options, isLimit] of [
    [READ_ONLY_ACCESS, [], true],
    [READ_ONLY_ACCESS, ["--read-only"], false],
    [READ_ONLY_ACCESS, ["--user-permissions-boundary", READ_ONLY_ACCESS], false],
    [READ_ONLY_ACCESS, ["--read-only", "--statement", GET_ONLY], true],
    [FULL_ACCESS, ["--read-only"], false],
    [FULL_ACCESS, ["--statement", GET_ONLY], false],
    [FULL_ACCESS, ["--statement", TEXTRACT], true],
    [FULL_ACCESS, ["--policy", `{"Statement":[${ANYTHING}]}`], true],
  ] as const
) {
  const words = `${options.join(" ")} for a user under ${boundary.split("/")[1]}`;
  test(`${words}: the boundary is ${isLimit ? "warned of" : "no limit"}`, async (sandbox) => {
    const args = ["create", "old-bucket", "--username", "one"];
    await run([...args, "--user-permissions-boundary", boundary], { sandbox });
    const { code, stderr } = await run([...args, "--silent", ...options], { sandbox });
    assert.equal(code, 0, stderr);
    const warning = `Warning: User one has the permissions boundary ${boundary}, which also limits`;
    assert.equal(stderr.includes(warning), isLimit, stderr);
  });
}

test("a policy that changes for an older key, too, is pointed out", async (sandbox) => {
  await run(["create", "old-bucket", "--prefix", "a/"], { sandbox });
  const { code, stderr } = await run(["create", "old-bucket", "--prefix", "b/"], { sandbox });
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^Warning: Replaces the earlier policy s3\.read-write\.old-bucket of user s3\.read-write\.old-bucket: its other access keys lose what that one allowed, and get what the new one allows\. .* a user of its own with --username$/m,
  );
});

test("a policy that is replaced where no other key is there: nobody is said to lose", async (sandbox) => {
  const { stdout } = await run(["create", "old-bucket", "--prefix", "a/"], { sandbox });
  await run(["delete-key", JSON.parse(stdout).AccessKeyId], { sandbox });
  const { stderr } = await run(["create", "old-bucket", "--prefix", "b/"], { sandbox });
  assert.match(
    stderr,
    /^Warning: Replaces the earlier policy s3\.read-write\.old-bucket of user s3\.read-write\.old-bucket$/m,
  );
});

test("active keys that get more by a further policy are named, disabled ones not", async (sandbox) => {
  const joe = ["old-bucket", "--username", "joe"];
  const { stdout } = await run(["create", ...joe, "--write-only"], { sandbox });
  const { AccessKeyId } = JSON.parse(stdout);
  const more = ["create", ...joe, "--read-only", "--plan"];
  const active = await run(more, { sandbox });
  assert.match(
    active.stderr,
    new RegExp(
      "^Warning: The other access keys of user joe also get what is granted here, by policy " +
        `s3\\.read-only\\.old-bucket: access key ${AccessKeyId} \\(.*\\)\\. .* with --username$`,
      "m",
    ),
  );
  const same = await run(["create", ...joe, "--write-only", "--plan"], { sandbox });
  assert.doesNotMatch(same.stderr, /The other access keys/);
  await run(["disable-key", AccessKeyId], { sandbox });
  const disabled = await run(more, { sandbox });
  assert.doesNotMatch(disabled.stderr, /The other access keys/);
});

test("what the user's other policies take up is counted", async (sandbox) => {
  await run(["create", "old-bucket"], { sandbox });
  const user = sandbox.account.users.get("s3.read-write.old-bucket")!;
  user.inlinePolicies.set("another", `{"Version":"2012-10-17","Statement":[]}${"x".repeat(1800)}`);
  const before = sandbox.snapshot();
  const { code, stderr } = await run(["create", "old-bucket"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /would take \d+ characters, AWS allows 2048/);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("a user who may do more by other policies: it is said, with --silent too", async (sandbox) => {
  const joe = ["create", "old-bucket", "--username", "joe"];
  const again = await run([...joe, "-c"], { sandbox });
  assert.doesNotMatch(again.stderr, /can also do/);
  const { code, stderr } = await run([...joe, "--read-only", "--silent"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^Warning: The other access keys of user joe also get .*\nWarning: The new key can also do what user joe may do by policy s3\.read-write\.old-bucket\n$/,
  );
});

test("a user who may do more by managed policies and groups: it is said", async (sandbox) => {
  await makeFullUser(sandbox, "joe");
  const { code, stderr } = await run(["create", "old-bucket", "--username", "joe"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^Warning: .* user joe may do by policies inline, AmazonS3ReadOnlyAccess and by group readers$/m,
  );
  const ann = await run(["create", "old-bucket", "--username", "ann"], { sandbox });
  assert.doesNotMatch(ann.stderr, /Warning/);
});

for (
  const [server, error] of [
    ["finds it", undefined],
    ["finds users by the exact name", {
      status: 404,
      code: "NoSuchEntity",
      message: "No user IDA",
    }],
  ] as const
) {
  Deno.test(`create --username: a name that differs from an existing one only in case, where the server ${server}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const first = await run(["create", "my-bucket", "--username", "Ida"], { sandbox });
    assert.equal(first.code, 0, first.stderr);
    const before = sandbox.snapshot();
    if (error !== undefined) sandbox.fail({ operation: "GetUser", error });
    const { code, stderr } = await run(["create", "my-bucket", "--username", "IDA"], { sandbox });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^Error: Could not create user IDA: Ida exists\nUser Ida differs in upper and lower case only, .* as --username, or another one$/m,
    );
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

Deno.test("createCredentials: the error of a name that differs only in case holds nothing of the answer", async () => {
  await using sandbox = await startSandbox({
    buckets: ["my-bucket"],
    users: { Ida: bucketsPolicy(["my-bucket"]) },
  });
  sandbox.fail({
    operation: "GetUser",
    error: { status: 404, code: "NoSuchEntity", message: "No user IDA" },
  });
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  await assert.rejects(
    createCredentials(aws, { buckets: ["my-bucket"], username: "IDA" }),
    (error: S3CredentialsError) => {
      assert.match(error.hint!, /^User Ida differs in upper and lower case only/);
      let cause = error.cause as Error;
      while (cause.cause !== undefined) cause = cause.cause as Error;
      assert.deepEqual([cause.name, "$response" in cause], ["EntityAlreadyExists", false]);
      return true;
    },
  );
});
