/**
 * What a person should know before `create` begins, or before it ends: notices of what was found, and
 * warnings where the credentials will do more or less, or be seen by more, than requested.
 *
 * @module
 */
import { USER_NAME_LIMIT } from "../../names.ts";
import { policyText } from "../../policy/document.ts";
import { formatTime } from "../../time.ts";
import { isFullAccessArn, isReadOnlyAccessArn } from "../defaults.ts";
import { describeKey } from "./describe.ts";
import { EXPIRES_POLICY, expiresTooWarning, expiryOfText, expiryPolicy } from "../expiry.ts";
import { mainUses, type NamedPolicy } from "./grant.ts";
import type {
  AccessKeyFacts,
  CreateFacts,
  CreatePlan,
  CreateRequest,
  ResolvedRequest,
  ResolvedUser,
  UserFacts,
} from "../types.ts";

/** What was found about the buckets and may be unexpected. */
export function bucketNotices(
  { bucketRegion }: ResolvedRequest,
  { existingBuckets }: CreateFacts,
): string[] {
  if (bucketRegion === undefined) return [];
  return [...existingBuckets].flatMap(([bucket, region]) =>
    region === undefined
      ? [`Bucket already exists: ${bucket} - region ${bucketRegion} is for new buckets only`]
      : []
  );
}

/** An existing bucket does not move to another region. */
export function bucketWarnings(
  { bucketRegion }: ResolvedRequest,
  { existingBuckets }: CreateFacts,
): string[] {
  if (bucketRegion === undefined) return [];
  return [...existingBuckets].flatMap(([bucket, region]) =>
    region === undefined || region === bucketRegion
      ? []
      : [`Bucket ${bucket} already exists, in region ${region}, not ${bucketRegion}`]
  );
}

/** What was found about the user and may be unexpected. */
export function userNotices(
  user: ResolvedUser,
  found: UserFacts | undefined,
): string[] {
  const { name, shortenedFrom } = user;
  const shortened = shortenedFrom === undefined ? [] : [
    `User name shortened to ${name}: ${startOf(shortenedFrom)} is longer than the ` +
    `${USER_NAME_LIMIT} characters that AWS allows`,
  ];
  const end = user.expires === undefined ? [] : [
    `The keys of user ${user.name} will expire at ${formatTime(user.expires)}`,
  ];
  if (found === undefined) return [...shortened, ...end];
  const { accessKeys = [] } = found;
  const keys = accessKeys.length === 0 ? "" : `, with ${accessKeys.map(describeKey).join(", ")}`;
  return [...shortened, ...end, `User already exists: ${name}${keys}`];
}

/** The policies that a user has under the same names, with other texts. */
function otherTexts(
  { inlinePolicies }: UserFacts,
  policies: readonly NamedPolicy[],
): NamedPolicy[] {
  return policies.filter(({ policyName, policy }) => {
    const text = inlinePolicies?.get(policyName);
    return text !== undefined && text !== policyText(policy);
  });
}

/** What the other keys of an existing user lose or gain. All keys of a user can do the same. */
export function replacementWarnings(
  { name }: ResolvedUser,
  found: UserFacts,
  policies: readonly NamedPolicy[],
): string[] {
  const granting = policies.filter(({ policyName }) => policyName !== EXPIRES_POLICY);
  const replaced = otherTexts(found, granting).map(({ policyName }) => policyName);
  const known = found.inlinePolicies;
  const added = known === undefined
    ? []
    : granting.filter(({ policyName }) => !known.has(policyName)).map((one) => one.policyName);
  const active = activeKeys(found);
  const mayHaveKeys = found.accessKeys === undefined || found.accessKeys.length > 0;
  const advice = "To keep them apart, give each key a user of its own with `username`";
  return [
    ...replaced.map((policyName) =>
      `Replaces the earlier policy ${policyName} of user ${name}` +
      (mayHaveKeys
        ? ": its other access keys lose what that one allowed, and get what the new one allows. " +
          advice
        : "")
    ),
    ...(added.length === 0 || active.length === 0 ? [] : [
      `The other access keys of user ${name} also get what is granted here, by ` +
      `${counted("policy", "policies", added)}: ${active.map(describeKey).join(", ")}. ${advice}`,
    ]),
  ];
}

/** The keys of a user that can be used; none if the caller may not list them. */
function activeKeys({ accessKeys = [] }: UserFacts): AccessKeyFacts[] {
  return accessKeys.filter(({ status }) => status !== "Inactive");
}

/** The other keys of an existing user that would not expire then. */
export function expiryWarnings({ name, expires }: ResolvedUser, found: UserFacts): string[] {
  if (expires === undefined) return [];
  const text = found.inlinePolicies?.get(EXPIRES_POLICY);
  if (text !== undefined) {
    if (text === policyText(expiryPolicy(expires))) return [];
    const earlier = expiryOfText(text);
    return [
      `Replaces the earlier policy ${EXPIRES_POLICY} of user ${name}: its other access keys expire ` +
      `at ${formatTime(expires)} too${earlier ? `, not at ${formatTime(earlier)}` : ""}`,
    ];
  }
  const active = activeKeys(found);
  return active.length === 0 ? [] : [
    `The other keys of user ${name} will expire at ${formatTime(expires)} too: ` +
    active.map(describeKey).join(", "),
  ];
}

