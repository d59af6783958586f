/**
 * Finds the account that something belongs to.
 *
 * @module
 */
import type { Account, Bucket, Cloud } from "./account.ts";

/** The account that a sandbox started with, to which whatever has no other account belongs. */
export function firstAccount({ accounts }: Cloud): Account {
  const [first] = accounts.values();
  if (first === undefined) throw new TypeError("Cannot tell the account: the sandbox has none");
  return first;
}

/** The id of the account in an ARN, if it names one. */
export function accountIdIn(arn: string): string | undefined {
  return /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1];
}

/** The account that an ARN names, if the sandbox has it. */
export function accountOfArn(arn: string, { accounts }: Cloud): Account | undefined {
  return accounts.get(accountIdIn(arn) ?? "");
}

/** The account that owns a bucket, if the sandbox has it. */
export function ownerOfBucket({ ownerAccountId }: Bucket, cloud: Cloud): Account | undefined {
  return cloud.accounts.get(ownerAccountId);
}

/** The account that issued an access key: one of a user or of the root user, or a temporary one. */
export function accountOfKey(accessKeyId: string, { accounts }: Cloud): Account | undefined {
  return accounts.values().find(({ sessions, userSessions, rootKey, users }) =>
    sessions.has(accessKeyId) || userSessions.has(accessKeyId) ||
    rootKey?.accessKeyId === accessKeyId ||
    users.values().some(({ accessKeys }) => accessKeys.has(accessKeyId))
  );
}

/**
 * Whether there is a user or role of that ARN. One of an account that the sandbox doesn't have is
 * assumed to exist.
 */
export function identityExists(arn: string, cloud: Cloud): boolean {
  const account = accountOfArn(arn, cloud);
  if (account === undefined) return true;
  return [...account.users.values(), ...account.roles.values()].some((one) => one.arn === arn);
}
