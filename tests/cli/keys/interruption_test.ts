/**
 * Ctrl-C in the commands that change keys and users: a change that has been sent is waited for.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { createUser } from "../../../lib/sandbox/seed.ts";
import { run } from "../../support/run.ts";

const READ = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
};

async function stage() {
  const sandbox = await startSandbox({ buckets: ["my-bucket"], users: { bob: READ, eve: READ } });
  const { code } = await run(["create", "my-bucket", "--duration", "15m"], { sandbox });
  assert.equal(code, 0);
  const orphan = createUser(sandbox.account.id, "orphan", "/", new Date(0));
  orphan.tags = [{ key: "s3-credentials:version", value: "1.0.0" }];
  sandbox.account.users.set("orphan", orphan);
  return sandbox;
}

/** Interrupts a command while an operation has not been answered. */
async function interruptIn(sandbox: Sandbox, operation: string, args: string[]) {
  const controller = new AbortController();
  const when = () => {
    controller.abort();
    return true;
  };
  sandbox.fail({ operation, when, delayMs: 20 });
  return await run(args, { sandbox, signal: controller.signal });
}

type Names = { bob: string; eve: string };

const changes: [operation: string, args: (ids: Names) => string[], done: RegExp][] = [
  ["DeleteAccessKey", ({ bob }) => ["delete-key", bob], /^Deleted access key \w+ of user bob$/m],
  ["UpdateAccessKey", ({ bob }) => ["disable-key", bob], /^Disabled access key \w+ of user bob$/m],
  [
    "UpdateAccessKey",
    ({ bob }) => ["enable-key", bob],
    /^Enabled already: access key \w+ of user bob$/m,
  ],
  ["DeleteUser", () => ["delete-user", "bob"], /^ {2}Deleted user$/m],
  ["DeleteUser", () => ["prune", "--orphans", "--yes"], /^ {2}Deleted user$/m],
  ["PutRolePolicy", () => ["revoke-sessions"], /^Revoked all sessions of role/m],
];

const reads: [operation: string, args: (ids: Names) => string[]][] = [
  ["GetAccessKeyLastUsed", ({ bob }) => ["delete-key", bob]],
  ["GetAccessKeyLastUsed", ({ bob, eve }) => ["delete-key", bob, eve]],
  ["GetAccessKeyLastUsed", ({ bob }) => ["disable-key", bob]],
  ["GetAccessKeyLastUsed", ({ bob }) => ["enable-key", bob]],
  ["ListUserPolicies", () => ["delete-user", "bob"]],
  ["ListAccessKeys", () => ["delete-user", "bob", "eve"]],
  ["GetUser", () => ["prune", "--orphans", "--yes"]],
  ["ListAccessKeys", () => ["prune", "--orphans", "--yes"]],
  ["ListUserPolicies", () => ["prune", "--orphans", "--yes"]],
  ["GetRolePolicy", () => ["revoke-sessions"]],
];

function idsOf({ users }: Sandbox): Names {
  return { bob: users.bob!.accessKeyId, eve: users.eve!.accessKeyId };
}

for (const [operation, args, done] of changes) {
  const [command] = args({ bob: "", eve: "" });
  Deno.test(`${command}: interrupted in ${operation}, it says what was done`, async () => {
    await using sandbox = await stage();
    const { code, stdout, stderr } = await interruptIn(sandbox, operation, args(idsOf(sandbox)));
    assert.equal(code, 0, stderr);
    assert.match(stdout + stderr, done);
  });
}

for (const [operation, args] of reads) {
  const shown = args({ bob: "bob", eve: "eve" }).join(" ");
  Deno.test(`${shown}: interrupted in ${operation}, it changes nothing`, async () => {
    await using sandbox = await stage();
    const before = sandbox.snapshot();
    const { code, stdout, stderr } = await interruptIn(sandbox, operation, args(idsOf(sandbox)));
    assert.equal(code, 130, stderr);
    assert.equal(stdout, "");
    assert.equal(stderr, "Error: Interrupted\n");
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

Deno.test("delete-key: interrupted in the first of two keys, it leaves the second one", async () => {
  await using sandbox = await stage();
  const { bob, eve } = idsOf(sandbox);
  const { code, stderr } = await interruptIn(sandbox, "DeleteAccessKey", ["delete-key", bob, eve]);
  assert.equal(code, 130);
  assert.match(stderr, new RegExp(`^Deleted access key ${bob} of user bob\nError: Interrupted`));
  assert.equal(sandbox.account.users.get("bob")!.accessKeys.size, 0);
  assert.equal(sandbox.account.users.get("eve")!.accessKeys.size, 1);
});

Deno.test("delete-user: interrupted, it says what was removed", async () => {
  await using sandbox = await stage();
  const args = ["delete-user", "bob"];
  const { code, stdout } = await interruptIn(sandbox, "DeleteUserPolicy", args);
  assert.equal(code, 130);
  const { accessKeys, inlinePolicies } = sandbox.account.users.get("bob")!;
  assert.equal(inlinePolicies.size, 0);
  assert.match(stdout, /^User: bob\n {2}Deleted policy: /);
  assert.equal(/Deleted access key/.test(stdout), accessKeys.size === 0);
  assert.doesNotMatch(stdout, /Deleted user/);
});
