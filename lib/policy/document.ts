/**
 * Policy documents in AWS's own keys, and their text.
 *
 * @module
 */

/**
 * One statement of a policy document, in AWS's own keys.
 *
 * See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
 */
export interface PolicyStatement {
  /** An optional name of the statement, unique in its document. */
  Sid?: string;
  /** Whether the statement allows or denies. */
  Effect: string;
  /** Whom a bucket policy speaks of. */
  Principal?: unknown;
  /** One action or several, such as `s3:GetObject`. */
  Action?: string | string[];
  /** One ARN or several. */
  Resource?: string | string[];
  /** When the statement holds. */
  Condition?: Record<string, Record<string, unknown>>;
  /** Any other element, such as `NotAction`. */
  [element: string]: unknown;
}

/** A policy document, in AWS's own keys. */
export interface PolicyDocument {
  /** The version of the policy language. */
  Version?: string;
  /** An optional name of the document. */
  Id?: string;
  /** What it allows and denies. */
  Statement: PolicyStatement[];
}

/** A value that may stand alone or in a list, as a list. */
export function asList<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** The text of a policy as it is sent to AWS: JSON without white space that doesn't count. */
export function policyText(policy: PolicyDocument): string {
  return JSON.stringify(policy);
}
