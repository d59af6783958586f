/** Our create and whoami on moto's server: what they leave behind, as boto3 sees it. */
import assert from "node:assert/strict";
import { type Account, AccountReader, type Document, grants } from "./account.ts";
import { type Moto, startMoto } from "./moto.ts";
import { boundaries, type Call, sessions } from "./recorder.ts";
import { assertHolds, type Expected } from "./steps.ts";
import { hasPeers, peerTest, runCli } from "./support.ts";

let moto: Moto;
let withManagedPolicies: Moto;
let accounts: AccountReader;

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  accounts = new AccountReader();
  [moto, withManagedPolicies] = await Promise.all([
    startMoto(),
    startMoto({ managedPolicies: true }),
  ]);
});
Deno.test.afterAll(async () => {
  await Promise.all([moto?.stop(), withManagedPolicies?.stop()]);
  await accounts?.close();
});

interface Case {
  name: string;
  /** Command lines before the one in question. */
  before?: string[];
  args: string | string[] | (() => string[]);
  env?: Record<string, string>;
  stdin?: string;
  code?: number;
  stdout?: Expected;
  stderr?: Expected;
  /** By name: the boundary, the number of keys, and what each inline policy grants. */
  users?: Record<string, [boundary: string | null, keys: number, Record<string, string[]>]>;
  /** What the policy of the session grants. */
  session?: string[];
  /** The parts that matter of the role that temporary credentials need; left out, it is not there. */
  role?: unknown;
  /** By name: the parts that matter. */
  buckets?: Record<string, unknown>;
}

const FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const ROLE = "s3-credentials.AmazonS3FullAccess";

const onBucket = (name: string) =>
  `Allow s3:ListBucket s3:GetBucketLocation on arn:aws:s3:::${name}`;
const read = (what: string) =>
  "Allow s3:GetObject s3:GetObjectAcl s3:GetObjectLegalHold s3:GetObjectRetention " +
  `s3:GetObjectTagging on arn:aws:s3:::${what}`;
const write = (what: string) => `Allow s3:PutObject s3:DeleteObject on arn:aws:s3:::${what}`;
const readWrite = (name: string) => [onBucket(name), read(`${name}/*`), write(`${name}/*`)];

