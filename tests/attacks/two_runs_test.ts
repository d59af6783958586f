/**
 * Two runs of `create` for one existing user at once, each with its own permission.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { createUser } from "../../lib/sandbox/seed.ts";
import { run } from "../support/run.ts";

const READ_ONLY = ["create", "photos", "--username", "u", "--read-only", "--silent"];
const READ_WRITE = ["create", "photos", "--username", "u", "--silent"];

for (const held of ["PutUserPolicy", "CreateAccessKey", "ListUserPolicies"]) {
  Deno.test(`create: of two runs for one user, held at ${held}, one warns of what the other has added`, async () => {
    await using sandbox = await startSandbox({ buckets: ["photos"] });
    sandbox.account.users.set("u", createUser(sandbox.account.id, "u"));
    const { promise, resolve } = Promise.withResolvers<void>();
    let arrived = 0;
    sandbox.fail({
      operation: held,
      times: 2,
      until: promise,
      when: () => {
        if (++arrived === 2) resolve();
        return true;
      },
    });
    const both = await Promise.all([run(READ_ONLY, { sandbox }), run(READ_WRITE, { sandbox })]);
    for (const { code, stderr } of both) assert.equal(code, 0, stderr);
    const warnings = both.map(({ stderr }) => stderr).join("");
    assert.match(
      warnings,
      /^Warning: The new key can also do what user u may do by policy s3\.read-(only|write)\.photos$/m,
    );
  });
}

Deno.test("create: warns if another run replaces its policy before its key is there", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  const user = createUser(sandbox.account.id, "u");
  sandbox.account.users.set("u", user);
  sandbox.fail({
    operation: "CreateAccessKey",
    when: () => {
      user.inlinePolicies.set("s3.read-only.photos", '{"Version":"2012-10-17","Statement":[]}');
      return false;
    },
  });
  const { code, stderr } = await run(READ_ONLY, { sandbox });
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^Warning: Policy s3\.read-only\.photos of user u was replaced by somebody else at the same time, also for the new key$/m,
  );
});

Deno.test("create: warns if somebody deletes the policy that it has replaced before its key is there", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  assert.equal((await run(READ_ONLY, { sandbox })).code, 0);
  const { inlinePolicies } = sandbox.account.users.get("u")!;
  sandbox.fail({
    operation: "CreateAccessKey",
    when: () => {
      inlinePolicies.delete("s3.read-only.photos");
      return false;
    },
  });
  const { code, stderr } = await run(READ_ONLY, { sandbox });
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^Warning: Policy s3\.read-only\.photos of user u was deleted by somebody else at the same time: the new key does not have what it grants$/m,
  );
});

Deno.test("create --silent: says that it replaces a policy that the user's other keys have", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  await run([...READ_ONLY, "--prefix", "a/"], { sandbox });
  const { code, stderr } = await run([...READ_ONLY, "--prefix", "b/"], { sandbox });
  assert.equal(code, 0);
  assert.match(stderr, /^Warning: Replaces the earlier policy .*: its other access keys lose/);
});

Deno.test("create: hands its key out if it can't look again, and says so", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  sandbox.account.users.set("u", createUser(sandbox.account.id, "u"));
  let seen = 0;
  const error = { status: 500, code: "ServiceFailure", message: "No" };
  sandbox.fail({ operation: "GetUser", times: Infinity, error, when: () => ++seen > 1 });
  const { code, stdout, stderr } = await run(READ_ONLY, { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(JSON.parse(stdout).AccessKeyId, /^AKIA/);
  assert.match(stderr, /^Warning: What else the new key can do by now is unknown: /m);
});
