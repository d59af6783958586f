/**
 * The policies and blocks that decide what may be done with a bucket.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { missingBucket } from "../aws/missing.ts";
import { awsErrorCode, serviceError } from "../aws/service_error.ts";
import type { S3CredentialsError } from "../errors.ts";
import type { AccessPolicies } from "../policy/access.ts";
import type { UnreadPolicy } from "../policy/unread.ts";
import { bucketRegion } from "./bucket_details.ts";
import { bucketPolicy } from "./bucket_settings.ts";
import { PolicyReader } from "./policy_reader.ts";
import { accountPublicAccessBlock, bucketPublicAccessBlock } from "./public_access_block.ts";

/** What of a bucket decides over requests. */
export interface BucketAccess {
  /** The bucket policy and the public access blocks. */
  policies: Pick<AccessPolicies, "resource" | "publicAccessBlock">;
  /** What could not be read. */
  unread: UnreadPolicy[];
  /** Why. */
  errors: S3CredentialsError[];
}

/**
 * Reads what of a bucket decides over requests: its policy, its public access block and that of the account.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the policies, and what could not be read
 * @throws {S3CredentialsError} `not-found` if there is no such bucket
 *
 * @example A new bucket has no policy
 * ```ts
 * import { connect, readBucketAccess } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.equal((await readBucketAccess(aws, "photos")).policies.resource, undefined);
 * ```
 */
export async function readBucketAccess(aws: Aws, bucket: string): Promise<BucketAccess> {
  const reader = new PolicyReader();
  const home = await aws.s3().catch((error) => {
    throw serviceError(error, `Could not look at bucket ${bucket}`);
  });
  const region = await bucketRegion(home, bucket).catch(() => undefined);
  const s3 = region === undefined ? home : await aws.s3({ region });
  const [document, ofBucket, ofAccount] = await Promise.all([
    reader.read("resource", `the policy of bucket ${bucket}`, bucketPolicy(s3, bucket)),
    reader.read(
      "public-access-block",
      `the public access block of bucket ${bucket}`,
      bucketPublicAccessBlock(s3, bucket),
    ),
    reader.read(
      "public-access-block",
      "the public access block of the account",
      accountPublicAccessBlock(aws),
    ),
  ]);
  const { unread, errors } = reader;
  const missing = errors.find(({ cause }) => awsErrorCode(cause) === "NoSuchBucket");
  if (missing !== undefined) throw missingBucket(bucket, missing);
  return {
    policies: {
      ...(document && { resource: { type: "bucket", name: `policy of ${bucket}`, document } }),
      publicAccessBlock: { bucket: ofBucket ?? {}, account: ofAccount ?? {} },
    },
    unread,
    errors,
  };
}
