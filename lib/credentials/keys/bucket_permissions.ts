/**
 * What a user may do with buckets, in a word, and whether that is more than a tag says.
 *
 * @module
 */
import type { Access } from "../../account/access.ts";
import { type AccessPolicies, contextAt } from "../../policy/access.ts";
import { capabilities, namedBuckets } from "../../policy/capabilities.ts";
import { isWithin, permissionInWords } from "../../policy/permission_words.ts";

/** Stands for the buckets that no policy names. */
const ANY_BUCKET = "any-other-bucket";

/** What the engine finds about one bucket. */
export interface BucketPermission {
  /** The bucket; `*` for those that no policy names. */
  bucket: string;
  /** Such as `read-only` or `read-write+bucket-settings`; `none`, or `unknown`. */
  permission: string;
}

/** What a user may do with each bucket that its policies name, and with all others if anything. */
export function bucketPermissions(access: Access, now: Date): BucketPermission[] {
  const { principal, policies, unread } = access;
  const context = { ...access.context, ...contextAt(now) };
  const partition = /^arn:([^:]+):/.exec("arn" in principal ? principal.arn : "")?.[1];
  const permission = (bucket: string) =>
    permissionInWords(
      capabilities({ principal, context }, policies, { bucket, partition, unread }),
    );
  const named = namedBuckets(withoutBoundary(policies))
    .map((bucket) => ({ bucket, permission: permission(bucket) }));
  const others = permission(ANY_BUCKET);
  return others === "none" ? named : [...named, { bucket: "*", permission: others }];
}

/** A boundary grants nothing, so that what it names is of no interest. */
function withoutBoundary(policies: AccessPolicies): AccessPolicies {
  return { ...policies, permissionsBoundary: undefined };
}

/** One word if it is the same for all buckets, else a word for each. */
export function summary(found: readonly BucketPermission[]): string {
  const words = new Set(found.map(({ permission }) => permission));
  if (words.size === 0) return "none";
  if (words.size === 1) return [...words][0]!;
  return found.map(({ bucket, permission }) => `${bucket}: ${permission}`).join(", ");
}

/** What is granted beyond the tags of a user, a phrase each. */
export function beyondTags(
  found: readonly BucketPermission[],
  { permission = "", buckets = "" }: { permission?: string; buckets?: string },
): string[] {
  if (permission === "" || permission === "custom") return [];
  const names = buckets.split(" ");
  const tags = permission.split(" ");
  const tagOf = (bucket: string) =>
    tags.length === 1 ? permission : tags[names.indexOf(bucket)] ?? tags.join("+");
  // A tag that could not hold all names can't tell about the others.
  const isComplete = !names.some((name) => name.startsWith("+"));
  return found.filter((one) => one.permission !== "none" && one.permission !== "unknown")
    .filter(({ bucket, permission }) =>
      !isWithin(permission, tagOf(bucket)) || (isComplete && !names.includes(bucket))
    )
    .map(({ bucket, permission }) =>
      `${permission} on ${bucket === "*" ? "other buckets" : bucket}`
    );
}
