/** `extend`: the end of keys is moved, set or removed. */
import assert from "node:assert/strict";
import { connect, extendKeys, S3CredentialsError } from "@s3creds/cli";
import { type Fault, type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";
import { attempts, expiryIn, POLICY, READ, TIME, USER } from "./expiry.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    await work(sandbox);
  });
}

test("extend: moves the end, brings expired keys back, and removes it", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket", "--expires", "1h"], { sandbox });
  sandbox.clock.advance(2 * 3_600_000);
  assert.deepEqual(await attempts(sandbox, stdout), [1, 1, 1, 1]);
  const moved = await run(["extend", USER, "30d"], { sandbox });
  assert.equal(moved.code, 0, moved.stderr);
  assert.match(
    moved.stderr,
    new RegExp(`^The keys of user ${USER} expire: ${TIME.source} \\(before: ${TIME.source}\\)\n$`),
  );
  assert.deepEqual(await attempts(sandbox, stdout), [0, 0, 0, 0]);
  const tag = () =>
    sandbox.account.users.get(USER)!.tags.find(({ key }) => key === "s3-credentials:expires");
  assert.equal(tag()?.value, expiryIn(sandbox).toISOString());
  sandbox.clock.set(expiryIn(sandbox));
  assert.deepEqual(await attempts(sandbox, stdout), [1, 1, 1, 1]);
  const never = await run(["extend", USER, "never"], { sandbox });
  assert.equal(never.code, 0, never.stderr);
  assert.equal(sandbox.account.users.get(USER)!.inlinePolicies.has(POLICY), false);
  assert.equal(tag(), undefined);
  assert.deepEqual(await attempts(sandbox, stdout), [0, 0, 0, 0]);
});

test("extend: says if the end is the same as before", async (sandbox) => {
  await run(["create", "my-bucket", "--expires", "2999-01-01"], { sandbox });
  for (const [end, shown] of [["2999-01-01", "2999-01-01 00:00:00+00:00"], ["never", "never"]]) {
    await run(["extend", USER, end!], { sandbox });
    const { code, stderr } = await run(["extend", USER, end!], { sandbox });
    assert.deepEqual([code, stderr], [
      0,
      `The keys of user ${USER} expire: ${shown} (as before)\n`,
    ]);
  }
});

test("extend: a user without an end gets one, and no key is left of the probe", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket"], { sandbox });
  const keys = () => [...sandbox.account.users.get(USER)!.accessKeys.keys()];
  const before = keys();
  const { code, stderr } = await run(["extend", USER, "1h"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /\(before: never\)/);
  assert.deepEqual(keys(), before);
  sandbox.clock.set(expiryIn(sandbox));
  assert.deepEqual(await attempts(sandbox, stdout), [1, 1, 1, 1]);
});

