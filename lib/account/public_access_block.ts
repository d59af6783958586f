/**
 * What keeps buckets from becoming public: the blocks of a bucket and of the whole account.
 *
 * @module
 */
import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import { type Aws, connectionOf, type S3Client } from "../aws/connect.ts";
import { undefinedIfMissing, withBucket } from "./s3_calls.ts";

/** The code by which S3 says that a bucket or an account has no public access block. */
const MISSING = "NoSuchPublicAccessBlockConfiguration";

const FIELDS: readonly (keyof PublicAccessBlockSettings)[] = [
  "BlockPublicAcls",
  "IgnorePublicAcls",
  "BlockPublicPolicy",
  "RestrictPublicBuckets",
];

/** The public access block of a bucket as S3 gives it; `null` if there is none. */
export async function bucketPublicAccessBlock(
  s3: S3Client,
  bucket: string,
): Promise<Partial<PublicAccessBlockSettings> | null> {
  const found = await undefinedIfMissing(s3.getPublicAccessBlock({ Bucket: bucket }), MISSING);
  return found?.PublicAccessBlockConfiguration ?? null;
}

/** The public access block of the whole account, which S3 keeps behind an API of its own. */
export async function accountPublicAccessBlock(
  aws: Aws,
): Promise<Partial<PublicAccessBlockSettings> | null> {
  const { Account: AccountId } = await (await aws.sts()).getCallerIdentity({});
  const control = await connectionOf(aws).s3Control();
  const found = await undefinedIfMissing(control.getPublicAccessBlock({ AccountId }), MISSING);
  return found?.PublicAccessBlockConfiguration ?? null;
}

/**
 * Gets the public access block of a bucket.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the four settings; `undefined` if none are set
 * @throws {S3CredentialsError} if they can't be read
 *
 * @example New buckets block everything
 * ```ts
 * import { connect, getPublicAccessBlock } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.equal((await getPublicAccessBlock(aws, "photos"))?.BlockPublicPolicy, true);
 * ```
 */
export async function getPublicAccessBlock(
  aws: Aws,
  bucket: string,
): Promise<PublicAccessBlockSettings | undefined> {
  const settings = await withBucket(
    aws,
    bucket,
    "read the public access block",
    (s3) => bucketPublicAccessBlock(s3, bucket),
  );
  return settings === null ? undefined : completeSettings(settings);
}

/** What S3 omits is off. */
function completeSettings(
  settings: Partial<PublicAccessBlockSettings>,
): PublicAccessBlockSettings {
  return Object.fromEntries(
    FIELDS.map((field) => [field, settings[field] ?? false]),
  ) as unknown as PublicAccessBlockSettings;
}

/**
 * Changes some settings of the public access block of a bucket. Those that are omitted keep their
 * present value, although S3 itself would switch them off.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @param settings the settings to change
 * @param options dry run
 * @returns all four settings as they are now, or would be
 * @throws {S3CredentialsError} if they can't be read or set
 *
 * @example One setting
 * ```ts
 * import { connect, setPublicAccessBlock } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const settings = await setPublicAccessBlock(aws, "photos", { BlockPublicAcls: false });
 * assert.equal(settings.BlockPublicAcls, false);
 * assert.equal(settings.BlockPublicPolicy, true);
 * ```
 */
export async function setPublicAccessBlock(
  aws: Aws,
  bucket: string,
  settings: Partial<PublicAccessBlockSettings>,
  { dryRun = false }: {
    /**
     * Whether to find out what the settings would be, and change nothing.
     *
     * @default {false}
     */
    dryRun?: boolean;
  } = {},
): Promise<PublicAccessBlockSettings> {
  const areAllNamed = FIELDS.every((field) => settings[field] !== undefined);
  const present = areAllNamed && !dryRun ? undefined : await getPublicAccessBlock(aws, bucket);
  const all = completeSettings(Object.fromEntries(
    FIELDS.map((field) => [field, settings[field] ?? present?.[field]]),
  ));
  if (dryRun) return all;
  await withBucket(
    aws,
    bucket,
    "set the public access block",
    (s3) => s3.putPublicAccessBlock({ Bucket: bucket, PublicAccessBlockConfiguration: { ...all } }),
  );
  return all;
}
