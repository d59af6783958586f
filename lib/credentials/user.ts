/**
 * The steps of `create` for permanent credentials: the user, its policies and its access key.
 *
 * IAM does not say who created a thing. So what an access key may need is removed only if this run
 * certainly created that key: otherwise it is named, for a person to decide.
 *
 * @module
 */
import { accessKeysOf } from "../account/iam_calls.ts";
import { connectionOf, type IAMClient } from "../aws/connect.ts";
import { policyText } from "../policy/document.ts";
import { retry } from "../retry.ts";
import { S3CredentialsError } from "../errors.ts";
import { shellWord } from "../escape.ts";
import { receivedKeys } from "../aws/keys.ts";
import { iamPages } from "../aws/listing.ts";
import { missingBoundary } from "../aws/missing.ts";
import {
  awsErrorCode,
  isMissing,
  isRetriedConflict,
  isThrottled,
  serviceError,
} from "../aws/service_error.ts";
import { otherCase } from "./planning/facts.ts";
import { withTags } from "./tags.ts";
import { change, type Outcome } from "./rollback.ts";
import type { Run } from "./run.ts";
import type { NewAccessKey, StepOf } from "./types.ts";

/** Creates a user. */
export async function createUser(
  { userName, permissionsBoundary, tags }: StepOf<"create-user">,
  run: Run,
): Promise<Outcome<unknown>> {
  const iam = await run.aws.iam();
  return await change(
    `Could not create user ${userName}`,
    () =>
      withTags(
        (Tags) =>
          iam.createUser({ UserName: userName, PermissionsBoundary: permissionsBoundary, Tags }),
        `user ${userName}`,
        { tags, run },
      )
        .catch(async (error) => {
          if (isRetriedConflict(error, /^EntityAlreadyExists/)) return;
          if (isMissing(error) && permissionsBoundary !== undefined) {
            throw missingBoundary(permissionsBoundary, error);
          }
          // It wasn't there when this run looked.
          if (!/^EntityAlreadyExists/.test(awsErrorCode(error))) throw error;
          run.discoveries.noteConcurrentRun();
          throw await takenName(userName, iam, error);
        }),
    { what: `user ${userName}`, run: () => removeUser(userName, run) },
  );
}

/** A server that finds users only by the exact name refuses to make one that differs in case. */
async function takenName(userName: string, iam: IAMClient, error: unknown): Promise<unknown> {
  const users = iamPages((page) => iam.listUsers(page), (page) => page.Users);
  const differsInCase = ({ UserName = "" }) =>
    UserName !== userName && UserName.toLowerCase() === userName.toLowerCase();
  const [existing] = await Array.fromAsync(users).then(
    (all) => all.filter(differsInCase),
    () => [],
  );
  if (existing === undefined) return error;
  // The SDK's own error may hold what must not be passed on.
  const { cause } = serviceError(error, `Could not create user ${userName}`);
  return otherCase(userName, existing.UserName!, cause);
}

/** IAM refuses as long as the user has a key or a policy, which then are somebody else's. */
async function removeUser(userName: string, run: Run): Promise<void> {
  const { discoveries, rollbackTimeoutMs } = run;
  const iam = await run.aws.iam();
  const isConflict = (error: unknown) => /^DeleteConflict/.test(awsErrorCode(error));
  try {
    await retry(() => iam.deleteUser({ UserName: userName }), {
      // IAM may still see for a moment what has just been removed.
      isRetriable: isConflict,
      timeoutMs: discoveries.concurrentRunSeen ? 0 : rollbackTimeoutMs,
    });
  } catch (error) {
    if (isConflict(error)) discoveries.noteConcurrentRun();
    throw error;
  }
}

/** Attaches an inline policy to a user. */
export async function putUserPolicy(
  { userName, policyName, policy }: StepOf<"put-user-policy">,
  run: Run,
): Promise<Outcome<unknown>> {
  const iam = await run.aws.iam();
  const target = { UserName: userName, PolicyName: policyName };
  return await change(
    `Could not attach policy ${policyName} to user ${userName}`,
    () =>
      retry(() => iam.putUserPolicy({ ...target, PolicyDocument: policyText(policy) }), {
        isRetriable: (error) => isNotVisibleYet(error, run) || isConcurrentChange(error),
        ...run.patience,
      }),
    { what: `policy ${policyName} of user ${userName}`, run: () => restorePolicy(target, run) },
  );
}

/** IAM may not see a new user everywhere for some seconds. */
function isNotVisibleYet(error: unknown, { user }: Run): boolean {
  return user === undefined && isMissing(error);
}

/** IAM may refuse changes of one user that come at the same time, as those of a run do. */
function isConcurrentChange(error: unknown): boolean {
  return /^ConcurrentModification/.test(awsErrorCode(error));
}

