/**
 * Command lines one after the other in one process, each in a directory and an environment of its own:
 * what Deno and the SDK take to start, they take once.
 *
 * @module
 */
import type { Ran } from "./run.ts";

/** Command lines that follow upon each other. */
export interface Sequence {
  /** The current directory. */
  cwd: string;
  /** Environment variables, over those of the process. */
  env: Record<string, string>;
  /** The words of each command line; one that fails is the last. */
  commands: string[][];
}

/** Stands after what a sequence prints; on standard error its exit code follows, and another one. */
const MARK = "\0";

/** What process runs sequences. */
export interface ProcessOptions {
  /**
   * The module of the command line.
   *
   * @default {"cli.ts"}
   */
  program?: string;
  /**
   * Options of `deno run`; what they permit must include reading and the environment.
   *
   * @default {["-A"]}
   */
  denoOptions?: readonly string[];
  /** The file that standard output goes to, if not into the results. */
  stdout?: string;
}

/** Runs sequences in one process. */
export async function runSequences(
  sequences: readonly Sequence[],
  {
    program = import.meta.resolve("../../cli.ts"),
    denoOptions = ["-A"],
    stdout,
  }: ProcessOptions = {},
): Promise<Ran[]> {
  const words = ["run", ...denoOptions, import.meta.filename!, program, JSON.stringify(sequences)];
  const output = await new Deno.Command(stdout === undefined ? Deno.execPath() : "sh", {
    args: stdout === undefined ? words : ["-c", `"$0" "$@" > ${stdout}`, Deno.execPath(), ...words],
    stdin: "null",
  }).output();
  const partsOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split(MARK);
  const [data, said] = [partsOf(output.stdout), partsOf(output.stderr)];
  return sequences.map((_, n) => ({
    code: Number(said[2 * n + 1]),
    stdout: data[n] ?? "",
    stderr: said[2 * n] ?? "",
  }));
}

if (import.meta.main) {
  const [program = "", text = ""] = Deno.args;
  const { main }: { main: typeof import("../../cli.ts").main } = await import(program);
  const sequences: Sequence[] = JSON.parse(text);
  for (const { cwd, env, commands } of sequences) {
    Deno.chdir(cwd);
    for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
    let code = 0;
    for (const words of commands) {
      if (code === 0) code = await main(words);
    }
    try {
      Deno.stdout.writeSync(new TextEncoder().encode(MARK));
    } catch {
      // It goes where nothing can be written, and nothing of it is looked at.
    }
    Deno.stderr.writeSync(new TextEncoder().encode(`${MARK}${code}${MARK}`));
  }
  Deno.exit(0);
}
