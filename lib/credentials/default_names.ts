/**
 * The names that this tool gives, inside the limits of AWS.
 *
 * @module
 */
import type { Permission } from "../policy/build.ts";
import { createHash } from "node:crypto";
import { USER_NAME_LIMIT } from "../names.ts";

/** What the names of users and policies say about the grant. */
export type GrantName = Permission | "custom";

/** A name, and the longer one that it stands for where AWS's limit forced a cut. */
export interface DefaultName {
  /** The name, inside AWS's limit. */
  name: string;
  /** The name before it was shortened; `undefined` where it fitted. */
  shortenedFrom?: string;
}

const POLICY_NAME_LIMIT = 128;
const SESSION_NAME_LIMIT = 64;
const HASH_LENGTH = 10;

/** Cuts a name to a limit; the hash of the whole name keeps different names different. */
function shorten(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_LENGTH);
  return `${name.slice(0, limit - HASH_LENGTH - 1)}-${hash}`;
}

/**
 * The name of the user that is created for some buckets, where none was asked for.
 *
 * @param grant what the user may do
 * @param buckets the buckets' names
 * @returns `s3.GRANT.BUCKET1,BUCKET2`, shortened with a hash where it is over 64 characters
 *
 * @example Two buckets
 * ```ts
 * import { defaultUserName } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(defaultUserName("read-only", ["a-bucket", "b-bucket"]).name,
 *   "s3.read-only.a-bucket,b-bucket");
 * ```
 */
export function defaultUserName(grant: GrantName, buckets: readonly string[]): DefaultName {
  const full = grantName(grant, buckets);
  const name = shorten(full, USER_NAME_LIMIT);
  return name === full ? { name } : { name, shortenedFrom: full };
}

/**
 * The name of the inline policy for some buckets.
 *
 * @param grant what the policy allows
 * @param buckets the buckets' names
 * @returns at most 128 characters
 *
 * @example One bucket
 * ```ts
 * import { inlinePolicyName } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(inlinePolicyName("custom", ["a-bucket"]), "s3.custom.a-bucket");
 * ```
 */
export function inlinePolicyName(grant: GrantName, buckets: readonly string[]): string {
  return shorten(grantName(grant, buckets), POLICY_NAME_LIMIT);
}

/**
 * The name of the session in which a role is assumed for some buckets.
 *
 * @param grant what the session may do
 * @param buckets the buckets' names
 * @returns at most 64 characters
 *
 * @example Long lists of buckets are cut
 * ```ts
 * import { sessionName } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.ok(sessionName("read-write", Array(20).fill("bucket")).length <= 64);
 * ```
 */
export function sessionName(grant: GrantName, buckets: readonly string[]): string {
  return shorten(grantName(grant, buckets), SESSION_NAME_LIMIT);
}

function grantName(grant: GrantName, buckets: readonly string[]): string {
  return `s3.${grant}.${buckets.join(",")}`;
}
