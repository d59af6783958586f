/** What a person at a terminal is asked who runs the tool without any `--allow-…`. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { adminEnv, peerTest, runPeer, scriptPath } from "./support.ts";

interface Session {
  questions: number;
  code: number;
  screen: string;
}

async function atTerminal(answer: string, args: string[], env: Record<string, string>) {
  const cli = `${import.meta.dirname}/../../cli.ts`;
  const program = [Deno.execPath(), "run", cli, ...args];
  const ran = await runPeer("python", [scriptPath("terminal.py"), answer, ...program], { env });
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout) as Session;
}

for (
  const args of [["whoami"], ["create", "my-bucket"], ["list-buckets", "--details"], [
    "debug-bucket",
    "my-bucket",
  ]]
) {
  peerTest(`terminal: ${args[0]} asks once for each of four permissions`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const { questions, code, screen } = await atTerminal("y", args, adminEnv(sandbox));
    assert.equal(code, 0, screen);
    assert.equal(questions, 4, screen);
    const reasons = screen.match(/^s3-credentials needs this to .*$/gm);
    assert.equal(reasons?.length, 4);
  });
}

for (const args of [["policy", "my-bucket"], ["--help"], ["create", "my-bucket", "--dry-run"]]) {
  peerTest(`terminal: ${args.join(" ")} asks nothing`, async () => {
    const { questions, code } = await atTerminal("n", args, {});
    assert.equal(code, 0);
    assert.equal(questions, 0);
  });
}

peerTest("terminal: a refusal ends in one clear error", async () => {
  const { questions, code, screen } = await atTerminal("n", ["whoami"], {});
  assert.equal(code, 1);
  assert.equal(questions, 1);
  assert.match(screen, /^Error: Deno was not allowed the permission "env"/m);
});