test("extend: a user without tags of this tool gets none", async (sandbox) => {
  await run(["create", "my-bucket", "--no-own-tags"], { sandbox });
  const { code, stderr } = await run(["extend", USER, "2999-01-01"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.deepEqual(sandbox.account.users.get(USER)!.tags, []);
});

test("extend: a user with two keys on another maker's server can't be tried", async (sandbox) => {
  for (let keys = 0; keys < 2; keys++) await run(["create", "my-bucket"], { sandbox });
  const before = sandbox.snapshot();
  const { code, stderr } = await run(["extend", USER, "1h"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /has two keys, and a third one would be needed/);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("extend: refuses to let the caller's own keys expire without --force; never is no risk", async (sandbox) => {
  const before = sandbox.snapshot();
  const { code, stdout, stderr } = await run(["extend", "admin", "30d"], { sandbox });
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.equal(
    stderr,
    "Error: The credentials in use are those of user admin: they would expire too\n" +
      "Use other credentials, or --force if you can do without these from then on\n",
  );
  assert.deepEqual(sandbox.snapshot(), before);
  const forced = await run(["extend", "admin", "30d", "--force"], { sandbox });
  assert.equal(forced.code, 0, forced.stderr);
  assert.ok(expiryIn(sandbox, "admin") > sandbox.clock.now());
  const never = await run(["extend", "admin", "never"], { sandbox });
  assert.equal(never.code, 0, never.stderr);
  assert.equal(sandbox.account.users.get("admin")!.inlinePolicies.has(POLICY), false);
});

test("extend: a user that is not there", async (sandbox) => {
  for (const end of ["1h", "never"]) {
    const { code, stderr } = await run(["extend", "nobody", end], { sandbox });
    assert.equal(code, 1);
    assert.equal(
      stderr,
      "Error: User does not exist: nobody\n" +
        "To see the users of this account: s3-credentials list-users\n",
    );
  }
});

test("extend: a tag that may not be changed is a warning", async (sandbox) => {
  await run(["create", "my-bucket", "--expires", "1h"], { sandbox });
  const error = { status: 403, code: "AccessDenied", message: "Not for you" };
  sandbox.fail({ operation: "TagUser", times: Infinity, error });
  const { code, stderr } = await run(["extend", USER, "2h"], { sandbox });
  assert.equal(code, 0);
  assert.match(stderr, /^Warning: The tag s3-credentials:expires of user .* stays as it was/);
});

Deno.test("extendKeys: refuses a time that is past or none, and sends nothing", async () => {
  await using sandbox = await startSandbox();
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  for (const time of [new Date(0), new Date(NaN), new Date("+012345-01-01")]) {
    await assert.rejects(
      extendKeys(aws, "admin", time),
      (error) => error instanceof S3CredentialsError && error.code === "usage",
    );
  }
  assert.deepEqual(sandbox.requests, []);
});
const REFUSED = { status: 400, code: "InvalidRequest", message: "no" };

/** Runs `extend` of a user without an end under faults, and tells what is left in the account. */
async function extendUnder(faults: Fault[], { interruptIn }: { interruptIn?: string } = {}) {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"], users: { bob: READ } });
  const { accessKeys, inlinePolicies } = sandbox.account.users.get("bob")!;
  const controller = new AbortController();
  for (const fault of faults) sandbox.fail(fault);
  if (interruptIn !== undefined) {
    const when = () => {
      controller.abort();
      return true;
    };
    sandbox.fail({ operation: interruptIn, delayMs: 20, when });
  }
  const ran = await run(["extend", "bob", "30d"], { sandbox, signal: controller.signal });
  const keys = [...accessKeys.keys()].filter((id) => id !== sandbox.users.bob!.accessKeyId);
  return { ...ran, keys, hasPolicy: inlinePolicies.has(POLICY), inlinePolicies };
}

Deno.test("extend: names the key of a probe whose answer was lost or held no key", async () => {
  const body = "<CreateAccessKeyResponse><CreateAccessKeyResult></CreateAccessKeyResult>" +
    "</CreateAccessKeyResponse>";
  for (const fault of [{ cut: true }, { malformedBody: body }]) {
    const { code, stderr, keys, hasPolicy } = await extendUnder([
      { operation: "CreateAccessKey", after: true, ...fault },
    ]);
    assert.equal(code, 1, stderr);
    assert.equal(keys.length, 1);
    assert.match(stderr, new RegExp(`Left in the account: .*user bob.*${keys[0]}`));
    assert.doesNotMatch(stderr, /TypeError/);
    assert.equal(hasPolicy, false);
  }
});

Deno.test("extend: names the key of a probe that can't be deleted", async () => {
  const { code, stderr, keys, hasPolicy } = await extendUnder([
    { operation: "DeleteAccessKey", times: Infinity, error: REFUSED },
  ]);
  assert.equal(code, 1);
  assert.equal(keys.length, 1);
  assert.match(stderr, new RegExp(`Left in the account: access key .*${keys[0]}`));
  assert.match(stderr, /keys of user bob expire at .* now/);
  assert.equal(hasPolicy, true);
});

Deno.test("extend: names the policy of a probe that can't be removed, and only if it is there", async () => {
  const remove = { operation: "DeleteUserPolicy", times: Infinity, error: REFUSED };
  for (const occurrence of [1, 2]) {
    const put = { operation: "PutUserPolicy", occurrence, times: Infinity, error: REFUSED };
    const { code, stderr, keys, hasPolicy } = await extendUnder([put, remove]);
    assert.equal(code, 1);
    assert.deepEqual(keys, []);
    assert.equal(hasPolicy, occurrence === 2);
    assert.equal(
      /Left in the account: policy s3-credentials\.expires of user bob/.test(stderr),
      hasPolicy,
      stderr,
    );
  }
});

for (
  const operation of [
    "GetUser",
    "CreateAccessKey",
    "PutUserPolicy",
    "ListBuckets",
    "DeleteAccessKey",
  ]
) {
  Deno.test(`extend: interrupted in ${operation}, it leaves nothing of the probe`, async () => {
    const { code, stderr, keys, hasPolicy } = await extendUnder([], { interruptIn: operation });
    assert.deepEqual(keys, [], stderr);
    // The deletion of the key is the end of a probe that has succeeded.
    assert.equal(code, operation === "DeleteAccessKey" ? 0 : 130, stderr);
    assert.equal(hasPolicy, operation === "DeleteAccessKey");
    assert.match(stderr, code === 0 ? /keys of user bob expire/ : /Interrupted/);
  });
}

Deno.test("extend: interrupted, it names what it can't undo", async () => {
  const { code, stderr, keys } = await extendUnder(
    [{ operation: "DeleteAccessKey", times: Infinity, error: REFUSED }],
    { interruptIn: "ListBuckets" },
  );
  assert.equal(code, 130);
  assert.match(stderr, new RegExp(`Left in the account: access key .*${keys[0]}`));
});

Deno.test("extend: a policy of that name that somebody else made stays", async () => {
  const [statement] = READ.Statement;
  const deny = {
    Effect: "Deny",
    Action: "*",
    Resource: "*",
    Condition: { DateGreaterThanEquals: { "aws:CurrentTime": "2999-01-31T00:00:00Z" } },
  };
  for (
    const text of [
      JSON.stringify(READ),
      JSON.stringify({ ...READ, Statement: [deny, statement] }),
      JSON.stringify({ ...READ, Statement: [{ ...deny, Resource: "arn:aws:s3:::my-bucket" }] }),
      "no policy",
    ]
  ) {
    await using sandbox = await startSandbox({ users: { bob: READ } });
    sandbox.account.users.get("bob")!.inlinePolicies.set(POLICY, text);
    const before = sandbox.snapshot();
    for (const end of ["30d", "never"]) {
      const { code, stderr } = await run(["extend", "bob", end], { sandbox });
      assert.equal(code, 1);
      assert.match(stderr, /Policy s3-credentials\.expires of user bob was not made by this tool/);
    }
    assert.deepEqual(sandbox.snapshot(), before);
  }
});
