/**
 * The same command lines given to the Python tool and to ours, each on a server of moto of its own:
 * the accounts afterwards are the same, and so is the form of what they print.
 */
import assert from "node:assert/strict";
import { AccountReader } from "./account.ts";
import { type Moto, startMoto } from "./moto.ts";
import { boundaries, sessions } from "./recorder.ts";
import { hasPeers, peerTest, type Ran, runCli, runPeer } from "./support.ts";

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

const OWN_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Action: ["s3:GetObject*", "s3:ListBucket"],
    Resource: ["arn:aws:s3:::$!BUCKET_NAME!$", "arn:aws:s3:::$!BUCKET_NAME!$/*"],
  }],
});
const STATEMENT = JSON.stringify({
  Sid: "Names",
  Effect: "Allow",
  Action: "s3:ListAllMyBuckets",
  Resource: "*",
});
const BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

/** A command line as words, or as text where no word holds a space. */
type Line = string | string[];

interface Case {
  name: string;
  lines: Line[];
  stdin?: string;
  /** Whether the last line fails, alike in both. */
  fails?: boolean;
}

const words = (line: Line) => typeof line === "string" ? line.split(" ") : line;
const only = (...lines: Line[]): Case => ({
  name: lines.map((line) => words(line).join(" ").replaceAll(/\{.+?\}(?= --|$)/g, "{…}")).join(
    ", then ",
  ),
  lines,
});

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
    ...["--statement", STATEMENT.replace("Names", "Again")],
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
 * of a new user, and says nothing of the role that it makes.
 */
function commonLog(stderr: string): string[] {
  const roleLine = /^(Created role: |Attached policy arn:\S+ to role )/;
  return stderr.split("\n").filter((line) => !roleLine.test(line)).map((line) =>
    line.startsWith("Created  user: ")
      ? line.replace("Created  user", "Created user").replaceAll("'", "")
      : line
  );
}

/** Standard output without what is new in each run: key ids, secrets and times. */
function form(stdout: string): string {
  return stdout
    .replaceAll(/\b(AKIA|ASIA)\w{16}\b/g, "$1")
    .replaceAll(/((?:Secret|Token|secret|token)\w*"?[:=] ?"?)[^"\n]+/g, "$1…")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00/g, "TIME");
}

async function runAll(
  run: (args: string[], options: { env: Record<string, string>; stdin?: string }) => Promise<Ran>,
  moto: Moto,
  { lines, stdin, fails }: Case,
): Promise<Ran> {
  await moto.reset();
  let last: Ran | undefined;
  for (const [index, line] of lines.entries()) {
    last = await run(words(line), { env: moto.env, ...(stdin !== undefined && { stdin }) });
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
      runAll((args, options) => runPeer("s3-credentials", args, options), pair[0], one),
      runAll(runCli, pair[1], one),
    ]);
    const [theirAccount, ourAccount] = await accounts.read(pair[0].url, pair[1].url);
    assert.deepEqual(ourAccount, theirAccount);
    const [theirCalls, ourCalls] = [pair[0].calls, pair[1].calls];
    assert.deepEqual(boundaries(ourCalls), boundaries(theirCalls));
    assert.deepEqual(sessions(ourCalls), sessions(theirCalls));
    assert.equal(ours.code, theirs.code);
    assert.equal(form(ours.stdout), form(theirs.stdout));
    if (!one.fails) assert.deepEqual(commonLog(ours.stderr), commonLog(theirs.stderr));
  });
}
