/**
 * Removing users that this tool has created and that nobody needs any more.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { abortable } from "../../abortable.ts";
import { deleteUser, type RemovedDependent } from "../../account/delete_user.ts";
import { accessKeysOf, listingClient } from "../../account/iam_calls.ts";
import { type ListOptions, reportError } from "../../account/list_options.ts";
import { allUsers } from "../../account/users.ts";
import type { Aws, IAMClient } from "../../aws/connect.ts";
import { withDetails } from "../../aws/listing.ts";
import { isMissing, serviceError } from "../../aws/service_error.ts";
import { DEFAULT_CONCURRENCY } from "../../concurrency.ts";
import { asUsageError, S3CredentialsError } from "../../errors.ts";
import { checkUnusedFor } from "../../time.ts";
import { EXPIRES_POLICY, ownExpiryOfText } from "../expiry.ts";
import { hasOwnTags, tagsOf } from "../tags.ts";

/** Which users are to be removed: those that any of these applies to. */
export interface PruneCriteria {
  /** Users whose keys have expired. */
  expired?: boolean;
  /**
   * Users none of whose keys was used for this many seconds, a day or more; a key that was never used
   * counts from its creation.
   */
  unusedFor?: number;
  /** Users that have no key and are older than ten minutes. */
  orphans?: boolean;
  /** The time now; a test may pass another one. */
  now?: Date;
}

/** A user that may be removed. */
export interface PrunableUser {
  /** The user's name. */
  UserName: string;
  /** Why it may be removed. */
  Reason: "expired" | "unused" | "orphan";
  /** When its keys expired, when one of them was last used or created, or when the user was created. */
  Since: Date;
  /** Its keys. */
  Keys: { AccessKeyId: string; Status: string }[];
}

/** A user whose key is just being created has none either. */
const ORPHAN_MS = 10 * 60_000;

function checkCriteria({ expired, unusedFor, orphans }: PruneCriteria): void {
  if (unusedFor !== undefined) asUsageError(() => checkUnusedFor(unusedFor));
  if (expired || orphans || unusedFor !== undefined) return;
  throw new S3CredentialsError("usage", "Nothing says which users are to be removed");
}

/**
 * Finds users that this tool has created, by their tags, and that may be removed. Nothing is changed.
 *
 * @param aws the account
 * @param criteria which users, and what to do about a user that can't be looked at
 * @returns the users, in AWS's order
 * @throws {S3CredentialsError} `usage` without criteria; if users can't be listed, or, without `onError`, if
 *   one of them can't be looked at
 *
 * @example Users whose keys have expired
 * ```ts
 * import { connect, createCredentials, findPrunableUsers } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const expires = new Date(Date.now() + 3_600_000);
 * await createCredentials(aws, { buckets: ["photos"], expires });
 * const [user] = await Array.fromAsync(findPrunableUsers(aws, { expired: true, now: expires }));
 * assert.equal(user?.UserName, "s3.read-write.photos");
 * ```
 */
export async function* findPrunableUsers(
  aws: Aws,
  criteria: PruneCriteria & Pick<ListOptions, "onError" | "concurrency">,
): AsyncGenerator<PrunableUser> {
  checkCriteria(criteria);
  const { concurrency = DEFAULT_CONCURRENCY } = criteria;
  const iam = await listingClient(aws, concurrency, "Could not list users");
  const found = withDetails(allUsers(iam), async ({ UserName }) => {
    try {
      return await lookAt(iam, UserName, criteria);
    } catch (error) {
      // Between the list and now it may have been deleted.
      if (!isMissing(error)) reportError(criteria, asError(error, UserName));
    }
  }, concurrency);
  for await (const user of found) if (user !== undefined) yield user;
}

function asError(error: unknown, userName: string): S3CredentialsError {
  return error instanceof S3CredentialsError
    ? error
    : serviceError(error, `Could not look at user ${userName}, which stays`);
}

