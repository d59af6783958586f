/**
 * Who can read a bucket, in plain words.
 *
 * @module
 */

/** The four settings of S3's public access block. */
export interface PublicAccessBlockSettings {
  /** Refuse new public ACLs. */
  BlockPublicAcls: boolean;
  /** Disregard public ACLs. */
  IgnorePublicAcls: boolean;
  /** Refuse new public bucket policies. */
  BlockPublicPolicy: boolean;
  /** Let a public bucket policy count only inside the account. */
  RestrictPublicBuckets: boolean;
}

/** Blocks nothing. */
export const NO_PUBLIC_ACCESS_BLOCK: Readonly<PublicAccessBlockSettings> = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

/** A grant of an access control list, under AWS's field names. */
export interface AclGrant {
  /** To whom; a group has a URI. */
  Grantee?: {
    DisplayName?: string;
    EmailAddress?: string;
    ID?: string;
    URI?: string;
    Type?: string;
  };
  /** What is granted, such as `READ`. */
  Permission?: string;
}

/** Verdicts about which something can be done. */
export const VERDICTS = {
  public: "Public.",
  perhapsByAcls: "Perhaps public: single objects may have public ACLs.",
  onlyBlocked: "Not public, but only because public access is blocked.",
};

/** What decides over public access. What could not be read is `undefined`. */
export interface PublicAccessFacts {
  /** Whether S3 calls the bucket policy public; false where there is none. */
  isPolicyPublic?: boolean;
  /** Whether the bucket policy denies downloads to everyone, whatever else allows them. */
  isDownloadDenied?: boolean;
  /** The statements of the bucket policy that deny some downloads, by their places from 0. */
  denyingStatements?: readonly number[];
  /** Whom the bucket policy names that may read by it, in words. */
  policyReaders?: readonly string[];
  /** The bucket's own public access block; `null` where there is none. */
  publicAccessBlock?: Partial<PublicAccessBlockSettings> | null;
  /** That of the account; `null` where there is none. */
  accountPublicAccessBlock?: Partial<PublicAccessBlockSettings> | null;
  /** The canonical id of the bucket's owner, whose own grants need no mention. */
  ownerId?: string;
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
  /** What is there, as the beginning of a sentence; omitted where that could not be read. */
  what?: string;
  /** What blocks it; empty where it is open, as far as is known. */
  blocks: string[];
  /** What could not be read of it and of what might block it. */
  unread: string[];
  /** Whether nobody looks at what would have to be there: each object has an ACL of its own. */
  isUnseen?: true;
}

