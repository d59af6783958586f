/**
 * `create --wait`: with an IAM that takes a while to see what was made.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const DELAY_MS = 600;
/** Long enough for all that the sandbox shows late. */
const patienceMs = 30_000;

const KINDS: Record<string, string[]> = {
  "read-write": [],
  "read-only with a prefix": ["--read-only", "--prefix", "a/"],
  "write-only": ["--write-only"],
  "write-only with a prefix": ["--write-only", "--prefix", "a/"],
  "two buckets": ["other-bucket"],
};

for (const [name, options] of Object.entries(KINDS)) {
  Deno.test(`--wait: returns when the key works: ${name}`, async () => {
    await using sandbox = await startSandbox({ visibilityDelayMs: DELAY_MS });
    const args = ["create", "my-bucket", ...options, "-c", "--wait"];
    const { code, stdout, stderr } = await run(args, { sandbox, patienceMs });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Waiting until the credentials work\.\.\.\nThe credentials work\n$/);
    const { AccessKeyId } = JSON.parse(stdout);
    const own = sandbox.requests.filter((request) =>
      request.accessKeyId === AccessKeyId || request.errorCode === "InvalidClientTokenId"
    );
    assert.ok(own.some(({ errorCode }) => errorCode === "InvalidClientTokenId"), "it had to wait");
    const last = own.at(-1)!;
    assert.ok(last.status === 200 || last.errorCode === "BadDigest");
    for (const bucket of sandbox.account.buckets.values()) assert.equal(bucket.objects.size, 0);
  });

  Deno.test(`--wait: without it the same key does not work yet: ${name}`, async () => {
    await using sandbox = await startSandbox();
    const { stdout } = await run(["create", "my-bucket", "-c", ...options], { sandbox });
    const { AccessKeyId } = JSON.parse(stdout);
    sandbox.account.visibility.sees = (thing) =>
      (thing as { accessKeyId?: string }).accessKeyId !== AccessKeyId;
    const { code, stderr } = await run(["whoami", "--auth", "key"], {
      sandbox,
      files: { key: stdout },
    });
    assert.equal(code, 1);
    assert.match(stderr, /A new key takes some seconds to work/);
  });
}

Deno.test("--wait: a key that does not work in time is printed all the same, exit 1", async () => {
  await using sandbox = await startSandbox({ visibilityDelayMs: 60_000 });
  // The user itself must be seen, or there would be no key.
  sandbox.account.visibility.sees = (thing) => !("accessKeyId" in thing) || !isNew(thing);
  const isNew = (key: object) =>
    (key as { accessKeyId: string }).accessKeyId !== sandbox.credentials.accessKeyId;
  const { code, stdout, stderr } = await run(["create", "my-bucket", "-c", "--wait", "1s"], {
    sandbox,
  });
  assert.equal(code, 1);
  const { AccessKeyId } = JSON.parse(stdout);
  assert.match(stderr, /Error: STS does not accept the new credentials yet/);
  assert.match(stderr, new RegExp(`The key ${AccessKeyId} was created and remains`));
  assert.match(
    stderr,
    /try it with s3-credentials whoami --auth FILE, where FILE holds what was p/,
  );
  assert.ok(sandbox.account.users.get("s3.read-write.my-bucket")?.accessKeys.has(AccessKeyId));
});

Deno.test("--wait: temporary credentials", async () => {
  await using sandbox = await startSandbox();
  const args = ["create", "my-bucket", "-c", "-d", "15m", "--wait", "30s"];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /The credentials work\n$/);
});

Deno.test("--wait: Ctrl-C ends it, the printed key stays", async () => {
  await using sandbox = await startSandbox({ visibilityDelayMs: 60_000 });
  sandbox.account.visibility.sees = (thing) =>
    !("accessKeyId" in thing) || thing.accessKeyId === sandbox.credentials.accessKeyId;
  const interruption = new AbortController();
  setTimeout(() => interruption.abort(), 500);
  const { code, stdout, stderr } = await run(["create", "my-bucket", "-c", "--wait"], {
    sandbox,
    signal: interruption.signal,
  });
  assert.equal(code, 130);
  const { AccessKeyId } = JSON.parse(stdout);
  const hint = `The key ${AccessKeyId} was created and remains`;
  assert.ok(stderr.endsWith(`Error: Interrupted\n${hint}\n`), stderr);
});

Deno.test("--wait: a server that takes a write with a wrong checksum: what it took is named", async () => {
  await using sandbox = await startSandbox();
  sandbox.fail({ operation: "PutObject", malformedBody: "" });
  const args = ["create", "my-bucket", "--write-only", "--prefix", "in/", "-c", "--wait"];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^Warning: This server .* delete in\/s3-credentials-wait from bucket my-bucket$/m,
  );
});

const DENY = '{"Effect":"Deny","Action":"s3:ListBucket","Resource":"*"}';
const NARROW_ROLE = "arn:aws:iam::123456789012:role/narrow";

for (
  const [name, args] of Object.entries({
    "a statement that denies": ["--statement", DENY],
    "a role of the caller's own": ["-d", "15m", "--role-arn", NARROW_ROLE],
  })
) {
  Deno.test(`--wait: rights that are not known, ${name}: only STS is asked`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const { roles } = sandbox.account;
    await run(["create", "my-bucket", "-d", "15m"], { sandbox });
    const role = roles.get("s3-credentials.AmazonS3FullAccess")!;
    roles.set("narrow", {
      ...role,
      roleName: "narrow",
      arn: NARROW_ROLE,
      attachedPolicies: new Set(),
    });
    const { code, stderr } = await run(["create", "my-bucket", "--wait", "3s", ...args], {
      sandbox,
    });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /The credentials work\n$/);
  });
}

Deno.test("--wait: an explicit deny is not waited for to pass", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  await run(["create", "my-bucket", "--username", "joe"], { sandbox });
  sandbox.account.users.get("joe")!.inlinePolicies.set(
    "deny",
    `{"Version":"2012-10-17","Statement":[${DENY}]}`,
  );
  const args = ["create", "my-bucket", "--username", "joe", "--wait"];
  const { code, stdout, stderr } = await run(args, { sandbox });
  assert.equal(code, 1);
  const denied = sandbox.requests.filter(({ errorCode }) => errorCode === "AccessDenied");
  assert.equal(denied.length, 1, "one attempt");
  assert.match(
    stderr,
    /^Error: S3, for bucket my-bucket, refuses the new credentials: .*explicit deny/m,
  );
  const { AccessKeyId } = JSON.parse(stdout);
  assert.ok(stderr.endsWith(`The key ${AccessKeyId} was created and remains\n`), stderr);
});