/** The user if it may be removed, or else nothing. */
async function lookAt(
  iam: IAMClient,
  UserName: string,
  { expired, unusedFor, orphans, now = new Date() }: PruneCriteria,
): Promise<PrunableUser | undefined> {
  const { User } = await iam.getUser({ UserName });
  if (User === undefined || !hasOwnTags(tagsOf(User))) return undefined;
  const listed = await Array.fromAsync(accessKeysOf(iam, UserName));
  const Keys = listed.map(({ AccessKeyId = "", Status = "" }) => ({ AccessKeyId, Status }))
    .sort((one, other) => one.AccessKeyId < other.AccessKeyId ? -1 : 1);
  const as = (Reason: PrunableUser["Reason"], Since: Date) => ({ UserName, Reason, Since, Keys });
  if (expired) {
    const end = await endOf(iam, UserName);
    if (end !== undefined && end <= now) return as("expired", end);
  }
  if (unusedFor !== undefined && listed.length > 0) {
    const uses = listed.map(({ AccessKeyId = "", CreateDate }) =>
      lastUse(iam, UserName, AccessKeyId, CreateDate)
    );
    // A password is a way to use a user, too.
    const times = [...await Promise.all(uses), User.PasswordLastUsed ?? new Date(0)];
    const last = new Date(Math.max(...times.map(Number)));
    if (+last <= +now - 1000 * unusedFor) return as("unused", last);
  }
  // Without a date, the age of the user is not known.
  const { CreateDate = now } = User;
  if (orphans && Keys.length === 0 && +CreateDate < +now - ORPHAN_MS) {
    return as("orphan", CreateDate);
  }
  return undefined;
}

async function endOf(iam: IAMClient, UserName: string): Promise<Date | undefined> {
  try {
    const { PolicyDocument } = await iam.getUserPolicy({ UserName, PolicyName: EXPIRES_POLICY });
    return ownExpiryOfText(PolicyDocument);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw serviceError(error, `Could not read when user ${UserName} expires, which stays`);
  }
}

async function lastUse(
  iam: IAMClient,
  userName: string,
  AccessKeyId: string,
  created: Date | undefined,
): Promise<Date> {
  const action = `Could not read the last use of access key ${AccessKeyId} of user ${userName}, ` +
    "which stays";
  const { AccessKeyLastUsed } = await iam.getAccessKeyLastUsed({ AccessKeyId }).catch((error) => {
    throw serviceError(error, action);
  });
  const last = AccessKeyLastUsed?.LastUsedDate ?? created;
  if (last === undefined) throw new S3CredentialsError("aws", `${action}: there is no date`);
  return last;
}

/**
 * Removes a user that {@linkcode findPrunableUsers} has found, as {@linkcode deleteUser} does. Looks at it
 * once more before: if its tags, keys or their use have changed so that it would not be found again as it
 * is, nothing is removed.
 *
 * @param aws the account
 * @param user the user, as it was found
 * @param options the criteria by which it was, a function that is called with each dependent that was
 *   removed, and a signal that stops before the next removal
 * @throws {S3CredentialsError} `conflict` if the user has changed, or is the caller; otherwise as `deleteUser`
 *
 * @example A user without a key
 * ```ts
 * import { connect, createCredentials, deleteKey, findPrunableUsers, pruneUser } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, { buckets: ["photos"] });
 * await deleteKey(aws, credentials.accessKeyId);
 * const criteria = { orphans: true, now: new Date(Date.now() + 3_600_000) };
 * for await (const user of findPrunableUsers(aws, criteria)) await pruneUser(aws, user, criteria);
 * assert.equal(sandbox.account.users.has("s3.read-write.photos"), false);
 * ```
 */
export async function pruneUser(
  aws: Aws,
  user: PrunableUser,
  options: PruneCriteria & {
    onRemoved?: (dependent: RemovedDependent) => void;
    signal?: AbortSignal;
  },
): Promise<void> {
  checkCriteria(options);
  const { onRemoved, signal } = options;
  const { UserName, Keys } = user;
  const iam = await aws.iam().catch((error) => {
    throw asError(error, UserName);
  });
  const found = await abortable(lookAt(iam, UserName, options), signal).catch((error) => {
    if (signal?.aborted && error === signal.reason) throw error;
    throw isMissing(error)
      ? new S3CredentialsError("not-found", `User no longer exists: ${UserName}`)
      : asError(error, UserName);
  });
  if (found === undefined || !isDeepStrictEqual(found.Keys, Keys)) {
    throw new S3CredentialsError(
      "conflict",
      `User ${UserName} stays: its tags, its keys or their use have changed since it was found`,
    );
  }
  await deleteUser(aws, UserName, { onRemoved, signal });
}
