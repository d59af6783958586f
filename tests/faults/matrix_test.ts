/**
 * Each command, each AWS call that it makes, each way in which a call can fail.
 *
 * The calls are not listed here: each command is run once without a fault, and what it asked for is
 * then made to fail, one call after the other. `S3CREDS_RUNS=10` tries all of them, not a part.
 */
import assert from "node:assert/strict";
import { Content, type Fault, startSandbox } from "../../lib/sandbox/mod.ts";
import { PART_SIZE } from "../../lib/objects/multipart.ts";
import { isItsTurn } from "../support/arbitraries.ts";
import { commandsInHelp, optionsInHelp } from "../support/help.ts";
import { type Ran, run, type RunOptions, secretsOf } from "../support/run.ts";

const FILES = {
  "policy.json": JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Deny",
      Principal: "*",
      Action: "s3:RestoreObject",
      Resource: "arn:aws:s3:::my-bucket/*",
    }],
  }),
};

/** Stands in a command line for a directory of one run. */
const DIRECTORY = "DIRECTORY";
/** Stands for a file that is large enough to be uploaded in parts. */
const LARGE_FILE = "LARGE";

/** Stands for the id of a key. */
const KEY = "KEY";

/** Commands that change nothing, or change only what a second try would change again. */
const COMMANDS: string[][] = [
  ["whoami"],
  ["create", "my-bucket"],
  ["create", "new-bucket", "-c", "--website", "--read-only"],
  ["create", "new-bucket", "-c", "-d", "15m"],
  ["create", "my-bucket", "--username", "filled"],
  ["delete-user", "filled"],
  ["can", "my-bucket", "--user", "filled"],
  ["list-credentials"],
  ["extend", "ending", "30d"],
  ["rotate", "filled"],
  ["disable-key", KEY],
  ["enable-key", KEY],
  ["delete-key", KEY],
  // That it deletes as delete-user does.
  ["prune", "--expired", "--unused-for", "1d", "--dry-run"],
  ["revoke-sessions", "--role", "a-role"],
  ["list-users"],
  ["list-roles", "--details"],
  ["list-roles", "a-role"],
  ["list-user-policies"],
  ["list-user-policies", "filled"],
  ["list-buckets", "--details"],
  ["debug-bucket", "my-bucket"],
  ["get-bucket-policy", "my-bucket"],
  ["set-bucket-policy", "my-bucket", "--policy-file", "policy.json"],
  ["get-cors-policy", "my-bucket"],
  ["set-cors-policy", "my-bucket"],
  ["get-public-access-block", "my-bucket"],
  ["set-public-access-block", "my-bucket", "--block-public-acls", "true"],
  ["localserver", "my-bucket", "-d", "15m", "--port", "0"],
  ["exec", "my-bucket", "--", "program"],
  ["list-bucket", "my-bucket"],
  ["get-object", "my-bucket", "a.txt"],
  ["get-objects", "my-bucket", "--output", DIRECTORY],
  ["put-object", "my-bucket", "b.txt", "LICENSE"],
  ["put-object", "my-bucket", "large", LARGE_FILE],
  ["put-objects", "my-bucket", "LICENSE", "CHANGELOG.md", "--prefix", "docs"],
  ["delete-objects", "my-bucket", "a.txt"],
  ["delete-objects", "my-bucket", "--prefix", "a"],
  ["presign", "my-bucket", "a.txt"],
  ["delete-bucket", "my-bucket", "--force", "--yes"],
  ["delete-bucket", "my-bucket", "--by-lifecycle", "--yes"],
  ["make-public", "my-bucket"],
  ["make-private", "my-bucket"],
];

interface Kind {
  fault: Partial<Fault>;
  requestTimeoutMs?: number;
  /** Whether the call is sent again, so that a single failure is not noticed. */
  passes: boolean;
}

function answer(status: number, code: string, times = 1): Partial<Fault> {
  return { times, error: { status, code, message: `${code}, says the test` } };
}