/** Removes a policy, or puts its earlier text back. */
async function restorePolicy(
  target: { UserName: string; PolicyName: string },
  run: Run,
): Promise<void> {
  const iam = await run.aws.iam();
  const what = `policy ${target.PolicyName} of user ${target.UserName}`;
  const known = run.user?.inlinePolicies;
  const earlier = known?.get(target.PolicyName);
  await assertNoForeignKeys(target.UserName, what, run);
  if (earlier !== undefined) {
    await iam.putUserPolicy({ ...target, PolicyDocument: earlier });
  } else if (run.user === undefined || known !== undefined) {
    await iam.deleteUserPolicy(target);
  } else {
    throw new S3CredentialsError(
      "access-denied",
      `${what}: whether it had an earlier version could not be read`,
    );
  }
}

/** @throws {S3CredentialsError} `conflict` if the user has a key that this run may not have created */
async function assertNoForeignKeys(userName: string, what: string, run: Run): Promise<void> {
  const ids = await foreignKeys(userName, run);
  if (ids.length === 0) return;
  run.discoveries.noteConcurrentRun();
  throw new S3CredentialsError(
    "conflict",
    `${what}: access key ${ids.join(", ")}, which somebody else may have created, needs it`,
  );
}

/**
 * The user's keys that were not there when this run looked, and whose ids it did not receive. A caller
 * who may not list keys sees none.
 */
async function foreignKeys(userName: string, { aws, user, discoveries }: Run): Promise<string[]> {
  if (user !== undefined && user.accessKeys === undefined) return [];
  const iam = await aws.iam();
  const earlier = new Set(user?.accessKeys?.map((key) => key.accessKeyId));
  try {
    const keys = await Array.fromAsync(accessKeysOf(iam, userName));
    const ids = keys.map(({ AccessKeyId = "" }) => AccessKeyId);
    return ids.filter((id) => !earlier.has(id) && !discoveries.isOwnKey(id));
  } catch (error) {
    if (serviceError(error, "").code === "access-denied") return [];
    throw error;
  }
}

/** Creates an access key. */
export async function createAccessKey(
  { userName }: StepOf<"create-access-key">,
  run: Run,
): Promise<Outcome<NewAccessKey>> {
  // Sent twice it could create two keys, and nobody would have the secret of the first.
  const iam = await connectionOf(run.aws).iam({ retry: false });
  const action = `Could not create an access key for user ${userName}`;
  let id: string | undefined;
  const { value: key, error, changes } = await change(
    action,
    async () => {
      const { AccessKey } = await retry(() => iam.createAccessKey({ UserName: userName }), {
        isRetriable: (error) => isThrottled(error) || isNotVisibleYet(error, run),
        ...run.patience,
      });
      id = AccessKey?.AccessKeyId;
      if (id !== undefined) run.discoveries.noteOwnKey(id);
      const secret = AccessKey?.SecretAccessKey;
      if (id && secret) receivedKeys({ accessKeyId: id, secretAccessKey: secret }, action);
      return AccessKey;
    },
    {
      get what() {
        return `access key ${id === undefined ? "" : `${id} `}of user ${userName}`;
      },
      run: () => id === undefined ? reportLostKey(userName, run) : removeKey(userName, id, run),
    },
  );
  if (error !== undefined) return { error, changes };
  if (!key?.AccessKeyId || !key.SecretAccessKey) {
    return { error: new S3CredentialsError("aws", `${action}: the answer held no key`), changes };
  }
  const value = {
    credentials: { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey },
    accessKey: {
      userName: key.UserName ?? userName,
      status: key.Status ?? "Active",
      createDate: key.CreateDate ?? new Date(),
    },
  };
  return { value, changes };
}

async function removeKey(userName: string, id: string, { aws }: Run): Promise<void> {
  const iam = await aws.iam();
  await iam.deleteAccessKey({ UserName: userName, AccessKeyId: id });
}

/**
 * Names the key that this run may have created, although its answer was lost. Which of the user's keys
 * that is can't be told for sure, and so none is removed.
 */
async function reportLostKey(userName: string, run: Run): Promise<null> {
  const ids = await foreignKeys(userName, run);
  // A key that IAM doesn't show yet keeps a new user from being removed.
  if (ids.length === 0 && run.user === undefined) return null;
  const which = ids.length === 0 ? "" : `: ${ids.join(", ")}, if nobody else has created it`;
  throw new S3CredentialsError(
    "conflict",
    `perhaps an access key of user ${userName}, since the answer was lost${which}. ` +
      `aws iam list-access-keys --user-name=${shellWord(userName)} lists its keys`,
  );
}
