/**
 * The permissions that `docs/permissions.md` says each command needs: each command runs under exactly
 * these and asks for no other, and without any one of them it says which is missing.
 */
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
import { createAccessKey, createUser } from "../lib/sandbox/seed.ts";
import { isItsTurn, RUNS, TURN } from "./support/arbitraries.ts";
import { commandsInHelp } from "./support/help.ts";
import { type Ran, run } from "./support/run.ts";
import { LARGE_FILE, type Scene, SCENES } from "./support/permission_scenes.ts";

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
