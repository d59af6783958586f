/**
 * What an account and a command need so that a use of the command does its work, and how its work fails.
 *
 * @module
 */
import type { IAM } from "@aws-sdk/client-iam";
import assert from "node:assert/strict";
import { connect } from "@s3creds/cli";
import type { Sandbox } from "../../lib/sandbox/mod.ts";
import { PART_SIZE } from "../../lib/objects/multipart.ts";
import { createAccessKey, createUser } from "../../lib/sandbox/seed.ts";
import { makeFullUser } from "./full_user.ts";
import { run, type RunOptions } from "./run.ts";

/** Where a use of a command is tried. */
export interface Scene {
  /** Makes what the command finds. */
  prepare?(sandbox: Sandbox, iam: IAM): Promise<unknown> | void;
  /** Further words of the command line. */
  args?: string[];
  /** Files and input. */
  io?: RunOptions;
  /** Whether the command serves until it is told to stop. */
  serves?: boolean;
  /** Lets the command fail, or be interrupted, when all is done that it can roll back. */
  spoil?(sandbox: Sandbox): RunOptions | void;
}

const DAY_MS = 86_400_000;
const FOLDER = await Deno.makeTempDir();
/** Longer than a part of an upload. */
const LARGE = new Uint8Array(PART_SIZE + 1);
export const LARGE_FILE = `${FOLDER}/my-file`;
await Deno.writeFile(LARGE_FILE, LARGE);
globalThis.addEventListener("unload", () => Deno.removeSync(FOLDER, { recursive: true }));

const noBucket = (sandbox: Sandbox) => void sandbox.account.buckets.delete("my-bucket");
const asAdmin = (...args: string[]) => async (sandbox: Sandbox) => {
  const { code, stderr } = await run(args, { sandbox, stdin: "content" });
  assert.equal(code, 0, stderr);
};
const withUser = asAdmin("create", "my-bucket");
const withExpiringUser = asAdmin("create", "my-bucket", "--expires", "7d");
async function withExpiredUser(sandbox: Sandbox): Promise<void> {
  await withExpiringUser(sandbox);
  sandbox.clock.advance(8 * DAY_MS);
}

async function withUnusedUser(sandbox: Sandbox): Promise<void> {
  await withUser(sandbox);
  sandbox.clock.advance(91 * DAY_MS);
}

/** A user with two keys, and further steps of its rotation. */
function withRotation(...steps: string[][]) {
  return async (sandbox: Sandbox) => {
    await withUser(sandbox);
    for (const step of [[], ...steps]) {
      await asAdmin("rotate", "s3.read-write.my-bucket", ...step)(sandbox);
      sandbox.clock.advance(1000);
    }
  };
}

async function withRevokedSessions(sandbox: Sandbox): Promise<void> {
  await withToolRole(sandbox);
  await asAdmin("revoke-sessions")(sandbox);
}

function withKnownKey({ account }: Sandbox): void {
  const user = createUser(account.id, "somebody", "/", new Date(0), account.partition);
  const key = { ...createAccessKey(), accessKeyId: "AKIAIOSFODNN7EXAMPLE" };
  user.accessKeys.set(key.accessKeyId, key);
  account.users.set(user.userName, user);
}
const withObject = asAdmin("put-object", "my-bucket", "my-key", "-");
const withToolRole = asAdmin("create", "my-bucket", "--duration", "15m");

async function withMyRole({ account }: Sandbox, iam: IAM): Promise<void> {
  const RoleName = "my-role";
  const statement = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  const Principal = { AWS: `arn:${account.partition}:iam::${account.id}:root` };
  await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }],
    }),
  });
  await iam.putRolePolicy({
    RoleName,
    PolicyName: "own",
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
  });
  await iam.attachRolePolicy({
    RoleName,
    PolicyArn: `arn:${account.partition}:iam::aws:policy/AmazonS3ReadOnlyAccess`,
  });
}

async function withMyUser(_: Sandbox, iam: IAM): Promise<void> {
  const UserName = "my-user";
  await iam.createUser({ UserName });
  await iam.createAccessKey({ UserName });
  const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await iam.putUserPolicy({ UserName, PolicyName: "other", PolicyDocument });
}

function withBucketPolicy({ account }: Sandbox): void {
  account.buckets.get("my-bucket")!.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Deny",
      Principal: "*",
      Action: "s3:RestoreObject",
      Resource: `arn:${account.partition}:s3:::my-bucket/*`,
    }],
  });
}

function withoutBlock({ account }: Sandbox): void {
  account.buckets.get("my-bucket")!.publicAccessBlock = undefined;
}

/** The credentials can't be printed. */
const unreadable = (): RunOptions => ({ stdoutError: new Error("nobody reads") });

