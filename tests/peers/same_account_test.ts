/**
 * The same command lines given to the Python tool and to ours, each on a server of moto of its own:
 * the accounts afterwards are the same, and so is the form of what they print.
 */
import assert from "node:assert/strict";
import { type Account, AccountReader } from "./account.ts";
import { type Moto, startMoto } from "./moto.ts";
import { boundaries, sessions } from "./recorder.ts";
import {
  BOUNDARY,
  type Line,
  nameOf,
  OTHER_STATEMENT,
  OWN_POLICY,
  STATEMENT,
  words,
} from "./samples.ts";
import { hasPeers, peerTest, type Ran, runCli, type RunOptions, runPeer } from "./support.ts";

type Pair = [theirs: Moto, ours: Moto];

let plain: Pair;
let withManagedPolicies: Pair;
let accounts: AccountReader;

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  accounts = new AccountReader();
  const pair = (managedPolicies: boolean) =>
    Promise.all([startMoto({ managedPolicies }), startMoto({ managedPolicies })]);
  [plain, withManagedPolicies] = await Promise.all([pair(false), pair(true)]);
});
Deno.test.afterAll(async () => {
  await Promise.all([plain, withManagedPolicies].flat().map((moto) => moto?.stop()));
  await accounts?.close();
});

interface Case {
  name: string;
  lines: Line[];
  stdin?: string;
  /** Whether the last line fails, alike in both. */
  fails?: boolean;
}

const only = (...lines: Line[]): Case => ({ name: lines.map(nameOf).join(", then "), lines });

const CASES: Case[] = [
  only("create one -c"),
  only("create one -c --read-only"),
  only("create one -c --write-only"),
  only("create one -c --prefix logs/"),
  only("create one -c --read-only --prefix logs/*"),
  only("create one -c --write-only --prefix logs/"),
  only("create one two three -c"),
  only("create one two -c --read-only --prefix in/"),
  only(["create", "one", "-c", "--policy", OWN_POLICY]),
  only(["create", "one", "two", "-c", "--policy", OWN_POLICY]),
  {
    name: "create one -c --policy -",
    lines: ["create one -c --policy - --username piped"],
    stdin: OWN_POLICY,
  },
  only(["create", "one", "-c", "--statement", STATEMENT]),
  only([
    ...["create", "one", "two", "-c", "--write-only", "--statement", STATEMENT],
    ...["--statement", OTHER_STATEMENT],
  ]),
  only([
    ...["create", "one", "-c", "--statement", STATEMENT],
    ...["--user-permissions-boundary", BOUNDARY],
  ]),
  only("create one -c --username ida"),
  only("create one -c --username ida", "create two -c --username ida --read-only"),
  only("create one -c", "create one --read-only --username s3.read-write.one"),
  only("create one -c --user-permissions-boundary none"),
  only(`create one -c --user-permissions-boundary ${BOUNDARY}`),
  only("create one -c --public"),
  only("create one two -c --website"),
  only("create one -c --bucket-region eu-west-1"),
  only("create one -c --bucket-region ap-southeast-2 --website --read-only"),
  only("create one -c --format ini"),
  only("create one -c --silent"),
  only("create one -c --dry-run"),
  only("create one -c --duration 15m"),
  only("create one two -c -d 2h --read-only"),
  only("create one -c -d 900s --write-only --prefix in/ --format ini"),
  only(["create", "one", "-c", "-d", "3600", "--policy", OWN_POLICY]),
  only(["create", "one", "two", "-c", "-d", "3600", "--statement", STATEMENT]),
  only("create one -c -d 15m", "create two -c -d 12h --silent"),
  only("create one -c", "create one --read-only", "delete-user s3.read-write.one"),
  only("create one two -c", "create two --username b", "delete-user s3.read-write.one,two b"),
  only("whoami"),
  { ...only("create one"), fails: true },
  { ...only("create one -c", "create one two"), fails: true },
];

/**
 * Differences in the log that are meant: the Python tool puts two spaces and quotes into the line
 * of a new user, says nothing of the role that it makes or of a user who already exists, and warns
 * of nothing.
 */
function commonLog(stderr: string): string[] {
  const onlyOurs =
    /^(Created role: |Dry run: |Attached policy arn:\S+ to role |User already exists: |Warning: )/;
  return stderr.split("\n").filter((line) => !onlyOurs.test(line)).map((line) =>
    line.startsWith("Created  user: ")
      ? line.replace("Created  user", "Created user").replaceAll("'", "")
      : line
  );
}

/** The role describes itself in each tool's own words. */
function withoutDescription({ roles, ...rest }: Account): unknown {
  const kept = Object.entries(roles).map(([name, { description, ...role }]) => {
    assert.match(description ?? "", /s3-credentials tool/);
    return [name, role];
  });
  return { ...rest, roles: Object.fromEntries(kept) };
}

/**
 * Standard output without what is new in each run: key ids, secrets and times. Ours attaches the
 * policies of several buckets at the same time, so moto lists them in one order or another.
 */
