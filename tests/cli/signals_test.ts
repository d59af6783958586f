/**
 * Signals that are sent to the tool alone, while it runs a command.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { sandboxEnv } from "../support/run.ts";

const SANDBOX = ["sandbox"];

/** The end of a command that waits until it is told to end. */
async function signalled(
  script: string,
  signals: Deno.Signal[],
  command: string[] = SANDBOX,
  env: Record<string, string> = {},
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", ...command, "--", Deno.execPath(), "eval", script],
    env,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const read = async (until: RegExp) => {
    while (!until.test(text)) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
    }
  };
  await read(/ready \d+\n/);
  const pid = Number(/ready (\d+)/.exec(text)?.[1]);
  const patience = setTimeout(() => Deno.kill(pid, "SIGKILL"), 60_000);
  for (const signal of signals) {
    child.kill(signal);
    await read(new RegExp(`heard ${signal}\n`));
  }
  const { code } = await child.status;
  const isRunning = exists(pid);
  await read(/$^/);
  clearTimeout(patience);
  return { code, text, isRunning };
}

function exists(pid: number): boolean {
  try {
    // No process dies of it.
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

const WAIT = "console.log(`ready ${Deno.pid}`); setInterval(() => {}, 1000);";

const ENDS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGQUIT", 131],
  ["SIGUSR2", 140],
] as const;

for (const [signal, exitCode] of ENDS) {
  Deno.test({
    name: `sandbox -- COMMAND: ${signal} ends the command, exit ${exitCode}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const { code, isRunning } = await signalled(WAIT, [signal]);
      assert.equal(code, exitCode);
      assert.equal(isRunning, false);
    },
  });
}

Deno.test({
  name: "sandbox -- COMMAND: a command that hears signals ends when and as it likes",
  ignore: Deno.build.os === "windows",
  async fn() {
    const hear = (signal: string, end: string) =>
      `Deno.addSignalListener("${signal}", () => { console.log("heard ${signal}"); ${end} });`;
    const script = hear("SIGTERM", "") + hear("SIGINT", "setTimeout(() => Deno.exit(5), 200);");
    const { code, text, isRunning } = await signalled(script + WAIT, ["SIGTERM", "SIGINT"]);
    assert.match(text, /heard SIGTERM\nheard SIGINT\n/);
    assert.equal(code, 5);
    assert.equal(isRunning, false);
  },
});

for (const options of [[], ["--serve"]]) {
  Deno.test({
    name: `exec ${options.join(" ")}: signals reach the command, whose exit code is ours`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
      const script = 'Deno.addSignalListener("SIGINT", () => console.log("heard SIGINT"));' + WAIT;
      const { code, text, isRunning } = await signalled(
        script,
        ["SIGINT", "SIGTERM"],
        ["exec", "my-bucket", ...options],
        sandboxEnv(sandbox),
      );
      assert.match(text, /heard SIGINT\n/);
      assert.equal(code, 143);
      assert.equal(isRunning, false);
    },
  });
}
