/**
 * How far the rotation of a user's key is, read from IAM alone.
 *
 * @module
 */
import { accessKeysOf } from "../../account/iam_calls.ts";
import type { Aws } from "../../aws/connect.ts";
import { userError } from "../../aws/missing.ts";
import { asUsageError, S3CredentialsError } from "../../errors.ts";
import { checkBucketName, checkUserName } from "../../names.ts";
import { describeKey } from "../planning/describe.ts";
import { ownTagKey } from "../tags.ts";
import { bucketsInUserName } from "./own_names.ts";

/** A key of a user whose keys are rotated. */
export interface RotationKey {
  /** The key's id. */
  AccessKeyId: string;
  /** `Active` or `Inactive`. */
  Status: string;
  /** When it was created. */
  CreateDate: Date;
  /** When it was last used; `null` if never. */
  LastUsedDate: Date | null;
}

/**
 * How far a rotation is.
 *
 * - `single`: the user has one key, so that there is none
 * - `started`: there is a new key beside the old one, and both work
 * - `deactivated`: the old key is inactive
 * - `stuck`: the new key is inactive; the rotation must be rolled back, or the key enabled
 */
export type RotationState = "single" | "started" | "deactivated" | "stuck";

/** How far the rotation of a user's key is. */
export interface Rotation {
  /** The user's name. */
  UserName: string;
  /** How far it is. */
  State: RotationState;
  /** The keys, the older one first. */
  Keys: RotationKey[];
  /** When {@linkcode finishRotation} has deactivated the old key, or found it inactive. */
  DeactivatedDate: Date | null;
}

/** The key of the tag that says which key was deactivated, and when. */
export function tagKey(): string {
  return ownTagKey("deactivated");
}

/** The buckets that a user was made for, by its tag, else by its name; none if neither tells all of them. */
export async function bucketsOfUser(aws: Aws, userName: string): Promise<string[]> {
  try {
    const { User } = await (await aws.iam()).getUser({ UserName: userName });
    const tag = User?.Tags?.find(({ Key }) => Key === ownTagKey("buckets"))?.Value;
    const buckets = tag?.split(" ") ?? bucketsInUserName(userName) ?? [];
    return buckets.every(isBucketName) ? buckets : [];
  } catch (error) {
    throw userError(error, userName, `Could not look at user ${userName}`);
  }
}

function isBucketName(text: string): boolean {
  try {
    checkBucketName(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads how far the rotation of a user's key is.
 *
 * @param aws the account
 * @param userName the user's name
 * @returns the keys with their last use, and the state
 * @throws {S3CredentialsError} `not-found` if there is no such user, or it has no key
 *
 * @example A user with one key
 * ```ts
 * import { connect, createCredentials, rotationStatus } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await createCredentials(aws, { buckets: ["photos"] });
 * assert.equal((await rotationStatus(aws, "s3.read-write.photos")).State, "single");
 * ```
 */
export async function rotationStatus(aws: Aws, userName: string): Promise<Rotation> {
  const { wasDisabled: _, ...rotation } = await readRotation(aws, userName);
  return rotation;
}

/** How far a rotation is, and what that alone does not tell. */
export interface RotationFacts extends Rotation {
  /** Whether the older one of two keys is inactive by something else than `finishRotation`. */
  wasDisabled: boolean;
}

/** {@linkcode rotationStatus} with all that is known. */
export async function readRotation(aws: Aws, userName: string): Promise<RotationFacts> {
  asUsageError(() => checkUserName(userName));
  try {
    const iam = await aws.iam();
    const [user, metadata] = await Promise.all([
      iam.getUser({ UserName: userName }),
      Array.fromAsync(accessKeysOf(iam, userName)),
    ]);
    const keys = await Promise.all(metadata.map(async (key): Promise<RotationKey> => {
      const { AccessKeyId = "", Status = "Active", CreateDate = new Date(0) } = key;
      const { AccessKeyLastUsed } = await iam.getAccessKeyLastUsed({ AccessKeyId });
      const LastUsedDate = AccessKeyLastUsed?.LastUsedDate ?? null;
      return { AccessKeyId, Status, CreateDate, LastUsedDate };
    }));
    keys.sort((one, other) => +one.CreateDate - +other.CreateDate);
    const [older, newer] = keys;
    if (older === undefined) {
      throw new S3CredentialsError("not-found", `User ${userName} has no access key`, {
        hint: "Create one: name this user as `username`",
      });
    }
    const tag = user.User?.Tags?.find(({ Key }) => Key === tagKey())?.Value;
    const noted = newer === undefined ? null : deactivation(tag, older);
    return {
      UserName: userName,
      State: stateOf(older, newer),
      Keys: keys,
      DeactivatedDate: noted?.date ?? null,
      wasDisabled: newer !== undefined && older.Status !== "Active" && !noted?.byFinish,
    };
  } catch (error) {
    if (error instanceof S3CredentialsError) throw error;
    throw userError(error, userName, `Could not read the keys of user ${userName}`);
  }
}

function stateOf(older: RotationKey, newer: RotationKey | undefined): RotationState {
  if (newer === undefined) return "single";
  if (newer.Status !== "Active") return "stuck";
  return older.Status === "Active" ? "started" : "deactivated";
}

/** Ends the note about a key that was found inactive, so that its waiting begins with the note. */
const FOUND_INACTIVE = "found-inactive";

/** The value of the tag that says when the waiting before a key is deleted began. */
export function deactivationNote(
  accessKeyId: string,
  time: Date,
  { byFinish }: { byFinish: boolean },
): string {
  return [accessKeyId, time.toISOString(), ...byFinish ? [] : [FOUND_INACTIVE]].join(" ");
}

/** What the tag says about this key, unless the key is active or was used since. */
function deactivation(
  tag: string | undefined,
  { AccessKeyId, Status, LastUsedDate }: RotationKey,
): { date: Date; byFinish: boolean } | null {
  const [id, time = "", how] = tag?.split(" ") ?? [];
  const date = new Date(time);
  const isValid = id === AccessKeyId && Status !== "Active" && !Number.isNaN(date.getTime());
  return isValid && (LastUsedDate === null || LastUsedDate <= date)
    ? { date, byFinish: how !== FOUND_INACTIVE }
    : null;
}

/** A key in words. */
export function describe({ AccessKeyId, CreateDate, LastUsedDate }: RotationKey): string {
  return describeKey({
    accessKeyId: AccessKeyId,
    createDate: CreateDate,
    lastUsedDate: LastUsedDate,
  });
}
