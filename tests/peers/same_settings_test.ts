/**
 * Every command that changes a setting of a bucket, given to the Python tool and to ours, each on a
 * server of moto of its own: boto3 finds the same accounts afterwards.
 */
import assert from "node:assert/strict";
import { AccountReader } from "./account.ts";
import { type Moto, startMoto } from "./moto.ts";
import { type Line, nameOf, words } from "./samples.ts";
import { hasPeers, peerTest, type Ran, runCli, type RunOptions, runPeer } from "./support.ts";

type Block = Record<string, boolean>;

let motos: [theirs: Moto, ours: Moto];
let accounts: AccountReader;
/** Stands in the command lines as FILE. */
let policyFile: string;

const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Sid: "ReadAndList",
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::123456789012:root" },
    Action: ["s3:GetObject", "s3:ListBucket"],
    Resource: ["arn:aws:s3:::one", 'arn:aws:s3:::one/100% sure, "a+b"/*'],
    Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
  }],
});

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  accounts = new AccountReader();
  policyFile = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(policyFile, POLICY);
  motos = await Promise.all([startMoto(), startMoto()]);
});
Deno.test.afterAll(async () => {
  await Promise.all(motos?.map((moto) => moto.stop()) ?? []);
  await accounts?.close();
  if (policyFile !== undefined) await Deno.remove(policyFile);
});

type Tool = (args: readonly string[], options: RunOptions) => Promise<Ran>;

const TOOLS: Tool[] = [
  (args, options) => runPeer("s3-credentials", args, options),
  runCli,
];

/** A bucket named `one`, with a public access block if that is given. */
async function bucketOne({ url }: Moto, block: Block | undefined): Promise<void> {
  const put = async (path: string, body?: string) => {
    const answer = await fetch(`${url}/${path}`, { method: "PUT", ...(body && { body }) });
    assert.equal(answer.status, 200, await answer.text());
  };
  await put("one");
  if (block === undefined) return;
  const settings = Object.entries(block).map(([name, on]) => `<${name}>${on}</${name}>`).join("");
  const root = "PublicAccessBlockConfiguration";
  await put("one?publicAccessBlock", `<${root}>${settings}</${root}>`);
}

interface Before {
  /** The public access block that the bucket has before. */
  block?: Block;
  /** Lines that come before. */
  lines?: Line[];
  stdin?: string;
}

/** Gives a line to both tools, each in an account of its own with one bucket. */
function runBoth(line: Line, { block, lines = [], stdin }: Before): Promise<Ran[]> {
  return Promise.all(TOOLS.map(async (run, index) => {
    const moto = motos[index]!;
    await moto.reset();
    await bucketOne(moto, block);
    const env = moto.env;
    const args = (one: Line) => words(one).map((word) => word === "FILE" ? policyFile : word);
    for (const before of lines) assert.equal((await run(args(before), { env })).code, 0);
    return await run(args(line), { env, stdin });
  }));
}

async function bucketsAfter() {
  const [theirs, ours] = await accounts.read(...motos.map(({ url }) => url));
  return [theirs!.buckets.one!, ours!.buckets.one!] as const;
}

interface Case extends Before {
  line: Line;
  /** Whether standard error must be the same as well. */
  sameText?: boolean;
}

const CORS: Line[] = [
  "set-cors-policy one",
  "set-cors-policy one -m PUT",
  "set-cors-policy one --allowed-method GET --allowed-method PUT --allowed-method DELETE",
  "set-cors-policy one -h Authorization",
  "set-cors-policy one --allowed-header x-amz-* --allowed-header Content-Type",
  "set-cors-policy one -o https://www.example.com",
  "set-cors-policy one --allowed-origin https://a.example --allowed-origin https://*.b.example",
  "set-cors-policy one -e ETag",
  "set-cors-policy one --expose-header ETag --expose-header x-amz-request-id",
  "set-cors-policy one --max-age-seconds 3000",
  [
    ...["set-cors-policy", "one", "-m", "GET", "-m", "HEAD", "-h", "*", "-o", "http://localhost"],
    ...["-e", "ETag", "--max-age-seconds", "60"],
  ],
];

