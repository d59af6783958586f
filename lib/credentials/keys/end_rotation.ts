/**
 * Ending the rotation of a user's key: with the new key, in two steps, or back to the old one.
 *
 * @module
 */
import { abortable } from "../../abortable.ts";
import { refuseCallersKey } from "../../account/access_keys.ts";
import type { Aws, IAMClient } from "../../aws/connect.ts";
import { isMissing, serviceError } from "../../aws/service_error.ts";
import { interruptedError, S3CredentialsError } from "../../errors.ts";
import { DEFAULT_GRACE_SECONDS, formatStart } from "../../time.ts";
import {
  deactivationNote,
  describe,
  readRotation,
  type RotationKey,
  rotationStatus,
  tagKey,
} from "./rotation_state.ts";

/** Options of {@linkcode finishRotation} and {@linkcode rollBackRotation}. */
export interface FinishOptions {
  /**
   * Whether to do it although a key that would no longer work has been used, or before the time is over.
   *
   * @default {false}
   */
  force?: boolean;
  /**
   * Seconds for which the old key is inactive before it is deleted.
   *
   * @default {86400}
   */
  grace?: number;
  /** The time now; a test may pass another one. */
  now?: Date;
  /** Stops before the next change. */
  signal?: AbortSignal;
}

/** What {@linkcode finishRotation} has done. */
export interface FinishedStep {
  /** `nothing` if the user has one key. */
  done: "deactivated" | "deleted" | "waiting" | "nothing";
  /** The key that it was done to. */
  accessKeyId?: string;
  /** When the old key can be deleted. */
  deletableFrom?: Date;
  /** What deserves attention, a sentence each. */
  warnings: string[];
}

/**
 * Takes the next step to the end of a rotation: deactivates the old key unless it was used since there is
 * a new one; once it has been inactive for long enough, deletes it.
 *
 * @param aws the account
 * @param userName the user's name
 * @param options whether to do it anyway, and the time to wait
 * @returns what was done
 * @throws {S3CredentialsError} `conflict` if the old key is still in use, it is too early, or the new key is
 *   inactive
 *
 * @example Nothing to finish
 * ```ts
 * import { connect, createCredentials, finishRotation } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await createCredentials(aws, { buckets: ["photos"] });
 * assert.equal((await finishRotation(aws, "s3.read-write.photos")).done, "nothing");
 * ```
 */
export async function finishRotation(
  aws: Aws,
  userName: string,
  options: FinishOptions = {},
): Promise<FinishedStep> {
  const { force = false, grace = DEFAULT_GRACE_SECONDS, now = new Date(), signal } = options;
  const { State, Keys, DeactivatedDate } = await abortable(rotationStatus(aws, userName), signal);
  const [older, newer] = Keys as [RotationKey, RotationKey];
  if (State === "single") return { done: "nothing", warnings: [] };
  if (State === "stuck") {
    throw new S3CredentialsError(
      "conflict",
      `The newer key of user ${userName} is inactive: ${describe(newer)}`,
      { hint: `Enable it, or go back to ${older.AccessKeyId} with \`rollback\`` },
    );
  }
  assertOrder(userName, older, newer);
  const step: FinishedStep = {
    done: State === "started" ? "deactivated" : "deleted",
    accessKeyId: older.AccessKeyId,
    warnings: newer.LastUsedDate === null
      ? [`The newer key ${newer.AccessKeyId} was never used: is it where it is needed?`]
      : [],
  };
  const deletableFrom = new Date(+(DeactivatedDate ?? now) + 1000 * grace);
  const user = { iam: await aws.iam(), userName, accessKeyId: older.AccessKeyId };
  if (State === "started") {
    if (!force) assertOutOfUse(userName, older, newer);
    await refuseCallersKey(aws, older.AccessKeyId, { force });
    await deactivate(user, now, signal);
    return { ...step, deletableFrom };
  }
  signal?.throwIfAborted();
  if (DeactivatedDate === null && !force) {
    await noteDeactivation(user, now, { byFinish: false }).catch((error) => {
      throw finishError(userName, error);
    });
    return { ...step, done: "waiting", deletableFrom };
  }
  if (!force && deletableFrom > now) {
    throw new S3CredentialsError(
      "conflict",
      `Too early: the older key ${older.AccessKeyId} of user ${userName} can be deleted from ` +
        `${formatStart(deletableFrom)} on`,
      { hint: "Try again then, or use `force` or a shorter `grace`" },
    );
  }
  return { ...step, warnings: [...step.warnings, ...await deleteOldKey(user)] };
}

/** The older key of a user whose key is rotated. */
interface OldKey {
  iam: IAMClient;
  userName: string;
  accessKeyId: string;
}

/** What can't be told from the dates of keys must not be guessed: one of them may be in use. */
function assertOrder(userName: string, older: RotationKey, newer: RotationKey): void {
  if (+older.CreateDate !== +newer.CreateDate) return;
  throw new S3CredentialsError(
    "conflict",
    `The two keys of user ${userName} were created in the same second, so that it can't be told ` +
      `which one is newer: ${[older, newer].map(describe).join(", ")}`,
    { hint: "Delete the one that nobody uses" },
  );
}

function finishError(userName: string, error: unknown): S3CredentialsError {
  return serviceError(error, `Could not finish the rotation of user ${userName}`);
}

