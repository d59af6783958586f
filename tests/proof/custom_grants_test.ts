/** What credentials may do that were made with a policy of one's own, or for several buckets. */
import { policyText } from "../../lib/policy/document.ts";
import { bucketsPolicy, joinPolicies } from "@s3creds/cli/policy";
import assert from "node:assert/strict";
import { type Clients, openStage, outcome } from "./stage.ts";

const LIFETIMES = { permanent: [], temporary: ["--duration", "15m"] };

const list = (Bucket: string, Prefix?: string) => ({ s3 }: Clients) =>
  s3.listObjectsV2({ Bucket, ...(Prefix !== undefined && { Prefix }) });
const get = (Bucket: string, Key = "reports/kept.txt") => ({ s3 }: Clients) =>
  s3.getObject({ Bucket, Key }).then(({ Body }) => Body?.transformToString());
const getVersion = (Bucket: string) => ({ s3 }: Clients) =>
  s3.getObject({ Bucket, Key: "reports/kept.txt", VersionId: "null" })
    .then(({ Body }) => Body?.transformToString());
const put = (Bucket: string, Key = "reports/kept.txt") => ({ s3 }: Clients) =>
  s3.putObject({ Bucket, Key, Body: "new" });
const remove = (Bucket: string) => ({ s3 }: Clients) =>
  s3.deleteObject({ Bucket, Key: "reports/kept.txt" });
const listBuckets = ({ s3 }: Clients) => s3.listBuckets();
const listUsers = ({ iam }: Clients) => iam.listUsers();

const [A, B, C] = ["team-data", "team-data-archive", "third-bucket"] as const;
/** Too many for a statement each, few enough for one statement over all. */
const MANY = Array.from({ length: 18 }, (_, n) => `many-${String(n + 10)}-bucket`);

const READ_ANY_VERSION = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Action: ["s3:GetObject*", "s3:ListBucket"],
    Resource: ["arn:aws:s3:::$!BUCKET_NAME!$", "arn:aws:s3:::$!BUCKET_NAME!$/*"],
  }],
});
const LIST_BUCKETS = '{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}';
const KEEP_ALL = '{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}';

type Try = (as: Clients) => Promise<unknown>;

interface Case {
  name: string;
  args: string[];
  may: Record<string, Try>;
  mayNot: Record<string, Try>;
}

const CASES: Case[] = [
  {
    name: "own policy",
    args: [A, "--policy", READ_ANY_VERSION],
    may: { list: list(A), get: get(A), "get version": getVersion(A) },
    mayNot: { put: put(A), delete: remove(A), "get elsewhere": get(B), "list elsewhere": list(B) },
  },
  {
    name: "own policy over two buckets",
    args: [A, B, "--policy", READ_ANY_VERSION],
    may: {
      "list first": list(A),
      "get first": get(A),
      "list second": list(B),
      "get second": get(B),
    },
    mayNot: {
      "put first": put(A),
      "put second": put(B),
      "get third": get(C),
      "list third": list(C),
    },
  },
  {
    name: "read-only and a statement that allows",
    args: [A, "--read-only", "--statement", LIST_BUCKETS],
    may: { list: list(A), get: get(A), "list buckets": listBuckets },
    mayNot: { put: put(A), delete: remove(A), "get elsewhere": get(B), "list users": listUsers },
  },
  {
    name: "read-write and a statement that denies",
    args: [A, "--statement", KEEP_ALL],
    may: { list: list(A), get: get(A), put: put(A) },
    mayNot: { delete: remove(A), "get elsewhere": get(B) },
  },
  {
    name: "two statements",
    args: [A, "--write-only", "--statement", LIST_BUCKETS, "--statement", KEEP_ALL],
    may: { put: put(A), "list buckets": listBuckets },
    mayNot: { get: get(A), list: list(A), delete: remove(A) },
  },
  {
    name: "two buckets",
    args: [A, B],
    may: {
      "list first": list(A),
      "get first": get(A),
      "put first": put(A),
      "list second": list(B),
      "get second": get(B),
      "put second": put(B),
      "delete second": remove(B),
    },
    mayNot: {
      "list third": list(C),
      "get third": get(C),
      "put third": put(C),
      "delete third": remove(C),
      "list buckets": listBuckets,
    },
  },
  {
    name: "two buckets, read-only, one prefix",
    args: [A, B, "--read-only", "--prefix", "reports/"],
    may: {
      "list first": list(A, "reports/"),
      "get first": get(A),
      "list second": list(B, "reports/"),
      "get second": get(B),
    },
    mayNot: {
      "list all of first": list(A),
      "list all of second": list(B),
      "get beside the prefix": get(B, "secret.txt"),
      "get from the sibling prefix": get(A, "reports-old/kept.txt"),
      "put second": put(B),
      "get third": get(C),
    },
  },
  {
    name: "as many buckets as need one merged policy",
    args: [...MANY, "--write-only"],
    may: { "put first": put(MANY[0]!), "put last": put(MANY.at(-1)!) },
    mayNot: {
      "get first": get(MANY[0]!),
      "list last": list(MANY.at(-1)!),
      "put elsewhere": put(A),
    },
  },
];

const stage = await openStage();
for (const Bucket of MANY) await stage.admin.s3.createBucket({ Bucket });
const holders = new Map<string, Clients>();
for (const [lifetime, more] of Object.entries(LIFETIMES)) {
  for (const [index, { name, args }] of CASES.entries()) {
    const username = lifetime === "permanent" ? ["--username", `custom-${index}`] : [];
    const keys = await stage.create([...args, ...more, ...username]);
    holders.set(`${name}, ${lifetime}`, stage.clientsFor(keys));
  }
}
Deno.test.afterAll(() => stage.close());

/** Connections stay open from one test to the next. */
function check(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

check("the many buckets don't fit without merging, and do with it", () => {
  const policies = MANY.map((bucket) => bucketsPolicy([bucket], { permission: "write-only" }));
  const separate = policies.reduce((sum, policy) => sum + policyText(policy).length, 0);
  assert.ok(separate > 2048, `${separate}`);
  assert.ok(policyText(joinPolicies(policies)).length <= 2048);
  const { inlinePolicies } = stage.sandbox.account.users.get(`custom-${CASES.length - 1}`)!;
  assert.equal(inlinePolicies.size, 1);
});

for (const { name, may, mayNot } of CASES) {
  for (const lifetime of Object.keys(LIFETIMES)) {
    for (const [expected, tries] of [["allowed", may], ["denied", mayNot]] as const) {
      for (const [what, attempt] of Object.entries(tries)) {
        check(`${name}, ${lifetime}: ${what}: ${expected}`, async () => {
          stage.reset();
          const checkUnchanged = stage.remember();
          const result = await outcome(attempt(holders.get(`${name}, ${lifetime}`)!));
          assert.equal(result, expected);
          if (expected === "denied") checkUnchanged();
        });
      }
    }
  }
}
