/**
 * Calls of S3, and what their errors mean.
 *
 * @module
 */
import type { Aws, S3Client } from "../aws/connect.ts";
import { bucketError } from "../aws/missing.ts";
import { awsErrorCode } from "../aws/service_error.ts";

/** Calls S3 about a bucket; an error says that it could not do `what` of it, such as `read the policy`. */
export async function withBucket<T>(
  aws: Aws,
  bucket: string,
  what: string,
  call: (s3: S3Client) => Promise<T>,
): Promise<T> {
  try {
    return await call(await aws.s3());
  } catch (error) {
    throw bucketError(error, bucket, `Could not ${what} of bucket ${bucket}`);
  }
}

/** What a call returns, or `undefined` if S3 says by this code that there is no such setting. */
export async function undefinedIfMissing<T>(
  call: Promise<T>,
  code: string,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (awsErrorCode(error) === code) return undefined;
    throw error;
  }
}
