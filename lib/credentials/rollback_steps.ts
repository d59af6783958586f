/**
 * How `create` takes back what it has made, without touching what another run has made meanwhile.
 *
 * IAM and S3 tell nobody who made a thing. So nothing is removed on which a key hangs that this run
 * did not make: that is named instead, for a person to decide.
 *
 * @module
 */
import { retry } from "../retry.ts";
import type { CreateFacts } from "./types.ts";
import { S3CredentialsError } from "../errors.ts";
import { shellWord } from "../escape.ts";
import { FULL_ACCESS_ARN } from "./plan.ts";
import type { Aws, IAMClient } from "../aws/connect.ts";
import { iamPages } from "../aws/listing.ts";
import { clockOffset } from "./server_clock.ts";
import { awsErrorCode, serviceError } from "../aws/service_error.ts";
import type { UndoList } from "./rollback.ts";

/** What the steps of one run share. */
export interface Run {
  aws: Aws;
  facts: CreateFacts;
  undos: UndoList;
  log: (message: string) => void;
  patience: { timeoutMs: number; signal?: AbortSignal };
  /** For how long to look for what AWS may not show yet, in milliseconds. */
  undoPatienceMs: number;
  /** Whether the user is of this run's making, and so may not be visible everywhere yet. */
  madeUser: boolean;
  /** The key that this run has made, as soon as it is known. */
  madeKeyId: string | undefined;
  /** Where the answer with the key got lost: when the key must have been made, if it was. */
  lostKey: KeyTimes | undefined;
  /** Whether another run has turned up that makes the same credentials. */
  hasRival: boolean;
  role: RunRole;
}

/** The role that a run assumes. */
export interface RunRole {
  /** Its ARN, as soon as it is known. */
  arn: string | undefined;
  /** Whether it was made just now, and so may not be usable everywhere yet. */
  isNew: boolean;
  /** Whether somebody else may have made it at the same time. */
  mayBeOthers: boolean;
  /** Whether this run has attached the policy to it, and got an answer. */
  wasAttached: boolean;
  /** Whether this run has tried to assume it: from then on other runs find it complete, and use it. */
  wasTried: boolean;
}

/** Between which times IAM can have made a key, in milliseconds since the epoch. */
export interface KeyTimes {
  /** The earliest date that the key can have. */
  since: number;
  /** The latest. */
  until: number;
}

/** IAM gives whole seconds. */
const SECOND_MS = 1_000;

interface Key {
  id: string;
  createDate: Date | undefined;
}

/**
 * The keys of the user that were not there when this run looked, and that it did not make. Who may not
 * list keys sees none.
 */
async function unknownKeys(run: Run, userName: string): Promise<Key[]> {
  const iam = await run.aws.iam();
  const known = new Set([
    ...(run.facts.user?.accessKeys ?? []).map((key) => key.accessKeyId),
    ...(run.madeKeyId === undefined ? [] : [run.madeKeyId]),
  ]);
  const keys = iamPages(
    (page) => iam.listAccessKeys({ UserName: userName, ...page }),
    (page) => page.AccessKeyMetadata,
  );
  const unknown: Key[] = [];
  try {
    for await (const { AccessKeyId: id, CreateDate: createDate } of keys) {
      if (id !== undefined && !known.has(id)) unknown.push({ id, createDate });
    }
  } catch (error) {
    if (serviceError(error, "").code !== "access-denied") throw error;
  }
  return unknown;
}

/** @throws {S3CredentialsError} `conflict` if a key hangs on it that this run did not make */
async function refuseWithRivals(run: Run, userName: string, what: string): Promise<void> {
  const areKeysKnown = run.facts.user === undefined || run.facts.user.accessKeys !== undefined;
  if (!areKeysKnown) return;
  const rivals = await unknownKeys(run, userName);
  if (rivals.length === 0) return;
  run.hasRival = true;
  const ids = rivals.map(({ id }) => id).join(", ");
  const origin = run.lostKey !== undefined && run.madeKeyId === undefined
    ? "may be the one whose answer was lost, or somebody else's, and"
    : "somebody else has made meanwhile,";
  throw new S3CredentialsError("conflict", `${what}: access key ${ids}, which ${origin} needs it`);
}

/**
 * Removes a bucket that this run has made; where two runs make the same one, S3 may tell both that
 * they did.
 *
 * @param run the run
 * @param bucket the bucket
 * @param remove deletes it
 */
export async function takeBackBucket(
  run: Run,
  bucket: string,
  remove: () => Promise<unknown>,
): Promise<void> {
  if (run.hasRival) {
    throw new S3CredentialsError(
      "conflict",
      `bucket ${bucket}: somebody else makes the same credentials at the same time, and may use it`,
    );
  }
  await remove();
}

/**
 * Removes a user that this run has made, once its own policies and key are gone. IAM refuses while
 * there is anything else.
 *
 * @param run the run
 * @param userName the user
 */
export async function takeBackUser(run: Run, userName: string): Promise<void> {
  const iam = await run.aws.iam();
  const isConflict = (error: unknown) => /^DeleteConflict/.test(awsErrorCode(error));
  const remove = async () => {
    // IAM may not have shown the key before.
    if (run.lostKey !== undefined && run.madeKeyId === undefined) {
      await takeBackKey(run, userName, run.lostKey);
    }
    await iam.deleteUser({ UserName: userName });
  };
  // It may also go on to see for a moment what has just been removed.
  const patienceMs = run.hasRival ? 0 : run.undoPatienceMs;
  await retry(remove, { isRetriable: isConflict, timeoutMs: patienceMs }).catch((error) => {
    run.hasRival ||= isConflict(error);
    throw error;
  });
}

