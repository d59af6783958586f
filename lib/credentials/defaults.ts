/**
 * The names that this tool gives, inside the limits of AWS.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { GrantName } from "./types.ts";
import { USER_NAME_LIMIT } from "../names.ts";

/** The role that temporary credentials are made from. */
export const ROLE_NAME = "s3-credentials.AmazonS3FullAccess";
/** The managed policy of that role, and the permissions boundary of users who may write. */
export const FULL_ACCESS_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
/** The permissions boundary of users who may only read. */
export const READ_ONLY_ACCESS_ARN = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

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
