/**
 * Calls of S3, and what their errors mean.
 *
 * @module
 */
import type { Aws, S3Client } from "../aws/connect.ts";
import { awsErrorCode, serviceError } from "../aws/service_error.ts";

/** Calls S3; an error says that `action` failed, such as `Could not read …`. */
export async function withS3<T>(
  aws: Aws,
  action: string,
  call: (s3: S3Client) => Promise<T>,
): Promise<T> {
  try {
    return await call(await aws.s3());
  } catch (error) {
    throw serviceError(error, action);
  }
}

/** What a call gives, or `undefined` if S3 says by this code that there is no such setting. */
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