/** Whether the bucket's or the account's block has a setting on, and whose it is. */
function accessBlock(
  { publicAccessBlock, accountPublicAccessBlock }: PublicAccessFacts,
  setting: keyof PublicAccessBlockSettings,
): Pick<PublicWay, "blocks" | "unread"> {
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

/** What keeps the ACLs of the bucket and of its objects from letting the public in. */
function aclBlock(facts: PublicAccessFacts): Pick<PublicWay, "blocks" | "unread"> {
  const { objectOwnership } = facts;
  const { blocks, unread } = accessBlock(facts, "IgnorePublicAcls");
  return {
    blocks: objectOwnership === "BucketOwnerEnforced"
      ? ["object ownership BucketOwnerEnforced, which switches ACLs off", ...blocks]
      : blocks,
    unread: [
      ...(objectOwnership === undefined ? ["the bucket's ownership controls"] : []),
      ...unread,
    ],
  };
}

function aclWay(facts: PublicAccessFacts): PublicWay[] {
  const groups = facts.grants?.flatMap(({ Grantee, Permission }) => {
    const group = GROUPS.get(Grantee?.URI ?? "");
    return group === undefined ? [] : [`${Permission} to ${group}`];
  });
  if (groups?.length === 0) return [];
  const { blocks, unread } = aclBlock(facts);
  return groups === undefined
    ? [{ blocks, unread: ["the ACL", ...unread] }]
    : [{ what: `The bucket's ACL is public (${groups.join(", ")})`, blocks, unread }];
}

function objectAclWay(facts: PublicAccessFacts): PublicWay[] {
  const { blocks, unread } = aclBlock(facts);
  const what = "Single objects can be public by ACLs of their own";
  return blocks.length > 0 ? [] : [{ what, blocks, unread, isUnseen: true }];
}

/**
 * Says who can read a bucket, and why.
 *
 * The account's public access block counts as well as the bucket's, see
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 *
 * Where ACLs are on, every object has one of its own. These are no part of the facts, so a bucket that
 * they can open is perhaps public.
 *
 * @param facts what was found out about the bucket
 * @returns a verdict, then sentences that explain it
 *
 * @example A public policy that counts for nothing
 * ```ts
 * import { publicAccessVerdict } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const [verdict] = publicAccessVerdict({
 *   isPolicyPublic: true,
 *   publicAccessBlock: { RestrictPublicBuckets: true },
 *   accountPublicAccessBlock: null,
 *   grants: [],
 *   objectOwnership: "BucketOwnerEnforced",
 *   websiteUrl: null,
 * });
 * assert.equal(verdict, "Not public, but only because public access is blocked.");
 * ```
 */
export function publicAccessVerdict(facts: PublicAccessFacts): string[] {
  const ways = [...policyWay(facts), ...aclWay(facts), ...objectAclWay(facts)];
  // What could not be read matters only where nothing else stands in the way.
  const unread = new Set(
    ways.flatMap(({ blocks, unread }) => blocks.length === 0 ? unread : []),
  );
  const open = ways.filter(({ blocks, unread }) => blocks.length === 0 && unread.length === 0);
  const isPublic = open.some(({ isUnseen }) => !isUnseen);
  const named: NamedReaders[] = [
    { where: "bucket policy", readers: policyReaders(facts) },
    { where: "bucket's ACL", readers: aclReaders(facts) },
  ].filter(({ readers }) => readers.length > 0);
  const doubt = open.length > 0
    ? VERDICTS.perhapsByAcls
    : unread.size > 0
    ? "Perhaps public: not everything could be read."
    : undefined;
  return [
    isPublic ? VERDICTS.public : doubt ?? closed(ways, named),
    ...ways.flatMap(sentences),
    ...named.map(({ where, readers }) => `The ${where} names: ${readers.join("; ")}.`),
    ...(isPublic || doubt !== undefined || named.length > 0 ? denials(facts) : []),
    ...websiteSentences(facts, isPublic, doubt !== undefined),
    ...(unread.size > 0 ? [`Could not be read: ${[...unread].join(", ")}.`] : []),
  ];
}

function denials({ isDownloadDenied, denyingStatements = [] }: PublicAccessFacts): string[] {
  if (isDownloadDenied) return ["But the bucket policy also denies downloads to everyone."];
  if (denyingStatements.length === 0) return [];
  const statements = denyingStatements.map((index) => `Statement[${index}]`);
  return [`But some downloads are denied by ${statements.join(" and ")} of the bucket policy.`];
}

/** Who may read because something names them, rather than as the public. */
interface NamedReaders {
  where: string;
  readers: readonly string[];
}

function policyReaders(facts: PublicAccessFacts): readonly string[] {
  return facts.isPolicyPublic === false && !facts.isDownloadDenied ? facts.policyReaders ?? [] : [];
}

/** The accounts that may list the bucket by its ACL, which no public access block keeps from it. */
function aclReaders({ objectOwnership, ownerId, grants = [] }: PublicAccessFacts): string[] {
  if (objectOwnership === "BucketOwnerEnforced" || ownerId === undefined) return [];
  const ids = grants.flatMap(({ Grantee, Permission }) =>
    Grantee?.ID !== undefined && Grantee.ID !== ownerId &&
      /^(?:READ|FULL_CONTROL)$/.test(Permission ?? "")
      ? [`the account with the canonical id ${Grantee.ID}`]
      : []
  );
  return [...new Set(ids)];
}

function closed(ways: PublicWay[], named: readonly NamedReaders[]): string {
  if (ways.some(({ what }) => what !== undefined)) {
    return VERDICTS.onlyBlocked;
  }
  if (ways.length > 0) return "Not public: public access is blocked.";
  const others = named.length > 0
    ? `, and those whom the ${named.map(({ where }) => where).join(" or the ")} names`
    : "";
  return `Not public: only identities that the account's own policies allow can read it${others}.`;
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
