/**
 * Errors about what isn't there: they say what, and where to see what is.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { awsErrorCode, isMissing, serviceError } from "./service_error.ts";

/** What to do about a bucket that doesn't exist. */
export const SEE_BUCKETS = "To see the buckets of this account: `listBuckets`";

/** There is no such bucket. */
export function missingBucket(bucket: string, cause?: unknown): S3CredentialsError {
  return missing(`Bucket does not exist: ${bucket}`, SEE_BUCKETS, cause);
}

/** There is no such user. */
export function missingUser(name: string, cause?: unknown): S3CredentialsError {
  return missing(
    `User does not exist: ${name}`,
    /^A[KS]IA[A-Z0-9]{12,}$/.test(name)
      ? "That is the id of an access key: name its user. To see whose it is: `listCredentials`"
      : "To see the users of this account: `listUsers`",
    cause,
  );
}

/** There is no such role. */
export function missingRole(name: string, cause?: unknown): S3CredentialsError {
  return missing(
    `Role does not exist: ${name}`,
    "To see the roles of this account: `listRoles`",
    cause,
  );
}

/** There is no such managed policy, or none that can be the permissions boundary of a user. */
export function missingBoundary(arn: string, cause: unknown): S3CredentialsError {
  return missing(
    `Permissions boundary does not exist, or can't be used as one: ${arn}`,
    "Name another managed policy, or none, as `userPermissionsBoundary`",
    cause,
  );
}

/** There is no such access key, as far as IAM tells. */
export function missingKey(id: string): S3CredentialsError {
  return missing(
    "Access key does not exist, belongs to another account, or iam:GetAccessKeyLastUsed is not " +
      `allowed: ${id}`,
    "To see the keys of this account: `listCredentials`",
  );
}

/** What a call about a bucket has thrown: that there is no such bucket, or why `action` failed. */
export function bucketError(error: unknown, bucket: string, action: string): S3CredentialsError {
  return awsErrorCode(error) === "NoSuchBucket"
    ? missingBucket(bucket, error)
    : serviceError(error, action);
}

/** What a call about a user has thrown: that there is no such user, or why `action` failed. */
export function userError(error: unknown, userName: string, action: string): S3CredentialsError {
  return isMissing(error) ? missingUser(userName) : serviceError(error, action);
}

/** What a call about a role has thrown: that there is no such role, or why `action` failed. */
export function roleError(error: unknown, roleName: string, action: string): S3CredentialsError {
  return isMissing(error) ? missingRole(roleName) : serviceError(error, action);
}

/** The cause is what may be passed on of AWS's own error. */
function missing(message: string, hint: string, cause?: unknown): S3CredentialsError {
  return new S3CredentialsError("not-found", message, {
    hint,
    cause: cause === undefined ? undefined : serviceError(cause, message).cause,
  });
}
