/**
 * Gets the peers that are written in Go: MinIO, a server of S3 with a policy engine of its own, its
 * client, by which a server gets its users, and rclone.
 *
 * @module
 */
import { join } from "node:path";

/** Where the programs are, or why one of them could not be had. */
export type GoPeers = { bin: string } | { missing: string };

/** What is run, by its file's name, and the module that it is built from. */
const PROGRAMS = {
  minio: "github.com/minio/minio@latest",
  mc: "github.com/minio/mc@latest",
  rclone: "github.com/rclone/rclone@latest",
};
/** Go's own installer puts it where no PATH leads by itself. */
const GO = ["go", "/usr/local/go/bin/go"];
const ATTEMPTS = 3;
const PAUSE_MS = 5_000;
const PATIENCE_MS = 20 * 60_000;

/**
 * Makes sure that some programs are there. Those that run are used as they are; others are built,
 * which takes minutes.
 *
 * @param bin the folder for the programs
 * @param names which programs
 * @param say told what takes time
 * @returns the folder, or why one of the programs can't be had
 */
export async function installGoPeers(
  bin: string,
  names: readonly (keyof typeof PROGRAMS)[],
  say: (line: string) => void,
): Promise<GoPeers> {
  if (Deno.build.os === "windows") return { missing: "the peers run on Linux and macOS only" };
  for (const name of names) {
    const module = PROGRAMS[name];
    if (await problemOf(join(bin, name), ["--version"]) === undefined) continue;
    const problem = await build(module, bin, say);
    if (problem !== undefined) return { missing: `${module}: ${problem}` };
  }
  return { bin };
}

async function build(
  module: string,
  bin: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  const go = await findGo();
  if (go === undefined) return "go does not run, and it is not there yet";
  say(`Building ${module}, which takes minutes`);
  await Deno.mkdir(bin, { recursive: true });
  for (let attempt = 1;; attempt++) {
    const problem = await problemOf(go, ["install", module], { GOBIN: bin });
    if (problem === undefined || attempt === ATTEMPTS) return problem;
    say(`Attempt ${attempt} of ${ATTEMPTS} failed: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE_MS));
  }
}

async function findGo(): Promise<string | undefined> {
  for (const go of GO) if (await problemOf(go, ["version"]) === undefined) return go;
}

async function problemOf(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { code, stderr } = await new Deno.Command(program, { args, env, signal }).output();
    if (code === 0) return undefined;
    return new TextDecoder().decode(stderr).trim().split("\n").at(-1) || `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
