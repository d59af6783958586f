/**
 * Deleting a user with everything attached to it.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { mapOrdered } from "../concurrency.ts";
import type { IAM } from "@aws-sdk/client-iam";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import { checkUserName } from "../names.ts";
import type { Aws } from "../aws/connect.ts";
import { type IamPage, iamPages } from "../aws/listing.ts";
import { missingUser } from "../aws/missing.ts";
import { isMissing, isUnsupportedOperation, serviceError } from "../aws/service_error.ts";
import { whoami } from "./whoami.ts";

/** Something that is removed together with its user. */
export interface RemovedDependent {
  /** What it was. */
  kind:
    | "policy"
    | "access key"
    | "attached policy"
    | "group"
    | "login profile"
    | "MFA device"
    | "signing certificate"
    | "SSH public key"
    | "service-specific credential";
  /** Its name, id or ARN; the user's name for a login profile. */
  id: string;
}

async function allIds<P extends IamPage>(
  call: (page: { Marker?: string }) => Promise<P>,
  idsOf: (page: P) => (string | undefined)[] | undefined,
): Promise<string[]> {
  const ids = await Array.fromAsync(iamPages(call, idsOf));
  return ids.filter((id) => id !== undefined);
}

type Dependent = Pick<DependentKind, "kind" | "remove"> & { id: string };

interface DependentKind {
  kind: RemovedDependent["kind"];
  list(iam: IAM, UserName: string): Promise<string[]>;
  remove(iam: IAM, UserName: string, id: string): Promise<unknown>;
}

/** Everything that must be removed first: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
const DEPENDENT_KINDS: readonly DependentKind[] = [
  {
    kind: "policy",
    list: (iam, UserName) =>
      allIds((page) => iam.listUserPolicies({ UserName, ...page }), (page) => page.PolicyNames),
    remove: (iam, UserName, PolicyName) => iam.deleteUserPolicy({ UserName, PolicyName }),
  },
  {
    kind: "access key",
    list: (iam, UserName) =>
      allIds(
        (page) => iam.listAccessKeys({ UserName, ...page }),
        (page) => page.AccessKeyMetadata?.map((key) => key.AccessKeyId),
      ),
    remove: (iam, UserName, AccessKeyId) => iam.deleteAccessKey({ UserName, AccessKeyId }),
  },
  {
    kind: "attached policy",
    list: (iam, UserName) =>
      allIds(
        (page) => iam.listAttachedUserPolicies({ UserName, ...page }),
        (page) => page.AttachedPolicies?.map((policy) => policy.PolicyArn),
      ),
    remove: (iam, UserName, PolicyArn) => iam.detachUserPolicy({ UserName, PolicyArn }),
  },
  {
    kind: "group",
    list: (iam, UserName) =>
      allIds(
        (page) => iam.listGroupsForUser({ UserName, ...page }),
        (page) => page.Groups?.map((group) => group.GroupName),
      ),
    remove: (iam, UserName, GroupName) => iam.removeUserFromGroup({ UserName, GroupName }),
  },
  {
    kind: "login profile",
    list: (iam, UserName) =>
      iam.getLoginProfile({ UserName }).then(() => [UserName], noneIfMissing),
    remove: (iam, UserName) => iam.deleteLoginProfile({ UserName }),
  },
  {
    kind: "MFA device",
    list: (iam, UserName) =>
      allIds(
        (page) => iam.listMFADevices({ UserName, ...page }),
        (page) => page.MFADevices?.map((device) => device.SerialNumber),
      ),
    remove: async (iam, UserName, SerialNumber) => {
      // If an answer was lost, it is deactivated already, and the virtual device still there.
      await iam.deactivateMFADevice({ UserName, SerialNumber }).catch(noneIfMissing);
      // A virtual device is an entity of its own, and of no use to anyone else.
      if (SerialNumber.includes(":mfa/")) await iam.deleteVirtualMFADevice({ SerialNumber });
    },
  },
  {
    kind: "signing certificate",
    list: (iam, UserName) =>
      allIds(
        (page) => iam.listSigningCertificates({ UserName, ...page }),
        (page) => page.Certificates?.map((certificate) => certificate.CertificateId),
      ),
    remove: (iam, UserName, CertificateId) =>
      iam.deleteSigningCertificate({ UserName, CertificateId }),
  },
  {
    kind: "SSH public key",
    list: (iam, UserName) =>
      allIds(
        (page) => iam.listSSHPublicKeys({ UserName, ...page }),
        (page) => page.SSHPublicKeys?.map((key) => key.SSHPublicKeyId),
      ),
    remove: (iam, UserName, SSHPublicKeyId) => iam.deleteSSHPublicKey({ UserName, SSHPublicKeyId }),
  },
  {
    kind: "service-specific credential",
    list: (iam, UserName) =>
      iam.listServiceSpecificCredentials({ UserName }).then((answer) =>
        (answer.ServiceSpecificCredentials ?? []).map((one) => one.ServiceSpecificCredentialId)
          .filter((id) => id !== undefined)
      ),
    remove: (iam, UserName, ServiceSpecificCredentialId) =>
      iam.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId }),
  },
];

function noneIfMissing(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}

/** Who is calling, requested once however many users are deleted; `undefined` if unknown. */
const callers = new WeakMap<Aws, Promise<string | undefined>>();

