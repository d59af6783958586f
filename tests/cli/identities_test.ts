/**
 * `whoami` and `delete-user`.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { makeFullUser, READ_ONLY } from "../support/full_user.ts";
import { run } from "../support/run.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
}

test("whoami: prints three fields, indented by four", async (sandbox) => {
  const { code, stdout, stderr } = await run(["whoami"], { sandbox });
  const { userId } = sandbox.account.users.get("admin")!;
  assert.equal(code, 0);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    `{
    "UserId": "${userId}",
    "Account": "123456789012",
    "Arn": "arn:aws:iam::123456789012:user/admin"
}
`,
  );
});

test("delete-user: prints the deletion of a user of create as the Python tool does", async (sandbox) => {
  const before = sandbox.snapshot();
  const { stdout: key } = await run(["create", "my-bucket", "-c"], { sandbox });
  const { code, stdout, stderr } = await run(["delete-user", "s3.read-write.my-bucket"], {
    sandbox,
  });
  assert.equal(code, 0);
  assert.equal(stderr, "");
  assert.deepEqual(stdout.split("\n"), [
    "User: s3.read-write.my-bucket",
    "  Deleted policy: s3.read-write.my-bucket",
    `  Deleted access key: ${JSON.parse(key).AccessKeyId}`,
    "  Deleted user",
    "",
  ]);
  assert.deepEqual(sandbox.snapshot().users, before.users);
});

test("delete-user: removes all nine kinds of dependents", async (sandbox) => {
  await makeFullUser(sandbox, "full");
  const { code, stdout, stderr } = await run(["delete-user", "full"], { sandbox });
  assert.equal(code, 0, stderr);
  const withoutIds = stdout.replace(/(key|certificate|credential): [A-Z0-9]{16,}$/gm, "$1: ID");
  assert.deepEqual(withoutIds.split("\n"), [
    "User: full",
    "  Deleted policy: inline",
    "  Deleted access key: ID",
    `  Detached policy: ${READ_ONLY}`,
    "  Removed from group: readers",
    "  Deleted login profile",
    "  Deactivated MFA device: arn:aws:iam::123456789012:mfa/phone",
    "  Deleted signing certificate: ID",
    "  Deleted SSH public key: ID",
    "  Deleted service-specific credential: ID",
    "  Deleted user",
    "",
  ]);
  assert.equal(sandbox.account.users.has("full"), false);
  assert.ok(sandbox.account.groups.has("readers"));
});

test("delete-user: reports a missing user, and still deletes the others", async (sandbox) => {
  await run(["create", "my-bucket", "-c", "--username", "one"], { sandbox });
  await run(["create", "my-bucket", "--username", "two"], { sandbox });
  const { code, stdout, stderr } = await run(["delete-user", "one", "nobody", "two"], { sandbox });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Error: User does not exist: nobody\n" +
      "To see the users of this account: s3-credentials list-users\n",
  );
  assert.deepEqual(stdout.match(/^User: .*$/gm), ["User: one", "User: two"]);
  assert.deepEqual([...sandbox.account.users.keys()], ["admin"]);
});

test("delete-user: deletes all users on a closed pipe, with the right exit code", async (sandbox) => {
  const names = Array.from({ length: 12 }, (_, index) => `user-${index}`);
  await run(["create", "my-bucket", "-c", "--username", "user-0"], { sandbox });
  const user = sandbox.account.users.get("user-0")!;
  for (const userName of names) sandbox.account.users.set(userName, { ...user, userName });
  const stdoutError = Object.assign(new Error("Broken pipe"), { name: "BrokenPipe" });
  const ran = await run(["delete-user", ...names.slice(1)], { sandbox, stdoutError });
  assert.deepEqual(ran, { code: 0, stdout: "", stderr: "" });
  assert.deepEqual([...sandbox.account.users.keys()], ["admin", "user-0"]);
  const last = await run(["delete-user", "nobody", "user-0"], { sandbox, stdoutError });
  assert.deepEqual(last, {
    code: 1,
    stdout: "",
    stderr: "Error: User does not exist: nobody\n" +
      "To see the users of this account: s3-credentials list-users\n",
  });
  assert.deepEqual([...sandbox.account.users.keys()], ["admin"]);
});

/** What a command needs to run with the keys of a user that may do anything. */
async function keysOf(sandbox: Sandbox, userName: string): Promise<Record<string, string>> {
  const statement = '{"Effect":"Allow","Action":"*","Resource":"*"}';
  const line = ["create", "my-bucket", "-c", "--username", userName, "--statement", statement];
  const { stdout } = await run(line, { sandbox });
  const { AccessKeyId, SecretAccessKey } = JSON.parse(stdout);
  return { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey };
}

