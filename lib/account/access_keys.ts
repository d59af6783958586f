/**
 * Single access keys: switched off, on again, deleted.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { type Aws, connectionOf } from "../aws/connect.ts";
import { missingKey } from "../aws/missing.ts";
import { awsErrorCode, isMissing, serviceError } from "../aws/service_error.ts";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import { checkAccessKeyId } from "../names.ts";
import { accessKeysOf } from "./iam_calls.ts";

/** Options of {@linkcode disableKey} and {@linkcode deleteKey}. */
export interface KeyChangeOptions {
  /** Stops before the change. */
  signal?: AbortSignal;
  /**
   * Whether the key may be the one that the call itself is made with.
   *
   * @default {false}
   */
  force?: boolean;
  /**
   * Whether to find the key's user, and change nothing.
   *
   * @default {false}
   */
  dryRun?: boolean;
}

/** A key and its user. */
export interface AccessKeyOwner {
  /** The key's id. */
  AccessKeyId: string;
  /** The user whose key it is. */
  UserName: string;
  /** Whether it was active before it was disabled or enabled; `undefined` if that may not be seen. */
  WasActive?: boolean;
}

/** Whether a key is the one that calls are made with. */
async function isCallersKey(aws: Aws, id: string): Promise<boolean> {
  const { credentials } = await connectionOf(aws).settings;
  return (await credentials()).accessKeyId === id;
}

/** @throws {S3CredentialsError} `conflict` if calls are made with the key itself */
export async function refuseCallersKey(
  aws: Aws,
  id: string,
  { force }: KeyChangeOptions,
): Promise<void> {
  if (force || !await isCallersKey(aws, id)) return;
  throw new S3CredentialsError("conflict", `This key is the one in use: ${id}`, {
    hint: "Use other credentials, or `force` if you can do without these",
  });
}

/** The user whose key it is. */
async function ownerOf(aws: Aws, id: string): Promise<AccessKeyOwner> {
  try {
    const iam = await aws.iam();
    const { UserName } = await iam.getAccessKeyLastUsed({ AccessKeyId: id });
    if (UserName !== undefined) return { AccessKeyId: id, UserName };
  } catch (error) {
    // IAM says of a key that it does not know that it may not be looked at.
    if (!isMissing(error) && awsErrorCode(error) !== "AccessDenied") {
      throw serviceError(error, `Could not look at access key ${id}`);
    }
  }
  throw missingKey(id);
}

/** Whether a key is active; `undefined` if that can't be found out, which nothing depends on. */
async function isActive(
  aws: Aws,
  { AccessKeyId, UserName }: AccessKeyOwner,
): Promise<boolean | undefined> {
  try {
    const iam = await aws.iam();
    for await (const key of accessKeysOf(iam, UserName)) {
      if (key.AccessKeyId === AccessKeyId) return key.Status === "Active";
    }
  } catch {
    // The caller may be allowed to change keys, and not to list them.
  }
  return undefined;
}

async function setStatus(
  aws: Aws,
  id: string,
  Status: "Active" | "Inactive",
  { signal, dryRun }: KeyChangeOptions,
): Promise<AccessKeyOwner> {
  const owner = await abortable(ownerOf(aws, id), signal);
  const WasActive = await abortable(isActive(aws, owner), signal);
  if (dryRun) return { ...owner, WasActive };
  const iam = await aws.iam();
  signal?.throwIfAborted();
  // Also if it seems to be so already: IAM may not show yet what was changed a moment ago.
  await iam.updateAccessKey({ ...owner, Status }).catch((error) => {
    const verb = Status === "Active" ? "enable" : "disable";
    throw serviceError(error, `Could not ${verb} access key ${id} of user ${owner.UserName}`);
  });
  return { ...owner, WasActive };
}

/**
 * Disables an access key: AWS refuses it until it is enabled again.
 *
 * @param aws the account
 * @param accessKeyId the key's id
 * @param options whether the key may be the caller's own, dry run
 * @returns the key and its user
 * @throws {S3CredentialsError} `not-found` if the account has no such key; `conflict` if it is the caller's
 *
 * @example A key that has leaked
 * ```ts
 * import { connect, createCredentials, disableKey, enableKey } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, { buckets: ["photos"] });
 * const { UserName } = await disableKey(aws, credentials.accessKeyId);
 * assert.equal(UserName, "s3.read-write.photos");
 * await enableKey(aws, credentials.accessKeyId);
 * ```
 */
export async function disableKey(
  aws: Aws,
  accessKeyId: string,
  options: KeyChangeOptions = {},
): Promise<AccessKeyOwner> {
  asUsageError(() => checkAccessKeyId(accessKeyId));
  await refuseCallersKey(aws, accessKeyId, options);
  return await setStatus(aws, accessKeyId, "Inactive", options);
}

/**
 * Enables an access key that was disabled.
 *
 * @param aws the account
 * @param accessKeyId the key's id
 * @param options interruption, dry run
 * @returns the key and its user
 * @throws {S3CredentialsError} `not-found` if the account has no such key
 *
 * @example A key that may work again
 * ```ts
 * import { connect, createCredentials, disableKey, enableKey } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, { buckets: ["photos"] });
 * await disableKey(aws, credentials.accessKeyId);
 * await enableKey(aws, credentials.accessKeyId);
 * ```
 */
export async function enableKey(
  aws: Aws,
  accessKeyId: string,
  options: Omit<KeyChangeOptions, "force"> = {},
): Promise<AccessKeyOwner> {
  asUsageError(() => checkAccessKeyId(accessKeyId));
  return await setStatus(aws, accessKeyId, "Active", options);
}

/**
 * Deletes an access key. Its user, with its policies, stays.
 *
 * @param aws the account
 * @param accessKeyId the key's id
 * @param options whether the key may be the caller's own, dry run
 * @returns the key and its user
 * @throws {S3CredentialsError} `not-found` if the account has no such key; `conflict` if it is the caller's
 *
 * @example A key that nobody needs
 * ```ts
 * import { connect, createCredentials, deleteKey } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, { buckets: ["photos"] });
 * await deleteKey(aws, credentials.accessKeyId);
 * ```
 */
export async function deleteKey(
  aws: Aws,
  accessKeyId: string,
  options: KeyChangeOptions = {},
): Promise<AccessKeyOwner> {
  asUsageError(() => checkAccessKeyId(accessKeyId));
  await refuseCallersKey(aws, accessKeyId, options);
  const owner = await abortable(ownerOf(aws, accessKeyId), options.signal);
  if (options.dryRun) return owner;
  const iam = await aws.iam();
  options.signal?.throwIfAborted();
  await iam.deleteAccessKey({ ...owner }).catch((error) => {
    // It was there a moment ago: the first answer was lost, and the SDK has retried.
    if (isMissing(error)) return;
    throw serviceError(
      error,
      `Could not delete access key ${accessKeyId} of user ${owner.UserName}`,
    );
  });
  return owner;
}
