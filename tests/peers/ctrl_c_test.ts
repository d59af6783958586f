/** Ctrl-C, pressed at a terminal. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { adminEnv, CLI, peerTest, runPeer, scriptPath } from "./support.ts";

const CTRL_C = "\x03";
/** A process that a signal has ended has no exit code: a shell calls this one 130. */
const ENDED_BY_SIGINT = -2;

/** A command that waits, and says how often it was interrupted. */
const COUNTS = 'trap "n=1\\$n" INT; echo ready; sleep 5; sleep 1; echo "interrupts: $n"; exit 9';

/** Types each text when the screen shows what stands before it. */
async function type(
  steps: [shown: string, typed: string][],
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; screen: string }> {
  const program = [Deno.execPath(), "run", ...args];
  const words = [scriptPath("typing_session.py"), JSON.stringify(steps), ...program];
  const ran = await runPeer("python", words, { env });
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

for (const args of [["whoami"], ["sandbox"], ["sandbox", "--", "true"]]) {
  peerTest(`terminal: Ctrl-C at Deno's question ends ${args.join(" ")}`, async () => {
    const { code, screen } = await type([["[y/n", CTRL_C]], [CLI, ...args]);
    assert.equal(code, ENDED_BY_SIGINT, screen);
    assert.match(screen, /^s3-credentials needs this to /m);
  });
}

peerTest("terminal: Ctrl-C after the questions is heard", async () => {
  await using sandbox = await startSandbox();
  sandbox.fail({ operation: "GetCallerIdentity", delayMs: 20_000, times: 5 });
  const yes = ["env", "read", "net", "sys"].map((): [string, string] => ["[y/n", "y\n"]);
  const { code, screen } = await type(
    [...yes, ["Granted sys", CTRL_C]],
    [CLI, "whoami"],
    adminEnv(sandbox),
  );
  assert.equal(code, 130, screen);
  assert.match(screen, /Error: Interrupted$/m);
});

peerTest("terminal: Ctrl-C reaches the command of a sandbox once", async () => {
  const { code, screen } = await type(
    [["ready", CTRL_C]],
    ["-A", CLI, "sandbox", "--", "sh", "-c", COUNTS],
  );
  assert.equal(code, 9, screen);
  assert.match(screen, /interrupts: 1$/m);
});

peerTest(
  "terminal: Ctrl-C reaches the command of exec once, and its exit code is ours",
  async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const { code, screen } = await type(
      [["ready", CTRL_C]],
      ["-A", CLI, "exec", "my-bucket", "--serve", "--", "sh", "-c", COUNTS],
      adminEnv(sandbox),
    );
    assert.equal(code, 9, screen);
    assert.match(screen, /interrupts: 1$/m);
  },
);
