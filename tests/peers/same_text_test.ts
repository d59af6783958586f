/** What the Python tool and ours print without calling anyone: the same, byte for byte. */
import assert from "node:assert/strict";
import {
  BOUNDARY,
  type Line,
  nameOf,
  OTHER_STATEMENT,
  OWN_POLICY,
  STATEMENT,
  words,
} from "./samples.ts";
import { peerTest, type Ran, runCli, runPeer } from "./support.ts";

const POLICY: Line[] = [
  "policy one",
  "policy one two three",
  "policy one --read-only",
  "policy one two --read-only",
  "policy one --write-only",
  "policy one two --write-only",
  "policy one --prefix logs/",
  "policy one --prefix logs/*",
  "policy one --prefix *",
  "policy one two --prefix logs/2026/ --read-only",
  "policy one two --prefix logs/ --write-only",
  ["policy", "one", "--prefix", "my folder/it's/"],
  ["policy", "one", "--statement", STATEMENT],
  ["policy", "one", "--read-only", "--statement", STATEMENT, "--statement", OTHER_STATEMENT],
  ["policy", "one", "two", "--write-only", "--prefix", "a/", "--statement", OTHER_STATEMENT],
  "policy one --public-bucket",
  "policy my.dotted.bucket --public-bucket",
];

const DRY_RUN: Line[] = [
  "create one --dry-run",
  "create one -c --dry-run",
  "create one two -c --dry-run",
  "create one two --read-only --dry-run",
  "create one --write-only --dry-run",
  "create one --prefix logs/ --dry-run",
  "create one two --read-only --prefix logs/ --dry-run",
  "create one --public --dry-run",
  "create one two --website --dry-run",
  "create one --bucket-region eu-west-1 --dry-run",
  "create one --website --bucket-region eu-west-1 --read-only --dry-run",
  "create one --username ida --dry-run",
  "create one --user-permissions-boundary none --dry-run",
  `create one --user-permissions-boundary ${BOUNDARY} --dry-run`,
  "create one --format ini --silent --dry-run",
  ["create", "one", "two", "--policy", OWN_POLICY, "--dry-run"],
  ["create", "one", "--policy", OWN_POLICY, "--user-permissions-boundary", BOUNDARY, "--dry-run"],
  ["create", "one", "two", "--statement", STATEMENT, "--dry-run"],
  ["create", "one", "--read-only", "--statement", OTHER_STATEMENT, "--dry-run"],
  "create one --duration 15m --dry-run",
  "create one two -d 20m --read-only --dry-run",
  "create one two three -d 12h --prefix logs/ --dry-run",
  "create one -c --website --bucket-region eu-west-1 -d 3600 --write-only --dry-run",
  ["create", "one", "-d", "900s", "--policy", OWN_POLICY, "--dry-run"],
  ["create", "one", "two", "-d", "1h", "--statement", STATEMENT, "--dry-run"],
];

/** Neither endpoint nor keys: a tool that calls anyone fails. */
function runBoth(line: Line, stdin?: string): Promise<[theirs: Ran, ours: Ran]> {
  return Promise.all([
    runPeer("s3-credentials", words(line), { stdin }),
    runCli(words(line), { stdin }),
  ]);
}

for (const line of [...POLICY, ...DRY_RUN]) {
  peerTest(`the same text: ${nameOf(line)}`, async () => {
    const [theirs, ours] = await runBoth(line);
    assert.deepEqual([theirs.code, ours.code], [0, 0], theirs.stderr + ours.stderr);
    assert.equal(ours.stdout, theirs.stdout);
  });
}

