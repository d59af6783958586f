/** `make-public` and `make-private`: what changes, what stays, and who can read the bucket. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { publicBucketPolicy } from "@s3creds/cli/policy";
import { run } from "../support/run.ts";

const BUCKET = "my-bucket";
const ALL_ON = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const PRIVATE_STATEMENT = {
  Sid: "AllowAllGetObject",
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::999999999999:root" },
  Action: "s3:GetObject",
  Resource: `arn:aws:s3:::${BUCKET}/shared/*`,
};

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: [BUCKET] });
    await run(["put-object", BUCKET, "a.txt", "-"], { sandbox, stdin: "hello" });
    await work(sandbox);
  });
}

async function canAnyoneRead(sandbox: Sandbox): Promise<boolean> {
  const { status, body } = await fetch(`${sandbox.url}/${BUCKET}/a.txt`);
  await body?.cancel();
  return status === 200;
}

function policyOf(sandbox: Sandbox) {
  const { policy } = sandbox.account.buckets.get(BUCKET)!;
  return policy === undefined ? undefined : JSON.parse(policy);
}

function blockOf(sandbox: Sandbox) {
  return sandbox.account.buckets.get(BUCKET)!.publicAccessBlock;
}

test("make-public: changes two settings and one statement, and anyone can read", async (sandbox) => {
  assert.equal(await canAnyoneRead(sandbox), false);
  const { code, stdout, stderr } = await run(["make-public", BUCKET], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Before: Not public: .*\nNow: Public\..*\n$/);
  assert.match(
    stderr,
    /^Changed public access block: BlockPublicPolicy off, RestrictPublicBuckets off\nAdded bucket/,
  );
  assert.deepEqual(blockOf(sandbox), {
    ...ALL_ON,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: false,
  });
  assert.deepEqual(policyOf(sandbox), JSON.parse(JSON.stringify(publicBucketPolicy(BUCKET))));
  assert.equal(await canAnyoneRead(sandbox), true);
  const again = await run(["make-public", BUCKET], { sandbox });
  assert.equal(again.stderr, "Nothing has to be changed\n");
});

test("make-public and make-private: other statements of the policy stay as they are", async (sandbox) => {
  const before = { Version: "2012-10-17", Id: "ours", Statement: [PRIVATE_STATEMENT] };
  sandbox.account.buckets.get(BUCKET)!.policy = JSON.stringify(before);
  assert.equal((await run(["make-public", BUCKET], { sandbox })).code, 0);
  const { Statement: [first, second], Id } = policyOf(sandbox);
  assert.deepEqual([Id, first, second.Sid], ["ours", PRIVATE_STATEMENT, "AllowAllGetObject2"]);
  assert.equal(await canAnyoneRead(sandbox), true);
  const { code, stdout, stderr } = await run(["make-private", BUCKET], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Before: Public\..*\nNow: Not public: .*\n$/);
  assert.match(stderr, /^Removed bucket policy statement .*AllowAllGetObject2/m);
  assert.deepEqual(policyOf(sandbox), before);
  assert.deepEqual(blockOf(sandbox), ALL_ON);
  assert.equal(await canAnyoneRead(sandbox), false);
});

test("make-private: a policy of public statements only is deleted", async (sandbox) => {
  await run(["make-public", BUCKET], { sandbox });
  assert.equal((await run(["make-private", BUCKET], { sandbox })).code, 0);
  assert.equal(policyOf(sandbox), undefined);
  const again = await run(["make-private", BUCKET], { sandbox });
  assert.deepEqual([again.code, again.stderr], [0, "Nothing has to be changed\n"]);
});

test("make-public, make-private --dry-run: say what would be changed, and change nothing", async (sandbox) => {
  for (
    const [command, other] of [["make-public", "make-private"], ["make-private", "make-public"]]
  ) {
    assert.equal((await run([other!, BUCKET], { sandbox })).code, 0);
    const before = sandbox.snapshot();
    const dry = await run([command!, BUCKET, "--dry-run"], { sandbox });
    assert.deepEqual(sandbox.snapshot(), before);
    assert.deepEqual([dry.code, dry.stderr], [0, ""]);
    const done = await run([command!, BUCKET], { sandbox });
    const would = done.stderr.replaceAll(/^Changed/gm, "Would change")
      .replaceAll(/^Added/gm, "Would add").replaceAll(/^Removed/gm, "Would remove");
    const now = done.stdout.replace(/^Before: (.*)\n[^]*/, "Now: $1\n");
    assert.equal(dry.stdout, would + now);
  }
  const nothing = await run(["make-private", BUCKET, "--dry-run"], { sandbox });
  assert.equal(nothing.stderr, "Nothing has to be changed\n");
});

test("make-public: the account's block wins, is named, and nothing changes", async (sandbox) => {
  sandbox.account.publicAccessBlock = ALL_ON;
  const { code, stdout, stderr } = await run(["make-public", BUCKET], { sandbox });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^Error: Could not make bucket my-bucket public: the account's public access block has BlockPublicPolicy and RestrictPublicBuckets on/,
  );
  assert.deepEqual(blockOf(sandbox), ALL_ON);
  assert.equal(policyOf(sandbox), undefined);
});

