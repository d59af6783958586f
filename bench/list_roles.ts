/**
 * `list-roles --details` side by side with the Python tool s3-credentials: 300 roles with two
 * policies each, on the sandbox, which takes 20 ms longer for each answer than it needs. Whole
 * processes, one after the other, medians.
 *
 *     deno run -A bench/list_roles.ts [RUNS]
 *
 * Exits with 1 if ours takes more than a tenth of the Python tool's time, or prints other rows.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import assert from "node:assert/strict";
import { cpus } from "node:os";
import { delimiter, join } from "node:path";
import { type Role, type Sandbox, startSandbox } from "../lib/sandbox/mod.ts";
import { installPeers, PROJECT } from "../scripts/peers.ts";

const ROLES = 300;
const DELAY_MS = 20;
const TARGET = 0.1;
const runs = Number(Deno.args[0] ?? 3);

/** The kinds of policies that a role may have two of. */
const ACCOUNTS: Record<string, (index: number) => Partial<Role>> = {
  "one inline, one managed policy": (index) => ({
    inlinePolicies: new Map([["own", document(`own-${index}`)]]),
    attachedPolicies: new Set([managedArn(index % MANAGED)]),
  }),
  "two inline policies": (index) => ({
    inlinePolicies: new Map(["first", "second"].map((name) => [name, document(name + index)])),
  }),
};

/** Different managed policies, each attached to many roles. */
const MANAGED = 20;

function managedArn(number: number): string {
  return `arn:aws:iam::123456789012:policy/managed-${number}`;
}

function document(bucket: string): string {
  const statement = {
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${bucket}/*`,
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

function fill({ account }: Sandbox, policiesOf: (index: number) => Partial<Role>): void {
  const createDate = new Date();
  for (let number = 0; number < MANAGED; number++) {
    const arn = managedArn(number);
    account.policies.set(arn, {
      policyName: `managed-${number}`,
      policyId: `ANPA${String(number).padStart(17, "0")}`,
      arn,
      path: "/",
      description: undefined,
      createDate,
      updateDate: createDate,
      tags: [],
      defaultVersionId: "v1",
      versions: new Map([["v1", { document: document(`managed-${number}`), createDate }]]),
    });
  }
  for (let index = 0; index < ROLES; index++) {
    const roleName = `role-${String(index).padStart(3, "0")}`;
    account.roles.set(roleName, {
      roleName,
      roleId: `AROA${String(index).padStart(17, "0")}`,
      path: "/",
      arn: `arn:aws:iam::${account.id}:role/${roleName}`,
      createDate,
      description: undefined,
      assumeRolePolicyDocument: document("trust"),
      maxSessionDuration: 3600,
      permissionsBoundary: undefined,
      tags: [],
      inlinePolicies: new Map(),
      attachedPolicies: new Set(),
      lastUsed: undefined,
      ...policiesOf(index),
    });
  }
}

/** What a run took and printed. */
interface Timed {
  seconds: number;
  calls: number;
  rows: unknown[];
}

async function timed(program: string, args: string[], sandbox: Sandbox): Promise<Timed> {
  const before = sandbox.requests.length;
  const start = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args, "list-roles", "--details", "--nl"],
    stdin: "null",
    env: {
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
      AWS_DEFAULT_REGION: sandbox.region,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
  }).output();
  const seconds = (performance.now() - start) / 1000;
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  const rows = decoder.decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(rows.length, ROLES);
  return { seconds, calls: sandbox.requests.length - before, rows };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function summary(name: string, all: Timed[]): string {
  const times = all.map(({ seconds }) => seconds.toFixed(2)).join(", ");
  return `  ${name}: median ${median(all.map(({ seconds }) => seconds)).toFixed(2)} s ` +
    `(${times}), ${all[0]!.calls} calls`;
}

/** Measures one kind of account, and gives ours divided by theirs. */
async function compare(name: string, bin: string): Promise<number> {
  await using sandbox = await startSandbox();
  fill(sandbox, ACCOUNTS[name]!);
  sandbox.fail({ operation: "*", delayMs: DELAY_MS, times: Infinity });
  const ours: Timed[] = [];
  const theirs: Timed[] = [];
  for (let run = 0; run < runs; run++) {
    const cli = ["run", "-A", join(PROJECT, "cli.ts")];
    ours.push(await timed(Deno.execPath(), cli, sandbox));
    theirs.push(await timed(join(bin, "s3-credentials"), [], sandbox));
    assert.deepEqual(ours[run]!.rows, theirs[run]!.rows, "the rows differ");
  }
  const seconds = (all: Timed[]) => median(all.map((one) => one.seconds));
  const ratio = seconds(ours) / seconds(theirs);
  console.log(`${name}\n${summary("ours", ours)}\n${summary("s3-credentials", theirs)}`);
  console.log(`  ratio ${ratio.toFixed(3)}: 1 to ${(1 / ratio).toFixed(1)}`);
  return ratio;
}

function machine(): string {
  const all = cpus();
  const { os, arch } = Deno.build;
  const load = Deno.loadavg()[0]!.toFixed(1);
  return `${os} ${arch}, ${all.length} x ${all[0]?.model}, load ${load}, Deno ${Deno.version.deno}`;
}

if (!(runs >= 3)) {
  console.error("At least 3 runs, please");
  Deno.exit(2);
}
const peers = await installPeers(console.log);
if ("missing" in peers) {
  console.error(`Cannot compare: ${peers.missing}`);
  Deno.exit(1);
}
Deno.env.set("PATH", [peers.bin, Deno.env.get("PATH")].join(delimiter));
console.log(`list-roles --details, ${ROLES} roles, ${DELAY_MS} ms added to each answer`);
console.log(machine());
const ratios: number[] = [];
for (const name of Object.keys(ACCOUNTS)) ratios.push(await compare(name, peers.bin));
const reached = Math.max(...ratios) <= TARGET;
console.log(`Target: at most ${TARGET} of the Python tool's time: ${reached ? "" : "not "}reached`);
Deno.exit(reached ? 0 : 1);
