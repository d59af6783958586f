/**
 * The proof of least privilege a second time, without a server: the documents that `policy` prints,
 * asked about every action of S3.
 */
import { type AccessPolicies, evaluate, type PolicyDocument } from "@s3creds/cli/policy";
import assert from "node:assert/strict";
import { run } from "../support/run.ts";
import { type Request, REQUESTS } from "./s3_actions.ts";

const ARN = "arn:aws:s3:::team-data";

/** The line of an expectation for a request. */
function line({ action, resource, prefix }: Request): string {
  return `${action} ${resource}${prefix === undefined ? "" : ` listing "${prefix}"`}`;
}

function each(actions: string, keys: string[]): string[] {
  return actions.split(" ").flatMap((action) => keys.map((key) => `s3:${action} ${ARN}/${key}`));
}

const ALL_KEYS = [
  "reports/january.txt",
  "reports/",
  "reports",
  "reports-old/january.txt",
  "secret.txt",
];
const KEYS_OF_PREFIX = ["reports/january.txt", "reports/"];
const READ = "GetObject GetObjectAcl GetObjectLegalHold GetObjectRetention GetObjectTagging";
const LOOK_AT_BUCKET = [
  `s3:GetBucketLocation ${ARN}`,
  `s3:ListBucket ${ARN}`,
  `s3:ListBucket ${ARN} listing ""`,
  `s3:ListBucket ${ARN} listing "rep"`,
  `s3:ListBucket ${ARN} listing "reports"`,
  `s3:ListBucket ${ARN} listing "reports/"`,
  `s3:ListBucket ${ARN} listing "reports/2026/"`,
  `s3:ListBucket ${ARN} listing "reports-old/"`,
];
const LOOK_AT_PREFIX = [
  `s3:GetBucketLocation ${ARN}`,
  `s3:ListBucket ${ARN} listing "reports/"`,
  `s3:ListBucket ${ARN} listing "reports/2026/"`,
];

const DOCUMENTS: { args: string[]; allows: string[] }[] = [
  {
    args: [],
    allows: [...LOOK_AT_BUCKET, ...each(`${READ} PutObject DeleteObject`, ALL_KEYS)],
  },
  { args: ["--read-only"], allows: [...LOOK_AT_BUCKET, ...each(READ, ALL_KEYS)] },
  { args: ["--write-only"], allows: each("PutObject", ALL_KEYS) },
  {
    args: ["--prefix", "reports/"],
    allows: [...LOOK_AT_PREFIX, ...each(`${READ} PutObject DeleteObject`, KEYS_OF_PREFIX)],
  },
  {
    args: ["--prefix", "reports/", "--read-only"],
    allows: [...LOOK_AT_PREFIX, ...each(READ, KEYS_OF_PREFIX)],
  },
  {
    args: ["--prefix", "reports/", "--write-only"],
    allows: each("PutObject", KEYS_OF_PREFIX),
  },
  { args: ["--public-bucket"], allows: each("GetObject", ALL_KEYS) },
];

/** Who sends the requests: a user with the document as its policy, or anyone if it is the bucket's. */
function askerOf(args: string[], document: PolicyDocument): [string, AccessPolicies] {
  return args.includes("--public-bucket")
    ? ["anonymous", { resource: { type: "bucket", name: "team-data", document } }]
    : [
      "arn:aws:iam::123456789012:user/proof",
      { identity: [{ type: "inline", name: "proof", document }] },
    ];
}

for (const { args, allows } of DOCUMENTS) {
  Deno.test(`policy team-data ${args.join(" ")}: allows this and nothing else of S3`, async () => {
    const { stdout } = await run(["policy", "team-data", ...args]);
    const [principal, policies] = askerOf(args, JSON.parse(stdout));
    const allowed = REQUESTS.filter(({ action, resource, prefix }) =>
      evaluate({
        principal,
        action,
        resource,
        resourceAccount: "123456789012",
        context: { "s3:prefix": prefix },
      }, policies).decision === "allowed"
    );
    assert.deepEqual(allowed.map(line).sort(), allows.sort());
  });
}
