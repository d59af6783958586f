/**
 * Gets the peers that are written in Go: servers of S3 - MinIO, with a policy engine of its own,
 * VersityGW, which stores in a directory, and gofakes3, which stores in memory -, MinIO's client, by
 * which a server gets its users, and rclone, a client of S3; and the applications that run under their
 * presets.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PROJECT } from "./peers.ts";

/** What a program is built from. */
export interface GoSource {
  /** The module that it is built from. */
  module: string;
  version: string;
  /** The package of the program, where it isn't the module itself. */
  package?: string;
  /** Its main file, where the module's own would be built with much that nobody here uses. */
  main?: string;
}

interface Program extends GoSource {
  /** What it is asked to see whether it runs. */
  check: string;
}

/** Rclone can be put together from its parts; with all of them it takes three times as long. */
function rcloneMain(commands: readonly string[]): string {
  const imports = commands.map((name) => `	_ "github.com/rclone/rclone/cmd/${name}"\n`).join("");
  return `package main

import (
	_ "github.com/rclone/rclone/backend/local"
	_ "github.com/rclone/rclone/backend/s3"
	"github.com/rclone/rclone/cmd"
${imports})

func main() { cmd.Main() }
`;
}

const RCLONE = { module: "github.com/rclone/rclone", version: "v1.76.0", check: "version" };
const S5CMD = { module: "github.com/peak/s5cmd/v2", version: "v2.3.0", check: "version" };

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
    ...RCLONE,
    main: rcloneMain(["cat", "copy", "copyto", "lsjson", "rcat", "version"]),
  },
  versitygw: {
    module: "github.com/versity/versitygw",
    version: "v1.8.0",
    check: "--version",
    package: "github.com/versity/versitygw/cmd/versitygw",
  },
  gofakes3: {
    module: "github.com/johannesboyne/gofakes3",
    version: "v1.2.0",
    check: "-h",
    package: "github.com/johannesboyne/gofakes3/cmd/gofakes3",
  },
} satisfies Record<string, Program>;

/** Programs that run, and end their check with another code than 0. */
const CHECK_CODES: Partial<Record<string, number>> = {
  // It takes a question for help as an error, and has nothing else that ends.
  gofakes3: 1,
};

/** The applications that run under their presets, in a folder of their own. */
const APPLICATIONS = {
  restic: {
    module: "github.com/restic/restic",
    version: "v0.18.1",
    check: "version",
    package: "github.com/restic/restic/cmd/restic",
  },
  litestream: {
    module: "github.com/benbjohnson/litestream",
    version: "v0.5.18",
    check: "version",
    package: "github.com/benbjohnson/litestream/cmd/litestream",
  },
  registry: {
    module: "github.com/distribution/distribution/v3",
    version: "v3.1.2",
    check: "--version",
    package: "github.com/distribution/distribution/v3/cmd/registry",
  },
  rclone: { ...RCLONE, main: rcloneMain(["copy", "sync", "version"]) },
  s5cmd: S5CMD,
} satisfies Record<string, Program>;

/** The name of a program that can be built. */
export type GoPeer = keyof typeof PROGRAMS;

/** Another folder for other versions. */
function folderOf(programs: Record<string, Program>): string {
  const key = createHash("sha256").update(JSON.stringify(programs)).digest("hex").slice(0, 12);
  return join(PROJECT, ".cache", "peers", `go-${key}`);
}

/** The folder of the programs. */
export const GO_BIN: string = folderOf(PROGRAMS);
/** The folder of the applications. */
export const APPLICATIONS_BIN: string = folderOf(APPLICATIONS);

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
 * @param say called with what takes time
 * @returns why one of the programs can't be built; `undefined` if all are there
 */
export async function installGoPeers(
  names: readonly GoPeer[],
  say: (line: string) => void,
): Promise<string | undefined> {
  return await install(names.map((name) => [name, PROGRAMS[name]]), GO_BIN, say);
}

/** Makes sure that the applications are in {@linkcode APPLICATIONS_BIN}; else says why they can't be. */
export async function installApplications(
  say: (line: string) => void,
): Promise<string | undefined> {
  return await install(Object.entries(APPLICATIONS), APPLICATIONS_BIN, say);
}

async function install(
  programs: readonly [name: string, program: Program][],
  bin: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  if (Deno.build.os === "windows") return "the peers run on Linux and macOS only";
  for (const [name, program] of programs) {
    const path = join(bin, name);
    if (await problemOf(path, [program.check], CHECK_CODES[name]) === undefined) continue;
    const problem = await buildGo(path, program, say);
    if (problem !== undefined) return `${program.module} ${program.version}: ${problem}`;
  }
}

/**
 * Builds a program.
 *
 * @param path the file to make
 * @param source what it is built from
 * @param say called with what takes time
 * @returns why it can't be built; `undefined` where it is there
 */
export async function buildGo(
  path: string,
  { module, version, main, package: name = module }: GoSource,
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
  const what = main === undefined ? name : ".";
  const args = ["build", "-C", folder, "-mod=mod", "-o", path, what];
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

async function problemOf(
  program: string,
  args: string[],
  wanted = 0,
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { code, stderr } = await new Deno.Command(program, { args, signal }).output();
    if (code === wanted) return undefined;
    return new TextDecoder().decode(stderr).trim().split("\n").at(-1) || `exit code ${code}`;
  } catch (error) {
    return (error as Error).message;
  }
}