/**
 * Removes a policy that this run has attached, or gives it its earlier text back.
 *
 * @param run the run
 * @param target the user and the policy
 */
export async function takeBackPolicy(
  run: Run,
  target: { UserName: string; PolicyName: string },
): Promise<void> {
  const iam = await run.aws.iam();
  const what = `policy ${target.PolicyName} of user ${target.UserName}`;
  const known = run.facts.user?.inlinePolicies;
  const earlier = known?.get(target.PolicyName);
  await refuseWithRivals(run, target.UserName, what);
  if (earlier !== undefined) {
    await iam.putUserPolicy({ ...target, PolicyDocument: earlier });
  } else if (run.madeUser || known !== undefined) {
    await iam.deleteUserPolicy(target);
  } else {
    throw new S3CredentialsError(
      "access-denied",
      `${what}: whether it had an earlier version could not be read`,
    );
  }
}

/**
 * Removes the role that this run has made, unless others may have come to use it.
 *
 * @param run the run
 * @param roleName the role
 * @param remove deletes it; IAM refuses while somebody else's policy is attached to it
 */
export async function takeBackRole(
  run: Run,
  roleName: string,
  remove: () => Promise<unknown>,
): Promise<void> {
  if (run.role.mayBeOthers) {
    throw new S3CredentialsError(
      "conflict",
      `role ${roleName}: perhaps somebody else has made it, and uses it`,
    );
  }
  if (run.role.wasTried) throw roleInUse(`role ${roleName}`);
  await remove();
}

/**
 * Detaches the policy that this run has surely attached to the role, unless others may have come to use it.
 *
 * @param run the run
 * @param roleName the role
 * @param detach detaches the policy
 * @returns `null` where it stays with a role that stays
 */
export async function takeBackAttachment(
  run: Run,
  roleName: string,
  detach: () => Promise<unknown>,
): Promise<unknown> {
  const { isNew, mayBeOthers, wasAttached, wasTried } = run.role;
  if (wasAttached && !mayBeOthers && !wasTried) return await detach();
  // The role itself is named then; IAM doesn't delete one to which a policy is attached.
  if (isNew) return null;
  const what = `attachment of ${FULL_ACCESS_ARN} to role ${roleName}`;
  if (wasAttached) throw roleInUse(what);
  throw new S3CredentialsError("conflict", `perhaps an ${what}: the answer was lost`);
}

function roleInUse(what: string): S3CredentialsError {
  return new S3CredentialsError("conflict", `${what}, which others may be using by now`);
}

/**
 * Removes the key that this run has made. Where the answer got lost, that is the one key that was made
 * while the request was under way.
 *
 * @param run the run
 * @param userName the user
 * @param times when it must have been made
 * @returns what was removed; `null` where no key was made
 * @throws {S3CredentialsError} if there may be one that can't be told for sure
 */
export async function takeBackKey(
  run: Run,
  userName: string,
  times: KeyTimes,
): Promise<string | null> {
  const iam = await run.aws.iam();
  const remove = async (AccessKeyId: string) => {
    await iam.deleteAccessKey({ UserName: userName, AccessKeyId });
    run.madeKeyId = AccessKeyId;
    return `access key ${AccessKeyId} of user ${userName}`;
  };
  if (run.madeKeyId !== undefined) return await remove(run.madeKeyId);
  run.lostKey = times;
  if (!run.madeUser && run.facts.user?.accessKeys === undefined) {
    throw new S3CredentialsError(
      "access-denied",
      `perhaps an access key of user ${userName}: its keys could not be listed`,
    );
  }
  const candidates = await lookForKey(run, userName, times);
  if (candidates.length === 1) return await remove(candidates[0]!.id);
  // A key that can't be seen yet still keeps a new user from being deleted.
  if (candidates.length === 0 && run.madeUser) return null;
  const ids = candidates.map(({ id }) => id).join(", ");
  const which = candidates.length === 0
    ? "the answer to its creation was lost, and none is to be seen so far"
    : `one of ${ids}, of which others were made by somebody else`;
  throw new S3CredentialsError(
    "conflict",
    `perhaps an access key of user ${userName}: ${which}. aws iam list-access-keys ` +
      `--user-name=${shellWord(userName)} lists its keys`,
  );
}

/** IAM may show a new key only after some seconds. */
async function lookForKey(
  run: Run,
  userName: string,
  { since, until }: KeyTimes,
): Promise<Key[]> {
  const find = async () => {
    const keys = await unknownKeys(run, userName);
    return keys.filter(({ createDate = new Date(since) }) =>
      createDate.getTime() >= since && createDate.getTime() <= until
    );
  };
  const found = await find();
  if (found.length > 0 || run.madeUser) return found;
  run.log(`Looking for a new access key of user ${userName}, since the answer was lost...`);
  const none = new Error("no new key");
  return await retry(
    async () => {
      const keys = await find();
      if (keys.length === 0) throw none;
      return keys;
    },
    { isRetriable: (error) => error === none, timeoutMs: run.undoPatienceMs },
  ).catch((error) => {
    if (error === none) return [];
    throw error;
  });
}

/**
 * The dates that IAM can give a key which is asked for now: the earliest and the latest.
 *
 * @param iam a client whose answers have told IAM's time
 * @returns both, for a request that would take no time
 */
export function keyTimes(iam: IAMClient): KeyTimes {
  const { least, most } = clockOffset(iam);
  // Too late a date is the worse mistake: it can be that of a key which somebody else made afterwards.
  const latest = least <= 0 && most >= 0 ? 0 : most;
  return { since: Date.now() + least - SECOND_MS, until: Date.now() + latest };
}
