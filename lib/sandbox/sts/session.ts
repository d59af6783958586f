/**
 * What sessions are made of: keys, policies, tags, and who they were given to.
 *
 * @module
 */
import type { Tag } from "../tag.ts";

/** A key that STS issued. */
export interface TemporaryKey {
  /** Id, such as `ASIA…`. */
  accessKeyId: string;
  /** What requests are signed with. */
  secretAccessKey: string;
  /** Must be sent with every request. */
  sessionToken: string;
  /** When the credentials were issued. */
  issueDate: Date;
  /** When the credentials expire. */
  expiration: Date;
}

/** The policies that a session was made with, which limit it. */
export interface SessionPolicies {
  /** The text of the one that was passed, if there was one. */
  policy: string | undefined;
  /** ARNs of managed policies. */
  policyArns?: string[];
}

/** What is said about a session of a role when it is started. */
export interface SessionAttributes {
  /** Session tags. */
  tags: Tag[];
  /** Keys of the tags that sessions started from this one have, too. */
  transitiveTagKeys: string[];
  /** Who is behind the session and those started from it. */
  sourceIdentity: string | undefined;
}

/** Temporary credentials of a user or the root user, issued by GetSessionToken or GetFederationToken. */
export interface UserSession extends TemporaryKey {
  /** Unique id of the user; for the root user the account's id. */
  userId: string;
  /** Whether it was made with a code of an MFA device. */
  isMfaPresent?: boolean;
  /** Set if GetFederationToken made it. */
  federation?: Federation;
}

/** Who holds the credentials of GetFederationToken. */
export interface Federation extends SessionPolicies {
  /** Name of the federated user. */
  name: string;
  /** Session tags. */
  tags: Tag[];
}

/** Who a session of AssumeRoleWithWebIdentity was given to. */
export interface WebIdentity {
  /** ARN of the provider. */
  provider: string;
  /** Condition keys from the token that every request of the session has, with their values. */
  context: Record<string, string | string[]>;
}
