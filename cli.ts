/**
 * The command line of s3-credentials: every command, in the order of the help, with what runs it.
 *
 * @module
 */
import denoJson from "./deno.json" with { type: "json" };
import type { CommandEntry, Program } from "./lib/cli/command.ts";
import { type Io, processIo } from "./lib/cli/io.ts";
import { runProgram } from "./lib/cli/main.ts";

export type { ChildEnvironment, Io, Output } from "./lib/cli/io.ts";

const commands: readonly CommandEntry[] = [
  {
    name: "create",
    summary: "Create credentials for S3 buckets, and the buckets",
    load: async () => (await import("./lib/cli/credentials.ts")).create,
  },
  {
    name: "delete-user",
    summary: "Delete users with their access keys and policies",
    load: async () => (await import("./lib/cli/identities.ts")).deleteUser,
  },
  {
    name: "policy",
    summary: "Show the JSON policy for one or more buckets",
    load: async () => (await import("./lib/cli/credentials.ts")).policy,
  },
  {
    name: "sandbox",
    summary: "Serve an AWS of your own to try things out",
    load: async () => (await import("./lib/cli/sandbox.ts")).sandbox,
  },
  {
    name: "whoami",
    summary: "Show whose the credentials are",
    load: async () => (await import("./lib/cli/identities.ts")).whoami,
  },
];

const program: Program = {
  name: "s3-credentials",
  version: denoJson.version,
  description:
    "Working AWS credentials for an S3 bucket, with the least permission that does the job",
  commands,
};

/**
 * Runs one command line.
 *
 * @param args the words after the program's name
 * @param io the process; left out, this one
 * @returns the exit code: 0, 1 (failed), 2 (wrong usage) or 130 (interrupted)
 *
 * @example The version
 * ```ts
 * import { main } from "@s3creds/cli/cli";
 *
 * const exitCode: number = await main(["--version"]);
 * ```
 */
export function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  return runProgram(program, args, io);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