function failingUploads(sandbox: Sandbox): void {
  const error = { status: 400, code: "InvalidPart", message: "Not this one" };
  sandbox.fail({ operation: "CompleteMultipartUpload", times: Infinity, error });
}

/** Ctrl-C comes before the role is tried: afterwards it stays. */
function interruptedBeforeUse(sandbox: Sandbox): RunOptions {
  const interruption = new AbortController();
  const when = () => {
    interruption.abort();
    return true;
  };
  sandbox.fail({ operation: "AttachRolePolicy", delayMs: 1, when });
  return { signal: interruption.signal };
}

const runProgram: Scene = { io: { program: () => Promise.resolve(0) } };
const serveShortly: Scene = { args: ["--port", "0"], serves: true };
const download = { prepare: withObject, args: ["-o", FOLDER] };

/** By command and use. If omitted: only a bucket called `my-bucket`. */
export const SCENES: Record<string, Scene> = {
  "create: A new user for an existing bucket": { spoil: unreadable },
  "create: A new user without a permissions boundary": { spoil: unreadable },
  "create: A new user and a new bucket": { prepare: noBucket, spoil: unreadable },
  "create: A new user and a new bucket, with tags": { prepare: noBucket, spoil: unreadable },
  "create: A new user and a public bucket": { prepare: noBucket, spoil: unreadable },
  "create: A new user and a website": { prepare: noBucket, spoil: unreadable },
  "create: A further key of an existing user": { prepare: withMyUser, spoil: unreadable },
  "create: Temporary credentials, for the first time in an account": {
    spoil: interruptedBeforeUse,
  },
  "create: Temporary credentials, once the role is there": { prepare: withToolRole },
  "create: Temporary credentials of a role of your own": { prepare: withMyRole },
  "exec: Once the role is there": { ...runProgram, prepare: withToolRole },
  "exec: With a role of your own": { ...runProgram, prepare: withMyRole },
  "localserver: Once the role is there": { ...serveShortly, prepare: withToolRole },
  "localserver: With a role of your own": { ...serveShortly, prepare: withMyRole },
  "list-credentials: All that this tool has created": { prepare: withUser },
  "list-credentials: Some users": { prepare: withUser },
  "disable-key": { prepare: withKnownKey },
  "enable-key": { prepare: withKnownKey },
  "delete-key": { prepare: withKnownKey },
  "rotate: A second key": { prepare: withUser, spoil: unreadable },
  "rotate: The state of a rotation": { prepare: withUser },
  "rotate: The old key is deactivated": { prepare: withRotation() },
  "rotate: The old key is deleted": { prepare: withRotation(["--finish"]) },
  "rotate: Back to the old key": { prepare: withRotation(["--finish"]) },
  "revoke-sessions: All that were issued until now": { prepare: withToolRole },
  "prune: Users that have expired": { prepare: withExpiredUser },
  "prune: Users whose keys are not used": { prepare: withUnusedUser },
  "prune: What would be deleted": { prepare: withUnusedUser },
  "revoke-sessions: Let them work again": { prepare: withRevokedSessions },
  "extend: Keys that expire": { prepare: withExpiringUser },
  "extend: So that they never expire": { prepare: withExpiringUser },
  "can: A user": { prepare: withMyUser },
  "can: A user, with IAM's simulator": { prepare: withMyUser },
  "can: A role with an attached policy": { prepare: withMyRole },
  "list-user-policies: All users": { prepare: withUser },
  "list-user-policies: Some users": { prepare: withUser },
  "list-roles: Some roles": { prepare: withMyRole },
  "list-roles: All roles with their policies": { prepare: withMyRole },
  "delete-user: A user that create has made": { prepare: withUser },
  "delete-user: Any user": { prepare: (sandbox) => makeFullUser(sandbox, "my-user") },
  "get-bucket-policy": { prepare: withBucketPolicy },
  "set-bucket-policy": { prepare: withoutBlock },
  "get-cors-policy": { prepare: asAdmin("set-cors-policy", "my-bucket") },
  "get-object": { prepare: withObject },
  "get-objects: Some keys": download,
  "get-objects: All keys, or those that match a pattern": download,
  "put-object": { io: { stdin: LARGE }, spoil: failingUploads },
  "put-objects": { spoil: failingUploads },
  "delete-objects: Some keys": { prepare: withObject },
  "delete-objects: A prefix": { prepare: withObject },
  "delete-bucket: With what it holds": { prepare: withVersionsAndUploads },
  "make-private": { prepare: asAdmin("make-public", "my-bucket") },
};

async function withVersionsAndUploads(sandbox: Sandbox): Promise<void> {
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const s3 = await aws.s3();
  const Bucket = "my-bucket";
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  await s3.putObject({ Bucket, Key: "my-key", Body: "content" });
  await s3.createMultipartUpload({ Bucket, Key: "my-key" });
}
