/**
 * Changing when the keys of a user expire.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { accessKeysOf } from "../../account/iam_calls.ts";
import { decodeDocument } from "../../account/iam_document.ts";
import { whoami } from "../../account/whoami.ts";
import type { Aws, IAMClient } from "../../aws/connect.ts";
import { userError } from "../../aws/missing.ts";
import { isMissing, serviceError } from "../../aws/service_error.ts";
import { asUsageError, interruptedError, S3CredentialsError } from "../../errors.ts";
import { checkUserName } from "../../names.ts";
import { policyText } from "../../policy/document.ts";
import { formatTime } from "../../time.ts";
import { apply } from "../apply.ts";
import { checkIsFuture, EXPIRES_POLICY, expiryOf, expiryPolicy } from "../expiry.ts";
import {
  type Change,
  rollBack,
  type RollbackReport,
  rollbackTimeout,
  withRollbackReport,
} from "../rollback.ts";
import { expiresTag, OWN_TAG_PREFIX, ownTagKey } from "../tags.ts";
import { isProbe, proveExpiry, usesAwsEndpoints } from "./expiry_proof.ts";

/**
 * When the keys of a user expire by a policy as IAM gives it; `null` if they don't, or if an interrupted
 * proof has left it, which says nothing.
 *
 * @throws {S3CredentialsError} `conflict` if somebody else has made the policy
 */
function presentExpiry(userName: string, text: string | undefined): Date | null {
  if (text === undefined) return null;
  let document: unknown;
  try {
    document = JSON.parse(decodeDocument(text));
  } catch {
    // It is not ours.
  }
  const expires = expiryOf(document);
  if (expires !== undefined) {
    if (isDeepStrictEqual(document, expiryPolicy(expires))) return expires;
    if (isProbe(document, expires)) return null;
  }
  throw new S3CredentialsError(
    "conflict",
    `Policy ${EXPIRES_POLICY} of user ${userName} was not made by this tool, and is left as it is`,
    { hint: "Put what it says into a policy of another name, and delete it" },
  );
}

/** When the keys of a user expire, before and after a change. */
export interface KeyExpiry {
  /** The user's name. */
  UserName: string;
  /** When its keys expire; `null` for never. */
  Expires: Date | null;
  /** When they would have expired; `null` for never. */
  Before: Date | null;
}

/** Options of {@linkcode extendKeys}. */
export interface ExtendOptions {
  /**
   * Whether the user may be the one that the call itself is made as, when an end is set.
   *
   * @default {false}
   */
  force?: boolean;
  /**
   * Whether to find out when the keys expire now, and change nothing.
   *
   * @default {false}
   */
  dryRun?: boolean;
  /** The time now; a test may pass another one. */
  now?: Date;
  /** Called with a sentence where less was done than requested. */
  onWarning?: (message: string) => void;
  /** Stops before the next change. */
  signal?: AbortSignal;
  /**
   * Milliseconds to wait for a server that isn't Amazon's to show that it lets keys expire.
   *
   * @default {10000}
   */
  patienceMs?: number;
}

/**
 * Sets, moves or removes the time at which all keys of a user expire. IAM refuses them from that second on;
 * temporary credentials are not affected.
 *
 * @param aws the account
 * @param userName the user's name
 * @param expires the time, or `null` for never
 * @param options whether the user may be the caller, the time now, warnings, interruption
 * @returns the time before and after
 * @throws {S3CredentialsError} `not-found` if there is no such user; `usage` if the time is past;
 *   `conflict` if the user is the caller, or the server doesn't evaluate the time in policies
 *
 * @example Until the end of a course
 * ```ts
 * import { connect, createCredentials, extendKeys } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["course"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { accessKey } = await createCredentials(aws, { buckets: ["course"] });
 * const friday = new Date(Date.now() + 5 * 86_400_000);
 * const { Before } = await extendKeys(aws, accessKey.userName, friday);
 * assert.equal(Before, null);
 * ```
 */
export async function extendKeys(
  aws: Aws,
  userName: string,
  expires: Date | null,
  options: ExtendOptions = {},
): Promise<KeyExpiry> {
  const { force = false, now = new Date(), signal } = options;
  asUsageError(() => checkUserName(userName));
  if (expires !== null) checkIsFuture(expires, now);
  const action = `Could not change when the keys of user ${userName} expire`;
  const iam = await aws.iam();
  const target = { UserName: userName, PolicyName: EXPIRES_POLICY };
  const [{ User: user }, policy] = await Promise.all([
    iam.getUser({ UserName: userName }),
    iam.getUserPolicy(target).catch((error) => {
      if (isMissing(error)) return undefined;
      throw error;
    }),
  ]).catch((error) => {
    throw userError(error, userName, action);
  });
  if (expires !== null && !force) await refuseCaller(aws, userName, user?.Arn);
  const before = presentExpiry(userName, policy?.PolicyDocument);
  const change = { UserName: userName, Expires: expires, Before: before };
  if (options.dryRun) return change;
  signal?.throwIfAborted();
  try {
    if (expires === null) {
      if (policy !== undefined) await iam.deleteUserPolicy(target);
    } else if (before === null && !await usesAwsEndpoints(aws)) {
      await probeOnce(aws, userName, expires, options);
    } else {
      signal?.throwIfAborted();
      await iam.putUserPolicy({ ...target, PolicyDocument: policyText(expiryPolicy(expires)) });
    }
  } catch (error) {
    throw serviceError(error, action);
  }
  const isTagged = user?.Tags?.some(({ Key }) => Key?.startsWith(OWN_TAG_PREFIX));
  if (isTagged) await tagExpiry(iam, userName, expires, options);
  return change;
}