function callerArn(aws: Aws): Promise<string | undefined> {
  const caller = callers.get(aws) ?? whoami(aws).then(({ Arn }) => Arn, () => undefined);
  callers.set(aws, caller);
  return caller;
}

/** Without its key the caller could not finish, and nobody could continue with the same credentials. */
async function refuseCaller(aws: Aws, userName: string, action: string): Promise<void> {
  const [, caller] = /:user\/(?:.*\/)?([^/]+)$/.exec(await callerArn(aws) ?? "") ?? [];
  if (caller?.toLowerCase() !== userName.toLowerCase()) return;
  throw new S3CredentialsError(
    "conflict",
    `${action}: these are the credentials of user ${caller} itself`,
    { hint: "Use other credentials: pass `profile` or `credentials`" },
  );
}

/**
 * Deletes an IAM user, and first everything that AWS requires to be removed: inline policies, access keys,
 * attached policies, group memberships, login profile, MFA devices, signing certificates, SSH keys
 * and service-specific credentials.
 *
 * Where the caller may not list one of the rarer kinds, it is taken for empty; AWS then refuses to
 * delete the user if it isn't.
 *
 * A user can't delete itself: its access key would be gone before the rest.
 *
 * @param aws the account
 * @param userName the user's name
 * @param options a function that is called with each dependent that was removed, in a fixed order, and a
 *   signal that stops before the next removal
 * @throws {S3CredentialsError} `not-found` if there is no such user; `conflict`, before anything is
 *   removed, if it is the caller; otherwise why it could not be deleted, after as much as possible was removed
 *
 * @example A user with a key
 * ```ts
 * import { connect, deleteUser } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const iam = await aws.iam();
 * await iam.createUser({ UserName: "temp" });
 * await iam.createAccessKey({ UserName: "temp" });
 *
 * await deleteUser(aws, "temp");
 * assert.equal(sandbox.account.users.has("temp"), false);
 * ```
 */
export async function deleteUser(
  aws: Aws,
  userName: string,
  options: { onRemoved?: (dependent: RemovedDependent) => void; signal?: AbortSignal } = {},
): Promise<void> {
  // Without a name, IAM would take some of the calls as about the caller.
  asUsageError(() => checkUserName(userName));
  const action = `Could not delete user ${userName}`;
  const iam = await aws.iam().catch((error) => {
    throw serviceError(error, action);
  });
  const { signal } = options;
  const looking = Promise.all([
    findDependents(iam, userName, action),
    refuseCaller(aws, userName, action),
  ]);
  const [{ dependents, unlisted }] = await abortable(looking, signal);
  await removeDependents(iam, userName, dependents, options);
  signal?.throwIfAborted();
  try {
    await iam.deleteUser({ UserName: userName });
  } catch (cause) {
    // It was there a moment ago: the first answer was lost, and the SDK has retried.
    if (isMissing(cause)) return;
    const error = serviceError(cause, action);
    throw error.code === "conflict" ? withReasons(error, unlisted) : error;
  }
}

