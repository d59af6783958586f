/**
 * What an account holds of IAM's smaller entities and settings.
 *
 * @module
 */
import type { Tag } from "../tag.ts";

/** An IAM instance profile, by which EC2 gives a role to its instances. */
export interface InstanceProfile {
  /** Unique in the account regardless of case. */
  instanceProfileName: string;
  /** Unique id, such as `AIPA…`. */
  instanceProfileId: string;
  /** Starts and ends with `/`. */
  path: string;
  /** ARN, path included. */
  arn: string;
  /** When the instance profile was made. */
  createDate: Date;
  /** In the order in which they were set. */
  tags: Tag[];
  /** The role in it, if there is one; it can't be deleted until it is removed. */
  roleName: string | undefined;
}

/** What the passwords of an account must be like, in AWS's names. */
export interface PasswordPolicy {
  /** Six at least. */
  MinimumPasswordLength: number;
  /** Whether there must be a symbol. */
  RequireSymbols: boolean;
  /** Whether there must be a digit. */
  RequireNumbers: boolean;
  /** Whether there must be a capital letter. */
  RequireUppercaseCharacters: boolean;
  /** Whether there must be a small letter. */
  RequireLowercaseCharacters: boolean;
  /** Whether users may change their own passwords in the console. */
  AllowUsersToChangePassword: boolean;
  /** Whether only an administrator can renew an expired password. */
  HardExpiry?: boolean;
  /** In days; without it, passwords don't expire. */
  MaxPasswordAge?: number;
  /** How many earlier passwords can't be used again. */
  PasswordReusePrevention?: number;
}

/** A virtual MFA device. */
export interface MfaDevice {
  /** The user whose device it is, if it is in use. */
  userName: string | undefined;
  /** In the order in which they were set. */
  tags?: Tag[];
}

/** Whether a credential is in use. */
export type CredentialStatus = "Active" | "Inactive";

/** A console password. */
export interface LoginProfile {
  /** When the user got it. */
  createDate: Date;
  /** Its latest use, if there was one. */
  passwordLastUsed: Date | undefined;
  /** When it was changed, if it was. */
  passwordLastChanged?: Date;
  /** Whether the user must choose another one. */
  isResetRequired?: boolean;
}
