/**
 * Runs commands against the sandbox of the command `sandbox`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Ran, run, type RunOptions } from "./run.ts";

/** A policy for `sandbox --user`. */
export const READ = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Sid: "List", Effect: "Allow", Action: "s3:ListBucket", Resource: "*" }],
});

/** Runs `sandbox ARGS -- COMMAND`, with one of our own commands in place of a program. */
export async function inSandbox(
  args: string[],
  commands: string[][],
  options: RunOptions = {},
): Promise<{ outer: Ran; inner: Ran[] }> {
  const inner: Ran[] = [];
  const outer = await run(["sandbox", ...args, "--", "program"], {
    ...options,
    async program(words, environment) {
      assert.deepEqual(words, ["program"]);
      const env = environment(options.env ?? {});
      for (const command of commands) inner.push(await run(command, { env }));
      return inner.at(-1)?.code ?? 0;
    },
  });
  return { outer, inner };
}

/** Makes a directory for the time of some work. */
export async function withDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  await work(directory).finally(() => Deno.remove(directory, { recursive: true }));
}