const KINDS: Record<string, Kind> = {
  "403 AccessDenied": { fault: answer(403, "AccessDenied", Infinity), passes: false },
  "404 NoSuchEntity": { fault: answer(404, "NoSuchEntity", 1), passes: false },
  "409 conflict": { fault: answer(409, "OperationAborted"), passes: false },
  "throttled once": { fault: answer(400, "Throttling"), passes: true },
  "503 once": { fault: answer(503, "SlowDown"), passes: true },
  "503 ten times": { fault: answer(503, "SlowDown", 10), passes: false },
  "500 once": { fault: answer(500, "InternalError"), passes: true },
  "malformed XML": { fault: { malformedBody: "<Half><an answer" }, passes: false },
  "cut connection": { fault: { cut: true }, passes: true },
  "answer lost": { fault: { cut: true, after: true }, passes: true },
  "no answer": { fault: { delayMs: 120_000 }, requestTimeoutMs: 10_000, passes: true },
  "expired token": { fault: answer(403, "ExpiredToken", Infinity), passes: false },
  "clock skew": { fault: answer(403, "RequestTimeTooSkewed", Infinity), passes: false },
};

/** The account that each case starts with. */
async function preparedState(): Promise<string> {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const at = { sandbox, files: FILES };
  for (
    const args of [
      ["create", "my-bucket", "--username", "filled"],
      ["create", "my-bucket", "--username", "ending", "--expires", "90d"],
      ["create", "my-bucket", "-d", "15m"],
      ["set-cors-policy", "my-bucket"],
      ["set-bucket-policy", "my-bucket", "--policy-file", "policy.json"],
    ]
  ) {
    const { code, stderr } = await run(args, at);
    assert.equal(code, 0, stderr);
  }
  const role = sandbox.account.roles.get("s3-credentials.AmazonS3FullAccess")!;
  role.inlinePolicies.set("extra", '{"Version":"2012-10-17","Statement":[]}');
  sandbox.account.roles.set("a-role", { ...role, roleName: "a-role" });
  sandbox.account.roles.delete("s3-credentials.AmazonS3FullAccess");
  sandbox.account.buckets.get("my-bucket")!.objects.set("a.txt", {
    key: "a.txt",
    body: Content.of("hello"),
    etag: '"5d41402abc4b2a76b9719d911017c592"',
    lastModified: new Date(0),
    headers: {},
    tags: [],
  });
  keyId = [...sandbox.account.users.get("filled")!.accessKeys.keys()][0]!;
  return sandbox.save();
}

let state = "";
let keyId = "";
let folder = "";
let runs = 0;

/** Runs a command; one that serves is stopped as soon as it does. */
async function runToEnd(args: string[], options: RunOptions): Promise<Ran> {
  const interruption = new AbortController();
  const standsFor: Record<string, string> = {
    [DIRECTORY]: `${folder}/${runs++}`,
    [LARGE_FILE]: `${folder}/large`,
    [KEY]: keyId,
  };
  return await run(args.map((word) => standsFor[word] ?? word), {
    ...options,
    signal: interruption.signal,
    program: () => Promise.resolve(0),
    onStderr: (text) => {
      if (text.includes("Press Ctrl+C to stop")) interruption.abort();
    },
  });
}

/** The operations that a command calls, each once. */
async function operationsOf(args: string[]): Promise<string[]> {
  await using sandbox = await startSandbox({ state });
  const { code, stderr } = await runToEnd(args, { sandbox, files: FILES });
  assert.equal(code, 0, stderr);
  const names = sandbox.requests.map(({ operation }) => operation!);
  assert.ok(names.length > 0 && names.every(Boolean));
  return [...new Set(names)];
}

function makesKeys([command]: string[]): boolean {
  return command === "create" || command === "rotate";
}

