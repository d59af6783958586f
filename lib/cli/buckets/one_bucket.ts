/**
 * What the commands about settings of one bucket share.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { bucketNames } from "../options.ts";

/** The name of the bucket that a command is about. */
export function onlyBucket(operands: readonly string[]): string {
  return bucketNames(operands)[0] ?? "";
}

/** An error where a bucket has no such setting. */
export function notSet(bucket: string, what: string): S3CredentialsError {
  return new S3CredentialsError("not-found", `Bucket ${bucket} has no ${what}`);
}

/** What is set by now, as far as that may be read: permission to set it does not imply that. */
export async function readable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof S3CredentialsError && error.code === "not-found") throw error;
    return undefined;
  }
}
