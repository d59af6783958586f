/**
 * What the tables of permissions are made of.
 *
 * @module
 */

/** Permission for one action. */
export interface CommandPermission {
  /** Such as `iam:GetUser`. */
  action: string;
  /** The resource, with `ACCOUNT` for the account's number. */
  resource: string;
  /** A condition that a policy may add. */
  condition?: Record<string, Record<string, readonly string[]>>;
  /** What happens without it, where the command goes on. */
  optional?: string;
  /** Whether it is optional since it only spares the command other calls. */
  sparesCalls?: true;
}

/** One way of using a command. */
export interface CommandUse {
  /** The command. */
  command: string;
  /** Which use of it, if there are several. */
  use?: string;
  /** A command line for it, without the program's name. */
  line: string;
  /** What it needs if nothing fails. */
  permissions: readonly CommandPermission[];
  /** What else it needs, to roll back what it has made when it fails half-way. */
  undo?: readonly CommandPermission[];
}

/** Stands for the bucket that a command is for. */
export const BUCKET = "arn:aws:s3:::my-bucket";
export const OBJECTS = `${BUCKET}/*`;
export const TOOL_USERS = "arn:aws:iam::ACCOUNT:user/s3.*";
export const USERS = "arn:aws:iam::ACCOUNT:user/*";
export const ROLES = "arn:aws:iam::ACCOUNT:role/*";
export const TOOL_ROLE = "arn:aws:iam::ACCOUNT:role/s3-credentials.AmazonS3FullAccess";
export const FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess";

/** The same resource for several actions. */
export function on(resource: string, ...actions: string[]): CommandPermission[] {
  return actions.map((action) => ({ action, resource }));
}

/** Permissions without which the command goes on, and what then happens. */
export function optional(
  reason: string,
  permissions: readonly CommandPermission[],
): CommandPermission[] {
  return permissions.map((permission) => ({ ...permission, optional: reason }));
}
