/**
 * Everything that determines who can read a bucket.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { downloadDenials, namedReaders } from "../policy/bucket_readers.ts";
import type { PolicyDocument } from "../policy/document.ts";
import {
  type PublicAccessBlockSettings,
  type PublicAccessFacts,
  publicAccessVerdict,
} from "../policy/public_access.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import { missingBucket } from "../aws/missing.ts";
import { awsErrorCode, serviceError } from "../aws/service_error.ts";
import { bucketAcl, type BucketDetails, bucketRegion, bucketWebsite } from "./bucket_details.ts";
import { bucketCors, bucketPolicy, type CorsRule } from "./bucket_settings.ts";
import { accountPublicAccessBlock, bucketPublicAccessBlock } from "./public_access_block.ts";
import { undefinedIfMissing } from "./s3_calls.ts";

/** What {@linkcode debugBucket} finds out. What could not be read is an error in its place. */
export interface BucketReport extends BucketDetails {
  /** Whether S3 calls the bucket policy public; `null` if there is no policy. */
  policyStatus: { IsPublic?: boolean } | null | S3CredentialsError;
  /** Who owns objects, and so whether ACLs count; `null` if that was never set. */
  ownershipControls: { Rules?: { ObjectOwnership?: string }[] } | null | S3CredentialsError;
  /** The CORS rules; `null` if there are none. */
  cors: CorsRule[] | null | S3CredentialsError;
  /** The bucket policy; `null` if there is none. */
  policy: PolicyDocument | null | S3CredentialsError;
  /** The public access block of the account; `null` if there is none. */
  accountPublicAccessBlock: Partial<PublicAccessBlockSettings> | null | S3CredentialsError;
  /** Who can read the bucket, in plain words; the first sentence is the verdict. */
  verdict: string[];
}

/**
 * Reads everything that determines who can read a bucket, and says who can.
 *
 * What may not be read is an error in its place, and the verdict takes it into account.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the settings and the verdict
 * @throws {S3CredentialsError} if there is no such bucket, or nothing of it may be read
 *
 * @example A new bucket
 * ```ts
 * import { connect, debugBucket } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { verdict, policy } = await debugBucket(aws, "photos");
 * assert.match(verdict[0]!, /^Not public/);
 * assert.equal(policy, null);
 * ```
 */
export async function debugBucket(aws: Aws, bucket: string): Promise<BucketReport> {
  const accountBlock = orError(
    accountPublicAccessBlock(aws),
    "Could not read the account public access block",
  );
  const ofBucket = await bucketSettings(aws, bucket);
  const errors = Object.values(ofBucket).filter((one) => one instanceof S3CredentialsError);
  const missing = errors.find(({ cause }) => awsErrorCode(cause) === "NoSuchBucket");
  if (missing !== undefined) throw missingBucket(bucket, missing);
  if (errors.length === Object.keys(ofBucket).length) throw errors[0];
  const report = { ...ofBucket, accountPublicAccessBlock: await accountBlock };
  return { ...report, verdict: publicAccessVerdict(factsOf(bucket, report)) };
}

type BucketPart = Exclude<keyof BucketReport, "accountPublicAccessBlock" | "verdict">;

async function bucketSettings(
  aws: Aws,
  bucket: string,
): Promise<Pick<BucketReport, BucketPart>> {
  const home = await aws.s3().catch((error) => {
    throw serviceError(error, `Could not look at bucket ${bucket}`);
  });
  const read = <T>(what: string, detail: Promise<T>) =>
    orError(detail, `Could not read the bucket ${what} of ${bucket}`);
  const location = bucketRegion(home, bucket);
  const region = await read("location", location);
  // A client that follows concurrent requests to another region may lose its way.
  const s3 = typeof region === "string" ? await aws.s3({ region }) : home;
  const [acl, policyStatus, publicAccessBlock, ownershipControls, website, cors, policy] =
    await Promise.all([
      read("ACL", bucketAcl(s3, bucket)),
      read("policy status", policyStatusOf(s3, bucket)),
      read("public access block", bucketPublicAccessBlock(s3, bucket)),
      read("ownership controls", ownershipControlsOf(s3, bucket)),
      read("website", location.then((known) => bucketWebsite(s3, bucket, known))),
      read("CORS policy", bucketCors(s3, bucket)),
      read("policy", bucketPolicy(s3, bucket)),
    ]);
  return {
    acl,
    policyStatus,
    publicAccessBlock,
    region,
    ownershipControls,
    website,
    cors,
    policy,
  };
}

async function orError<T>(detail: Promise<T>, action: string): Promise<T | S3CredentialsError> {
  try {
    return await detail;
  } catch (error) {
    return serviceError(error, action);
  }
}

async function policyStatusOf(s3: S3Client, bucket: string) {
  const call = s3.getBucketPolicyStatus({ Bucket: bucket });
  return (await undefinedIfMissing(call, "NoSuchBucketPolicy"))?.PolicyStatus ?? null;
}

async function ownershipControlsOf(s3: S3Client, bucket: string) {
  const call = s3.getBucketOwnershipControls({ Bucket: bucket });
  return (await undefinedIfMissing(call, "OwnershipControlsNotFoundError"))?.OwnershipControls ??
    null;
}

/** What follows from a detail; `undefined` if it could not be read. */
function ifRead<T, R>(detail: T | S3CredentialsError, follow: (value: T) => R): R | undefined {
  return detail instanceof S3CredentialsError ? undefined : follow(detail);
}

function factsOf(bucket: string, report: Omit<BucketReport, "verdict">): PublicAccessFacts {
  return {
    isPolicyPublic: ifRead(report.policyStatus, (status) => status?.IsPublic ?? false),
    ...ifRead(report.policy, (policy) => downloadDenials(bucket, policy)),
    policyReaders: ifRead(report.policy, namedReaders),
    ownerId: ifRead(report.acl, (acl) => acl.Owner?.ID),
    grants: ifRead(report.acl, (acl) => acl.Grants ?? []),
    objectOwnership: ifRead(
      report.ownershipControls,
      (controls) => controls?.Rules?.[0]?.ObjectOwnership ?? null,
    ),
    websiteUrl: ifRead(report.website, (website) => website?.url ?? null),
    publicAccessBlock: ifRead(report.publicAccessBlock, (block) => block),
    accountPublicAccessBlock: ifRead(report.accountPublicAccessBlock, (block) => block),
  };
}