/** Nothing is on: what isn't named stays so in both. */
const OPEN: Block = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const CLOSED = Object.fromEntries(Object.keys(OPEN).map((name) => [name, true]));

const BLOCKS: Line[] = [
  "set-public-access-block one --block-public-acls true",
  "set-public-access-block one --ignore-public-acls yes",
  "set-public-access-block one --block-public-policy 1",
  "set-public-access-block one --restrict-public-buckets on",
  "set-public-access-block one --block-public-acls true --block-public-policy false",
  [
    ...["set-public-access-block", "one", "--block-public-acls", "t", "--ignore-public-acls", "f"],
    ...["--block-public-policy", "no", "--restrict-public-buckets", "y"],
  ],
];

const CORS_SET = "Updated CORS policy for bucket 'one'\n";

const CASES: Case[] = [
  ...CORS.map((line) => ({ line, sameText: true })),
  {
    line: "set-cors-policy one -m PUT -o https://b.example",
    lines: ["set-cors-policy one -m GET -h x-first -e ETag --max-age-seconds 5"],
    sameText: true,
  },
  { line: "set-bucket-policy one --policy-file FILE", sameText: true },
  { line: "set-bucket-policy one --policy-file -", stdin: POLICY, sameText: true },
  { line: "set-bucket-policy one --allow-all-get", block: OPEN, sameText: true },
  {
    line: "set-bucket-policy one --allow-all-get",
    lines: ["set-bucket-policy one --policy-file FILE"],
    sameText: true,
  },
  ...BLOCKS.map((line) => ({ line, block: OPEN })),
  { line: "set-public-access-block one --allow-public-access", block: CLOSED },
  { line: "set-public-access-block one --allow-public-access" },
];

for (const { line, sameText = false, ...before } of CASES) {
  const first = before.lines === undefined ? "" : `${before.lines.map(nameOf)}, then `;
  const block = before.block === undefined
    ? ""
    : `, with a block ${before.block === OPEN ? "off" : "on"}`;
  peerTest(`the same setting: ${first}${nameOf(line)}${block}`, async () => {
    const [theirs, ours] = await runBoth(line, before);
    for (const ran of [theirs, ours]) assert.deepEqual([ran!.code, ran!.stdout], [0, ""]);
    const [theirBucket, ourBucket] = await bucketsAfter();
    assert.deepEqual(ourBucket, theirBucket);
    // Theirs sets a CORS policy in silence.
    const said = nameOf(line).startsWith("set-cors-policy") ? CORS_SET : "";
    if (sameText) assert.equal(ours!.stderr, said + theirs!.stderr);
    const { cors, policy, publicAccessBlock } = ourBucket;
    assert.ok([cors, policy, publicAccessBlock].some((setting) => setting !== null));
  });
}

/** Lines that both refuse, and with which nothing is set. */
const REFUSED: [line: Line, theirs: RegExp, ours: RegExp][] = [
  [
    "set-bucket-policy one --allow-all-get --policy-file FILE",
    /Cannot pass both --allow-all-get and --policy-file/,
    /Cannot pass both --allow-all-get and --policy-file/,
  ],
  [
    "set-bucket-policy one --policy-file no-such-file.json",
    /No such file or directory/,
    /no-such-file\.json/,
  ],
  ["set-bucket-policy one", /AttributeError/, /Pass either --policy-file FILE or --allow-all-get/],
  [
    "set-public-access-block one",
    /No valid options provided\. Use --help to see available options\./,
    /No valid options provided\. Use --help to see available options\./,
  ],
  [
    "set-public-access-block one --block-public-acls maybe",
    /'maybe' is not a valid boolean/,
    /Expected true or false, not "maybe"/,
  ],
  ["set-cors-policy one --max-age-seconds soon", /'soon' is not a valid integer/, /"soon"/],
  [
    "set-cors-policy none",
    /Bucket none does not exists/,
    /Bucket does not exist: none|NoSuchBucket/,
  ],
  ["set-bucket-policy none --allow-all-get", /NoSuchBucket/, /NoSuchBucket|does not exist/],
  ["set-public-access-block none --allow-public-access", /NoSuchBucket/, /NoSuchBucket|not exist/],
];