/** @throws {S3CredentialsError} `conflict` if the older key was used since there is a newer one */
function assertOutOfUse(userName: string, older: RotationKey, newer: RotationKey): void {
  if (older.LastUsedDate === null || older.LastUsedDate <= newer.CreateDate) return;
  throw new S3CredentialsError(
    "conflict",
    `The older key of user ${userName} is still in use: ${describe(older)}, beside ` +
      describe(newer),
    { hint: "Replace it with the newer one everywhere, or use `force`" },
  );
}

/** IAM does not tell when a key was deactivated, so a tag of the user does. */
async function noteDeactivation(
  { iam, userName, accessKeyId }: OldKey,
  time: Date,
  how: { byFinish: boolean },
): Promise<void> {
  const tag = { Key: tagKey(), Value: deactivationNote(accessKeyId, time, how) };
  await iam.tagUser({ UserName: userName, Tags: [tag] });
}

async function deactivate(
  key: OldKey,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { iam, userName, accessKeyId } = key;
  signal?.throwIfAborted();
  try {
    // Noted first, since a lost note could not be made up for.
    await noteDeactivation(key, now, { byFinish: true });
    if (signal?.aborted) {
      await iam.untagUser({ UserName: userName, TagKeys: [tagKey()] });
      throw interruptedError({ cause: signal.reason });
    }
    await iam.updateAccessKey({
      UserName: userName,
      AccessKeyId: accessKeyId,
      Status: "Inactive",
    });
  } catch (error) {
    throw finishError(userName, error);
  }
}

/** Returns a warning if the note of the deactivation could not be removed. */
async function deleteOldKey({ iam, userName, accessKeyId }: OldKey): Promise<string[]> {
  await iam.deleteAccessKey({ UserName: userName, AccessKeyId: accessKeyId }).catch((error) => {
    if (!isMissing(error)) throw finishError(userName, error);
  });
  return await iam.untagUser({ UserName: userName, TagKeys: [tagKey()] }).then(
    () => [],
    (error) => [serviceError(error, `The tag ${tagKey()} of user ${userName} stays`).message],
  );
}

/** A key that somebody has disabled may have leaked: only a person can know that it may work again. */
function disabledOnPurpose(userName: string, older: RotationKey): S3CredentialsError {
  return new S3CredentialsError(
    "conflict",
    `The older key of user ${userName} was disabled, and not by \`finish\`: ${describe(older)}`,
    {
      hint:
        "If it has leaked, keep the newer one, and delete this one: `deleteKey`. If it may work " +
        "again, enable it first: `enableKey`",
    },
  );
}

/**
 * Goes back to the old key: activates it if {@linkcode finishRotation} has deactivated it, and deletes the
 * new one.
 *
 * @param aws the account
 * @param userName the user's name
 * @param options whether to do it although the new key has been used
 * @returns the key that is left and the one that was deleted
 * @throws {S3CredentialsError} `conflict` if the user has one key only, the new key has been used, or the
 *   old one was disabled by something else, such as `disableKey`
 *
 * @example The new key was not delivered
 * ```ts
 * import { connect, createCredentials, rollBackRotation, rotateKey } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { accessKey: { userName } } = await createCredentials(aws, { buckets: ["photos"] });
 * const { credentials } = await rotateKey(aws, userName);
 * const { deleted } = await rollBackRotation(aws, userName);
 * assert.equal(deleted, credentials.accessKeyId);
 * ```
 */
export async function rollBackRotation(
  aws: Aws,
  userName: string,
  options: Pick<FinishOptions, "force" | "signal"> = {},
): Promise<{ kept: string; deleted: string }> {
  const { force = false, signal } = options;
  const { Keys, wasDisabled } = await abortable(readRotation(aws, userName), signal);
  const [older, newer] = Keys;
  if (older === undefined || newer === undefined) {
    throw new S3CredentialsError("conflict", `User ${userName} has one key: nothing to roll back`);
  }
  assertOrder(userName, older, newer);
  if (wasDisabled) throw disabledOnPurpose(userName, older);
  if (!force && newer.LastUsedDate !== null) {
    throw new S3CredentialsError(
      "conflict",
      `The newer key of user ${userName} has been used: ${describe(newer)}`,
      { hint: "Replace it with the older one everywhere, and then use `force`" },
    );
  }
  await refuseCallersKey(aws, newer.AccessKeyId, { force });
  signal?.throwIfAborted();
  try {
    const iam = await aws.iam();
    if (older.Status !== "Active") {
      const target = { UserName: userName, AccessKeyId: older.AccessKeyId };
      await iam.updateAccessKey({ ...target, Status: "Active" });
      if (signal?.aborted) {
        throw interruptedError({
          cause: signal.reason,
          hint:
            `Access key ${older.AccessKeyId} is active again; ${newer.AccessKeyId} was not deleted`,
        });
      }
    }
    await iam.deleteAccessKey({ UserName: userName, AccessKeyId: newer.AccessKeyId })
      .catch((error) => {
        if (!isMissing(error)) throw error;
      });
  } catch (error) {
    throw serviceError(error, `Could not roll back the rotation of user ${userName}`);
  }
  return { kept: older.AccessKeyId, deleted: newer.AccessKeyId };
}
