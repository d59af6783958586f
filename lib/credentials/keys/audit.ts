/**
 * The access keys of an account: how old they are, when they were used, what they may do.
 *
 * @module
 */
import type { User as DescribedUser } from "@aws-sdk/client-iam";
import { describedUserAccess, type KnownPolicies } from "../../account/access.ts";
import { type IamCalls, iamCalls } from "../../account/iam_calls.ts";
import { type ListOptions, reportError } from "../../account/list_options.ts";
import { allUsers } from "../../account/users.ts";
import { answeringFrom, userDetails } from "../../account/user_details.ts";
import type { Aws, IAMClient } from "../../aws/connect.ts";
import { iamPages, withDetails } from "../../aws/listing.ts";
import { missingUser } from "../../aws/missing.ts";
import { isMissing, serviceError } from "../../aws/service_error.ts";
import { EXPIRES_POLICY, expiryOf } from "../expiry.ts";
import { ownTagKey } from "../tags.ts";
import { beyondTags, bucketPermissions, summary } from "./permission_words.ts";

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

const TOOL_NAME = /^s3\.(read-only|write-only|read-write|custom)\./;
const DAY_MS = 86_400_000;
/** Each user takes two to seven calls, so that many are made at the same time. */
const CONCURRENCY = 32;

/** The tags of a user as an object. */
export function tagsOf(user: DescribedUser | undefined): Record<string, string> {
  return Object.fromEntries((user?.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Whether this tool has created a user: `rotate` tags those of others too. */
export function hasOwnTags(tags: Record<string, string>): boolean {
  return tags[ownTagKey("version")] !== undefined;
}

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
  const calls = await iamCalls(aws, concurrency, "Could not list users");
  const iam = limited(calls);
  const known: KnownPolicies = new Map();
  const rows = withDetails(
    users.length > 0 ? users.map((UserName) => ({ UserName, iam })) : everyUser(calls, iam),
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
async function* everyUser(calls: IamCalls, iam: IAMClient): AsyncGenerator<Listed> {
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
  for await (const { UserName } of allUsers(calls)) yield { UserName, iam };
}

/** The same client, each of whose calls waits for its turn. */
function limited({ iam, limiter }: IamCalls): IAMClient {
  return new Proxy(iam, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => limiter.run(() => member.apply(target, args));
    },
  });
}

async function rowsOfUser(
  iam: IAMClient,
  UserName: string,
  options: ListCredentialsOptions,
  known: KnownPolicies,
  now: Date,
): Promise<CredentialSummary[]> {
  const warnings: string[] = [];
  const tried = async <T>(what: string, call: Promise<T>): Promise<T | undefined> => {
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
  try {
    const described = await tried("the user's tags and boundary", iam.getUser({ UserName }));
    const user = described?.User;
    const isNamed = (options.users ?? []).length > 0;
    const isOurs = TOOL_NAME.test(UserName) || hasOwnTags(tagsOf(user));
    if (!isNamed && !options.all && !isOurs) return [];
    const [keys, access] = await Promise.all([
      tried(
        "the user's keys",
        Array.fromAsync(
          iamPages(
            (page) => iam.listAccessKeys({ UserName, ...page }),
            (page) => page.AccessKeyMetadata,
          ),
        ),
      ),
      describedUserAccess(iam, UserName, user, { policies: known }),
    ]);
    if (keys?.length === 0) return [];
    const used = await Promise.all((keys ?? []).map(({ AccessKeyId }) =>
      tried(
        `the last use of key ${AccessKeyId}`,
        iam.getAccessKeyLastUsed({ AccessKeyId }),
      )
    ));
    warnings.push(...access.errors.map(({ message }) => message));
    const found = bucketPermissions(access, now);
    const tags = described === undefined ? null : tagsOf(user);
    const end = access.policies.identity?.find(({ type, name }) =>
      type === "inline" && name === EXPIRES_POLICY
    );
    const buckets = found.filter(({ bucket, permission }) =>
      bucket !== "*" || permission !== "unknown"
    ).map(({ bucket }) => bucket);
    const isKnown = access.unread.length === 0;
    if ((keys ?? []).filter(({ Status }) => Status === "Active").length > 1) {
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
    const beyond = beyondTags(found, {
      permission: tags?.[ownTagKey("permission")],
      buckets: tags?.[ownTagKey("buckets")],
    });
    if (beyond.length > 0) warnings.push(`More is allowed than the tags say: ${beyond.join(", ")}`);
    const common = {
      Buckets: buckets.length === 0 && !isKnown ? null : buckets,
      Permission: found.some(({ permission }) => permission === "unknown") ? null : summary(found),
      Expires: end === undefined ? null : expiryOf(end.document) ?? null,
      Tags: tags,
      Warnings: warnings,
    };
    if (keys === undefined) return [{ UserName, ...NO_KEY, ...common }];
    return keys.map(({ AccessKeyId = null, Status = null, CreateDate = null }, index) => {
      const use = used[index]?.AccessKeyLastUsed;
      // IAM says N/A of a key that was never used.
      const lastUsed = use?.LastUsedDate ?? null;
      return {
        UserName,
        AccessKeyId,
        Status,
        CreateDate,
        AgeDays: CreateDate && Math.max(0, Math.floor((+now - +CreateDate) / DAY_MS)),
        LastUsedDate: lastUsed,
        LastUsedService: lastUsed && (use?.ServiceName ?? null),
        LastUsedRegion: lastUsed && (use?.Region ?? null),
        ...common,
      };
    });
  } catch (error) {
    // Between the list and now it may have been deleted.
    if (isMissing(error) && (options.users ?? []).length === 0) return [];
    reportError(
      options,
      isMissing(error)
        ? missingUser(UserName)
        : serviceError(error, `Could not look at user ${UserName}`),
    );
    return [];
  }
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
