/**
 * `prune`: which users it chooses, what it says, what it leaves.
 */
import assert from "node:assert/strict";
import { connect, findPrunableUsers, pruneUser, S3CredentialsError } from "@s3creds/cli";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const DAY_MS = 86_400_000;
const ALL = ["--expired", "--unused-for", "90d", "--orphans"];

/** Users of this tool, one for each fate, and those of others who look like them. */
async function makeUsers(): Promise<string> {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const create = async (name: string, ...args: string[]) => {
    const words = ["create", "my-bucket", "--username", name, ...args];
    const { code, stdout, stderr } = await run(words, { sandbox });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).AccessKeyId as string;
  };
  await create("ended", "--expires", "50d");
  await create("ends-later", "--expires", "150d");
  await create("idle");
  await create("busy");
  await create("s3.read-only.others", "--no-own-tags", "--expires", "50d");
  await create("keyless");
  await create("s3.custom.untagged", "--no-own-tags");
  const { users } = sandbox.account;
  for (const name of ["keyless", "s3.custom.untagged"]) users.get(name)!.accessKeys.clear();
  sandbox.clock.advance(100 * DAY_MS);
  for (const name of ["busy", "ends-later"]) use(sandbox, name);
  await create("new");
  users.get("new")!.accessKeys.clear();
  return sandbox.save();
}

let users: Promise<string> | undefined;

/** They are made once, and are the same in every test: all but one of them 100 days old. */
async function stage(): Promise<Sandbox> {
  const sandbox = await startSandbox({ state: await (users ??= makeUsers()) });
  sandbox.clock.advance(100 * DAY_MS);
  return sandbox;
}

function use(sandbox: Sandbox, name: string): void {
  const date = sandbox.clock.now();
  for (const key of sandbox.account.users.get(name)!.accessKeys.values()) {
    key.lastUsed = { date, service: "s3", region: "us-east-1" };
  }
}

const names = ({ account }: Sandbox) => [...account.users.keys()].sort();
const EVERYBODY = [
  ...["admin", "busy", "ended", "ends-later", "idle", "keyless", "new"],
  ...["s3.custom.untagged", "s3.read-only.others"],
];
const without = (...gone: string[]) => EVERYBODY.filter((name) => !gone.includes(name));

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`prune: ${name}`, async () => {
    await using sandbox = await stage();
    await work(sandbox);
  });
}

