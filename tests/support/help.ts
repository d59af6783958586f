/**
 * What the program's own help tells: its commands and their options.
 *
 * @module
 */
import { run } from "./run.ts";

/** The names of all commands, in the order of the help. */
export async function commandsInHelp(): Promise<string[]> {
  const { stdout } = await run(["--help"]);
  return [...stdout.matchAll(/^ {2}([a-z][a-z-]+)/gm)].map((match) => match[1]!);
}

/** All names of the options of a command, short and long. */
export async function optionsInHelp(command: string): Promise<string[]> {
  const { stdout } = await run([command, "--help"]);
  return [...stdout.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm)]
    .flatMap(([, short, long]) => [short, long].filter((name) => name !== undefined));
}
