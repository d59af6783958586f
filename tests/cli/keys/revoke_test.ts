/**
 * `revoke-sessions`: temporary credentials are taken back, and given again.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const ROLE = "s3-credentials.AmazonS3FullAccess";
const POLICY = "s3-credentials.revoke-sessions";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`revoke-sessions: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    await work(sandbox);
  });
}

async function session(sandbox: Sandbox): Promise<string> {
  const { code, stdout, stderr } = await run(["create", "my-bucket", "-d", "1h"], { sandbox });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function use(sandbox: Sandbox, key: string): Promise<number> {
  const args = ["list-bucket", "my-bucket", "--auth", "key"];
  return (await run(args, { sandbox, files: { key } })).code;
}

test("sessions from before are refused, those from after work, --undo gives them back", async (sandbox) => {
  const before = await session(sandbox);
  assert.equal(await use(sandbox, before), 0);
  const { code, stdout, stderr } = await run(["revoke-sessions"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    new RegExp(`^Revoked all sessions of role ${ROLE} that were issued before \\d{4}-`),
  );
  assert.match(stderr, /^Warning: This affects everyone with temporary credentials/m);
  assert.equal(await use(sandbox, before), 1);
  sandbox.clock.advance(2000);
  const after = await session(sandbox);
  assert.equal(await use(sandbox, after), 0);
  assert.equal(await use(sandbox, before), 1);
  assert.deepEqual(await run(["revoke-sessions", "--undo"], { sandbox }), {
    code: 0,
    stdout: "",
    stderr: `Sessions of role ${ROLE} work again\n`,
  });
  assert.equal(sandbox.account.roles.get(ROLE)!.inlinePolicies.has(POLICY), false);
  assert.equal(await use(sandbox, before), 0);
});

test("a session of the very same moment is refused too", async (sandbox) => {
  for (let times = 0; times < 5; times++) {
    const key = await session(sandbox);
    assert.equal((await run(["revoke-sessions"], { sandbox })).code, 0);
    assert.equal(await use(sandbox, key), 1);
    sandbox.clock.advance(1500);
  }
});

test("--before leaves later sessions alone, and never gives back what was revoked", async (sandbox) => {
  const early = await session(sandbox);
  sandbox.clock.advance(10_000);
  const moment = sandbox.clock.now();
  sandbox.clock.advance(10_000);
  const late = await session(sandbox);
  const args = ["revoke-sessions", "--before"];
  const { code, stderr } = await run([...args, moment.toISOString()], { sandbox });
  assert.equal(code, 0, stderr);
  assert.deepEqual([await use(sandbox, early), await use(sandbox, late)], [1, 0]);
  const earlier = new Date(moment.getTime() - 60_000).toISOString();
  const refused = await run([...args, earlier], { sandbox });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /are denied already, which is later than/);
  assert.deepEqual([await use(sandbox, early), await use(sandbox, late)], [1, 0]);
});

test("another role, and roles that are not there", async (sandbox) => {
  await session(sandbox);
  const { roles } = sandbox.account;
  const role = {
    ...roles.get(ROLE)!,
    roleName: "other",
    inlinePolicies: new Map<string, string>(),
  };
  roles.set("other", role);
  const { code, stderr } = await run(["revoke-sessions", "--role", "other"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^Warning: This affects everyone who has assumed role other, by whatever program$/m,
  );
  assert.equal(role.inlinePolicies.has(POLICY), true);
  assert.equal(roles.get(ROLE)!.inlinePolicies.has(POLICY), false);
  const missing = await run(["revoke-sessions", "--role", "nobody"], { sandbox });
  assert.equal(missing.code, 1);
  assert.equal(
    missing.stderr,
    "Error: Role does not exist: nobody\n" +
      "To see the roles of this account: s3-credentials list-roles\n",
  );
  const undone = await run(["revoke-sessions", "--undo"], { sandbox });
  assert.equal(undone.code, 1);
  assert.equal(undone.stderr, `Error: No sessions of role ${ROLE} are revoked\n`);
});
