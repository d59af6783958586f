/**
 * `rotate`: a second key, and the way to the end or back.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const USER = "s3.read-write.my-bucket";
const DAY_MS = 86_400_000;

interface Stage {
  sandbox: Sandbox;
  /** The first key, as create has printed it. */
  key: string;
  id: string;
  rotate(...args: string[]): ReturnType<typeof run>;
  use(key: string): Promise<number>;
  status(): Promise<{ State: string; Next: string; Keys: { AccessKeyId: string }[] }>;
  keys(): [id: string, status: string][];
}

function test(name: string, work: (stage: Stage) => Promise<void>): void {
  Deno.test(`rotate: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const { stdout: key } = await run(["create", "my-bucket"], { sandbox });
    sandbox.clock.advance(DAY_MS);
    const rotate = (...args: string[]) => run(["rotate", USER, ...args], { sandbox });
    await work({
      sandbox,
      key,
      id: JSON.parse(key).AccessKeyId,
      rotate,
      use: async (key) => {
        sandbox.clock.advance(2000);
        const args = ["list-bucket", "my-bucket", "--auth", "key"];
        return (await run(args, { sandbox, files: { key } })).code;
      },
      status: async () => JSON.parse((await rotate("--status")).stdout),
      keys: () =>
        [...sandbox.account.users.get(USER)!.accessKeys.values()]
          .map(({ accessKeyId, status }) => [accessKeyId, status]),
    });
  });
}

test("from one key to the other, each step when it is safe", async (stage) => {
  const { sandbox, key, id, rotate, use, status, keys } = stage;
  assert.equal((await status()).State, "single");
  const begun = await rotate();
  assert.equal(begun.code, 0, begun.stderr);
  const newId = JSON.parse(begun.stdout).AccessKeyId;
  assert.deepEqual(keys(), [[id, "Active"], [newId, "Active"]]);
  assert.equal(await use(key), 0);
  assert.equal(await use(begun.stdout), 0);

  const inUse = await status();
  assert.equal(inUse.State, "started");
  assert.match(inUse.Next, /it is still in use$/);
  const refused = await rotate("--finish");
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    new RegExp(`older key of user ${USER} is still in use: access key ${id} .*${newId}`),
  );
  const again = await rotate();
  assert.equal(again.code, 1);
  assert.match(
    again.stderr,
    new RegExp(`has two keys, both in use: access key ${id} .*, access key ${newId}`),
  );
  assert.deepEqual(keys(), [[id, "Active"], [newId, "Active"]]);

  const forced = await rotate("--finish", "--force");
  assert.equal(forced.code, 0, forced.stderr);
  assert.match(forced.stderr, new RegExp(`^Deactivated access key ${id} of user ${USER}\nNext: `));
  assert.deepEqual(keys(), [[id, "Inactive"], [newId, "Active"]]);
  assert.equal(await use(key), 1);
  assert.equal((await status()).State, "deactivated");
  const early = await rotate("--finish");
  assert.equal(early.code, 1);
  assert.match(
    early.stderr,
    /^Error: Too early: the older key .* can be deleted from [-\d]+ [:\d]+\+00:00 on$/m,
  );
  sandbox.clock.advance(DAY_MS);
  assert.equal((await status()).Next, "rotate --finish deletes the older key");
  const deleted = await rotate("--finish");
  assert.deepEqual(deleted, {
    code: 0,
    stdout: "",
    stderr: `Deleted access key ${id} of user ${USER}\n`,
  });
  assert.deepEqual(keys(), [[newId, "Active"]]);
  const { tags } = sandbox.account.users.get(USER)!;
  assert.equal(tags.some(({ key }) => key === "s3-credentials:deactivated"), false);
  const over = await rotate("--finish");
  assert.deepEqual(over, {
    code: 0,
    stdout: "",
    stderr: `User ${USER} has one key: nothing to finish\n`,
  });
});

test("--finish where neither key has been used: with a warning", async ({ rotate, id, keys }) => {
  await rotate();
  const { code, stderr } = await rotate("--finish");
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^Warning: The newer key AKIA\w+ was never used: is it where it is needed\?$/m,
  );
  assert.deepEqual(keys()[0], [id, "Inactive"]);
});

test("keys that expire: a warning that the new one does too", async ({ sandbox, rotate }) => {
  await run(["extend", USER, "30d"], { sandbox });
  const { code, stdout, stderr } = await rotate();
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    new RegExp(`^Warning: The keys of user ${USER} expire at .*, the new one too$`, "m"),
  );
  assert.match(JSON.parse(stdout).AccessKeyId, /^AKIA/);
});

test("keys that have expired: no key that AWS would refuse from the start", async (stage) => {
  const { sandbox, id, rotate, keys } = stage;
  await run(["extend", USER, "30d"], { sandbox });
  sandbox.clock.advance(31 * DAY_MS);
  const { code, stdout, stderr } = await rotate();
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    new RegExp(
      `^Error: The keys of user ${USER} expired at .*, and so would a new one\n` +
        `Extend them first: s3-credentials extend ${USER} 30d\n$`,
    ),
  );
  assert.deepEqual(keys(), [[id, "Active"]]);
});

test("--rollback: the old key works again, the new one is gone", async ({ rotate, use, key, id, keys }) => {
  await rotate();
  await rotate("--finish");
  assert.equal(await use(key), 1);
  const { code, stderr } = await rotate("--rollback");
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    new RegExp(`^Deleted access key AKIA\\w+ of user ${USER}; ${id} is active\n$`),
  );
  assert.deepEqual(keys(), [[id, "Active"]]);
  assert.equal(await use(key), 0);
  const again = await rotate("--rollback");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /has one key: nothing to roll back/);
});

test("--rollback: a new key that has been used needs --force", async ({ rotate, use, keys }) => {
  const { stdout } = await rotate();
  await use(stdout);
  const refused = await rotate("--rollback");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /newer key of user .* has been used: .*\n.*--force/);
  assert.equal(keys().length, 2);
  assert.equal((await rotate("--rollback", "--force")).code, 0);
  assert.equal(keys().length, 1);
});

for (const finish of ["without", "after"]) {
  test(`--rollback ${finish} --finish: a key that somebody has disabled stays so, even with --force`, async (stage) => {
    const { sandbox, rotate, id, keys } = stage;
    await run(["disable-key", id], { sandbox });
    const newId = JSON.parse((await rotate()).stdout).AccessKeyId;
    if (finish === "after") assert.equal((await rotate("--finish")).code, 0);
    for (const args of [["--rollback"], ["--rollback", "--force"]]) {
      const { code, stderr } = await rotate(...args);
      assert.equal(code, 1);
      assert.match(
        stderr,
        new RegExp(
          `^Error: The older key of user ${USER} was disabled, and not by --finish: access key ${id} .*\n` +
            ".*s3-credentials delete-key ID\\. .*s3-credentials enable-key ID\n$",
        ),
      );
      assert.deepEqual(keys(), [[id, "Inactive"], [newId, "Active"]]);
    }
    await run(["enable-key", id], { sandbox });
    assert.equal((await rotate("--rollback")).code, 0);
    assert.deepEqual(keys(), [[id, "Active"]]);
  });
}

test("an old key that was activated and used again gets a new day of grace", async (stage) => {
  const { sandbox, rotate, use, key, id, keys } = stage;
  await rotate();
  await rotate("--finish");
  await run(["enable-key", id], { sandbox });
  assert.equal(await use(key), 0);
  await run(["disable-key", id], { sandbox });
  sandbox.clock.advance(2 * DAY_MS);
  const { code, stderr } = await rotate("--finish");
  assert.equal(code, 0);
  assert.match(
    stderr,
    new RegExp(`Access key ${id} of user ${USER} is inactive; --finish deletes it from`),
  );
  assert.equal(keys().length, 2);
  sandbox.clock.advance(DAY_MS);
  assert.equal((await rotate("--finish")).code, 0);
  assert.equal(keys().length, 1);
});

test("--status of a key that disable-key has disabled: the waiting begins with --finish", async (stage) => {
  const { sandbox, rotate, id, status } = stage;
  await run(["disable-key", id], { sandbox });
  await rotate();
  const { Next } = await status();
  assert.match(Next, /^rotate --finish begins the time of waiting/);
  sandbox.clock.advance(DAY_MS);
  assert.equal((await status()).Next, Next);
  await rotate("--finish");
  assert.match((await status()).Next, /^rotate --finish deletes the older key, from \d/);
});

test("two keys that create has made may belong to two programs", async (stage) => {
  const { sandbox, rotate, status, keys } = stage;
  await run(["create", "my-bucket"], { sandbox });
  assert.match((await status()).Next, /unless each belongs to another program$/);
  const { code, stderr } = await rotate();
  assert.equal(code, 1);
  assert.match(stderr, /^If they belong to two programs, leave both. If a rotation has begun, /m);
  assert.equal(keys().length, 2);
});

test("--grace", async ({ sandbox, rotate, keys }) => {
  await rotate();
  await rotate("--finish");
  sandbox.clock.advance(3_600_000);
  assert.equal((await rotate("--finish", "--grace", "2h")).code, 1);
  assert.equal((await rotate("--finish", "--grace", "1h")).code, 0);
  assert.equal(keys().length, 1);
});

test("a new key that is inactive: nothing is taken from the old one", async ({ sandbox, rotate, status, keys }) => {
  const { stdout } = await rotate();
  const { AccessKeyId } = JSON.parse(stdout);
  await run(["disable-key", AccessKeyId], { sandbox });
  assert.equal((await status()).State, "stuck");
  const { code, stderr } = await rotate("--finish", "--force");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /newer key of user .* is inactive: .*\nEnable it, or go back to AKIA\w+ with --rollback/,
  );
  assert.equal(keys().length, 2);
});

test("a key that could not be delivered is deleted again", async ({ sandbox, id, keys }) => {
  const stdoutError = new Error("nobody reads");
  const { code, stderr } = await run(["rotate", USER], { sandbox, stdoutError });
  assert.equal(code, 1);
  assert.match(stderr, /Could not write the credentials/);
  assert.match(stderr, /Undone: access key AKIA/);
  assert.deepEqual(keys(), [[id, "Active"]]);
});

test("every format of create, and --wait", async ({ rotate }) => {
  const { code, stdout, stderr } = await rotate("--format", "ini", "--profile-name", "x", "--wait");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\[x\]\naws_access_key_id=AKIA/);
  assert.match(stderr, /^The credentials work$/m);
});

test("its own key: begun and finished by the new one", async ({ sandbox, key, id }) => {
  const user = sandbox.account.users.get(USER)!;
  const Statement = [{ Effect: "Allow", Action: "iam:*", Resource: user.arn }];
  user.inlinePolicies.set("self", JSON.stringify({ Version: "2012-10-17", Statement }));
  user.permissionsBoundary = undefined;
  const begun = await run(["rotate", USER, "--auth", "key"], { sandbox, files: { key } });
  assert.equal(begun.code, 0, begun.stderr);
  sandbox.clock.advance(2000);
  const args = ["rotate", USER, "--finish", "--auth", "key"];
  const own = await run(args, { sandbox, files: { key } });
  assert.equal(own.code, 1);
  assert.match(own.stderr, /credentials in use themselves|still in use/);
  const force = await run([...args, "--force"], { sandbox, files: { key: begun.stdout } });
  assert.equal(force.code, 0, force.stderr);
  assert.equal(user.accessKeys.get(id)!.status, "Inactive");
});

test("a user that is not there, and one without a key", async ({ sandbox, id }) => {
  const nobody = await run(["rotate", "nobody"], { sandbox });
  assert.equal(
    nobody.stderr,
    "Error: User does not exist: nobody\n" +
      "To see the users of this account: s3-credentials list-users\n",
  );
  await run(["delete-key", id], { sandbox });
  const { code, stderr } = await run(["rotate", USER, "--status"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: User .* has no access key\nCreate one: /);
});

test("two keys of one second are not told apart by guessing", async ({ sandbox, rotate, keys }) => {
  const { stdout } = await rotate();
  const all = sandbox.account.users.get(USER)!.accessKeys;
  const created = new Date(1000 * Math.floor(Number(sandbox.clock.now()) / 1000));
  for (const key of all.values()) key.createDate = created;
  const before = keys();
  for (const next of ["--finish", "--rollback"]) {
    const { code, stderr } = await rotate(next, "--force");
    assert.equal(code, 1);
    assert.match(stderr, /were created in the same second/);
    assert.ok(stderr.includes(JSON.parse(stdout).AccessKeyId));
  }
  assert.deepEqual(keys(), before);
});

test("a new key is not of the second of the old one, by AWS's dates", async ({ sandbox, rotate }) => {
  const { accessKeys } = sandbox.account.users.get(USER)!;
  const [old] = accessKeys.values();
  sandbox.clock.advance(1000 - Number(sandbox.clock.now()) % 1000);
  old!.createDate = sandbox.clock.now();
  assert.equal((await rotate()).code, 0);
  const seconds = [...accessKeys.values()].map(({ createDate }) => Math.floor(+createDate / 1000));
  assert.equal(new Set(seconds).size, 2);
});

/** Interrupts a command while an operation has not been answered. */
async function interruptIn(sandbox: Sandbox, operation: string, args: string[]) {
  const controller = new AbortController();
  const when = () => {
    controller.abort();
    return true;
  };
  sandbox.fail({ operation, when, delayMs: 20 });
  const ran = await run(["rotate", USER, ...args], { sandbox, signal: controller.signal });
  sandbox.clearFaults();
  return ran;
}

test("interrupted while it reads, --finish and --rollback change nothing", async (stage) => {
  const { sandbox, rotate } = stage;
  await rotate();
  const steps = [["--finish"], ["--finish", "--force"], ["--rollback"]];
  for (const state of ["started", "deactivated"]) {
    const before = sandbox.snapshot();
    for (const args of steps) {
      for (const operation of ["GetUser", "ListAccessKeys", "GetAccessKeyLastUsed"]) {
        const { code, stderr } = await interruptIn(sandbox, operation, args);
        assert.equal(code, 130, `${state} ${args} ${operation}: ${stderr}`);
        assert.deepEqual(sandbox.snapshot(), before);
      }
    }
    await rotate("--finish");
  }
});

test("interrupted between two changes, it says or undoes the first one", async (stage) => {
  const { sandbox, id, rotate, keys } = stage;
  const newId = JSON.parse((await rotate()).stdout).AccessKeyId;
  const before = sandbox.snapshot();
  const noted = await interruptIn(sandbox, "TagUser", ["--finish"]);
  assert.equal(noted.code, 130);
  assert.deepEqual(sandbox.snapshot(), before);

  await rotate("--finish");
  const back = await interruptIn(sandbox, "UpdateAccessKey", ["--rollback"]);
  assert.equal(back.code, 130);
  assert.match(back.stderr, new RegExp(`${id} is active again; ${newId} was not deleted`));
  assert.deepEqual(keys(), [[id, "Active"], [newId, "Active"]]);
});

test("interrupted in its last change, it waits for the answer and says what was done", async (stage) => {
  const { sandbox, id, rotate, keys } = stage;
  const newId = JSON.parse((await rotate()).stdout).AccessKeyId;
  const { code, stderr } = await interruptIn(sandbox, "UpdateAccessKey", ["--finish"]);
  assert.equal(code, 0);
  assert.match(stderr, new RegExp(`Deactivated access key ${id}`));
  assert.deepEqual(keys(), [[id, "Inactive"], [newId, "Active"]]);
});
