/**
 * The tool as one file: a bundle runs every command, and an executable holds just that bundle.
 */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { bundle, compile, embeddedFiles } from "../scripts/standalone.ts";
import { startSandbox } from "../lib/sandbox/mod.ts";
import { type Ran, run, sandboxEnv } from "./support/run.ts";
import { runSequences } from "./support/several_runs.ts";

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

/** Runs command lines of the bundle one after the other in one process. */
function runOfBundle(commands: string[][], env: Record<string, string> = {}): Promise<Ran[]> {
  const sequences = commands.map((words) => ({ cwd: folder, env, commands: [words] }));
  return runSequences(sequences, pathToFileURL(file).href);
}

Deno.test("bundle: --help of every command is that of the source", async () => {
  const overview = (await run(["--help"])).stdout;
  const commands = overview.match(/^ {2}[a-z][a-z-]+/gm)!.map((name) => name.trim());
  assert.ok(commands.length > 10);
  assert.equal((await runBundle(["--help"])).stdout, overview);
  const words = commands.map((name) => [name, "--help"]);
  const helps = await runOfBundle(words);
  for (const [n, args] of words.entries()) {
    assert.deepEqual(helps[n], await run(args), args.join(" "));
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
  const commands = [["list-users", "--csv"], ["list-buckets", "--details"], [
    "debug-bucket",
    "my-bucket",
  ]];
  for (const { code, stdout, stderr } of await runOfBundle(commands, sandboxEnv(sandbox))) {
    assert.equal(code, 0, stderr);
    assert.ok(stdout.length > 20);
  }
});

Deno.test("bundle: sandbox -- COMMAND runs the command in a sandbox", async () => {
  const command = [Deno.execPath(), "run", "-A", file, "whoami"];
  const { code, stdout, stderr } = await runBundle(
    ["sandbox", "--bucket", "my-bucket", "--", ...command],
  );
  assert.equal(code, 0, stderr);
  assert.match(JSON.parse(stdout).Arn, /:user\/admin$/);
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
