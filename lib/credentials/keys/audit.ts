/**
 * The access keys of an account: how old they are, when they were used, what they may do.
 *
 * @module
 */
import type {
  AccessKeyLastUsed,
  AccessKeyMetadata,
  User as DescribedUser,
} from "@aws-sdk/client-iam";
import { type Access, describedUserAccess } from "../../account/access.ts";
import { accessKeysOf, listingClient } from "../../account/iam_calls.ts";
import { IdentityReader, type KnownPolicies } from "../../account/identity_reader.ts";
import { type ListOptions, reportError } from "../../account/list_options.ts";
import { allUsers } from "../../account/users.ts";
import { answeringFrom, userDetails } from "../../account/user_details.ts";
import type { Aws, IAMClient } from "../../aws/connect.ts";
import { withDetails } from "../../aws/listing.ts";
import { userError } from "../../aws/missing.ts";
import { isMissing, serviceError } from "../../aws/service_error.ts";
import { EXPIRES_POLICY, expiryOf } from "../expiry.ts";
import { hasOwnTags, ownTagKey, tagsOf } from "../tags.ts";
import { bucketsInUserName } from "./own_names.ts";
import {
  beyondTags,
  type BucketPermission,
  bucketPermissions,
  summary,
} from "./bucket_permissions.ts";

/** An access key and its user. `null` stands for what there is none of, or what may not be read. */
export interface CredentialSummary {
  /** The user's name. */
  UserName: string;
  /** The key's id; `null` if the keys may not be listed. */
  AccessKeyId: string | null;
  /** `Active` or `Inactive`. */
  Status: string | null;
  /** When the key was created. */
  CreateDate: Date | null;
  /** Whole days since then. */
  AgeDays: number | null;
  /** When the key was last used; `null` if never. */
  LastUsedDate: Date | null;
  /** For which service. */
  LastUsedService: string | null;
  /** In which region. */
  LastUsedRegion: string | null;
  /** The buckets that its policies name; `*` for all others. */
  Buckets: string[] | null;
  /** What the policies allow there now. */
  Permission: string | null;
  /** When the keys of the user expire; `null` if never. */
  Expires: Date | null;
  /** The user's tags. */
  Tags: Record<string, string> | null;
  /** What deserves attention, a sentence each. */
  Warnings: string[];
}

/** Options of {@linkcode listCredentials}. */
export interface ListCredentialsOptions extends Pick<ListOptions, "onError" | "concurrency"> {
  /** Only the keys of these users. */
  users?: readonly string[];
  /**
   * Whether to list the keys of all users, and not only of those that this tool has created.
   *
   * @default {false}
   */
  all?: boolean;
  /** Only keys that were created at least this many seconds ago. */
  olderThan?: number;
  /** Only keys that were not used for this many seconds; a key that was never used counts from its creation. */
  unusedFor?: number;
  /** Whether to list only keys that have expired. */
  expired?: boolean;
  /** The time now; a test may pass another one. */
  now?: Date;
}

const DAY_MS = 86_400_000;
/** Each user takes two to seven calls, so that many are made at the same time. */
const CONCURRENCY = 32;

/**
 * Lists access keys with all that decides whether they should stay: age, last use, what they may do, when
 * they expire. By default those of the users that this tool has created, by their tags or names.
 *
 * What may not be read is `null`, with a warning in its row, and the list goes on.
 *
 * @param aws the account
 * @param options which keys
 * @returns a row a key, in the order of the users
 * @throws {S3CredentialsError} if users can't be listed, or, without `onError`, for a user that does not
 *   exist
 *
 * @example Keys that were never used
 * ```ts
 * import { connect, createCredentials, listCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await createCredentials(aws, { buckets: ["photos"], permission: "read-only" });
 * for await (const { UserName, Permission, LastUsedDate } of listCredentials(aws)) {
 *   assert.equal(UserName, "s3.read-only.photos");
 *   assert.equal(Permission, "read-only");
 *   assert.equal(LastUsedDate, null);
 * }
 * ```
 */
