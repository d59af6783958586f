/**
 * Keys that expire: `create --expires` and `extend`.
 */
import assert from "node:assert/strict";
import {
  connect,
  type CreatePlan,
  extendKeys,
  planForEmptyAccount,
  S3CredentialsError,
} from "@s3creds/cli";
import { type Fault, type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { isItsTurn } from "../../support/arbitraries.ts";
import { run } from "../../support/run.ts";

const POLICY = "s3-credentials.expires";
const USER = "s3.read-write.my-bucket";
const TIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00/;

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    await work(sandbox);
  });
}

function expiryIn(sandbox: Sandbox, user = USER): Date {
  const text = sandbox.account.users.get(user)!.inlinePolicies.get(POLICY);
  const [, time] = /"DateGreaterThanEquals":\{"aws:CurrentTime":"([^"]+)"\}/.exec(text ?? "") ?? [];
  return new Date(time ?? NaN);
}

/** What a key may do now: read, write, list, and what needs no permission of S3. */
async function attempts(sandbox: Sandbox, key: string): Promise<number[]> {
  const files = { key };
  const codes = [];
  for (
    const args of [
      ["list-bucket", "my-bucket"],
      ["put-object", "my-bucket", "a", "-"],
      ["get-object", "my-bucket", "a", "-o", "-"],
      ["delete-objects", "my-bucket", "a"],
    ]
  ) {
    codes.push((await run([...args, "--auth", "key"], { sandbox, files, stdin: "x" })).code);
  }
  return codes;
}

test("create --expires: one second before as before, from that second on every action is refused", async (sandbox) => {
  const { code, stdout, stderr } = await run(["create", "my-bucket", "--expires", "30d"], {
    sandbox,
  });
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`^The keys of user ${USER} will expire at ${TIME.source}$`, "m"));
  const expires = expiryIn(sandbox);
  const days = (expires.getTime() - sandbox.clock.now().getTime()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30, String(days));
  const { inlinePolicies, tags } = sandbox.account.users.get(USER)!;
  assert.deepEqual(JSON.parse(inlinePolicies.get(POLICY)!), {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Deny",
      Action: "*",
      Resource: "*",
      Condition: {
        DateGreaterThanEquals: { "aws:CurrentTime": expires.toISOString().replace(".000Z", "Z") },
      },
    }],
  });
  assert.deepEqual(
    tags.find(({ key }) => key === "s3-credentials:expires")?.value,
    expires.toISOString(),
  );
  assert.deepEqual(await attempts(sandbox, stdout), [0, 0, 0, 0]);
  // Far enough before for a slow machine, near enough to be the same minute.
  sandbox.clock.set(new Date(expires.getTime() - 20_000));
  assert.deepEqual(await attempts(sandbox, stdout), [0, 0, 0, 0]);
  sandbox.clock.set(expires);
  assert.deepEqual(await attempts(sandbox, stdout), [1, 1, 1, 1]);
});

test("create --expires: a bucket policy that allows everything does not help an expired key", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket", "--expires", "1h"], { sandbox });
  const bucket = sandbox.account.buckets.get("my-bucket")!;
  bucket.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: sandbox.account.users.get(USER)!.arn },
      Action: "s3:*",
      Resource: ["arn:aws:s3:::my-bucket", "arn:aws:s3:::my-bucket/*"],
    }],
  });
  assert.deepEqual(await attempts(sandbox, stdout), [0, 0, 0, 0]);
  sandbox.clock.set(expiryIn(sandbox));
  assert.deepEqual(await attempts(sandbox, stdout), [1, 1, 1, 1]);
});

for (
  const args of [
    ["--read-only"],
    ["--write-only"],
    ["--prefix", "a/"],
    ["--statement", '{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}'],
  ]
) {
  test(`create --expires ${args[0]}: every kind of permanent credentials can expire`, async (sandbox) => {
    const { code, stderr } = await run(["create", "my-bucket", "--expires", "12h", ...args], {
      sandbox,
    });
    assert.equal(code, 0, stderr);
    const [user] = [...sandbox.account.users.keys()].slice(-1);
    assert.ok(expiryIn(sandbox, user) > sandbox.clock.now());
  });
}

test("create --expires: dates and times, in UTC unless an offset is given", async (sandbox) => {
  const cases: [text: string, time: string][] = [
    ["2999-01-31", "2999-01-31T00:00:00.000Z"],
    ["2999-01-31T17:00", "2999-01-31T17:00:00.000Z"],
    ["2999-01-31 17:00:30", "2999-01-31T17:00:30.000Z"],
    ["2999-01-31T17:00Z", "2999-01-31T17:00:00.000Z"],
    ["2999-01-31T17:00+01:00", "2999-01-31T16:00:00.000Z"],
  ];
  for (const [text, time] of cases) {
    const args = ["create", "my-bucket", "--username", `u-${text.length}`, "--expires", text];
    const { code, stderr } = await run(args, { sandbox });
    assert.equal(code, 0, stderr);
    assert.equal(expiryIn(sandbox, `u-${text.length}`).toISOString(), time);
  }
});

