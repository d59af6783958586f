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
export type { PermissionKind, PermissionReasons } from "./lib/cli/permissions.ts";

const commands: readonly CommandEntry[] = [
  {
    name: "completions",
    summary: "Print a script that completes commands in your shell",
    // It completes the whole program, including itself.
    load: async () => (await import("./lib/cli/completions/command.ts")).completions(program),
  },
  {
    name: "create",
    summary: "Create credentials for S3 buckets, and the buckets",
    load: async () => (await import("./lib/cli/credentials.ts")).create,
  },
  {
    name: "debug-bucket",
    summary: "Show who can read a bucket, and why",
    load: async () => (await import("./lib/cli/buckets.ts")).debugBucket,
  },
  {
    name: "delete-objects",
    summary: "Delete objects of a bucket",
    load: async () => (await import("./lib/cli/objects.ts")).deleteObjects,
  },
  {
    name: "delete-user",
    summary: "Delete users with everything attached to them",
    load: async () => (await import("./lib/cli/identities.ts")).deleteUser,
  },
  {
    name: "get-bucket-policy",
    summary: "Show the policy of a bucket",
    load: async () => (await import("./lib/cli/buckets.ts")).getBucketPolicy,
  },
  {
    name: "get-cors-policy",
    summary: "Show the CORS policy of a bucket",
    load: async () => (await import("./lib/cli/buckets.ts")).getCorsPolicy,
  },
  {
    name: "get-object",
    summary: "Download an object",
    load: async () => (await import("./lib/cli/objects.ts")).getObject,
  },
  {
    name: "get-objects",
    summary: "Download several objects",
    load: async () => (await import("./lib/cli/objects.ts")).getObjects,
  },
  {
    name: "get-public-access-block",
    summary: "Show the public access block of a bucket",
    load: async () => (await import("./lib/cli/buckets.ts")).getPublicAccessBlock,
  },
  {
    name: "list-bucket",
    summary: "List the objects of a bucket",
    load: async () => (await import("./lib/cli/objects.ts")).listBucket,
  },
  {
    name: "list-buckets",
    summary: "List buckets",
    load: async () => (await import("./lib/cli/buckets.ts")).listBuckets,
  },
  {
    name: "list-roles",
    summary: "List roles",
    load: async () => (await import("./lib/cli/identities.ts")).listRoles,
  },
  {
    name: "list-user-policies",
    summary: "List the inline policies of users",
    load: async () => (await import("./lib/cli/identities.ts")).listUserPolicies,
  },
  {
    name: "list-users",
    summary: "List all users of the account",
    load: async () => (await import("./lib/cli/identities.ts")).listUsers,
  },
  {
    name: "localserver",
    summary: "Serve temporary credentials to programs on this machine",
    load: async () => (await import("./lib/cli/localserver.ts")).localserver,
  },
  {
    name: "policy",
    summary: "Show the JSON policy for one or more buckets",
    load: async () => (await import("./lib/cli/credentials.ts")).policy,
  },
  {
    name: "put-object",
    summary: "Upload a file or standard input to an object",
    load: async () => (await import("./lib/cli/objects.ts")).putObject,
  },
  {
    name: "put-objects",
    summary: "Upload files and directories",
    load: async () => (await import("./lib/cli/objects.ts")).putObjects,
  },
  {
    name: "sandbox",
    summary: "Run an in-memory AWS to try things out",
    load: async () => (await import("./lib/cli/sandbox.ts")).sandbox,
  },
  {
    name: "set-bucket-policy",
    summary: "Set the policy of a bucket",
    load: async () => (await import("./lib/cli/buckets.ts")).setBucketPolicy,
  },
  {
    name: "set-cors-policy",
    summary: "Set the CORS policy of a bucket",
    load: async () => (await import("./lib/cli/buckets.ts")).setCorsPolicy,
  },
  {
    name: "set-public-access-block",
    summary: "Change the public access block of a bucket",
    load: async () => (await import("./lib/cli/buckets.ts")).setPublicAccessBlock,
  },
  {
    name: "whoami",
    summary: "Show which identity the credentials belong to",
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
 * @param io the process; if omitted, this one
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