/** Policies that are neither as this run has left them nor as it has found them. */
export function overwriteWarnings(
  { name }: ResolvedUser,
  earlier: UserFacts,
  found: UserFacts,
  policies: readonly NamedPolicy[],
): string[] {
  return otherTexts(found, policies)
    .filter(({ policyName }) =>
      // IAM may still show the earlier text for a moment.
      found.inlinePolicies?.get(policyName) !== earlier.inlinePolicies?.get(policyName)
    )
    .map(({ policyName }) =>
      `Policy ${policyName} of user ${name} was replaced by somebody else at the same time, also ` +
      "for the new key"
    );
}

/** Policies that this run has replaced and that are gone. Those that it has created IAM may not show yet. */
export function removalWarnings(
  { name }: ResolvedUser,
  earlier: UserFacts,
  found: UserFacts,
  policies: readonly NamedPolicy[],
): string[] {
  return policies
    .filter(({ policyName }) =>
      earlier.inlinePolicies?.has(policyName) && found.inlinePolicies?.has(policyName) === false
    )
    .map(({ policyName }) =>
      `Policy ${policyName} of user ${name} was deleted by somebody else at the same time: the new ` +
      "key does not have what it grants"
    );
}

/** Enough for the name made of a single bucket; the names of forty would fill the screen. */
const MAX_NAME_SHOWN = 80;

function startOf(name: string): string {
  return name.length > MAX_NAME_SHOWN ? `${name.slice(0, MAX_NAME_SHOWN)}…` : name;
}

export function foreignBucketWarning(bucket: string): string {
  return `Bucket ${bucket} belongs to another account, which sees all that is written to it`;
}

/** What an existing user adds to the new key's permissions, and what it takes away. */
export function userWarnings(
  request: ResolvedRequest,
  user: ResolvedUser,
  found: UserFacts,
  policies: readonly NamedPolicy[],
): string[] {
  const put = new Set(policies.map(({ policyName }) => policyName));
  const others = [...found.inlinePolicies?.keys() ?? []].filter((name) =>
    !put.has(name) && name !== EXPIRES_POLICY
  );
  const expires = user.expires === undefined
    ? expiryOfText(found.inlinePolicies?.get(EXPIRES_POLICY))
    : undefined;
  const grants = [
    ...counted("policy", "policies", [...others, ...found.managedPolicies ?? []]),
    ...counted("group", "groups", found.groups ?? []),
  ];
  const boundary = limitingBoundary(request, user, found);
  return [
    ...(grants.length === 0
      ? []
      : [`The new key can also do what user ${user.name} may do by ${grants.join(" and by ")}`]),
    ...(expires === undefined ? [] : [expiresTooWarning(user.name, expires)]),
    ...(boundary === undefined ? [] : [
      `User ${user.name} has the permissions boundary ${boundary}, which also limits the new key`,
    ]),
  ];
}

/**
 * The permissions boundary of an existing user, if it may take away from what is granted: not where a
 * new user would get the same, or where it allows all of S3 and nothing else is granted.
 */
function limitingBoundary(
  { isWithinS3 }: ResolvedRequest,
  user: ResolvedUser,
  { permissionsBoundary: found }: UserFacts,
): string | undefined {
  const isNoLimit = found === user.permissionsBoundary || (isFullAccessArn(found) && isWithinS3);
  return isNoLimit ? undefined : found;
}

function counted(one: string, several: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`${names.length === 1 ? one : several} ${names.join(", ")}`];
}

/** What a person should know about the keys, a sentence for each bucket that has one. */
export function keyWarnings(
  request: CreateRequest,
  facts: CreateFacts,
  plan: CreatePlan,
): string[] {
  if (request.kms && !facts.encryptionKeys?.size) {
    return ["No bucket was found that encrypts with a KMS key of your own: `kms` adds nothing"];
  }
  const limit = limitOf(request, facts, plan);
  return [...facts.encryptionKeys ?? []].flatMap(([bucket, key]) => {
    const lost = lostUses(mainUses(request, bucket));
    if (lost === undefined) return [];
    const encrypts = `Bucket ${bucket} encrypts with the KMS key ${key}`;
    if (!request.kms) {
      return [
        `${encrypts}: without permission to use it, the credentials can ${lost} ` +
        `there. \`kms\` adds that permission${limit === undefined ? "" : `; ${limit.short}`}`,
      ];
    }
    if (limit === undefined) return [];
    return [
      `${encrypts}: the credentials can ${lost} there, since ${limit.long}`,
    ];
  });
}

function lostUses({ reads, writes }: { reads: boolean; writes: boolean }): string | undefined {
  if (reads && writes) return "neither read nor write";
  if (reads) return "not read";
  return writes ? "not write" : undefined;
}

/** What takes the use of the keys away again. */
function limitOf(
  request: CreateRequest,
  facts: CreateFacts,
  { steps }: CreatePlan,
): { short: string; long: string } | undefined {
  if (request.duration !== undefined) {
    if (request.roleArn !== undefined) return undefined;
    const choice = "pass `roleArn` for a role that allows it";
    return {
      short: `the role of temporary credentials allows S3 only, so ${choice} too`,
      long: `the role of temporary credentials allows S3 only: ${choice}`,
    };
  }
  const boundary = facts.user === undefined
    ? steps.find((step) => step.kind === "create-user")?.permissionsBoundary
    : facts.user.permissionsBoundary;
  if (!isFullAccessArn(boundary) && !isReadOnlyAccessArn(boundary)) return undefined;
  const choice = facts.user === undefined
    ? "choose another `userPermissionsBoundary` or none"
    : "choose another user, or change its boundary";
  return {
    short: `the permissions boundary ${boundary} allows S3 only, so ${choice} too`,
    long: `the permissions boundary ${boundary} allows S3 only: ${choice}`,
  };
}
