/**
 * `deno run -A bench/start_up.ts [RUNS]`: how long the commands take that do next to nothing, beside an
 * empty Deno program and the Python tool. Whole processes, in turns.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { join } from "node:path";
import { installPeers, PROJECT } from "../scripts/peers.ts";
import { environment, median } from "./measure.ts";
import type { Server } from "./peers.ts";
import { startSlowSandbox } from "./servers.ts";

/** What one command took. */
export interface StartUp {
  name: string;
  milliseconds: number;
  /** How many times as long as an empty Deno program. */
  timesEmpty: number;
  /** Which part of the time of the Python tool's same command. */
  partOfPython: number | undefined;
}

const EMPTY = "empty Deno program";
/** The commands that both tools have. */
const COMMANDS: Record<string, string[]> = {
  "`policy my-bucket`": ["policy", "my-bucket"],
  "`whoami`": ["whoami"],
  "`--version`": ["--version"],
  "`--help`": ["--help"],
};

/** Measures each command, `runs` times in turns. */
export async function startUp(runs: number): Promise<StartUp[]> {
  await using server = await startSlowSandbox(0);
  const directory = await Deno.makeTempDir();
  const empty = join(directory, "empty.ts");
  await Deno.writeTextFile(empty, "");
  const python = await installPeers(console.error);
  const ours = (args: string[]) => ["deno", "run", "-A", join(PROJECT, "cli.ts"), ...args];
  const lines: [name: string, words: string[]][] = [
    [EMPTY, ["deno", "run", "-A", empty]],
    ...Object.entries(COMMANDS).flatMap(([name, args]): [string, string[]][] => [
      [name, ours(args)],
      ...("missing" in python ? [] : [
        [`${name}, Python tool`, [join(python.bin, "s3-credentials"), ...args]] as [
          string,
          string[],
        ],
      ]),
    ]),
  ];
  const taken = new Map(lines.map(([name]) => [name, [] as number[]]));
  for (let run = 0; run <= runs; run++) {
    for (const [name, words] of lines) {
      const milliseconds = await time(words, server);
      // The first run fills caches.
      if (run > 0) taken.get(name)!.push(milliseconds);
    }
  }
  await Deno.remove(directory, { recursive: true });
  const medianOf = (name: string) => taken.has(name) ? median(taken.get(name)!) : undefined;
  return lines.map(([name]) => {
    const milliseconds = medianOf(name)!;
    const python = medianOf(`${name}, Python tool`);
    return {
      name,
      milliseconds,
      timesEmpty: milliseconds / medianOf(EMPTY)!,
      partOfPython: python && milliseconds / python,
    };
  });
}

async function time([program = "", ...args]: string[], server: Server): Promise<number> {
  const started = performance.now();
  const { code } = await new Deno.Command(program, {
    args,
    env: environment(server),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
  return performance.now() - started;
}

/** The table of the page of benchmarks. */
export function startUpTable(rows: readonly StartUp[], runs: number): string {
  const lines = rows.map(({ name, milliseconds, timesEmpty, partOfPython }) =>
    `| ${name} | ${milliseconds.toFixed(0)} ms | ${timesEmpty.toFixed(1)} | ${
      partOfPython?.toFixed(2) ?? ""
    } |`
  );
  return `### Start-up

Medians of ${runs} runs; "× empty" tells how many times as long as an empty Deno program it takes, "of
Python" which part of the time of the Python tool.

| | time | × empty | of Python |
| --- | ---: | ---: | ---: |
${lines.join("\n")}
`;
}

if (import.meta.main) {
  const runs = Number(Deno.args[0] ?? 15);
  console.log(startUpTable(await startUp(runs), runs));
}