const OWN_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::$!BUCKET_NAME!$/open/*",
  }],
});
const STATEMENT = JSON.stringify({ Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" });
const OPEN = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const PUBLIC_POLICY = {
  Statement: [{ Sid: "AllowAllGetObject", Principal: "*", Resource: ["arn:aws:s3:::site/*"] }],
};

const permanent: Case[] = [
  {
    name: "read-write, with a new bucket",
    args: "create one -c",
    stdout: { json: { UserName: "s3.read-write.one", Status: "Active" } },
    users: { "s3.read-write.one": [FULL, 1, { "s3.read-write.one": readWrite("one") }] },
    buckets: { one: { region: null, policy: null, publicAccessBlock: null, website: null } },
  },
  {
    name: "--read-only",
    before: ["create one -c --username first"],
    args: "create one --read-only --format ini",
    stdout: /^\[default\]\naws_access_key_id=\w{20}\naws_secret_access_key=\S{40}\n$/,
    users: {
      "s3.read-only.one": [READ_ONLY, 1, { "s3.read-only.one": [onBucket("one"), read("one/*")] }],
    },
  },
  {
    name: "--write-only --prefix",
    args: "create one -c --write-only --prefix in/",
    users: {
      "s3.write-only.one": [FULL, 1, {
        "s3.write-only.one": ["Allow s3:PutObject on arn:aws:s3:::one/in/*"],
      }],
    },
  },
  {
    name: "--prefix",
    args: "create one -c --prefix logs/",
    users: {
      "s3.read-write.one": [FULL, 1, {
        "s3.read-write.one": [
          "Allow s3:GetBucketLocation on arn:aws:s3:::one",
          'Allow s3:ListBucket on arn:aws:s3:::one if {"StringLike":{"s3:prefix":["logs/*"]}}',
          read("one/logs/*"),
          write("one/logs/*"),
        ],
      }],
    },
  },
  {
    name: "two buckets",
    args: "create one two -c",
    users: {
      "s3.read-write.one,two": [FULL, 1, {
        "s3.read-write.one": readWrite("one"),
        "s3.read-write.two": readWrite("two"),
      }],
    },
    buckets: { one: {}, two: {} },
  },
  {
    name: "--policy",
    args: ["create", "one", "two", "-c", "--policy", OWN_POLICY],
    users: {
      "s3.custom.one,two": [null, 1, {
        "s3.custom.one": ["Allow s3:GetObject on arn:aws:s3:::one/open/*"],
        "s3.custom.two": ["Allow s3:GetObject on arn:aws:s3:::two/open/*"],
      }],
    },
  },
  {
    name: "--policy from standard input",
    args: "create one -c --policy - --username carl",
    stdin: OWN_POLICY,
    users: {
      carl: [null, 1, { "s3.custom.one": ["Allow s3:GetObject on arn:aws:s3:::one/open/*"] }],
    },
  },
  {
    name: "--statement",
    args: ["create", "one", "-c", "--read-only", "--statement", STATEMENT],
    users: {
      "s3.custom.one": [null, 1, {
        "s3.custom.one": [onBucket("one"), read("one/*"), "Allow s3:ListAllMyBuckets on *"],
      }],
    },
  },
  {
    name: "--username of a user who is there already",
    before: ["create one -c --username ida --user-permissions-boundary none"],
    args: "create two -c --username ida --read-only",
    users: {
      ida: [null, 2, {
        "s3.read-write.one": readWrite("one"),
        "s3.read-only.two": [onBucket("two"), read("two/*")],
      }],
    },
  },
  {
    name: "--user-permissions-boundary",
    args: `create one -c --user-permissions-boundary ${READ_ONLY}`,
    users: { "s3.read-write.one": [READ_ONLY, 1, { "s3.read-write.one": readWrite("one") }] },
  },
  {
    name: "--public",
    args: "create site -c --public",
    buckets: { site: { publicAccessBlock: OPEN, policy: PUBLIC_POLICY, website: null } },
  },
  {
    name: "--website",
    args: "create site -c --website",
    buckets: {
      site: {
        publicAccessBlock: OPEN,
        policy: PUBLIC_POLICY,
        website: { IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "error.html" } },
      },
    },
  },
  {
    name: "--bucket-region",
    args: "create one -c --bucket-region eu-west-1",
    stderr: /^Created bucket: one in region: eu-west-1\n/,
    buckets: { one: { region: "eu-west-1" } },
  },
  {
    name: "--bucket-region us-east-1",
    args: "create one -c --bucket-region us-east-1 --silent",
    stderr: "",
    buckets: { one: { region: null } },
  },
];

const TEMPORARY_KEYS =
  /^\{\n +"AccessKeyId": "ASIA.+\n +"SecretAccessKey": .+\n +"SessionToken": .+\n +"Expiration": "20.+\n\}\n$/;

const temporary: Case[] = [[], ["create one --duration 1h --silent"]].map((earlier) => ({
  name: `--duration, with the role ${earlier.length === 0 ? "not there yet" : "there already"}`,
  before: ["create one -c --username first", ...earlier],
  args: "create one --duration 15m --read-only",
  stdout: TEMPORARY_KEYS,
  stderr: new RegExp(`Assume role against arn:aws:iam::123456789012:role/${ROLE} for 900s\n$`),
  session: [onBucket("one"), read("one/*")],
  users: { first: [FULL, 1, { "s3.read-write.one": readWrite("one") }] },
  role: {
    attached: [FULL],
    maxSessionDuration: 43200,
    trust: {
      Statement: [{
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::123456789012:root" },
        Action: "sts:AssumeRole",
      }],
    },
  },
}));

const KEYS = ["--access-key", "testing", "--secret-key", "testing"];

/** Cases that must leave the account as it was. */
const unchanged: Case[] = [
  {
    name: "a bucket that does not exist",
    args: "create one",
    code: 1,
    stderr: /^Error: Bucket does not exist: one - try --create-bucket to create it\n/,
  },
  {
    name: "one bucket of two does not exist",
    before: ["create one -c"],
    args: "create one two",
    code: 1,
    stderr: /^Error: Bucket does not exist: two /,
  },
  {
    name: "a third key, with a bucket to be made",
    before: ["create one -c --username ida", "create one --username ida"],
    args: "create one two -c --username ida",
    code: 1,
    stderr:
      /^Error: User ida already has 2 access keys, the maximum that AWS allows: access key \w{20} /,
  },
  {
    name: "--public with a bucket that exists",
    before: ["create one -c"],
    args: "create one --public",
    code: 1,
    stderr: /^Error: Bucket already exists: one /,
  },
  {
    name: "--dry-run",
    args: "create one -c --dry-run",
    stdout: /^Would create bucket: 'one'\n/,
  },
  {
    name: "whoami",
    args: "whoami",
    stdout: { json: { Account: "123456789012", Arn: "arn:aws:sts::123456789012:user/moto" } },
  },
  {
    name: "whoami by options only",
    args: () => ["whoami", ...KEYS, "--endpoint-url", moto.url],
    env: { AWS_ENDPOINT_URL: "", AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
    stdout: { json: { Account: "123456789012" } },
  },
  {
    name: "whoami by --auth from standard input",
    args: () => ["whoami", "--auth", "-", "--endpoint-url", moto.url],
    env: { AWS_ENDPOINT_URL: "", AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
    stdin: "[default]\naws_access_key_id=testing\naws_secret_access_key=testing\n",
    stdout: { json: { Account: "123456789012" } },
  },
];

async function prepare(moto: Moto, before: readonly string[] = []): Promise<void> {
  await moto.reset();
  for (const line of before) {
    const { code, stderr } = await runCli(line.split(" "), { env: moto.env });
    assert.equal(code, 0, stderr);
  }
}

async function account({ url }: Moto): Promise<Account> {
  return (await accounts.read(url))[0]!;
}

async function runCase(moto: Moto, one: Case): Promise<void> {
  const words = typeof one.args === "function" ? one.args() : [one.args].flat();
  const ran = await runCli(words.length > 1 ? words : words[0]!.split(" "), {
    env: { ...moto.env, ...one.env },
    stdin: one.stdin,
  });
  assert.equal(ran.code, one.code ?? 0, ran.stderr);
  if (one.stdout !== undefined) assertHolds(ran.stdout, one.stdout);
  if (one.stderr !== undefined) assertHolds(ran.stderr, one.stderr);
}

function assertAccount({ users, roles, buckets }: Account, calls: Call[], expected: Case): void {
  for (const [name, user] of Object.entries(expected.users ?? {})) {
    const { keys, policies } = users[name]!;
    const granted = Object.entries(policies).map(([name, policy]) => [name, grants(policy)]);
    assert.deepEqual([boundaries(calls)[name], keys.length, Object.fromEntries(granted)], user);
  }
  const session = sessions(calls).at(-1);
  assert.deepEqual(session && grants(session.Policy as Document), expected.session);
  assert.deepEqual(Object.keys(roles), expected.role === undefined ? [] : [ROLE]);
  assert.partialDeepStrictEqual(roles[ROLE] ?? {}, expected.role ?? {});
  assert.partialDeepStrictEqual(buckets, expected.buckets ?? {});
}

for (const one of [...permanent, ...temporary]) {
  peerTest(`moto: create, ${one.name}`, async () => {
    const server = one.role === undefined ? moto : withManagedPolicies;
    await prepare(server, one.before);
    await runCase(server, one);
    assertAccount(await account(server), server.calls, one);
  });
}

for (const one of unchanged) {
  peerTest(`moto: ${one.name}, and nothing changes`, async () => {
    await prepare(moto, one.before);
    const before = await account(moto);
    await runCase(moto, one);
    assert.deepEqual(await account(moto), before);
  });
}