/** Runs a command in which one call fails, and checks what must hold whatever comes of it. */
async function check(args: string[], operation: string, name: string, kind: Kind) {
  const { fault, passes, requestTimeoutMs = 60_000 } = kind;
  await using sandbox = await startSandbox({ state });
  const before = sandbox.snapshot();
  sandbox.fail({ operation, ...fault });
  const { code, stdout, stderr } = await runToEnd(args, {
    sandbox,
    files: FILES,
    requestTimeoutMs,
  });
  const story = `${args.join(" ")}, ${operation}: ${name}\nexit ${code}\n${stderr}`;
  assert.ok(code === 0 || code === 1, story);
  assert.doesNotMatch(stderr, /^\s+at /m, story);
  assert.doesNotMatch(stderr, /unexpected|This is a bug/, story);
  if (code === 1) {
    assert.match(stderr, /^Error: .{15,}/m, story);
    assert.doesNotMatch(stderr, /undefined|\[object/, story);
  }
  const isNotIdempotent = operation === "CreateAccessKey";
  if (passes && !isNotIdempotent) assert.equal(code, 0, story);
  for (const secret of secretsOf(sandbox)) {
    assert.ok(!stderr.includes(secret), story);
    if (!makesKeys(args)) assert.ok(!stdout.includes(secret), story);
  }
  if (code === 1 && makesKeys(args)) {
    assert.equal(stdout, "", story);
    if (!/Left in the account/.test(stderr)) {
      assert.deepEqual(sandbox.snapshot(), before, story);
    }
  }
  const openUploads = sandbox.account.buckets.get("my-bucket")?.uploads?.size ?? 0;
  if (openUploads > 0) assert.match(stderr, /upload/, story);
}

/** In so many days at least every command has failed in every way; in fewer, every call has. */
const MIN_DAYS = 9;
const MAX_DAYS = 18;

/** How many cases run at the same time: most of the time they wait to try again. */
const CASES_AT_A_TIME = 32;

interface Case {
  args: string[];
  operation: string;
  name: string;
  kind: Kind;
}

/** The commands that make the same call; those that make keys, and must undo, apart from the others. */
async function commandsByCall(): Promise<{ operation: string; commands: string[][] }[]> {
  const calls = new Map<string, { operation: string; commands: string[][] }>();
  for (const args of COMMANDS) {
    for (const operation of await operationsOf(args)) {
      const name = `${operation} ${makesKeys(args)}`;
      if (!calls.has(name)) calls.set(name, { operation, commands: [] });
      calls.get(name)!.commands.push(args);
    }
  }
  return [...calls.values()];
}

/**
 * The ways to fail take turns. The commands that make the same call divide them among themselves, so
 * that the more commands make it, the more ways it fails in each day; a call that only one command makes
 * fails in a ninth of them.
 */
async function chosenCases(): Promise<Case[]> {
  const cases: Case[] = [];
  for (const { operation, commands } of await commandsByCall()) {
    const days = Math.max(MIN_DAYS, Math.min(MAX_DAYS, commands.length));
    for (const [c, args] of commands.entries()) {
      for (const [k, [name, kind]] of Object.entries(KINDS).entries()) {
        if (isItsTurn(c + k, days)) cases.push({ args, operation, name, kind });
      }
    }
  }
  return cases;
}

const failures = new Map<string[], string[]>();
let tried = 0;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await Deno.writeFile(`${folder}/large`, new Uint8Array(PART_SIZE + 1));
  state = await preparedState();
  const tryCase = async ({ args, operation, name, kind }: Case) => {
    const failure = await check(args, operation, name, kind).then(() => [], (error) => [error]);
    tried++;
    failures.set(args, [
      ...failures.get(args) ?? [],
      ...failure.map((error: Error) => error.message),
    ]);
  };
  const cases = await chosenCases();
  const [others, timeouts] = [false, true].map((isTimeout) =>
    cases.filter(({ kind }) => isTimeout === (kind.requestTimeoutMs !== undefined))
  );
  const worker = async () => {
    for (let one = others!.pop(); one !== undefined; one = others!.pop()) await tryCase(one);
  };
  // Those that end by a timeout only wait for it, so all of them can do that together.
  await Promise.all([
    ...timeouts!.map(tryCase),
    ...Array.from({ length: CASES_AT_A_TIME }, worker),
  ]);
});

Deno.test.afterAll(async () => {
  await Deno.remove(folder, { recursive: true });
  Deno.stdout.writeSync(new TextEncoder().encode(`faults tried: ${tried}\n`));
});

Deno.test("faults: every command that talks to AWS is among these", async () => {
  const tried = new Set(COMMANDS.map(([command]) => command!));
  for (const command of await commandsInHelp()) {
    const options = await optionsInHelp(command);
    assert.equal(tried.has(command), options.includes("--endpoint-url"), command);
  }
});

for (const args of COMMANDS) {
  Deno.test(`faults: ${args.join(" ")}`, () => assert.deepEqual(failures.get(args), []));
}
