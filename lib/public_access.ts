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
  /** `BucketOwnerEnforced` switches ACLs off; `null` where a bucket has no such setting. */
  objectOwnership?: string | null;
  /** Where the bucket serves a website; `null` where it doesn't. */
  websiteUrl?: string | null;
}

const GROUPS = new Map([
  ["http://acs.amazonaws.com/groups/global/AllUsers", "anyone"],
  ["http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "anyone with an AWS account"],
]);

/** A way to the bucket that is or may be there for the public, and what stands in it. */
interface PublicWay {
  /** What is there, as the beginning of a sentence; left out where that could not be read. */
  what?: string;
  /** What blocks it; empty where it is open, as far as is known. */
  blocks: string[];
  /** What could not be read of it and of what might block it. */
  unread: string[];
}

/** Whether the bucket's or the account's block has a setting on, and whose it is. */
function accessBlock(
  { publicAccessBlock, accountPublicAccessBlock }: PublicAccessFacts,
  setting: keyof PublicAccessBlockSettings,
): Omit<PublicWay, "what"> {
  const owners = [
    ...(publicAccessBlock?.[setting] ? ["the bucket's"] : []),
    ...(accountPublicAccessBlock?.[setting] ? ["the account's"] : []),
  ];
  return {
    blocks: owners.length === 0
      ? []
      : [`${setting} of ${owners.join(" and ")} public access block`],
    unread: [
      ...(publicAccessBlock === undefined ? ["the bucket's public access block"] : []),
      ...(accountPublicAccessBlock === undefined ? ["the account's public access block"] : []),
    ],
  };
}

function policyWay(facts: PublicAccessFacts): PublicWay[] {
  if (facts.isPolicyPublic === false) return [];
  const { blocks, unread } = accessBlock(facts, "RestrictPublicBuckets");
  return facts.isPolicyPublic === undefined
    ? [{ blocks, unread: ["the policy status", ...unread] }]
    : [{ what: "The bucket policy is public", blocks, unread }];
}

function aclWay({ grants, objectOwnership, ...facts }: PublicAccessFacts): PublicWay[] {
  const groups = grants?.flatMap(({ Grantee, Permission }) => {
    const group = GROUPS.get(Grantee?.URI ?? "");
    return group === undefined ? [] : [`${Permission} to ${group}`];
  });
  if (groups?.length === 0) return [];
  const { blocks, unread } = accessBlock(facts, "IgnorePublicAcls");
  return [{
    ...(groups && { what: `The bucket's ACL is public (${groups.join(", ")})` }),
    blocks: objectOwnership === "BucketOwnerEnforced"
      ? ["object ownership BucketOwnerEnforced, which switches ACLs off", ...blocks]
      : blocks,
    unread: [
      ...(groups === undefined ? ["the ACL"] : []),
      ...(objectOwnership === undefined ? ["the bucket's ownership controls"] : []),
      ...unread,
    ],
  }];
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
  const ways = [...policyWay(facts), ...aclWay(facts)];
  // What could not be read matters only where nothing else stands in the way.
  const unread = new Set(
    ways.flatMap(({ blocks, unread }) => blocks.length === 0 ? unread : []),
  );
  const isPublic = ways.some(({ blocks, unread }) => blocks.length === 0 && unread.length === 0);
  return [
    verdictOf(ways, isPublic, unread.size > 0),
    ...ways.flatMap(sentences),
    ...websiteSentences(facts, isPublic, unread.size > 0),
    ...(unread.size > 0 ? [`Could not be read: ${[...unread].join(", ")}.`] : []),
  ];
}

function verdictOf(ways: PublicWay[], isPublic: boolean, isUncertain: boolean): string {
  if (isPublic) return "Public.";
  if (isUncertain) return "Perhaps public: not everything could be read.";
  if (ways.some(({ what }) => what !== undefined)) {
    return "Not public, but only because public access is blocked.";
  }
  return ways.length > 0
    ? "Not public: public access is blocked."
    : "Not public: only those can read it whom the account's own policies allow to.";
}

function sentences({ what, blocks, unread }: PublicWay): string[] {
  if (what === undefined) return [];
  if (blocks.length > 0) return [`${what}, but blocked by ${blocks.join(", and by ")}.`];
  return [unread.length > 0 ? `${what}, if nothing blocks it.` : `${what}.`];
}

function websiteSentences(
  { websiteUrl }: PublicAccessFacts,
  isPublic: boolean,
  isUncertain: boolean,
): string[] {
  if (typeof websiteUrl !== "string") return [];
  if (isPublic) return [`It is a website: ${websiteUrl}`];
  const configured = `It is configured as a website (${websiteUrl})`;
  return [
    isUncertain ? `${configured}.` : `${configured}, which shows nothing while it is not public.`,
  ];
}