/** Wrong usage that both refuse with the same words. */
const REFUSED: [line: Line, words: string][] = [
  ["policy one --statement {", "Invalid JSON string"],
  ["policy one --statement []", "JSON must be an object"],
  ["policy one --statement {}", "Statement JSON missing required keys: Action, Effect, Resource"],
  [
    "policy one two --public-bucket",
    "--public-bucket policy can only be generated for a single bucket",
  ],
  [
    "create one --read-only --write-only",
    "Cannot use --read-only and --write-only at the same time",
  ],
  ["create one -d 10x", "Duration must be of form 3600s or 15m or 2h"],
  ["create one -d 14m", "Duration must be between 15 minutes and 12 hours"],
  ["create one -d 13h", "Duration must be between 15 minutes and 12 hours"],
  ["create one --policy {bad", "Invalid JSON string"],
  ["create one --policy no-such-file.json", "File not found"],
  ["create one --policy -", "Input contained invalid JSON"],
];

for (const [line, text] of REFUSED) {
  peerTest(`the same refusal: ${nameOf(line)}`, async () => {
    for (const ran of await runBoth(line, "no JSON")) {
      assert.ok(ran.code === 1 || ran.code === 2, `exit code ${ran.code}`);
      assert.equal(ran.stdout, "");
      assert.ok(ran.stderr.includes(text), ran.stderr);
    }
  });
}

interface Difference {
  why: string;
  line: Line;
  theirs: RegExp;
  ours: RegExp;
}

/** Where we mean to differ. Each must still be a difference. */
const DIFFERENCES: Difference[] = [
  {
    why: "AWS refuses us-east-1 as a LocationConstraint",
    line: "create one --bucket-region us-east-1 --dry-run",
    theirs: /^Would create bucket: 'one' with args \{\n.+\n {8}"LocationConstraint": "us-east-1"/,
    ours: /^Would create bucket: 'one'\nWould create user/m,
  },
  {
    why: "a session for several buckets gets --policy for each of them, not for the last only",
    line: ["create", "one", "two", "-d", "15m", "--policy", OWN_POLICY, "--dry-run"],
    theirs: /^(?![^]*:::one)[^]*:::two/,
    ours: /:::one[^]*:::two/,
  },
  {
    why: "policy refuses what contradicts itself, as create does",
    line: "policy one --read-only --write-only",
    theirs: /s3:PutObject/,
    ours: /^Usage: [^]*Cannot use --read-only and --write-only at the same time/,
  },
  {
    why: "a name that would widen the grant is refused",
    line: "policy one*",
    theirs: /arn:aws:s3:::one\*"/,
    ours: /Error: [^]*bucket/i,
  },
  {
    why: "a wildcard within a prefix would widen the grant",
    line: "policy one --prefix a*b/",
    theirs: /arn:aws:s3:::one\/a\*b\/\*"/,
    ours: /Error: [^]*Prefix must not contain \*/,
  },
  {
    why: "a prefix without a slash at its end covers more than a folder, and we say so",
    line: "policy one --prefix foo",
    theirs: /^\{/,
    ours: /^Warning: Prefix does not end in \/: "foo" also covers keys such as "foobar"/,
  },
  {
    why: "a bucket is not granted twice",
    line: "policy one one --write-only",
    theirs: /one\/\*[^]*one\/\*/,
    ours: /^(?![^]*one\/\*[^]*one\/\*)[^]*one\/\*/,
  },
  {
    why: "AWS allows user names of 64 characters",
    line: `create ${"b".repeat(60)} --dry-run`,
    theirs: /Would create user: 's3\.read-write\.b{60}'/,
    ours: /^User name shortened to s3\.read-write\.b+\S+: /m,
  },
  {
    why: "--policy says all; --read-only beside it would be ignored",
    line: ["create", "one", "--policy", OWN_POLICY, "--read-only", "--dry-run"],
    theirs: /s3\.custom\.one/,
    ours: /Error: --policy cannot be used with --read-only/,
  },
];

for (const { why, line, theirs, ours } of DIFFERENCES) {
  peerTest(`meant to differ: ${nameOf(line)}: ${why}`, async () => {
    const [their, our] = await runBoth(line);
    assert.match(their.stderr + their.stdout, theirs);
    assert.match(our.stderr + our.stdout, ours);
  });
}
