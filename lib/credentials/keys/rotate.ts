/**
 * Begins to rotate the key of a user: creates a second one. `end_rotation.ts` finishes a rotation or goes
 * back. All state is read from IAM: `docs/keys.md` has the states and the ways between them.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { abortable } from "../../abortable.ts";
import { Callbacks } from "../../callbacks.ts";
import type { Aws } from "../../aws/connect.ts";
import { awsErrorCode, isMissing, serviceError } from "../../aws/service_error.ts";
import { interruptedError, S3CredentialsError } from "../../errors.ts";
import { apply } from "../apply.ts";
import { checkNotExpired, EXPIRES_POLICY, expiresTooWarning, expiryOfText } from "../expiry.ts";
import { withRollbackReport } from "../rollback.ts";
import type { CreatedKey } from "../types.ts";
import {
  describe,
  type RotationKey,
  type RotationState,
  rotationStatus,
} from "./rotation_state.ts";

const SECOND_MS = 1_000;

/**
 * Begins a rotation: creates a second key of a user. The first one goes on working.
 *
 * @param aws the account
 * @param userName the user's name
 * @param options progress, interruption, patience
 * @returns the new key, and the way back
 * @throws {S3CredentialsError} `conflict` if the user has two keys already, or its keys have expired
 *
 * @example From the second key to the end
 * ```ts
 * import { connect, createCredentials, finishRotation, rotateKey } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { accessKey: { userName } } = await createCredentials(aws, { buckets: ["photos"] });
 * const { credentials } = await rotateKey(aws, userName);
 * assert.match(credentials.accessKeyId, /^AKIA/);
 * // Once the new key is in use everywhere:
 * assert.equal((await finishRotation(aws, userName)).done, "deactivated");
 * // A day later; here at once.
 * assert.equal((await finishRotation(aws, userName, { grace: 0 })).done, "deleted");
 * ```
 */
export async function rotateKey(
  aws: Aws,
  userName: string,
  options: {
    /** Called with each change when it has been made, in one line. */
    onProgress?: (message: string) => void;
    /** Called with a sentence if the new key, too, expires. */
    onWarning?: (message: string) => void;
    /** The time now, by which the keys have expired, and are old enough; a test may pass another one. */
    now?: Date;
    /** Stops before the change; what was made is rolled back. */
    signal?: AbortSignal;
    /**
     * Milliseconds to wait for AWS.
     *
     * @default {30000}
     */
    patienceMs?: number;
  } = {},
): Promise<CreatedKey> {
  const { signal, patienceMs, now = new Date() } = options;
  const callbacks = new Callbacks();
  const onProgress = callbacks.guard(options.onProgress);
  const onWarning = callbacks.guard(options.onWarning);
  const { State, Keys } = await rotationStatus(aws, userName);
  if (State !== "single") throw alreadyTwo(userName, State, Keys);
  const expires = await abortable(endOfKeys(aws, userName), signal);
  checkNotExpired(userName, expires, now);
  signal?.throwIfAborted();
  if (expires !== undefined) onWarning(expiresTooWarning(userName, expires));
  onProgress(`Current key: ${describe(Keys[0]!)}`);
  callbacks.throwFailure();
  await nextSecond(Keys[0]!, now, signal);
  const { created, error, rollBack } = await apply(aws, {
    steps: [{ kind: "create-access-key", userName }],
    user: { accessKeys: Keys.map((key) => ({ accessKeyId: key.AccessKeyId })) },
    patienceMs,
    signal,
    log: onProgress,
    warn: () => {},
  });
  try {
    if (created?.accessKey === undefined || signal?.aborted) {
      throw error ?? interruptedError();
    }
    callbacks.throwFailure();
    return { ...created, rollBack };
  } catch (thrown) {
    const failure = serviceError(thrown, `Could not rotate the key of user ${userName}`);
    throw withRollbackReport(failure, await rollBack());
  }
}

/** When the keys of a user expire; `undefined` for never, or where that may not be read. */
async function endOfKeys(aws: Aws, userName: string): Promise<Date | undefined> {
  try {
    const iam = await aws.iam();
    const target = { UserName: userName, PolicyName: EXPIRES_POLICY };
    return expiryOfText((await iam.getUserPolicy(target)).PolicyDocument);
  } catch (error) {
    if (isMissing(error) || awsErrorCode(error) === "AccessDenied") return undefined;
    throw serviceError(error, `Could not read when the keys of user ${userName} expire`);
  }
}

/** IAM's dates have whole seconds: two keys of one second could not be told apart later. */
async function nextSecond(
  { CreateDate }: RotationKey,
  now: Date,
  signal?: AbortSignal,
): Promise<void> {
  const age = +now - +CreateDate;
  if (Math.abs(age) < SECOND_MS) await delay(SECOND_MS - age, undefined, { signal });
}

/** What to do about two keys depends on which of them are in use. */
function alreadyTwo(
  userName: string,
  state: RotationState,
  keys: readonly RotationKey[],
): S3CredentialsError {
  const [older, newer] = keys as [RotationKey, RotationKey];
  const both = state === "started" && older.LastUsedDate !== null && newer.LastUsedDate !== null &&
    older.LastUsedDate > newer.CreateDate;
  const next = newer.LastUsedDate === null
    ? "go on with `finish` if somebody has the secret of the newer key, otherwise `rollback`"
    : "go on with `finish`, or go back with `rollback`";
  return new S3CredentialsError(
    "conflict",
    `User ${userName} has two keys${both ? ", both in use" : ""}: ` +
      keys.map(describe).join(", "),
    { hint: `If they belong to two programs, leave both. If a rotation has begun, ${next}` },
  );
}