export async function* listCredentials(
  aws: Aws,
  options: ListCredentialsOptions = {},
): AsyncGenerator<CredentialSummary> {
  const { users = [], concurrency = CONCURRENCY, now = new Date() } = options;
  const iam = await listingClient(aws, concurrency, "Could not list users");
  const known: KnownPolicies = new Map();
  const rows = withDetails(
    users.length > 0 ? users.map((UserName) => ({ UserName, iam })) : everyUser(iam),
    (user) => rowsOfUser(user.iam, user.UserName, options, known, now),
    concurrency,
  );
  for await (const found of rows) yield* found.filter((row) => isWanted(row, options, now));
}

/** A user, and what to ask about it. */
interface Listed {
  UserName: string;
  iam: IAMClient;
}

/** All users: with what GetAccountAuthorizationDetails says of them, or else with their names alone. */
async function* everyUser(iam: IAMClient): AsyncGenerator<Listed> {
  let isListed = false;
  try {
    for await (const detail of userDetails(iam)) {
      isListed = true;
      yield { UserName: detail.UserName ?? "", iam: answeringFrom(detail, iam) };
    }
    return;
  } catch (cause) {
    const error = serviceError(cause, "Could not list users");
    if (isListed || error.code === "credentials" || error.code === "network") throw error;
  }
  for await (const { UserName } of allUsers(iam)) yield { UserName, iam };
}

async function rowsOfUser(
  iam: IAMClient,
  UserName: string,
  options: ListCredentialsOptions,
  known: KnownPolicies,
  now: Date,
): Promise<CredentialSummary[]> {
  const isNamed = (options.users ?? []).length > 0;
  try {
    const found = await lookAtUser(iam, UserName, known, isNamed || options.all === true);
    if (found === undefined || found.keys?.length === 0) return [];
    const common = userColumns(found, now);
    const keys = found.keys?.map((key) => keyColumns(key, now)) ?? [NO_KEY];
    return keys.map((key) => ({ UserName, ...key, ...common }));
  } catch (error) {
    // Between the list and now it may have been deleted.
    if (isMissing(error) && !isNamed) return [];
    reportError(options, userError(error, UserName, `Could not look at user ${UserName}`));
    return [];
  }
}

/** A user with its keys. What may not be read is `undefined`, with a warning. */
interface FoundUser {
  user: DescribedUser | undefined;
  /** Whether this tool has created it. */
  isOurs: boolean;
  keys: FoundKey[] | undefined;
  access: Access;
  warnings: string[];
}

interface FoundKey extends AccessKeyMetadata {
  lastUsed: AccessKeyLastUsed | undefined;
}

/** Looks at a user; `undefined` if it is another's, and only those of this tool are wanted. */
async function lookAtUser(
  iam: IAMClient,
  UserName: string,
  known: KnownPolicies,
  wantsAll: boolean,
): Promise<FoundUser | undefined> {
  const warnings: string[] = [];
  const ifReadable = async <T>(what: string, call: Promise<T>): Promise<T | undefined> => {
    try {
      return await call;
    } catch (cause) {
      if (isMissing(cause)) throw cause;
      const error = serviceError(cause, `Could not read ${what}`);
      if (error.code === "credentials" || error.code === "network") throw error;
      warnings.push(error.message);
      return undefined;
    }
  };
  const described = await ifReadable("the user's tags and boundary", iam.getUser({ UserName }));
  const user = described?.User;
  const isOurs = bucketsInUserName(UserName) !== undefined || hasOwnTags(tagsOf(user));
  if (!wantsAll && !isOurs) return undefined;
  const [listed, access] = await Promise.all([
    ifReadable("the user's keys", Array.fromAsync(accessKeysOf(iam, UserName))),
    describedUserAccess(new IdentityReader(iam, known), UserName, user),
  ]);
  const keys = listed && await Promise.all(listed.map(async (key): Promise<FoundKey> => {
    const { AccessKeyId } = key;
    const used = await ifReadable(
      `the last use of key ${AccessKeyId}`,
      iam.getAccessKeyLastUsed({ AccessKeyId }),
    );
    return { ...key, lastUsed: used?.AccessKeyLastUsed };
  }));
  warnings.push(...access.errors.map(({ message }) => message));
  return { user, isOurs, keys, access, warnings };
}

