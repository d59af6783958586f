/**
 * Gets the programs of other makers that the peer tests need: the aws CLI, boto3, moto and the
 * Python tool s3-credentials, in one virtual environment below the project's cache folder.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where the peers are, or why they could not be installed. */
export type Peers = { bin: string; versions: string[] } | { missing: string };

/** Where their lists of packages are. */
const LISTS = join(PROJECT, "tests", "peers");
const ATTEMPTS = 3;
const PAUSE_MS = 5_000;
const PATIENCE_MS = 10 * 60_000;

/**
 * Makes sure that the peers are installed. A complete installation of the same versions is used as
 * it is.
 *
 * @param say called with what takes time
 * @param lists the directory with `requirements.in`, the packages that are wanted, and
 *   `requirements.txt`, which locks them and what they need by hash
 * @returns the folder of their programs and which they are, or why there is none
 */
export async function installPeers(say: (line: string) => void, lists = LISTS): Promise<Peers> {
  const requirementsFile = join(lists, "requirements.txt");
  if (Deno.build.os === "windows") return { missing: "the peers run on Linux and macOS only" };
  const version = await run("python3", ["--version"]);
  if (version.problem !== undefined) return { missing: `python3 does not run: ${version.problem}` };
  const requirements = await Deno.readTextFile(requirementsFile);
  const key = createHash("sha256").update(requirements + version.stdout).digest("hex").slice(0, 12);
  const folder = join(PROJECT, ".cache", "peers", `python-${key}`);
  const wanted = await Deno.readTextFile(join(lists, "requirements.in"));
  const versions = wanted.split("\n").filter((line) => /^[^#]/.test(line));
  const peers = { bin: join(folder, "bin"), versions };
  if (await isComplete(folder)) return peers;
  say(`Installing the peers into ${folder.slice(PROJECT.length + 1)}`);
  const problem = await retry(() => install(folder, requirementsFile), say);
  return problem === undefined ? peers : { missing: problem };
}

/** The mark comes last, and names the folder because a virtual environment can't be moved. */
const markOf = (folder: string) => join(folder, "complete");

async function isComplete(folder: string): Promise<boolean> {
  const mark = await Deno.readTextFile(markOf(folder)).catch(() => undefined);
  return mark === folder &&
    (await run(join(folder, "bin", "python"), ["-c", ""])).problem === undefined;
}

async function install(folder: string, requirements: string): Promise<string | undefined> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(dirname(folder), { recursive: true });
  const made = await run("python3", ["-m", "venv", folder]);
  if (made.problem !== undefined) return `python3 -m venv: ${made.problem}`;
  const options = ["--quiet", "--disable-pip-version-check", "--no-input"];
  const installed = await run(join(folder, "bin", "python"), [
    ...["-m", "pip", "install", ...options, "--require-hashes", "--requirement", requirements],
  ]);
  if (installed.problem !== undefined) return `pip install: ${installed.problem}`;
  await Deno.writeTextFile(markOf(folder), folder);
}

/**
 * Tries three times what may fail because of the network.
 *
 * @param work says what went wrong
 * @param say called with attempts that failed
 */
export async function retry(
  work: () => Promise<string | undefined>,
  say: (line: string) => void,
): Promise<string | undefined> {
  for (let attempt = 1;; attempt++) {
    const problem = await work();
    if (problem === undefined || attempt === ATTEMPTS) return problem;
    say(`Attempt ${attempt} of ${ATTEMPTS} failed: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE_MS));
  }
}

/** Runs a program; a problem is the last line that it has written to standard error. */
export async function run(
  program: string,
  args: string[],
  cwd?: string,
): Promise<{ stdout: string; problem?: string }> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { code, stdout, stderr } = await new Deno.Command(program, { args, signal, cwd })
      .output();
    const decoder = new TextDecoder();
    const lastLine = decoder.decode(stderr).trim().split("\n").at(-1);
    return {
      stdout: decoder.decode(stdout),
      ...(code !== 0 && { problem: lastLine || `exit code ${code}` }),
    };
  } catch (error) {
    return { stdout: "", problem: (error as Error).message };
  }
}