/** Removes the keys, and if these are gone the rest. Throws why something is left after all was tried. */
async function removeDependents(
  iam: IAM,
  userName: string,
  dependents: readonly Dependent[],
  { onRemoved, signal }: { onRemoved?: (one: RemovedDependent) => void; signal?: AbortSignal },
): Promise<void> {
  /** Of those that were tried: why one is left, or `undefined` if it is gone. */
  const outcomes = new Map<Dependent, unknown>();
  const isGone = (one: Dependent) => outcomes.has(one) && outcomes.get(one) === undefined;
  const removeAll = async (some: readonly Dependent[]) => {
    const removals = mapOrdered(some, async (one) => {
      if (signal?.aborted) return;
      const removed = one.remove(iam, userName, one.id).catch(noneIfMissing);
      outcomes.set(one, await removed.then(() => undefined, (error) => error));
    });
    await Array.fromAsync(removals);
  };
  // The keys first: one that works must not lose what denies it something, such as that it has expired.
  const keys = dependents.filter(({ kind }) => kind === "access key");
  await removeAll(keys);
  if (keys.every(isGone)) await removeAll(dependents.filter((one) => !keys.includes(one)));
  const errors: S3CredentialsError[] = [];
  for (const one of dependents) {
    const { kind, id } = one;
    if (isGone(one)) {
      onRemoved?.({ kind, id });
    } else if (outcomes.has(one)) {
      const action = `Could not delete user ${userName}: its ${kind} ${id} could not be removed`;
      errors.push(serviceError(outcomes.get(one), action));
    }
  }
  const [first] = errors;
  if (first === undefined) return;
  const message = errors.map((error) => error.message).join("\n");
  throw new S3CredentialsError(first.code, message, { cause: first, hint: first.hint });
}

/**
 * Finds what {@linkcode deleteUser} would remove together with a user, in the order in which it would.
 *
 * @param aws the account
 * @param userName the user's name
 * @returns what would be removed
 * @throws {S3CredentialsError} `not-found` if there is no such user; `conflict` if it is the caller
 *
 * @example A user with a key
 * ```ts
 * import { connect, userDependents } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const iam = await aws.iam();
 * await iam.createUser({ UserName: "temp" });
 * await iam.createAccessKey({ UserName: "temp" });
 * const [key] = await userDependents(aws, "temp");
 * assert.equal(key?.kind, "access key");
 * ```
 */
export async function userDependents(aws: Aws, userName: string): Promise<RemovedDependent[]> {
  asUsageError(() => checkUserName(userName));
  const action = `Could not look at user ${userName}`;
  const iam = await aws.iam().catch((error) => {
    throw serviceError(error, action);
  });
  const [{ dependents }] = await Promise.all([
    findDependents(iam, userName, action),
    refuseCaller(aws, userName, `Could not delete user ${userName}`),
  ]);
  return dependents.map(({ kind, id }) => ({ kind, id }));
}

/** What could not be listed is likely what AWS still finds. */
function withReasons(
  error: S3CredentialsError,
  reasons: readonly S3CredentialsError[],
): S3CredentialsError {
  const hint = reasons.find((reason) => reason.hint !== undefined)?.hint;
  return new S3CredentialsError(
    error.code,
    [error, ...reasons].map(({ message }) => message).join("\n"),
    { cause: error, hint },
  );
}

async function findDependents(iam: IAM, userName: string, action: string) {
  const unlisted: S3CredentialsError[] = [];
  const found = mapOrdered(DEPENDENT_KINDS, async ({ kind, list, remove }) => {
    try {
      return (await list(iam, userName)).map((id) => ({ kind, id, remove }));
    } catch (error) {
      if (isMissing(error)) throw missingUser(userName, error);
      const problem = serviceError(error, `${action}: could not list its ${kind} entries`);
      const isRare = kind !== "policy" && kind !== "access key";
      if (!isRare || (problem.code !== "access-denied" && !isUnsupportedOperation(error))) {
        throw problem;
      }
      unlisted.push(problem);
      return [];
    }
  });
  return { dependents: (await Array.fromAsync(found)).flat(), unlisted };
}
