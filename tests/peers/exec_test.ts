/** `exec` with real clients as its commands: the aws CLI, boto3 and a Deno script. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { adminEnv, peerTest, type Ran, runCli, type RunOptions, scriptPath } from "./support.ts";

const BUCKET = "my-bucket";
const REGION = "eu-west-1";

let sandbox: Sandbox;
let home: string;
Deno.test.beforeAll(async () => {
  sandbox = await startSandbox({ region: REGION, buckets: [BUCKET, "other-bucket"] });
  const env = adminEnv(sandbox);
  const { code } = await runCli(["put-object", BUCKET, "a.txt", "-"], { env, stdin: "hello" });
  assert.equal(code, 0);
  home = await Deno.makeTempDir();
  const keys = "aws_access_key_id = AKIAOFTHEPARENT00000\naws_secret_access_key = of-the-parent\n";
  await Deno.mkdir(`${home}/.aws`);
  await Deno.writeTextFile(`${home}/.aws/credentials`, `[default]\n${keys}`);
  await Deno.writeTextFile(`${home}/.aws/config`, `[default]\nregion = us-west-2\n`);
  await Deno.writeTextFile(`${home}/.boto`, `[Credentials]\n${keys}`);
});
Deno.test.afterAll(async () => {
  await sandbox.close();
  await Deno.remove(home, { recursive: true });
});

/** Runs a command by `exec`, from a home with credentials of its own. */
function exec(options: string[], command: string[], more: RunOptions = {}): Promise<Ran> {
  const env = { ...adminEnv(sandbox), HOME: home, ...more.env };
  return runCli(["exec", BUCKET, "--silent", ...options, "--", ...command], { ...more, env });
}

const DENO = [Deno.execPath(), "run", "-A", scriptPath("exec_child.ts"), BUCKET];
const PYTHON = ["python", scriptPath("exec_child.py"), BUCKET];
const READS = { list: "allowed", get: "allowed", put: "AccessDenied", other: "AccessDenied" };

for (const serve of [[], ["--serve"]]) {
  const name = ["exec", ...serve].join(" ");

  peerTest(`${name}: boto3 has these credentials and no others`, async () => {
    const { code, stdout, stderr } = await exec(["--read-only", ...serve], PYTHON);
    assert.equal(code, 0, stderr);
    const source = serve.length > 0 ? "container-role" : "env";
    assert.deepEqual(JSON.parse(stdout), { ...READS, source, region: REGION });
  });

  peerTest(`${name}: a Deno script has these credentials and no others`, async () => {
    const { code, stdout, stderr } = await exec(["--read-only", ...serve], DENO);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { ...READS, region: REGION });
  });

  peerTest(`${name}: the aws CLI writes where it may, and its exit code is ours`, async () => {
    const to = ["aws", "s3", "cp", "-", `s3://${BUCKET}/new${serve.length}`];
    const written = await exec(["--write-only", ...serve], to, { stdin: "from standard input" });
    assert.deepEqual([written.code, written.stderr], [0, ""]);
    const stored = sandbox.account.buckets.get(BUCKET)!.objects.get(`new${serve.length}`)!;
    assert.equal(stored.body.text(), "from standard input");
    const denied = await exec(["--write-only", ...serve], ["aws", "s3", "ls", `s3://${BUCKET}`]);
    assert.equal(denied.code, 255);
    assert.match(denied.stderr, /AccessDenied.*s3:ListBucket/s);
  });
}
