/**
 * Command lines one after the other in one process, each in a directory and an environment of its own:
 * what Deno and the SDK take to start, they take once.
 *
 * @module
 */
import { main } from "../../cli.ts";

/** Command lines that follow upon each other. */
export interface Sequence {
  /** The current directory. */
  cwd: string;
  /** Environment variables, over those of the process. */
  env: Record<string, string>;
  /** The words of each command line; one that fails is the last. */
  commands: string[][];
}

/** How a sequence ended. */
export interface Ended {
  code: number;
  stderr: string;
}

/** Stands before and after the exit code of a sequence. */
const MARK = "\0";

/** Runs sequences in one process. */
export async function runSequences(sequences: readonly Sequence[]): Promise<Ended[]> {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, JSON.stringify(sequences)],
    stdin: "null",
    stdout: "null",
  }).output();
  const parts = new TextDecoder().decode(stderr).split(MARK);
  return sequences.map((_, n) => ({ stderr: parts[2 * n] ?? "", code: Number(parts[2 * n + 1]) }));
}

if (import.meta.main) {
  const sequences: Sequence[] = JSON.parse(Deno.args[0]!);
  for (const { cwd, env, commands } of sequences) {
    Deno.chdir(cwd);
    for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
    let code = 0;
    for (const words of commands) {
      if (code === 0) code = await main(words);
    }
    Deno.stderr.writeSync(new TextEncoder().encode(`${MARK}${code}${MARK}`));
  }
  Deno.exit(0);
}
