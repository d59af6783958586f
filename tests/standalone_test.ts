/**
 * The tool as one file: a bundle runs every command, and an executable holds just that bundle.
 */
import assert from "node:assert/strict";
import { bundle, compile, embeddedFiles } from "../scripts/standalone.ts";
import { startSandbox } from "../lib/sandbox/mod.ts";
import { isItsTurn } from "./support/arbitraries.ts";
import { run, sandboxEnv } from "./support/run.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

let folder = "";
let file = "";

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  file = `${folder}/s3-credentials.js`;
  const { success, messages } = await bundle(file);
  assert.ok(success, messages);
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function runBundle(args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", file, ...args],
    env,
    cwd: folder,
  }).output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("bundle: --help of every command is that of the source", async () => {
  const overview = (await run(["--help"])).stdout;
  const commands = overview.match(/^ {2}[a-z][a-z-]+/gm)!.map((name) => name.trim());
  assert.ok(commands.length > 10);
  const itsTurn = commands.filter((_, index) => isItsTurn(index, 4));
  for (const args of [["--help"], ...itsTurn.map((name) => [name, "--help"])]) {
    assert.equal((await runBundle(args)).stdout, (await run(args)).stdout, args.join(" "));
  }
});

Deno.test("bundle: policy", async () => {
  const args = ["policy", "my-bucket", "--read-only", "--prefix", "a/"];
  assert.equal((await runBundle(args)).stdout, (await run(args)).stdout);
});

for (const lifetime of [[], ["--duration", "15m"]]) {
  Deno.test(`bundle: create ${lifetime.join(" ")} against the sandbox`, async () => {
    await using sandbox = await startSandbox();
    const args = ["create", "my-bucket", "-c", "--website", ...lifetime];
    const { code, stdout, stderr } = await runBundle(args, sandboxEnv(sandbox));
    assert.equal(code, 0, stderr);
    assert.match(JSON.parse(stdout).AccessKeyId, /^A[KS]IA/);
    assert.ok(sandbox.account.buckets.get("my-bucket")?.website);
  });
}

Deno.test("bundle: lists and details", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const env = sandboxEnv(sandbox);
  for (
    const args of [["list-users", "--csv"], ["list-buckets", "--details"], [
      "debug-bucket",
      "my-bucket",
    ]]
  ) {
    const { code, stdout, stderr } = await runBundle(args, env);
    assert.equal(code, 0, stderr);
    assert.ok(stdout.length > 20);
  }
});

Deno.test("bundle: sandbox -- COMMAND runs the command in a sandbox", async () => {
  const command = [Deno.execPath(), "run", "-A", file, "create", "my-bucket"];
  const { code, stdout, stderr } = await runBundle(
    ["sandbox", "--bucket", "my-bucket", "--", ...command],
  );
  assert.equal(code, 0, stderr);
  assert.match(JSON.parse(stdout).AccessKeyId, /^AKIA/);
});

Deno.test("executable: holds the bundle and nothing else", async () => {
  // Compiling needs a base runtime, which must be downloaded; for the list of files any program will do.
  Deno.env.set("DENORT_BIN", Deno.execPath());
  const { success, messages } = await compile(
    Deno.build.target,
    `${folder}/s3-credentials`,
  );
  Deno.env.delete("DENORT_BIN");
  assert.ok(success, messages);
  const files = embeddedFiles(messages);
  assert.deepEqual(files.map((name) => name.replace(/bundle_\w+/, "bundle")), [
    ".deno_compile_bundle.mjs",
  ], messages);
});