function form(stdout: string): string {
  return stdout
    .replaceAll(/(?:^ {2}Deleted policy: .*\n)+/gm, (lines) => lines.split("\n").sort().join("\n"))
    .replaceAll(/\b(AKIA|ASIA)\w{16}\b/g, "$1")
    .replaceAll(/((?:Secret|Token|secret|token)\w*"?[:=] ?"?)[^"\n]+/g, "$1…")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00/g, "TIME");
}

type Tool = (args: readonly string[], options: RunOptions) => Promise<Ran>;

const pythonTool: Tool = (args, options) => runPeer("s3-credentials", args, options);

async function runAll(
  run: Tool,
  moto: Moto,
  { lines, stdin, fails }: Case,
): Promise<Ran> {
  await moto.reset();
  let last: Ran | undefined;
  for (const [index, line] of lines.entries()) {
    last = await run(words(line), { env: moto.env, stdin });
    const mayFail = fails && index === lines.length - 1;
    assert.equal(last.code === 0, !mayFail, last.stderr);
  }
  return last!;
}

for (const one of CASES) {
  peerTest(`the same on moto: ${one.name}`, async () => {
    const isTemporary = one.lines.some((line) => /^(-d|--duration)$/m.test(words(line).join("\n")));
    const pair = isTemporary ? withManagedPolicies : plain;
    const [theirs, ours] = await Promise.all([
      runAll(pythonTool, pair[0], one),
      runAll(runCli, pair[1], one),
    ]);
    const [theirAccount, ourAccount] = await accounts.read(pair[0].url, pair[1].url);
    assert.deepEqual(withoutDescription(ourAccount!), withoutDescription(theirAccount!));
    const [theirCalls, ourCalls] = [pair[0].calls, pair[1].calls];
    assert.deepEqual(boundaries(ourCalls), boundaries(theirCalls));
    assert.deepEqual(sessions(ourCalls), sessions(theirCalls));
    assert.equal(ours.code, theirs.code);
    assert.equal(form(ours.stdout), form(theirs.stdout));
    if (!one.fails) assert.deepEqual(commonLog(ours.stderr), commonLog(theirs.stderr));
  });
}

interface Difference {
  why: string;
  before: Line[];
  line: Line;
  theirs: { code: number; output: RegExp };
  ours: { code: number; output: RegExp };
}

/** Where we mean to differ. Each must still be a difference. */
const DIFFERENCES: Difference[] = [
  {
    why: "the log line of a new user is written as the others",
    before: [],
    line: "create one -c",
    theirs: { code: 0, output: /^Created {2}user: 's3.read-write.one' with .+: 'arn:\S+'$/m },
    ours: { code: 0, output: /^Created user: s3.read-write.one with .+: arn:\S+Access$/m },
  },
  {
    why: "the log tells of the role as of all else that is made",
    before: ["create one -c"],
    line: "create one -d 15m",
    theirs: { code: 0, output: /^Assume role against/ },
    ours: { code: 0, output: /^Created role: .+\nAttached policy .+\nAssume role against/ },
  },
  {
    why: "keys that a user has already share the new permissions, and we say which",
    before: ["create one -c --username ida"],
    line: "create one --username ida --read-only",
    theirs: {
      code: 0,
      output: /^Attached policy s3.read-only.one to user ida\nCreated access key/,
    },
    ours: {
      code: 0,
      output:
        /^Warning: The other access keys of user ida also get .+: access key AKIA.+\nWarning: The new key can .+\nUser already exists: ida, with access key AKIA.+\nAttached /,
    },
  },
  {
    why: "an existing bucket is not made public, and not silently left as it is either",
    before: ["create one -c"],
    line: "create one --website --username ida",
    theirs: { code: 0, output: /^Created {2}user: 'ida'/ },
    ours: { code: 1, output: /^Error: Bucket already exists: one / },
  },
  {
    why: "one user who is not there does not keep the others",
    before: ["create one -c --username ida"],
    line: "delete-user nobody ida",
    theirs: { code: 1, output: /NoSuchEntity/ },
    ours: { code: 1, output: /User does not exist: nobody[^]*User: ida[^]*Deleted user/ },
  },
];

for (const { why, before, line, theirs, ours } of DIFFERENCES) {
  peerTest(`meant to differ on moto: ${nameOf(line)}: ${why}`, async () => {
    const isTemporary = words(line).includes("-d");
    const [theirMoto, ourMoto] = isTemporary ? withManagedPolicies : plain;
    const outcomes = [[pythonTool, theirMoto, theirs], [runCli, ourMoto, ours]] as const;
    await Promise.all(outcomes.map(async ([run, moto, expected]) => {
      const lines = [...before, line];
      const ran = await runAll(run, moto, { name: why, lines, fails: expected.code !== 0 });
      assert.equal(ran.code, expected.code);
      assert.match(ran.stderr + ran.stdout, expected.output);
    }));
  });
}
