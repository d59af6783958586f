/**
 * The command line of s3-credentials: every command, in the groups and the order of the help.
 *
 * @module
 */
import denoJson from "./deno.json" with { type: "json" };
import { commandsOf, type Program } from "./lib/cli/command.ts";
import { type Io, processIo } from "./lib/cli/io.ts";
import { runProgram } from "./lib/cli/main.ts";

export type { Io, MakeEnvironment, Output } from "./lib/cli/io.ts";
export type { PermissionKind, PermissionReasons } from "./lib/cli/permissions.ts";

// Loaded by the command that is run, and only then.
const bucketDeletion = () => import("./lib/cli/buckets/delete.ts");
const bucketSettings = () => import("./lib/cli/buckets/settings.ts");
const publicBuckets = () => import("./lib/cli/buckets/public.ts");
const can = () => import("./lib/cli/policies/can.ts");
const cors = () => import("./lib/cli/buckets/cors.ts");
const create = () => import("./lib/cli/create.ts");
const exec = () => import("./lib/cli/using/exec.ts");
const identities = () => import("./lib/cli/identities.ts");
const keys = () => import("./lib/cli/keys/commands.ts");
const lint = () => import("./lib/cli/policies/lint.ts");
const localserver = () => import("./lib/cli/using/localserver.ts");
const objectDeletion = () => import("./lib/cli/objects/delete.ts");
const objects = () => import("./lib/cli/objects/commands.ts");
const permissions = () => import("./lib/cli/policies/permissions.ts");
const policy = () => import("./lib/cli/policies/policy.ts");
const presets = () => import("./lib/cli/policies/presets.ts");
const presign = () => import("./lib/cli/objects/presign.ts");
const prune = () => import("./lib/cli/keys/prune.ts");
const rotate = () => import("./lib/cli/keys/rotate.ts");
const revoke = () => import("./lib/cli/keys/revoke.ts");
const sandbox = () => import("./lib/cli/sandbox/command.ts");

/** It completes the whole program, including itself. */
const completions = async () => ({
  completions: (await import("./lib/cli/completions/command.ts")).completions(program),
});

const program: Program = {
  name: "s3-credentials",
  version: denoJson.version,
  description:
    "Working AWS credentials for an S3 bucket, with the least permission that does the job.",
  example: ["A new bucket, and a key that can only read it:", "create my-bucket -c --read-only"],
  documentation: "https://jsr.io/@s3creds/cli",
  groups: [
    {
      title: "Credentials",
      commands: [
        ...commandsOf(create, {
          "create": "Create credentials for S3 buckets, and the buckets",
        }),
        ...commandsOf(exec, {
          "exec": "Run a command with temporary credentials that only it gets",
        }),
        ...commandsOf(localserver, {
          "localserver": "Serve temporary credentials to programs on this machine",
        }),
      ],
    },
    {
      title: "Keys",
      commands: [
        ...commandsOf(keys, {
          "list-credentials": "List access keys with their age, last use and permissions",
          "extend": "Change when the keys of a user expire",
          "disable-key": "Disable access keys, so that AWS refuses them",
          "enable-key": "Enable access keys that were disabled",
          "delete-key": "Delete access keys",
        }),
        ...commandsOf(rotate, { "rotate": "Replace the key of a user, step by step" }),
        ...commandsOf(prune, { "prune": "Delete users of this tool that are no longer needed" }),
        ...commandsOf(revoke, { "revoke-sessions": "Revoke temporary credentials" }),
      ],
    },
    {
      title: "Policies",
      commands: [
        ...commandsOf(policy, { "policy": "Show the JSON policy for one or more buckets" }),
        ...commandsOf(presets, {
          "presets": "Show what applications need, and how to configure them",
        }),
        ...commandsOf(can, { "can": "Show what a key, a user, a role or a policy may do" }),
        ...commandsOf(lint, { "lint": "Find what is wrong with policies" }),
        ...commandsOf(permissions, {
          "permissions": "Print the policy that commands of this tool need",
        }),
      ],
    },
    {
      title: "Users and roles",
      commands: commandsOf(identities, {
        "whoami": "Show which identity the credentials belong to",
        "list-users": "List the users of the account",
        "list-user-policies": "List the inline policies of users",
        "list-roles": "List the roles of the account",
        "delete-user": "Delete users with everything attached to them",
      }),
    },
    {
      title: "Buckets",
      commands: [
        ...commandsOf(bucketSettings, {
          "list-buckets": "List the buckets of the account",
          "debug-bucket": "Show who can read a bucket, and why",
        }),
        ...commandsOf(publicBuckets, {
          "make-public": "Let anyone download the objects of a bucket",
          "make-private": "Close a bucket to the public",
        }),
        ...commandsOf(bucketSettings, {
          "get-bucket-policy": "Show the policy of a bucket",
          "set-bucket-policy": "Set the policy of a bucket",
          "get-public-access-block": "Show the public access block of a bucket",
          "set-public-access-block": "Change the public access block of a bucket",
        }),
        ...commandsOf(cors, {
          "get-cors-policy": "Show the CORS policy of a bucket",
          "set-cors-policy": "Set the CORS policy of a bucket",
        }),
        ...commandsOf(bucketDeletion, {
          "delete-bucket": "Delete buckets, with --force also all they hold",
        }),
      ],
    },
    {
      title: "Objects",
      commands: [
        ...commandsOf(objects, {
          "list-bucket": "List the objects of a bucket",
          "get-object": "Download an object",
          "get-objects": "Download several objects",
          "put-object": "Upload a file or standard input to an object",
          "put-objects": "Upload files and directories",
        }),
        ...commandsOf(objectDeletion, { "delete-objects": "Delete objects of a bucket" }),
        ...commandsOf(presign, {
          "presign": "Make a URL or a form that needs no credentials",
        }),
      ],
    },
    {
      title: "Tools",
      commands: [
        ...commandsOf(sandbox, { "sandbox": "Run an in-memory AWS to try things out" }),
        ...commandsOf(completions, {
          "completions": "Print a script that completes commands in your shell",
        }),
      ],
    },
  ],
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
