/**
 * The names that this tool gives, inside the limits of AWS.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { GrantName } from "./types.ts";
import { USER_NAME_LIMIT } from "../names.ts";
import type { Partition } from "../partitions.ts";

/** The role that temporary credentials are made from. */
export const ROLE_NAME = "s3-credentials.AmazonS3FullAccess";
/** The managed policy of that role, and the permissions boundary of users who may write. */
const FULL_ACCESS = "AmazonS3FullAccess";
/** The permissions boundary of users who may only read. */
const READ_ONLY_ACCESS = "AmazonS3ReadOnlyAccess";

/** ARN of the managed policy that allows all of S3. */
export function fullAccessArn(partition: Partition): string {
  return awsPolicyArn(partition, FULL_ACCESS);
}

/** ARN of the managed policy that allows to read all of S3. */
export function readOnlyAccessArn(partition: Partition): string {
  return awsPolicyArn(partition, READ_ONLY_ACCESS);
}

/** Whether an ARN is that of {@linkcode fullAccessArn}, in any partition. */
export function isFullAccessArn(arn: string | undefined): boolean {
  return new RegExp(`^arn:[^:]+:iam::aws:policy/${FULL_ACCESS}$`).test(arn ?? "");
}

/** Whether an ARN is that of {@linkcode readOnlyAccessArn}, in any partition. */
export function isReadOnlyAccessArn(arn: string | undefined): boolean {
  return new RegExp(`^arn:[^:]+:iam::aws:policy/${READ_ONLY_ACCESS}$`).test(arn ?? "");
}

function awsPolicyArn(partition: Partition, name: string): string {
  return `arn:${partition}:iam::aws:policy/${name}`;
}

// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const POLICY_NAME_LIMIT = 128;
const SESSION_NAME_LIMIT = 64;
const HASH_LENGTH = 10;

/** `s3.GRANT.BUCKET1,BUCKET2`; `shortenedFrom` is the whole name if it was over 64 characters. */
export function defaultUserName(
  grant: GrantName,
  buckets: readonly string[],
): { name: string; shortenedFrom?: string } {
  const full = grantName(grant, buckets);
  const name = shorten(full, USER_NAME_LIMIT);
  return name === full ? { name } : { name, shortenedFrom: full };
}

/** The name of the inline policy for some buckets. */
export function inlinePolicyName(grant: GrantName, buckets: readonly string[]): string {
  return shorten(grantName(grant, buckets), POLICY_NAME_LIMIT);
}

/** The name of the session in which a role is assumed for some buckets. */
export function sessionName(grant: GrantName, buckets: readonly string[]): string {
  return shorten(grantName(grant, buckets), SESSION_NAME_LIMIT);
}

function grantName(grant: GrantName, buckets: readonly string[]): string {
  return `s3.${grant}.${buckets.join(",")}`;
}

/** Cuts a name to a limit; the hash of the whole name keeps different names different. */
function shorten(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_LENGTH);
  return `${name.slice(0, limit - HASH_LENGTH - 1)}-${hash}`;
}