for (const [line, theirText, ourText] of REFUSED) {
  peerTest(`both refuse: ${nameOf(line)}`, async () => {
    const [theirs, ours] = await runBoth(line, {});
    for (const [ran, text] of [[theirs, theirText], [ours, ourText]] as const) {
      assert.ok(ran!.code === 1 || ran!.code === 2, `exit code ${ran!.code}`);
      assert.match(ran!.stderr, text);
    }
    for (const { cors, policy, publicAccessBlock } of await bucketsAfter()) {
      assert.deepEqual([cors, policy, publicAccessBlock], [null, null, null]);
    }
  });
}

interface Difference extends Before {
  why: string;
  line: Line;
  check(theirs: Ran, ours: Ran): Promise<void> | void;
}

/** Where we mean to differ. Each must still be a difference. */
const DIFFERENCES: Difference[] = [
  {
    why:
      "settings that are not named keep their present value, where the Python tool turns them off",
    line: "set-public-access-block one --block-public-acls false",
    block: CLOSED,
    async check() {
      const [theirs, ours] = await bucketsAfter();
      assert.deepEqual(theirs.publicAccessBlock, OPEN);
      assert.deepEqual(ours.publicAccessBlock, { ...CLOSED, BlockPublicAcls: false });
    },
  },
  {
    why: "the message has all four settings as JSON",
    line: "set-public-access-block one --block-public-acls true",
    check(theirs, ours) {
      const start = "Updated public access block settings for bucket 'one': ";
      assert.equal(theirs.stderr, `${start}{'BlockPublicAcls': True}\n`);
      const settings = { ...OPEN, BlockPublicAcls: true };
      assert.equal(ours.stderr, `${start}${JSON.stringify(settings)}\n`);
    },
  },
  {
    why: "one setting or --allow-public-access, not both",
    line: "set-public-access-block one --block-public-acls true --allow-public-access",
    async check(theirs, ours) {
      assert.deepEqual([theirs.code, ours.code], [0, 2]);
      assert.match(
        ours.stderr,
        /--allow-public-access cannot be used with the individual settings/,
      );
      const [theirBucket, ourBucket] = await bucketsAfter();
      assert.deepEqual([theirBucket.publicAccessBlock, ourBucket.publicAccessBlock], [OPEN, null]);
    },
  },
  {
    why: "methods are understood in small letters",
    line: "set-cors-policy one -m put",
    async check(theirs, ours) {
      assert.deepEqual([theirs.code, ours.code], [1, 0]);
      const [theirBucket, ourBucket] = await bucketsAfter();
      assert.equal(theirBucket.cors, null);
      assert.partialDeepStrictEqual(ourBucket.cors, [{ AllowedMethods: ["PUT"] }]);
    },
  },
  {
    why: "0 seconds are a value, where the Python tool leaves them out",
    line: "set-cors-policy one --max-age-seconds 0",
    async check() {
      const [theirs, ours] = await bucketsAfter();
      const rule = { ID: "set-by-s3-credentials", AllowedMethods: ["GET"], AllowedOrigins: ["*"] };
      assert.deepEqual(theirs.cors, [rule]);
      assert.deepEqual(ours.cors, [{ ...rule, MaxAgeSeconds: 0 }]);
    },
  },
  {
    why: "a policy without a statement is refused before anyone is asked",
    line: "set-bucket-policy one --policy-file -",
    stdin: "[]",
    check(theirs, ours) {
      assert.deepEqual([theirs.code, ours.code], [0, 2]);
      assert.match(ours.stderr, /A bucket policy is a JSON object with a Statement/);
    },
  },
];

for (const { why, line, check, ...before } of DIFFERENCES) {
  peerTest(`meant to differ on moto: ${nameOf(line)}: ${why}`, async () => {
    const [theirs, ours] = await runBoth(line, before);
    await check(theirs!, ours!);
  });
}