/** @throws {S3CredentialsError} `conflict` if the caller is the user with this ARN */
async function refuseCaller(aws: Aws, userName: string, arn: string | undefined): Promise<void> {
  if ((await whoami(aws)).Arn !== arn) return;
  throw new S3CredentialsError(
    "conflict",
    `The credentials in use are those of user ${userName}: they would expire too`,
    { hint: "Use other credentials, or `force` if you can do without these from then on" },
  );
}

/** Tags a user of this tool with the new time. The policy alone decides, so a failure is a warning. */
async function tagExpiry(
  iam: IAMClient,
  userName: string,
  expires: Date | null,
  { onWarning }: ExtendOptions,
): Promise<void> {
  const Key = ownTagKey("expires");
  const tagging = expires === null
    ? iam.untagUser({ UserName: userName, TagKeys: [Key] })
    : iam.tagUser({ UserName: userName, Tags: [{ Key, Value: expiresTag(expires) }] });
  await tagging.catch((error) => {
    const { message } = serviceError(error, `The tag ${Key} of user ${userName} stays as it was`);
    onWarning?.(message);
  });
}

/** The keys of a user; `undefined` if the caller may not list them. */
async function keysOf(aws: Aws, userName: string) {
  const iam = await aws.iam();
  const keys = accessKeysOf(iam, userName);
  return await Array.fromAsync(keys, ({ AccessKeyId = "" }) => ({ accessKeyId: AccessKeyId }))
    .catch(() => undefined);
}

/**
 * Puts the policy in place with a key that is made to try it and deleted at once. If that fails or is
 * interrupted, the policy is removed too.
 */
async function probeOnce(
  aws: Aws,
  userName: string,
  expires: Date,
  { patienceMs = 10_000, signal }: ExtendOptions,
): Promise<void> {
  const accessKeys = await keysOf(aws, userName);
  const { created, error, rollBack: deleteKey } = await apply(aws, {
    steps: [{ kind: "create-access-key", userName }],
    user: { accessKeys },
    patienceMs,
    signal,
    log: () => {},
    warn: () => {},
  });
  let failure = error?.code === "limit" ? noThirdKey(userName, error) : error;
  const policy: Change[] = [];
  if (created !== undefined && !signal?.aborted) {
    policy.push({ undo: policyRemoval(aws, userName), isCertain: false });
    const { credentials } = created;
    const patience = { timeoutMs: patienceMs, signal };
    await proveExpiry(aws, { userName, expires, credentials }, patience).catch((error) => {
      failure = serviceError(error, "Could not find out whether this server lets keys expire");
    });
  }
  if (signal?.aborted) {
    failure = interruptedError({ cause: signal.reason });
  }
  const reports = [await deleteKey()];
  if (failure !== undefined) reports.push(await rollBack(policy, rollbackTimeout(patienceMs)));
  // That the probe's key is gone again need not be said.
  const left = reports.flatMap((report: RollbackReport) => report.left);
  if (failure === undefined && left.length > 0) {
    failure = new S3CredentialsError(
      "partial-failure",
      `The keys of user ${userName} expire at ${
        formatTime(expires)
      } now, but the key with which this ` +
        "was tried could not be deleted",
    );
  }
  if (failure !== undefined) throw withRollbackReport(failure, { undone: [], left });
}

function noThirdKey(userName: string, cause: unknown): S3CredentialsError {
  return new S3CredentialsError(
    "conflict",
    `Could not find out whether this server lets keys expire: user ${userName} has two keys, ` +
      "and a third one would be needed to try it",
    { hint: "Delete one of the keys, or create others with `expires`", cause },
  );
}

function policyRemoval(aws: Aws, userName: string): Change["undo"] {
  const target = { UserName: userName, PolicyName: EXPIRES_POLICY };
  return {
    what: `policy ${EXPIRES_POLICY} of user ${userName}`,
    run: async () => {
      const iam = await aws.iam();
      // If it was never there, nothing is left, even if it may not be deleted.
      await iam.getUserPolicy(target);
      await iam.deleteUserPolicy(target);
    },
  };
}
