/**
 * `create` and `rotate`, as processes whose standard output is closed or leads nowhere.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { run, sandboxEnv, secretsOf } from "../../support/run.ts";

const USER = "s3.read-write.my-bucket";

/** Runs a command line with its standard output as a shell redirects it. */
async function redirected(sandbox: Sandbox, line: string, redirection: string) {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `exec "$0" run -A cli.ts ${line} ${redirection}`, Deno.execPath()],
    env: sandboxEnv(sandbox),
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [out, text] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  for (const secret of secretsOf(sandbox)) assert.ok(!text!.includes(secret));
  return { code, stdout: out!, stderr: text! };
}

function newestKey(sandbox: Sandbox): string {
  return [...sandbox.account.users.get(USER)!.accessKeys.keys()].at(-1)!;
}

function warning(keyId: string): string {
  return "Warning: Standard output is closed or discards everything, so that nobody has the secret " +
    `of access key ${keyId} of user ${USER}. The key is active until it is deleted: ` +
    `s3-credentials delete-key ${keyId}\n`;
}

for (const redirection of [">&-", "> /dev/null"]) {
  Deno.test(`create ${redirection}: says which key is left that nobody has`, async () => {
    if (Deno.build.os === "windows") return;
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const { code, stdout, stderr } = await redirected(
      sandbox,
      "create my-bucket --silent",
      redirection,
    );
    const keyId = newestKey(sandbox);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: warning(keyId) });
    const deleted = await run(["delete-key", keyId], { sandbox });
    assert.equal(deleted.code, 0, deleted.stderr);
    assert.equal(sandbox.account.users.get(USER)!.accessKeys.size, 0);
  });

  Deno.test(`rotate ${redirection}: says the same of the new key`, async () => {
    if (Deno.build.os === "windows") return;
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    assert.equal((await run(["create", "my-bucket"], { sandbox })).code, 0);
    const { code, stderr } = await redirected(sandbox, `rotate ${USER}`, redirection);
    assert.equal(code, 0, stderr);
    const next = `Next: s3-credentials rotate ${USER} --rollback\n`;
    assert.ok(stderr.endsWith(warning(newestKey(sandbox)) + next), stderr);
    assert.equal(sandbox.account.users.get(USER)!.accessKeys.size, 2);
    const rolledBack = await run(["rotate", USER, "--rollback"], { sandbox });
    assert.equal(rolledBack.code, 0, rolledBack.stderr);
    assert.equal(sandbox.account.users.get(USER)!.accessKeys.size, 1);
  });
}

Deno.test("create -d >&-: says how long the credentials last that nobody has", async () => {
  if (Deno.build.os === "windows") return;
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const { code, stderr } = await redirected(sandbox, "create my-bucket -d 15m --silent", ">&-");
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^Warning: Standard output .* nobody has these credentials, which last until \S+ \S+\+00:00\n$/,
  );
});

Deno.test("create: an output that is read, and a file in its place, are worth no warning", async () => {
  if (Deno.build.os === "windows") return;
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const directory = await Deno.makeTempDir();
  const piped = await redirected(sandbox, "create my-bucket --silent", "");
  assert.equal(piped.stderr, "");
  assert.equal(JSON.parse(piped.stdout).AccessKeyId, newestKey(sandbox));
  const line = `create my-bucket --silent -o ${directory}/keys.json`;
  const { code, stderr } = await redirected(sandbox, line, ">&-");
  assert.deepEqual([code, stderr], [0, ""]);
  const saved = JSON.parse(await Deno.readTextFile(`${directory}/keys.json`));
  assert.equal(saved.AccessKeyId, newestKey(sandbox));
  await Deno.remove(directory, { recursive: true });
});