test("create --expires: --plan and --dry-run show the policy", async (sandbox) => {
  for (const mode of ["--plan", "--dry-run"]) {
    const { stdout, stderr } = await run(["create", "my-bucket", "--expires", "1h", mode], {
      sandbox,
    });
    assert.match(stdout, new RegExp(`Would attach policy called '${POLICY}' to user '${USER}'`));
    assert.match(stderr, /will expire at/);
  }
  assert.equal(sandbox.account.users.has(USER), false);
});

Deno.test("planForEmptyAccount: the policy that ends the keys counts for AWS's limit", () => {
  const expires = new Date("2999-01-01");
  const size = ({ steps }: CreatePlan) =>
    steps.filter((step) => step.kind === "put-user-policy")
      .reduce((sum, { policy }) => sum + JSON.stringify(policy).length, 0);
  let edge = 0;
  for (let length = 3; length < 50; length++) {
    if (!isItsTurn(length, 8)) continue;
    const name = (index: number) => `${"b".repeat(length)}${index}`;
    for (let count = 1; count < 20; count++) {
      const buckets = Array.from({ length: count }, (_, index) => name(index));
      let plain: CreatePlan;
      try {
        plain = planForEmptyAccount({ buckets, username: "u" });
      } catch {
        break;
      }
      try {
        assert.ok(size(planForEmptyAccount({ buckets, username: "u", expires })) <= 2048);
      } catch (error) {
        assert.match(String(error), /inline policies of user u would take \d+ characters/);
        assert.ok(size(plain) <= 2048);
        edge++;
      }
    }
  }
  assert.ok(edge > 0);
});

test("create --expires: a server that takes no notice of the time is found out, and all is rolled back", async (sandbox) => {
  // As moto does, which evaluates no policies.
  const before = sandbox.snapshot();
  const body = '<?xml version="1.0"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>';
  const response = () => new Response(body, { headers: { "content-type": "application/xml" } });
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, response);
  try {
    const env = { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${server.addr.port}` };
    const { code, stdout, stderr } = await run(["create", "my-bucket", "--expires", "1h"], {
      sandbox,
      env,
    });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /Error: This server does not let keys expire: it took no notice of the time/,
    );
    assert.match(stderr, /omit --expires/);
  } finally {
    await server.shutdown();
  }
  assert.deepEqual(sandbox.snapshot(), before);
});

test("create: a further key of a user expires with the others, which is said", async (sandbox) => {
  await run(["create", "my-bucket", "--expires", "1h"], { sandbox });
  const { code, stderr } = await run(["create", "my-bucket"], { sandbox });
  assert.equal(code, 0);
  assert.match(
    stderr,
    new RegExp(`^Warning: The keys of user ${USER} expire at ${TIME.source}, the new`, "m"),
  );
  assert.doesNotMatch(stderr, /can also do/);
});

Deno.test("create --expires: names the other active keys of a user that will expire too", async () => {
  for (const mode of [[], ["--silent"], ["--plan"]]) {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"], users: { bob: READ } });
    const id = sandbox.users.bob!.accessKeyId;
    const key = sandbox.account.users.get("bob")!.accessKeys.get(id)!;
    const create = (...more: string[]) =>
      run(["create", "my-bucket", "--username", "bob", ...more], { sandbox });
    const plan = (...more: string[]) => create("--plan", ...more);
    const warning = new RegExp(
      `^Warning: The other keys of user bob will expire at ${TIME.source} too: access key ${id} `,
      "gm",
    );
    key.status = "Inactive";
    assert.doesNotMatch((await plan("--expires", "1h")).stderr, warning);
    key.status = "Active";
    assert.doesNotMatch((await plan()).stderr, warning);
    const { code, stderr } = await create("--expires", "1h", ...mode);
    assert.equal(code, 0, stderr);
    assert.equal(stderr.match(warning)?.length, 1, stderr);
  }
});

test("create: no further key of a user whose keys have expired", async (sandbox) => {
  await run(["create", "my-bucket", "--expires", "1h"], { sandbox });
  sandbox.clock.advance(2 * 3_600_000);
  const before = sandbox.snapshot();
  const { code, stderr } = await run(["create", "my-bucket"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`Error: The keys of user ${USER} expired at`));
  assert.match(stderr, new RegExp(`s3-credentials extend ${USER} 30d`));
  assert.deepEqual(sandbox.snapshot(), before);
});

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

const READ = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::my-bucket/*" }],
};
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
