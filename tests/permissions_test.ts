/**
 * The permissions that `docs/permissions.md` says each command needs: each command runs under exactly
 * these and asks for no other, and without any one of them it says which is missing.
 */
import type { IAM } from "@aws-sdk/client-iam";
import assert from "node:assert/strict";
import { connect } from "@s3creds/cli";
import { type Sandbox, type SandboxKeys, startSandbox } from "../lib/sandbox/mod.ts";
import {
  COMMAND_PERMISSIONS,
  type CommandPermission,
  COMMANDS_WITHOUT_AWS,
  type CommandUse,
} from "../lib/cli/policies/command_permissions.ts";
import { inPartition, permissionsDocument } from "../lib/cli/policies/permissions_document.ts";
import { PART_SIZE } from "../lib/objects/multipart.ts";
import { createAccessKey, createUser } from "../lib/sandbox/seed.ts";
import { isItsTurn, RUNS, TURN } from "./support/arbitraries.ts";
import { makeFullUser } from "./support/full_user.ts";
import { commandsInHelp } from "./support/help.ts";
import { type Ran, run, type RunOptions } from "./support/run.ts";

/** Where a use of a command is tried. */
interface Scene {
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
const LARGE_FILE = `${FOLDER}/my-file`;
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
const SCENES: Record<string, Scene> = {
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
  "rotate: How far it is": { prepare: withUser },
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

const CALLER = "caller";

/** What came of a run, and what was asked on the way. */
interface Outcome extends Ran {
  asked: Set<string>;
  denied: Set<string>;
  /** The account afterwards; to write down a large object takes as long as to upload it. */
  state(): string;
}

/** An account in which a command can be tried, and the keys with which it is. */
interface Preparation {
  state: string;
  /** How far the account's clock is ahead, of which its state tells nothing. */
  aheadMs: number;
  keys: SandboxKeys;
}

/** By use and region: each is run once for every permission that it needs. */
const preparations = new Map<string, Promise<Preparation>>();

async function prepared({ prepare }: Scene, region: string): Promise<Preparation> {
  await using sandbox = await startSandbox({ region, buckets: ["my-bucket"] });
  using aws = connect({ region, endpointUrl: sandbox.url, credentials: sandbox.credentials });
  await prepare?.(sandbox, await aws.iam());
  const { account, clock } = sandbox;
  const user = createUser(account.id, CALLER, "/", clock.now(), account.partition);
  const keys = createAccessKey();
  user.accessKeys.set(keys.accessKeyId, keys);
  account.users.set(CALLER, user);
  return { state: sandbox.save(), aheadMs: Number(clock.now()) - Date.now(), keys };
}

/** Runs a use of a command as a user who has these permissions and no others. */
async function runWith(
  use: CommandUse,
  permissions: readonly CommandPermission[],
  { isSpoilt = false, region = "us-east-1" } = {},
): Promise<Outcome> {
  const scene = SCENES[nameOf(use)] ?? {};
  const key = `${nameOf(use)} ${region}`;
  if (!preparations.has(key)) preparations.set(key, prepared(scene, region));
  const { state, aheadMs, keys } = await preparations.get(key)!;
  await using sandbox = await startSandbox({ state });
  sandbox.clock.advance(aheadMs);
  const { partition } = sandbox.account;
  const document = JSON.stringify(permissionsDocument(permissions, partition));
  if (permissions.length > 0) {
    const policies = sandbox.account.users.get(CALLER)!.inlinePolicies;
    policies.set("own", document.replaceAll("ACCOUNT", sandbox.account.id));
  }
  const impatience = new AbortController();
  const watch = setInterval(() => {
    // A new role can't be assumed at once, so that create goes on trying until Ctrl-C.
    const isDenied = ({ operation, errorCode }: Sandbox["requests"][number]) =>
      operation === "AssumeRole" && errorCode === "AccessDenied";
    if (sandbox.requests.some(isDenied)) impatience.abort();
  }, 20);
  const ran = await run(
    [
      ...inPartition(use.line.replace("my-file", LARGE_FILE), partition).split(" "),
      ...scene.args ?? [],
    ],
    {
      sandbox,
      signal: impatience.signal,
      onStderr(text) {
        if (scene.serves && text.includes("Press Ctrl+C to stop")) impatience.abort();
      },
      ...scene.io,
      ...(isSpoilt && scene.spoil?.(sandbox)),
      env: {
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      },
    },
  );
  clearInterval(watch);
  const own = sandbox.requests.filter(({ caller }) => caller?.endsWith(`:user/${CALLER}`));
  const actions = (requests: Sandbox["requests"]) =>
    new Set(requests.flatMap((request) => request.permissions.map(({ action }) => action)));
  return {
    ...ran,
    asked: actions(own),
    denied: actions(own.filter(({ errorCode }) => errorCode === "AccessDenied")),
    state: () => sandbox.save(),
  };
}

function nameOf({ command, use }: CommandUse): string {
  return use === undefined ? command : `${command}: ${use}`;
}

function actionsOf(permissions: readonly CommandPermission[]): Set<string> {
  return new Set(permissions.map(({ action }) => action));
}

/** Of all that a use needs, so many are left out each day. */
const LEFT_OUT_A_DAY = 2;

/** Tries each of some permissions by leaving it out, with what would spare the call that needs it. */
async function withoutEach(
  permissions: readonly CommandPermission[],
  attempt: (missing: CommandPermission, rest: CommandPermission[]) => Promise<void>,
): Promise<void> {
  const days = Math.ceil(permissions.length / LEFT_OUT_A_DAY);
  for (const [at, missing] of permissions.entries()) {
    if (!isItsTurn(at, days)) continue;
    await attempt(
      missing,
      permissions.filter((one) => one !== missing && !one.sparesCalls),
    );
  }
}

/** Runs a use with all that it needs, and also without what only spares it other calls. */
async function runInAllWays(use: CommandUse, region?: string): Promise<Outcome[]> {
  const { permissions } = use;
  const outcomes = [await runWith(use, permissions, { region })];
  assert.deepEqual(outcomes[0]!.denied, new Set());
  const plain = permissions.filter(({ sparesCalls }) => !sparesCalls);
  if (plain.length < permissions.length) outcomes.push(await runWith(use, plain, { region }));
  for (const { code, stderr } of outcomes) assert.equal(code, 0, stderr);
  assert.deepEqual(new Set(outcomes.flatMap(({ asked }) => [...asked])), actionsOf(permissions));
  return outcomes;
}

/** The exit code after Ctrl-C. */
const INTERRUPTED = 130;
const OTHER_PARTITIONS = [["cn-north-1", "aws-cn"], ["us-gov-west-1", "aws-us-gov"]] as const;
/** An ARN of the partition that most accounts are in. */
const OF_AMAZON = /arn:aws:/;
const NOT_ROLLED_BACK = /Left in the account|stay on the server/;

for (const [at, use] of COMMAND_PERMISSIONS.entries()) {
  const { permissions, undo } = use;

  Deno.test(`permissions of ${nameOf(use)}: enough, and all of them are asked for`, async () => {
    await runInAllWays(use);
  });

  for (
    const [region, partition] of RUNS > 1 ? OTHER_PARTITIONS : [OTHER_PARTITIONS[(at + TURN) % 2]!]
  ) {
    Deno.test(`${nameOf(use)}: all ARNs are of ${partition} in ${region}`, async () => {
      for (const { stdout, stderr, state } of await runInAllWays(use, region)) {
        assert.doesNotMatch(stdout + stderr, OF_AMAZON);
        assert.doesNotMatch(state(), OF_AMAZON);
      }
    });
  }

  Deno.test(`permissions of ${nameOf(use)}: each one that is missing is named`, async () => {
    await withoutEach(permissions, async ({ action, optional }, rest) => {
      const { code, stderr, asked } = await runWith(use, rest);
      assert.ok(asked.has(action), `${action} is asked for`);
      const failed = action === "sts:AssumeRole" ? [1, INTERRUPTED] : [1];
      assert.ok((optional === undefined ? failed : [0]).includes(code), `${action}: ${stderr}`);
      if (optional === undefined) assert.match(stderr, new RegExp(`\\b${action}\\b`));
    });
  });

  if (undo === undefined) continue;

  Deno.test(`permissions of ${nameOf(use)}: enough to roll everything back`, async () => {
    const { code, stderr, asked } = await runWith(use, [...permissions, ...undo], {
      isSpoilt: true,
    });
    assert.ok(code === 1 || code === INTERRUPTED);
    assert.doesNotMatch(stderr, NOT_ROLLED_BACK);
    const notYet = code === INTERRUPTED ? ["sts:AssumeRole"] : [];
    assert.deepEqual(
      new Set([...asked, ...notYet]),
      new Set([...actionsOf(permissions), ...actionsOf(undo)]),
    );
  });

  Deno.test(`permissions of ${nameOf(use)}: each one missing to roll back is named`, async () => {
    await withoutEach(undo, async ({ action, optional }, rest) => {
      const { code, stderr, asked } = await runWith(use, [...permissions, ...rest], {
        isSpoilt: true,
      });
      assert.ok(code === 1 || code === INTERRUPTED);
      assert.ok(asked.has(action), `${action} is asked for`);
      if (optional !== undefined) return assert.doesNotMatch(stderr, NOT_ROLLED_BACK);
      assert.match(stderr, NOT_ROLLED_BACK);
      assert.match(stderr, new RegExp(`\\b${action}\\b`));
    });
  });
}

Deno.test("debug-bucket: shows which permission a part lacks", async () => {
  const use = COMMAND_PERMISSIONS.find(({ command }) => command === "debug-bucket")!;
  await withoutEach(use.permissions, async ({ action }, rest) => {
    const { stdout } = await runWith(use, rest);
    assert.match(stdout, new RegExp(`\\b${action}\\b`));
  });
});

Deno.test("permissions of create: the first policy creates no user without a boundary", async () => {
  const confined = COMMAND_PERMISSIONS.find(({ command }) => command === "create")!;
  const statement = '{"Effect":"Allow","Action":"*","Resource":"*"}';
  for (const option of ["--user-permissions-boundary none", `--statement ${statement}`]) {
    const line = `${confined.line} ${option}`;
    const { code, stderr, denied } = await runWith({ ...confined, line }, confined.permissions);
    assert.equal(code, 1, option);
    assert.match(stderr, /not authorized to perform: iam:CreateUser/);
    // One call, which needs both.
    assert.deepEqual(denied, new Set(["iam:CreateUser", "iam:TagUser"]));
  }
});

Deno.test("permissions of create: the first policy gives no user of another kind a policy", async () => {
  const further = COMMAND_PERMISSIONS.find(({ use }) => use?.startsWith("A further key"))!;
  const { permissions } = COMMAND_PERMISSIONS.find(({ command }) => command === "create")!;
  const wider = permissions.map((one) => ({ ...one, resource: one.resource.replace("s3.*", "*") }));
  const { code, stderr } = await runWith(further, wider);
  assert.equal(code, 1);
  assert.match(stderr, /not authorized to perform: iam:PutUserPolicy/);
});

Deno.test("permissions: every command has its place, and every scene its use", async () => {
  const documented = new Set(COMMAND_PERMISSIONS.map(({ command }) => command));
  const all = new Set([...documented, ...COMMANDS_WITHOUT_AWS]);
  assert.deepEqual([...all].sort(), (await commandsInHelp()).sort());
  const uses = new Set(COMMAND_PERMISSIONS.map(nameOf));
  assert.equal(uses.size, COMMAND_PERMISSIONS.length);
  assert.deepEqual(Object.keys(SCENES).filter((name) => !uses.has(name)), []);
});

Deno.test("permissions: every document fits into a managed policy of 6,144 characters", () => {
  for (const use of COMMAND_PERMISSIONS) {
    const document = permissionsDocument([...use.permissions, ...use.undo ?? []]);
    assert.ok(JSON.stringify(document ?? "").length <= 6_144, nameOf(use));
  }
});
