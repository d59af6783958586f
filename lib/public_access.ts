/**
 * Who can read a bucket, in plain words.
 *
 * @module
 */
import type { PublicAccessBlockSettings } from "./create_types.ts";

/** A grant of an access control list, as S3 gives it. */
export interface AclGrant {
  /** To whom; a group has a URI. */
  Grantee?: { URI?: string };
  /** What is granted, such as `READ`. */
  Permission?: string;
}

/** What decides over public access. What could not be read is `undefined`. */
export interface PublicAccessFacts {
  /** Whether S3 calls the bucket policy public; false where there is none. */
  isPolicyPublic?: boolean;
  /** The bucket's own public access block; `null` where there is none. */
  publicAccessBlock?: Partial<PublicAccessBlockSettings> | null;
  /** That of the account; `null` where there is none. */
  accountPublicAccessBlock?: Partial<PublicAccessBlockSettings> | null;
  /** The grants of the bucket's ACL. */
  grants?: readonly AclGrant[];
  /** `BucketOwnerEnforced` switches ACLs off. */
  objectOwnership?: string;
  /** Where the bucket serves a website; `null` where it doesn't. */
  websiteUrl?: string | null;
}

const GROUPS: Record<string, string> = {
  "http://acs.amazonaws.com/groups/global/AllUsers": "anyone",
  "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "anyone with an AWS account",
};

/** Whether the bucket's or the account's block has a setting on, and whose it is. */
function blockedBy(
  facts: PublicAccessFacts,
  setting: keyof PublicAccessBlockSettings,
): string | undefined {
  const owners = [
    ...(facts.publicAccessBlock?.[setting] ? ["the bucket's"] : []),
    ...(facts.accountPublicAccessBlock?.[setting] ? ["the account's"] : []),
  ];
  return owners.length === 0
    ? undefined
    : `${setting} of ${owners.join(" and ")} public access block`;
}

/**
 * Says who can read a bucket, and why.
 *
 * The account's public access block counts as well as the bucket's, see
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 *
 * @param facts what was found out about the bucket
 * @returns a verdict, then sentences that explain it
 *
 * @example A public policy that counts for nothing
 * ```ts
 * import { publicAccessVerdict } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const [verdict] = publicAccessVerdict({
 *   isPolicyPublic: true,
 *   publicAccessBlock: { RestrictPublicBuckets: true },
 *   accountPublicAccessBlock: null,
 *   grants: [],
 *   websiteUrl: null,
 * });
 * assert.equal(verdict, "Not public, but only because public access is blocked.");
 * ```
 */
export function publicAccessVerdict(facts: PublicAccessFacts): string[] {
  const open: string[] = [];
  const blocked: string[] = [];
  const unknown = unreadParts(facts);

  if (facts.isPolicyPublic) {
    const block = blockedBy(facts, "RestrictPublicBuckets");
    if (block === undefined) open.push("The bucket policy allows access to the public.");
    else blocked.push(`The bucket policy is public, but blocked by ${block}.`);
  }
  const groups = publicGrants(facts.grants ?? []);
  if (groups.length > 0) {
    const block = facts.objectOwnership === "BucketOwnerEnforced"
      ? "object ownership BucketOwnerEnforced, which switches ACLs off"
      : blockedBy(facts, "IgnorePublicAcls");
    const grants = `The bucket's ACL grants ${groups.join(", ")}`;
    if (block === undefined) open.push(`${grants}.`);
    else blocked.push(`${grants}, but is blocked by ${block}.`);
  }

  return [
    verdictOf(open, blocked, unknown),
    ...open,
    ...blocked,
    ...websiteSentences(facts, open.length > 0),
    ...(unknown.length > 0 ? [`Could not be read: ${unknown.join(", ")}.`] : []),
  ];
}

function verdictOf(open: string[], blocked: string[], unknown: string[]): string {
  if (open.length > 0) return "Public.";
  if (unknown.length > 0) return "Perhaps public: not everything could be read.";
  return blocked.length > 0
    ? "Not public, but only because public access is blocked."
    : "Not public: only those can read it whom the account's own policies allow to.";
}

function publicGrants(grants: readonly AclGrant[]): string[] {
  return grants.flatMap(({ Grantee, Permission }) => {
    const group = GROUPS[Grantee?.URI ?? ""];
    return group === undefined ? [] : [`${Permission} to ${group}`];
  });
}

function websiteSentences({ websiteUrl }: PublicAccessFacts, isPublic: boolean): string[] {
  if (typeof websiteUrl !== "string") return [];
  return isPublic ? [`It is a website: ${websiteUrl}`] : [
    `It is configured as a website (${websiteUrl}), which shows nothing while it is not public.`,
  ];
}

/** The account's block only matters where something could be public without it. */
function unreadParts(facts: PublicAccessFacts): string[] {
  const couldBePublic = facts.isPolicyPublic !== false ||
    facts.grants === undefined || publicGrants(facts.grants).length > 0;
  return [
    ...(facts.isPolicyPublic === undefined ? ["the policy status"] : []),
    ...(facts.grants === undefined ? ["the ACL"] : []),
    ...(couldBePublic && facts.publicAccessBlock === undefined
      ? ["the bucket's public access block"]
      : []),
    ...(couldBePublic && facts.accountPublicAccessBlock === undefined
      ? ["the account's public access block"]
      : []),
  ];
}