test("make-public: refuses to give anyone what only the public access block holds back", async (sandbox) => {
  const held = { Sid: "Upload", Effect: "Allow", Principal: "*", Action: ["s3:PutObject"] };
  const Resource = `arn:aws:s3:::${BUCKET}/*`;
  const policy = { Version: "2012-10-17", Statement: [PRIVATE_STATEMENT, { ...held, Resource }] };
  sandbox.account.buckets.get(BUCKET)!.policy = JSON.stringify(policy);
  const { code, stdout, stderr } = await run(["make-public", BUCKET], { sandbox });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^Error: Could not make bucket my-bucket public: its policy has statements that allow anyone more than downloads, which only its public access block holds back: \{"Sid":"Upload".*\nFirst remove them from the bucket policy\n$/,
  );
  assert.deepEqual([policyOf(sandbox), blockOf(sandbox)], [policy, ALL_ON]);
  // What the block doesn't hold back is public already.
  await run(["set-public-access-block", BUCKET, "--allow-public-access"], { sandbox });
  assert.equal((await run(["make-public", BUCKET], { sandbox })).code, 0);
});

test("make-public: if the policy can't be set, the public access block is as before", async (sandbox) => {
  const error = { status: 403, code: "AccessDenied", message: "no" };
  sandbox.fail({ operation: "PutBucketPolicy", times: Infinity, error });
  const { code } = await run(["make-public", BUCKET], { sandbox });
  assert.equal(code, 1);
  assert.deepEqual(blockOf(sandbox), ALL_ON);
});

test("make-public: names the settings that could not be switched on again", async (sandbox) => {
  const error = { status: 403, code: "AccessDenied", message: "no" };
  sandbox.fail({ operation: "PutBucketPolicy", times: Infinity, error });
  sandbox.fail({ operation: "PutPublicAccessBlock", occurrence: 2, times: Infinity, error });
  const { code, stderr } = await run(["make-public", BUCKET], { sandbox });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /policy .*: AccessDenied: no\. .* still has BlockPublicPolicy and RestrictPublicBuckets off\. /,
  );
  assert.match(stderr, /\nTo switch it on again: s3-credentials make-private my-bucket\n/);
});

/** Runs a command, and presses Ctrl-C when an operation begins. */
async function interruptedAt(operation: string, command: string, sandbox: Sandbox) {
  const ctrlC = new AbortController();
  const when = (record: { operation: string | undefined }) => {
    if (record.operation === operation) ctrlC.abort();
    return false;
  };
  sandbox.fail({ operation: "*", times: Infinity, when });
  return await run([command, BUCKET], { sandbox, signal: ctrlC.signal });
}

test("make-public: Ctrl-C before the policy is set leaves the bucket as it was", async (sandbox) => {
  for (const operation of ["GetBucketPolicy", "PutPublicAccessBlock"]) {
    const { code, stderr } = await interruptedAt(operation, "make-public", sandbox);
    assert.deepEqual([code, stderr], [130, "Error: Interrupted\n"]);
    assert.deepEqual([policyOf(sandbox), blockOf(sandbox)], [undefined, ALL_ON]);
  }
});

test("make-public, make-private: what Ctrl-C comes too late for is named", async (sandbox) => {
  const opened = await interruptedAt("PutBucketPolicy", "make-public", sandbox);
  assert.equal(opened.code, 130);
  assert.match(
    opened.stderr,
    /^Changed .*\nAdded bucket policy statement .*\nError: Interrupted\n$/,
  );
  assert.equal(await canAnyoneRead(sandbox), true);
  const closed = await interruptedAt("PutPublicAccessBlock", "make-private", sandbox);
  assert.equal(closed.code, 130);
  assert.match(
    closed.stderr,
    /^Changed .*\nRemoved bucket policy statement .*\nError: Interrupted\n$/,
  );
  assert.deepEqual([policyOf(sandbox), blockOf(sandbox)], [undefined, ALL_ON]);
});

test("make-private: closes the bucket before it changes the policy", async (sandbox) => {
  await run(["make-public", BUCKET], { sandbox });
  const error = { status: 403, code: "AccessDenied", message: "no" };
  sandbox.fail({ operation: "DeleteBucketPolicy", times: Infinity, error });
  const { code } = await run(["make-private", BUCKET], { sandbox });
  assert.equal(code, 1);
  assert.equal(await canAnyoneRead(sandbox), false);
});

test("make-public, make-private: a bucket that does not exist", async (sandbox) => {
  for (const command of ["make-public", "make-private"]) {
    const { code, stderr } = await run([command, "missing-bucket"], { sandbox });
    assert.deepEqual([code, stderr], [
      1,
      "Error: Bucket does not exist: missing-bucket\n" +
      "To see the buckets of this account: s3-credentials list-buckets\n",
    ]);
  }
});
