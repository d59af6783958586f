/** Keys that expire: `create --expires`. */
import assert from "node:assert/strict";
import { type CreatePlan, planForEmptyAccount } from "@s3creds/cli";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { isItsTurn } from "../../support/arbitraries.ts";
import { run } from "../../support/run.ts";
import { attempts, expiryIn, POLICY, READ, TIME, USER } from "./expiry.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    await work(sandbox);
  });
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