/** What the rows of all keys of a user have in common. */
function userColumns(found: FoundUser, now: Date) {
  const { user, access } = found;
  const permissions = bucketPermissions(access, now);
  const isKnown = access.unread.length === 0;
  const buckets = permissions
    .filter(({ bucket, permission }) => bucket !== "*" || permission !== "unknown")
    .map(({ bucket }) => bucket);
  const isUnknown = permissions.some(({ permission }) => permission === "unknown");
  const end = access.policies.identity?.find(({ type, name }) =>
    type === "inline" && name === EXPIRES_POLICY
  );
  return {
    Buckets: buckets.length === 0 && !isKnown ? null : buckets,
    Permission: isUnknown ? null : summary(permissions),
    Expires: end === undefined ? null : expiryOf(end.document) ?? null,
    Tags: user === undefined ? null : tagsOf(user),
    Warnings: [...found.warnings, ...userWarnings(found, permissions)],
  };
}

function userWarnings(
  { user, isOurs, keys = [], access }: FoundUser,
  permissions: readonly BucketPermission[],
): string[] {
  const warnings: string[] = [];
  if (keys.filter(({ Status }) => Status === "Active").length > 1) {
    warnings.push("The user has two active keys");
  }
  if (isOurs && user !== undefined && user.PermissionsBoundary === undefined) {
    warnings.push("The user has no permissions boundary");
  }
  const groups = access.policies.identity?.filter(({ type }) => type === "group") ?? [];
  if (groups.length > 0) {
    warnings.push(
      `Groups of the user grant more, by ${groups.map(({ name }) => name).join(", ")}`,
    );
  }
  const tags = tagsOf(user);
  const beyond = beyondTags(permissions, {
    permission: tags[ownTagKey("permission")],
    buckets: tags[ownTagKey("buckets")],
  });
  if (beyond.length > 0) warnings.push(`More is allowed than the tags say: ${beyond.join(", ")}`);
  return warnings;
}

function keyColumns(key: FoundKey, now: Date) {
  const { AccessKeyId = null, Status = null, CreateDate = null, lastUsed } = key;
  const LastUsedDate = lastUsed?.LastUsedDate ?? null;
  return {
    AccessKeyId,
    Status,
    CreateDate,
    AgeDays: CreateDate && Math.max(0, Math.floor((+now - +CreateDate) / DAY_MS)),
    LastUsedDate,
    // IAM says N/A of a key that was never used.
    LastUsedService: LastUsedDate && (lastUsed?.ServiceName ?? null),
    LastUsedRegion: LastUsedDate && (lastUsed?.Region ?? null),
  };
}

const NO_KEY = {
  AccessKeyId: null,
  Status: null,
  CreateDate: null,
  AgeDays: null,
  LastUsedDate: null,
  LastUsedService: null,
  LastUsedRegion: null,
};

/** What could not be read counts as a match: it may be what is looked for. */
function isWanted(
  row: CredentialSummary,
  { olderThan, unusedFor, expired }: ListCredentialsOptions,
  now: Date,
): boolean {
  const isBefore = (time: Date | null, seconds: number | undefined) =>
    seconds === undefined || time === null || +time <= +now - 1000 * seconds;
  if (!isBefore(row.CreateDate, olderThan)) return false;
  if (!isBefore(row.LastUsedDate ?? row.CreateDate, unusedFor)) return false;
  return !expired || (row.Expires !== null && row.Expires <= now);
}
