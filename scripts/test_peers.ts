/**
 * Runs tests/peers: our sandbox against clients that we did not write, our tool against servers that
 * we did not write. Closes with one line, `N passed, N failed, N skipped`.
 *
 * Arguments go on to `deno test`, such as `--filter boto3`.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { installPeers, PROJECT } from "./peers.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** A child with a home of its own would otherwise download all modules again. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

async function runTests(env: Record<string, string>): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--parallel", ...Deno.args, join(PROJECT, "tests", "peers")],
    cwd: PROJECT,
    env,
    stdout: "piped",
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    process.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  return { code: (await child.status).code, output };
}

/** The numbers of deno test's last line; a run without one failed before its first test. */
function readSummary(output: string): { passed: number; failed: number; skipped: number } {
  // deno-lint-ignore no-control-regex
  const lines = output.replaceAll(/\x1b\[[0-9;]*m/g, "").split("\n");
  const summary = lines.findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line)) ?? "1 failed";
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(summary)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
}

const peers = await installPeers(say);
const { code, output } = await runTests({
  DENO_DIR: await denoDir(),
  ...("bin" in peers
    ? { S3CREDS_PEERS_BIN: peers.bin }
    : { S3CREDS_PEERS_BIN: "", S3CREDS_PEERS_MISSING: peers.missing }),
});
const summary = readSummary(output);
if (code !== 0 && summary.failed === 0) summary.failed = 1;
if ("missing" in peers) say(`SKIPPED: ${peers.missing}`);
say(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
Deno.exit(summary.failed === 0 ? 0 : 1);
