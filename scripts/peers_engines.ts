/**
 * Gets the policy engines of other makers that give second opinions on ours: MinIO's (Go), the crate
 * iam-rs (Rust) and iam-simulate (Node). Each answers in a process of its own; none of their code is part
 * of the project.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PROJECT, retry, run } from "./peers.ts";
import { buildGo } from "./peers_go.ts";

const SOURCES = join(PROJECT, "tests", "peers", "opinions");
/** MinIO's engine alone is a package of this module. */
const MINIO = { module: "github.com/minio/pkg/v3", version: "v3.1.3" };

/** The names of the engines. */
export type EngineName = "minio" | "iam-rs" | "iam-simulate";

/** Where the engines are, which they are, and why some of them can't be installed. */
export interface Engines {
  bin: string;
  missing: Partial<Record<EngineName, string>>;
}

type Say = (line: string) => void;

/** The files of an engine, by name. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isFile } of Deno.readDir(join(SOURCES, folder))) {
    if (isFile) files[name] = await Deno.readTextFile(join(SOURCES, folder, name));
  }
  return files;
}

const keyOf = (files: Record<string, string>): string =>
  createHash("sha256").update(JSON.stringify([MINIO, Object.entries(files).sort()])).digest("hex")
    .slice(0, 12);

async function buildMinio(bin: string, files: Record<string, string>, say: Say) {
  return await buildGo(join(bin, "minio-policy"), { ...MINIO, main: files["main.go"]! }, say);
}

async function buildIamRs(bin: string, files: Record<string, string>, say: Say) {
  const cargo = await run("cargo", ["--version"]);
  if (cargo.problem !== undefined) return `cargo does not run: ${cargo.problem}`;
  say("Building the crate iam-rs");
  return await inFolder(files, async (folder) => {
    const { problem } = await run("cargo", [
      ...["build", "--release", "--quiet"],
      ...["--manifest-path", join(folder, "Cargo.toml")],
      ...["--target-dir", join(folder, "target")],
    ]);
    if (problem !== undefined) return `cargo build: ${problem}`;
    await Deno.copyFile(join(folder, "target", "release", "opinion"), join(bin, "iam-rs"));
  });
}

async function installIamSimulate(bin: string, files: Record<string, string>, say: Say) {
  const npm = await run("npm", ["--version"]);
  if (npm.problem !== undefined) return `npm does not run: ${npm.problem}`;
  say("Installing iam-simulate");
  const folder = join(bin, "iam-simulate");
  await Deno.mkdir(folder, { recursive: true });
  const { dependencies } = JSON.parse(files["package-lock.json"]!).packages[""];
  await writeAll(folder, { ...files, "package.json": JSON.stringify({ dependencies }) });
  const { problem } = await run("npm", ["ci", "--no-audit", "--no-fund"], folder);
  if (problem !== undefined) return `npm ci: ${problem}`;
}

async function writeAll(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text);
  }
}

async function inFolder(
  files: Record<string, string>,
  work: (folder: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    await writeAll(folder, files);
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ENGINES: Record<
  EngineName,
  [
    folder: string,
    make: (bin: string, files: Record<string, string>, say: Say) => Promise<string | undefined>,
  ]
> = {
  "minio": ["minio", buildMinio],
  "iam-rs": ["iam_rs", buildIamRs],
  "iam-simulate": ["iam_simulate", installIamSimulate],
};

/**
 * Makes sure that the engines are installed. Those that are complete are used as they are.
 *
 * @param say called with what takes time
 * @returns the folder of their programs, and which are missing
 */
export async function installEngines(say: Say): Promise<Engines> {
  const sources = await Promise.all(Object.values(ENGINES).map(([folder]) => filesOf(folder)));
  const bin = join(PROJECT, ".cache", "peers", `engines-${keyOf(Object.assign({}, ...sources))}`);
  const missing: Engines["missing"] = {};
  await Deno.mkdir(bin, { recursive: true });
  for (const [index, name] of (Object.keys(ENGINES) as EngineName[]).entries()) {
    const mark = join(bin, `${name}.complete`);
    if (await Deno.stat(mark).catch(() => undefined) !== undefined) continue;
    const problem = await retry(() => ENGINES[name][1](bin, sources[index]!, say), say);
    if (problem === undefined) await Deno.writeTextFile(mark, name);
    else missing[name] = problem;
  }
  return { bin, missing };
}