test("--expired deletes whose keys have expired, with all that they have", async (sandbox) => {
  const [id] = sandbox.account.users.get("ended")!.accessKeys.keys();
  const { code, stdout, stderr } = await run(["prune", "--expired", "--yes"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.match(
    stdout,
    new RegExp(
      "^User: ended \\(its keys expired at \\d{4}-\\d\\d-\\d\\d [\\d:]+\\+00:00\\)\n" +
        "  Deleted policy: s3-credentials.expires\n  Deleted policy: s3.custom.my-bucket\n"
          .replace("custom", "read-write") +
        `  Deleted access key: ${id}\n  Deleted user\n$`,
    ),
  );
  assert.deepEqual(names(sandbox), without("ended"));
});

test("--unused-for deletes those none of whose keys was used", async (sandbox) => {
  const { code, stdout } = await run(["prune", "--unused-for", "90d", "--yes"], { sandbox });
  assert.equal(code, 0);
  assert.match(stdout, /^User: idle \(its key was not used since|^User: ended/);
  assert.deepEqual(names(sandbox), without("ended", "idle"));
});

test("--unused-for counts a new second key, and the use of a password", async (sandbox) => {
  for (const name of ["ended", "idle"]) await run(["rotate", name], { sandbox });
  const ended = sandbox.account.users.get("ended")!;
  ended.accessKeys.delete([...ended.accessKeys.keys()][1]!);
  const passwordLastUsed = sandbox.clock.now();
  ended.loginProfile = { createDate: passwordLastUsed, passwordLastUsed } as never;
  const { code, stderr } = await run(["prune", "--unused-for", "90d", "--yes"], { sandbox });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "No user to delete\n" });
  assert.deepEqual(names(sandbox), EVERYBODY);
});

test("--orphans deletes those without a key that are older than ten minutes", async (sandbox) => {
  const first = await run(["prune", "--orphans", "--yes"], { sandbox });
  assert.equal(first.code, 0);
  assert.match(first.stdout, /^User: keyless \(it has no key, and was created at /);
  assert.deepEqual(names(sandbox), without("keyless"));
  sandbox.clock.advance(10 * 60_000 + 1000);
  await run(["prune", "--orphans", "--yes"], { sandbox });
  assert.deepEqual(names(sandbox), without("keyless", "new"));
});

test("several criteria: those that any applies to", async (sandbox) => {
  const { code } = await run(["prune", ...ALL, "--yes"], { sandbox });
  assert.equal(code, 0);
  assert.deepEqual(names(sandbox), without("ended", "idle", "keyless"));
});

test("--dry-run names whom it would delete, and why", async (sandbox) => {
  const before = sandbox.snapshot();
  const { code, stdout, stderr } = await run(["prune", ...ALL, "--dry-run"], { sandbox });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.match(
    stdout,
    /^Would delete user: ended \(its keys .*\)\nWould delete user: idle \(.*\)\nWould delete user: keyless \(.*\)\n$/,
  );
  assert.deepEqual(sandbox.snapshot(), before);
});

test("on a terminal it asks, and deletes nothing unless the answer is yes", async (sandbox) => {
  const before = sandbox.snapshot();
  let question = "";
  const answer = (text: string) => (asked: string) => {
    question = asked;
    return Promise.resolve(text);
  };
  for (const text of ["", "y", "no"]) {
    const { code, stdout, stderr } = await run(["prune", "--expired"], {
      sandbox,
      askLine: answer(text),
    });
    assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
    assert.match(
      stderr,
      /^User: ended \(.*\)\nError: Nothing was deleted: the answer was not yes\n$/,
    );
  }
  assert.match(question, /^Delete this user with everything attached, for good\? Type yes/);
  assert.deepEqual(sandbox.snapshot(), before);
  const yes = await run(["prune", "--expired"], { sandbox, askLine: answer("yes") });
  assert.equal(yes.code, 0);
  assert.deepEqual(names(sandbox), without("ended"));
});

/** What somebody else does while the question is on the screen. */
const MEANWHILE: Record<string, (sandbox: Sandbox) => unknown> = {
  "a key was used": (sandbox) => use(sandbox, "idle"),
  "a key was made": (sandbox) => run(["rotate", "idle"], { sandbox }),
  "the tags were removed": ({ account }) => account.users.get("idle")!.tags = [],
  "a key was disabled": ({ account }) => {
    for (const key of account.users.get("idle")!.accessKeys.values()) key.status = "Inactive";
  },
};

for (const [what, change] of Object.entries(MEANWHILE)) {
  test(`looks again before it deletes: ${what} meanwhile`, async (sandbox) => {
    sandbox.account.users.delete("ended");
    const { code, stdout, stderr } = await run(["prune", "--unused-for", "90d"], {
      sandbox,
      askLine: async () => {
        await change(sandbox);
        return "yes";
      },
    });
    assert.equal(code, 1);
    assert.match(stdout, /^User: idle \(.*\)\n$/);
    assert.match(stderr, /^Error: User idle stays: its tags, its keys or their use have changed/m);
    assert.ok(sandbox.account.users.has("idle"));
  });
}

test("an end that was moved or is none of ours meanwhile keeps the user", async (sandbox) => {
  const extend = await run(["prune", "--expired"], {
    sandbox,
    askLine: async () => {
      await run(["extend", "ended", "30d"], { sandbox });
      return "yes";
    },
  });
  assert.equal(extend.code, 1);
  const { inlinePolicies } = sandbox.account.users.get("ended")!;
  const policy = JSON.parse(inlinePolicies.get("s3-credentials.expires")!);
  policy.Statement[0].Condition.DateGreaterThanEquals["aws:CurrentTime"] = "2001-01-01T00:00:00Z";
  policy.Statement[0].Condition.Bool = { "aws:SecureTransport": "false" };
  inlinePolicies.set("s3-credentials.expires", JSON.stringify(policy));
  const { stderr } = await run(["prune", "--expired", "--yes"], { sandbox });
  assert.equal(stderr, "No user to delete\n");
  assert.deepEqual(names(sandbox), EVERYBODY);
});

test("a last use that can't be read keeps the user, and is named", async (sandbox) => {
  const error = { status: 403, code: "AccessDenied", message: "Not for you" };
  sandbox.fail({ operation: "GetAccessKeyLastUsed", times: Infinity, error });
  const args = ["prune", "--unused-for", "90d", "--orphans", "--yes"];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Error: Could not read the last use of access key \w+ of user idle, which stays/m,
  );
  assert.deepEqual(names(sandbox), without("keyless"));
});

test("one that fails does not keep the others, and its keys go first", async (sandbox) => {
  const error = { status: 403, code: "AccessDenied", message: "Not for you" };
  sandbox.fail({ operation: "DeleteAccessKey", times: Infinity, error });
  const { code, stderr } = await run(["prune", ...ALL, "--yes"], { sandbox });
  assert.equal(code, 1);
  for (const name of ["ended", "idle"]) {
    assert.match(stderr, new RegExp(`^Error: Could not delete user ${name}: its access key`, "m"));
    // A key that stays must not lose what denies it something.
    assert.ok(sandbox.account.users.get(name)!.inlinePolicies.size > 0);
  }
  assert.deepEqual(names(sandbox), without("keyless"));
});

test("the caller's own user is refused", async (sandbox) => {
  const caller = sandbox.account.users.get("admin")!;
  caller.tags = [{ key: "s3-credentials:version", value: "1.0.0" }];
  const criteria = { unusedFor: 86_400, now: new Date(+sandbox.clock.now() + 2 * DAY_MS) };
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const found = await Array.fromAsync(findPrunableUsers(aws, criteria));
  const admin = found.find(({ UserName }) => UserName === "admin")!;
  await assert.rejects(
    pruneUser(aws, admin, criteria),
    (error) =>
      error instanceof S3CredentialsError && /credentials of user admin itself/.test(error.message),
  );
  assert.ok(sandbox.account.users.get("admin")!.accessKeys.size > 0);
});

Deno.test("findPrunableUsers: without criteria, or with too short a time, nothing is sent", async () => {
  await using sandbox = await startSandbox();
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  for (const criteria of [{}, { expired: false }, { unusedFor: 0 }, { unusedFor: NaN }]) {
    await assert.rejects(
      Array.fromAsync(findPrunableUsers(aws, criteria)),
      (error) => error instanceof S3CredentialsError && error.code === "usage",
    );
  }
  assert.deepEqual(sandbox.requests, []);
});
