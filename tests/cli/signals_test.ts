/**
 * Signals that are sent to the tool alone, while a command runs in its sandbox.
 */
import assert from "node:assert/strict";

/** The end of a command that waits until it is told to end. */
async function signalled(script: string, signals: Deno.Signal[]) {
  const sandbox = ["run", "-A", "cli.ts", "sandbox", "--"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...sandbox, Deno.execPath(), "eval", script],
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
  const patience = setTimeout(() => Deno.kill(pid, "SIGKILL"), 10_000);
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

for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
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
