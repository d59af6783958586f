/**
 * The tool as one file: a bundle runs every command, and an executable holds just that bundle.
 */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { bundle, compile, embeddedFiles } from "../scripts/standalone.ts";
import { type Sandbox, startSandbox } from "../lib/sandbox/mod.ts";
import { type Ran, run, sandboxEnv } from "./support/run.ts";
import { runSequences } from "./support/several_runs.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const overview = (await run(["--help"])).stdout;
const commands = overview.match(/^ {2}[a-z][a-z-]+/gm)!.map((name) => name.trim());
const HELPS = commands.map((name) => [name, "--help"]);
const POLICY = ["policy", "my-bucket", "--read-only", "--prefix", "a/"];
const CREATIONS = {
  "new-bucket": ["create", "new-bucket", "-c", "--website"],
  "other-bucket": ["create", "other-bucket", "-c", "--website", "--duration", "15m"],
};
const LISTS = [
  ["list-users", "--csv"],
  ["list-buckets", "--details"],
  ["debug-bucket", "my-bucket"],
];

let folder = "";
let file = "";
let sandbox: Sandbox;
/** How the command lines above ended, one after the other in one process of the bundle. */
let ended: Map<string[], Ran>;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  file = `${folder}/s3-credentials.js`;
  const { success, messages } = await bundle(file);
  assert.ok(success, messages);
  sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const lines = [...HELPS, POLICY, ...Object.values(CREATIONS), ...LISTS];
  const sequences = lines.map((words) => ({
    cwd: folder,
    env: sandboxEnv(sandbox),
    commands: [words],
  }));
  const all = await runSequences(sequences, { program: pathToFileURL(file).href });
  ended = new Map(lines.map((words, n) => [words, all[n]!]));
});

Deno.test.afterAll(async () => {
  await sandbox.close();
  await Deno.remove(folder, { recursive: true });
});

/** Runs the bundle as a process of its own. */
async function runBundle(args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", file, ...args],
    cwd: folder,
  }).output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("bundle: --help of every command is that of the source", async () => {
  assert.ok(commands.length > 10);
  assert.equal((await runBundle(["--help"])).stdout, overview);
  for (const words of HELPS) {
    assert.deepEqual(ended.get(words), await run(words), words.join(" "));
  }
});

Deno.test("bundle: policy", async () => {
  assert.equal(ended.get(POLICY)!.stdout, (await run(POLICY)).stdout);
});

for (const [bucket, words] of Object.entries(CREATIONS)) {
  Deno.test(`bundle: ${words.join(" ")} against the sandbox`, () => {
    const { code, stdout, stderr } = ended.get(words)!;
    assert.equal(code, 0, stderr);
    assert.match(JSON.parse(stdout).AccessKeyId, /^A[KS]IA/);
    assert.ok(sandbox.account.buckets.get(bucket)?.website);
  });
}

Deno.test("bundle: lists and details", () => {
  for (const words of LISTS) {
    const { code, stdout, stderr } = ended.get(words)!;
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
  const { success, messages } = await compile(file, Deno.build.target, `${folder}/s3-credentials`);
  Deno.env.delete("DENORT_BIN");
  assert.ok(success, messages);
  assert.deepEqual(embeddedFiles(messages), ["s3-credentials.js"], messages);
});