test("delete-user: refuses the caller's own user, and still deletes the others", async (sandbox) => {
  const env = await keysOf(sandbox, "me");
  await run(["create", "my-bucket", "--username", "one"], { sandbox });
  await run(["create", "my-bucket", "--username", "two"], { sandbox });
  sandbox.account.users.get("me")!.path = "/staff/";
  const { users } = sandbox.snapshot();
  sandbox.requests.length = 0;
  const { code, stdout, stderr } = await run(["delete-user", "one", "me", "two"], { sandbox, env });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Error: Could not delete user me: these are the credentials of user me itself\n" +
      "Use other credentials: pass --profile or --auth\n",
  );
  assert.deepEqual(stdout.match(/^User: .*$/gm), ["User: one", "User: me", "User: two"]);
  const left = users.filter(({ userName }) => !["one", "two"].includes(userName));
  assert.deepEqual(sandbox.snapshot().users, left);
  const calls = sandbox.requests.filter(({ operation }) => operation === "GetCallerIdentity");
  assert.equal(calls.length, 1);
});

test("delete-user: works if the server can't say who is calling", async (sandbox) => {
  await run(["create", "my-bucket", "-c", "--username", "one"], { sandbox });
  const error = { status: 501, code: "NotImplemented", message: "No STS here" };
  sandbox.fail({ operation: "GetCallerIdentity", times: Infinity, error });
  const { code, stderr } = await run(["delete-user", "one"], { sandbox });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.equal(sandbox.account.users.has("one"), false);
});

test("delete-user: deletes a virtual MFA device even if the answer to its deactivation is lost", async (sandbox) => {
  await makeFullUser(sandbox, "full");
  sandbox.fail({
    operation: "DeactivateMFADevice",
    after: true,
    error: { status: 500, code: "InternalFailure", message: "Sorry" },
  });
  const { code, stderr } = await run(["delete-user", "full"], { sandbox });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.deepEqual([...sandbox.account.virtualMfaDevices.keys()], []);
  assert.equal(sandbox.account.users.has("full"), false);
});

test("delete-user: deactivates a security key, and deletes no virtual device of its name", async (sandbox) => {
  await run(["create", "my-bucket", "-c", "--username", "one"], { sandbox });
  const { mfaDevices } = sandbox.account.users.get("one")!;
  const serials = ["arn:aws:iam::123456789012:u2f/user/one/blue-ABC", "GAHT12345678"];
  for (const serial of serials) mfaDevices.set(serial, { enableDate: new Date() });
  sandbox.requests.length = 0;
  const { code, stdout } = await run(["delete-user", "one"], { sandbox });
  assert.equal(code, 0);
  for (const serial of serials) assert.ok(stdout.includes(`  Deactivated MFA device: ${serial}\n`));
  assert.ok(sandbox.requests.every(({ operation }) => operation !== "DeleteVirtualMFADevice"));
});

test("delete-user: names what can't be removed, and removes the rest", async (sandbox) => {
  await run(["create", "my-bucket", "-c", "--username", "one"], { sandbox });
  sandbox.fail({
    operation: "DeleteUserPolicy",
    error: { status: 403, code: "AccessDenied", message: "Not for you" },
  });
  const { code, stdout, stderr } = await run(["delete-user", "one"], { sandbox });
  assert.equal(code, 1);
  assert.match(stdout, /^User: one\n {2}Deleted access key: \w+\n$/);
  assert.match(stderr, /Could not delete user one: its policy s3\.read-write\.my-bucket could not/);
  assert.ok(sandbox.account.users.has("one"));
});

test("delete-user: deletes a plain user for a caller who may not list the rarer kinds", async (sandbox) => {
  await run(["create", "my-bucket", "-c", "--username", "one"], { sandbox });
  for (const operation of ["ListMFADevices", "ListSSHPublicKeys", "ListGroupsForUser"]) {
    sandbox.fail({
      operation,
      error: { status: 403, code: "AccessDenied", message: "Not for you" },
    });
  }
  const { code, stderr } = await run(["delete-user", "one"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.equal(sandbox.account.users.has("one"), false);
});

test("delete-user: removes more than a page of policies", async (sandbox) => {
  await run(["create", "my-bucket", "-c", "--username", "one"], { sandbox });
  const user = sandbox.account.users.get("one")!;
  for (let n = 0; n < 250; n++) user.inlinePolicies.set(`policy-${n}`, "{}");
  const { code, stdout } = await run(["delete-user", "one"], { sandbox });
  assert.equal(code, 0);
  assert.equal(stdout.match(/Deleted policy/g)?.length, 251);
});
