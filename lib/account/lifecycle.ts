/**
 * Deletion that is left to S3: a lifecycle rule of this tool's own name, beside the others.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Aws, S3Client } from "../aws/connect.ts";
import { undefinedIfMissing, withBucket } from "./s3_calls.ts";

/** What S3 will delete by itself. */
export interface Expiration {
  /** Name of the rule. */
  RuleId: string;
  /** From when on all that is there now has expired: S3 then removes it within some days. */
  ExpiredBy: Date;
}

const RULE_ID = "s3-credentials.delete";
const DAY_MS = 86_400_000;
/** Versions expire a day after what replaced them, and the delete markers that are left a day later. */
const DAYS_WITH_VERSIONS = 3;

/**
 * Leaves the deletion of objects to S3: sets a lifecycle rule by which all objects with a prefix expire
 * after a day, with their older versions and unfinished uploads. The bucket's other rules stay. The
 * rule also deletes what is uploaded later, until {@linkcode keepObjects} takes it away.
 *
 * See https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options the prefix; if omitted, everything
 * @returns the name of the rule, and when it will have taken effect
 * @throws {S3CredentialsError} if the rules can't be read or set
 *
 * @example A directory with more objects than one machine would delete in a day
 * ```ts
 * import { connect, expireObjects } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { RuleId, ExpiredBy } = await expireObjects(aws, "my-bucket", { prefix: "old/" });
 * assert.match(RuleId, /^s3-credentials\.delete/);
 * assert.ok(ExpiredBy > new Date());
 * ```
 */
export async function expireObjects(
  aws: Aws,
  bucket: string,
  { prefix = "", now = new Date() }: {
    /** Only keys that start with this. */
    prefix?: string;
    /** The time now; a test may pass another one. */
    now?: Date;
  } = {},
): Promise<Expiration> {
  const id = ruleId(prefix);
  const [versioning, existing] = await withBucket(
    aws,
    bucket,
    "read the lifecycle rules",
    (s3) => Promise.all([s3.getBucketVersioning({ Bucket: bucket }), lifecycleOf(s3, bucket)]),
  );
  const filter = { Filter: { Prefix: prefix }, Status: "Enabled" as const };
  const rules = [
    {
      ID: id,
      ...filter,
      Expiration: { Days: 1 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
    // A rule of its own: one that counts days can't remove what is left of a deleted key.
    { ID: `${id}.markers`, ...filter, Expiration: { ExpiredObjectDeleteMarker: true } },
  ];
  await putRules(aws, bucket, existing, [...othersOf(existing, id), ...rules]);
  const days = versioning.Status === undefined ? 1 : DAYS_WITH_VERSIONS;
  const end = Math.ceil((now.getTime() + days * DAY_MS) / DAY_MS) * DAY_MS;
  return { RuleId: id, ExpiredBy: new Date(end) };
}

/**
 * Takes away the rule that {@linkcode expireObjects} has set. What has expired by then is gone.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options the prefix that the rule is for; if omitted, everything
 * @returns whether there was such a rule
 * @throws {S3CredentialsError} if the rules can't be read or set
 *
 * @example Second thoughts
 * ```ts
 * import { connect, expireObjects, keepObjects } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await expireObjects(aws, "my-bucket");
 * assert.equal(await keepObjects(aws, "my-bucket"), true);
 * ```
 */
export async function keepObjects(
  aws: Aws,
  bucket: string,
  { prefix = "" }: { prefix?: string } = {},
): Promise<boolean> {
  const existing = await withBucket(
    aws,
    bucket,
    "read the lifecycle rules",
    (s3) => lifecycleOf(s3, bucket),
  );
  const others = othersOf(existing, ruleId(prefix));
  if (others.length === (existing?.Rules ?? []).length) return false;
  await putRules(aws, bucket, existing, others);
  return true;
}

/** One rule for each prefix. A long one would not fit into the name of a rule. */
function ruleId(prefix: string): string {
  if (prefix === "") return RULE_ID;
  const isPlain = /^[\w./-]{1,200}$/.test(prefix);
  return `${RULE_ID}:${isPlain ? prefix : createHash("sha256").update(prefix).digest("hex")}`;
}

async function lifecycleOf(s3: S3Client, bucket: string) {
  return await undefinedIfMissing(
    s3.getBucketLifecycleConfiguration({ Bucket: bucket }),
    "NoSuchLifecycleConfiguration",
  );
}

type Lifecycle = Awaited<ReturnType<typeof lifecycleOf>>;
type Rules = NonNullable<NonNullable<Lifecycle>["Rules"]>;

/** The rules of others. S3 refuses the old form of a prefix beside a new one. */
function othersOf(existing: Lifecycle, id: string): Rules {
  return (existing?.Rules ?? [])
    .filter(({ ID }) => ID !== id && ID !== `${id}.markers`)
    .map(({ Prefix, Filter, ...rule }) => ({
      ...rule,
      Filter: Filter ?? { Prefix: Prefix ?? "" },
    }));
}

async function putRules(aws: Aws, bucket: string, existing: Lifecycle, Rules: Rules) {
  await withBucket(
    aws,
    bucket,
    "set the lifecycle rules",
    async (s3): Promise<unknown> => {
      if (Rules.length === 0) return await s3.deleteBucketLifecycle({ Bucket: bucket });
      return await s3.putBucketLifecycleConfiguration({
        Bucket: bucket,
        LifecycleConfiguration: { Rules },
        TransitionDefaultMinimumObjectSize: existing?.TransitionDefaultMinimumObjectSize,
      });
    },
  );
}
