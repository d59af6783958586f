/**
 * Gets the peers that are written in Go: MinIO, a server of S3 with a policy engine of its own, its
 * client, by which a server gets its users, and rclone and s5cmd, clients of S3.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PROJECT } from "./peers.ts";

interface Program {
  /** The module that it is built from. */
  module: string;
  version: string;
  /** What it is asked to see whether it runs. */
  check: string;
  /** Its main file, where the module's own would be built with much that nobody here uses. */
  main?: string;
}

/** Rclone can be put together from its parts; with all of them it takes three times as long. */
const RCLONE_MAIN = `package main

import (
	_ "github.com/rclone/rclone/backend/local"
	_ "github.com/rclone/rclone/backend/s3"
	"github.com/rclone/rclone/cmd"
	_ "github.com/rclone/rclone/cmd/cat"
	_ "github.com/rclone/rclone/cmd/copy"
	_ "github.com/rclone/rclone/cmd/copyto"
	_ "github.com/rclone/rclone/cmd/lsjson"
	_ "github.com/rclone/rclone/cmd/rcat"
	_ "github.com/rclone/rclone/cmd/version"
)

func main() { cmd.Main() }
`;

/** By the name of the program's file. */
const PROGRAMS = {
  minio: {
    module: "github.com/minio/minio",
    version: "v0.0.0-20260212201848-7aac2a2c5b7c",
    check: "--version",
  },
  mc: {
    module: "github.com/minio/mc",
    version: "v0.0.0-20250313080218-cf909e1063a9",
    check: "--version",
  },
  rclone: {
    module: "github.com/rclone/rclone",
    version: "v1.76.0",
    check: "version",
    main: RCLONE_MAIN,
  },
  s5cmd: { module: "github.com/peak/s5cmd/v2", version: "v2.3.0", check: "version" },
} satisfies Record<string, Program>;

/** The name of a program that can be had. */
export type GoPeer = keyof typeof PROGRAMS;

const KEY = createHash("sha256").update(JSON.stringify(PROGRAMS)).digest("hex").slice(0, 12);

/** The folder of the programs: another one for other versions. */
export const GO_BIN: string = join(PROJECT, ".cache", "peers", `go-${KEY}`);

/** Go's own installer puts it where no PATH leads by itself. */
const GO = ["go", "/usr/local/go/bin/go"];
const ATTEMPTS = 3;
const PAUSE_MS = 5_000;
const PATIENCE_MS = 20 * 60_000;

/**
 * Makes sure that some programs are in {@linkcode GO_BIN}. Those that run are used as they are;
 * others are built, which takes minutes.
 *
 * @param names which programs
 * @param say told what takes time
 * @returns why one of the programs can't be had; `undefined` where all are there
 */
export async function installGoPeers(
  names: readonly GoPeer[],
  say: (line: string) => void,
): Promise<string | undefined> {
  if (Deno.build.os === "windows") return "the peers run on Linux and macOS only";
  for (const name of names) {
    const program = PROGRAMS[name];
    if (await problemOf(join(GO_BIN, name), [program.check]) === undefined) continue;
    const problem = await build(name, program, say);
    if (problem !== undefined) return `${program.module} ${program.version}: ${problem}`;
  }
}

async function build(
  name: string,
  { module, version, main }: Program,
  say: (line: string) => void,
): Promise<string | undefined> {
  const go = await findGo();
  if (go === undefined) return "go does not run, and it is not there yet";
  say(`Building ${module} ${version}, which takes minutes`);
  // Unlike "go install", a build in a module asks for no list of versions, which proxies may lack.
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    join(folder, "go.mod"),
    `module peer\n\ngo 1.24\n\nrequire ${module} ${version}\n`,
  );
  if (main !== undefined) await Deno.writeTextFile(join(folder, "main.go"), main);
  const what = main === undefined ? module : ".";
  const args = ["build", "-C", folder, "-mod=mod", "-o", join(GO_BIN, name), what];
  try {
    for (let attempt = 1;; attempt++) {
      const problem = await problemOf(go, args);
      if (problem === undefined || attempt === ATTEMPTS) return problem;
      say(`Attempt ${attempt} of ${ATTEMPTS} failed: ${problem}`);
      await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE_MS));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function findGo(): Promise<string | undefined> {
  for (const go of GO) if (await problemOf(go, ["version"]) === undefined) return go;
}

async function problemOf(program: string, args: string[]): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { code, stderr } = await new Deno.Command(program, { args, signal }).output();
    if (code === 0) return undefined;
    return new TextDecoder().decode(stderr).trim().split("\n").at(-1) || `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
