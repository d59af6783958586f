/**
 * Gets the clients of S3 that other makers wrote as libraries: for Python those that need packages of
 * other versions than the other peers, for JavaScript, Go and Java. The programs that use them are
 * beside the tests.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { installPeers, PROJECT, retry, run } from "./peers.ts";
import { buildGo, type GoSource } from "./peers_go.ts";

const TESTS = join(PROJECT, "tests", "peers");
const SOURCES = join(TESTS, "clients");

/** Where each of them is, or why it can't be installed. */
export type Clients = Record<ClientLibraries, Got>;

/** A path, or why there is none. */
export type Got = { path: string } | { missing: string };

/** What is installed together. */
export type ClientLibraries = "python" | "javascript" | "go" | "java" | "terraform" | "thanos";

type Say = (line: string) => void;

/** It depends on the SDK's other modules, and so on one version of each. */
const GO_SDK = {
  module: "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager",
  version: "v0.5.7",
};
/** The part of Thanos by which it reaches its bucket. */
const THANOS = {
  module: "github.com/thanos-io/objstore",
  version: "v0.0.0-20250804093838-71d60dfee488",
};
/** Maven's own plugins have versions as well. */
const MAVEN_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/**
 * Makes sure that a directory is there which is made from some files and nothing else. Its name tells
 * which, and a mark that it is complete comes last.
 *
 * @param name the beginning of the directory's name
 * @param files by name
 * @param make says what went wrong
 */
export async function directoryFrom(
  name: string,
  files: Record<string, string>,
  make: (directory: string) => Promise<string | undefined>,
): Promise<Got> {
  const key = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
  const path = join(PROJECT, ".cache", "peers", `${name}-${key}`);
  const mark = join(path, "complete");
  if (await Deno.stat(mark).catch(() => undefined) !== undefined) return { path };
  await Deno.remove(path, { recursive: true }).catch(() => {});
  await Deno.mkdir(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(path, file), text);
  }
  const problem = await make(path);
  if (problem !== undefined) return { missing: problem };
  await Deno.writeTextFile(mark, "");
  return { path };
}

const read = (...names: string[]) => Deno.readTextFile(join(SOURCES, ...names));

async function installPython(say: Say) {
  const peers = await installPeers(say, join(SOURCES, "python"));
  return "bin" in peers ? { path: join(peers.bin, "python") } : peers;
}

/** Installed by Deno, whose lock file names no registry; run by Node, for which they are made. */
async function installJavaScript(say: Say) {
  const { problem } = await run("node", ["--version"]);
  if (problem !== undefined) return { missing: `node does not run: ${problem}` };
  const files = {
    "package.json": await read("javascript", "packages.json"),
    "deno.lock": await read("javascript", "packages.lock"),
  };
  return await directoryFrom("javascript", files, async (directory) => {
    say("Installing the clients for JavaScript");
    const args = ["install", "--quiet", "--frozen", "--node-modules-dir=auto"];
    return await retry(async () => (await run(Deno.execPath(), args, directory)).problem, say);
  });
}

/** A program of one file that uses a Go module. */
async function buildGoClient(name: string, file: string, source: GoSource, say: Say) {
  const files = { "main.go": await Deno.readTextFile(file), "version": source.version };
  const built = await directoryFrom(name, files, (directory) => {
    const program = join(directory, "client");
    return buildGo(program, { ...source, main: files["main.go"] }, say);
  });
  return "path" in built ? { path: join(built.path, "client") } : built;
}

async function buildJava(say: Say) {
  for (const program of ["javac", "mvn"]) {
    const { problem } = await run(program, ["--version"]);
    if (problem !== undefined) return { missing: `${program} does not run: ${problem}` };
  }
  const files = {
    "Client.java": await read("java", "Client.java"),
    "pom.xml": await read("java", "pom.xml"),
  };
  return await directoryFrom("java", files, async (directory) => {
    say("Installing the AWS SDK for Java");
    const options = ["-DoutputDirectory=lib", "-DincludeScope=runtime"];
    const problem = await retry(async () => {
      const copied = await run("mvn", ["-q", "-B", MAVEN_GOAL, ...options], directory);
      // Maven writes its errors to standard output.
      return copied.problem && (/\[ERROR\] .*/.exec(copied.stdout)?.[0] ?? copied.problem);
    }, say);
    if (problem !== undefined) return `mvn: ${problem}`;
    const compiled = await run(
      "javac",
      ["-cp", "lib/*", "-d", "classes", "Client.java"],
      directory,
    );
    return compiled.problem;
  });
}

/** No package registry has it, so that only one that is installed already can be used. */
async function findTerraform() {
  const { problem } = await run("terraform", ["version"]);
  return problem === undefined
    ? { path: "terraform" }
    : { missing: `terraform does not run: ${problem}` };
}

/**
 * Makes sure that the clients are installed. Those that are complete are used as they are.
 *
 * @param say called with what takes time
 */
export async function installClients(say: Say): Promise<Clients> {
  return {
    python: await installPython(say),
    javascript: await installJavaScript(say),
    go: await buildGoClient("client-go", join(SOURCES, "go", "main.go"), GO_SDK, say),
    java: await buildJava(say),
    terraform: await findTerraform(),
    thanos: await buildGoClient("thanos", join(TESTS, "presets", "thanos", "main.go"), THANOS, say),
  };
}
