/**
 * `disable-key`, `enable-key`, `delete-key`.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const USER = "s3.read-write.my-bucket";

function test(
  name: string,
  work: (sandbox: Sandbox, id: string, key: string) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const { stdout } = await run(["create", "my-bucket"], { sandbox });
    await work(sandbox, JSON.parse(stdout).AccessKeyId, stdout);
  });
}

test(
  "disable-key and enable-key: the key is refused, and works again",
  async (sandbox, id, key) => {
    const use = () =>
      run(["list-bucket", "my-bucket", "--auth", "key"], { sandbox, files: { key } });
    assert.equal((await use()).code, 0);
    assert.deepEqual(await run(["disable-key", id], { sandbox }), {
      code: 0,
      stdout: "",
      stderr: `Disabled access key ${id} of user ${USER}\n`,
    });
    assert.equal(sandbox.account.users.get(USER)!.accessKeys.get(id)!.status, "Inactive");
    assert.equal((await use()).code, 1);
    assert.deepEqual(await run(["enable-key", id], { sandbox }), {
      code: 0,
      stdout: "",
      stderr: `Enabled access key ${id} of user ${USER}\n`,
    });
    assert.equal((await use()).code, 0);
  },
);

for (
  const [command, done, status] of [
    ["disable-key", "Disabled", "Inactive"],
    ["enable-key", "Enabled", "Active"],
  ] as const
) {
  test(
    `${command}: says if the key was so already, and sends it all the same`,
    async (sandbox, id) => {
      sandbox.account.users.get(USER)!.accessKeys.get(id)!.status = status;
      const { code, stderr } = await run([command, id], { sandbox });
      assert.deepEqual([code, stderr], [0, `${done} already: access key ${id} of user ${USER}\n`]);
      assert.ok(sandbox.requests.some(({ operation }) => operation === "UpdateAccessKey"));
    },
  );

  test(
    `${command}: a caller who may not list keys is not told whether it was so already`,
    async (sandbox, id) => {
      const error = { status: 403, code: "AccessDenied", message: "no" };
      sandbox.fail({ operation: "ListAccessKeys", times: Infinity, error });
      const { code, stderr } = await run([command, id], { sandbox });
      assert.deepEqual([code, stderr], [0, `${done} access key ${id} of user ${USER}\n`]);
    },
  );
}

for (const command of ["disable-key", "enable-key", "delete-key"]) {
  test(`${command} --dry-run: names the user, and changes nothing`, async (sandbox, id) => {
    const key = sandbox.account.users.get(USER)!.accessKeys.get(id)!;
    key.status = command === "enable-key" ? "Inactive" : "Active";
    const before = sandbox.snapshot();
    assert.deepEqual(await run([command, id, "--dry-run"], { sandbox }), {
      code: 0,
      stdout: `Would ${command.replace("-key", "")} access key ${id} of user ${USER}\n`,
      stderr: "",
    });
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

test("delete-key: the key is gone, its user with the policies stays", async (sandbox, id) => {
  const policies = [...sandbox.account.users.get(USER)!.inlinePolicies];
  assert.deepEqual(await run(["delete-key", id], { sandbox }), {
    code: 0,
    stdout: "",
    stderr: `Deleted access key ${id} of user ${USER}\n`,
  });
  const user = sandbox.account.users.get(USER)!;
  assert.equal(user.accessKeys.size, 0);
  assert.deepEqual([...user.inlinePolicies], policies);
});

for (const command of ["disable-key", "delete-key"]) {
  test(`${command}: the credentials in use are refused without --force`, async (sandbox) => {
    const { accessKeyId } = sandbox.credentials;
    const before = sandbox.snapshot();
    const refused = await run([command, accessKeyId], { sandbox });
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      new RegExp(`Error: This key is the one in use: ${accessKeyId}\n.*--force`),
    );
    assert.deepEqual(sandbox.snapshot(), before);
    const forced = await run([command, accessKeyId, "--force"], { sandbox });
    assert.equal(forced.code, 0, forced.stderr);
    assert.notDeepEqual(sandbox.snapshot(), before);
  });
}

for (const command of ["disable-key", "enable-key", "delete-key"]) {
  test(`${command}: a key that is not there, and the others all the same`, async (sandbox, id) => {
    const unknown = "AKIAIOSFODNN7EXAMPLE";
    const alone = await run([command, unknown], { sandbox });
    assert.equal(alone.code, 1);
    assert.match(
      alone.stderr,
      new RegExp(`^Error: Access key does not exist, .*: ${unknown}\n.*list-credentials --all\n$`),
    );
    const both = await run([command, unknown, id], { sandbox });
    assert.equal(both.code, 1);
    assert.match(
      both.stderr,
      new RegExp(`^Error: .*${unknown}\n.*\n.*access key ${id} of user`),
    );
  });
}

test("delete-key: a lost answer is no error", async (sandbox, id) => {
  sandbox.fail({ operation: "DeleteAccessKey", cut: true, after: true });
  const { code } = await run(["delete-key", id], { sandbox });
  assert.equal(code, 0);
});
