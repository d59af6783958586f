/**
 * The one error type of this project, and what its codes mean.
 *
 * @module
 */
import { oneLine } from "./escape.ts";
import { redact } from "./redact.ts";

/**
 * Why something failed, for a program to branch on.
 *
 * - `usage`: an argument that makes no sense; nothing was sent to AWS
 * - `not-found`: a bucket, user, role or object isn't there
 * - `access-denied`: the credentials work but may not do this
 * - `credentials`: no credentials, or AWS doesn't accept them
 * - `conflict`: something of that name already exists, or has changed in the meantime
 * - `limit`: one of AWS's limits would be passed
 * - `invalid-policy`: a policy document that AWS would reject, or has rejected
 * - `partial-failure`: some of the work was done and some was not
 * - `network`: no answer from the endpoint
 * - `file`: a file or directory of this machine can't be read or written
 * - `interrupted`: the caller stopped the work
 * - `aws`: any other error that AWS reported
 */
export type ErrorCode =
  | "usage"
  | "not-found"
  | "access-denied"
  | "credentials"
  | "conflict"
  | "limit"
  | "invalid-policy"
  | "partial-failure"
  | "network"
  | "file"
  | "interrupted"
  | "aws";

/**
 * An error that a person can act on: what was tried, what happened and what to do next.
 *
 * Neither the message nor the hint ever holds a secret key or a session token.
 *
 * @example Branch on the code
 * ```ts
 * import { S3CredentialsError } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const error = new S3CredentialsError("not-found", "Bucket does not exist: logs", {
 *   hint: "Choose another bucket",
 * });
 * assert.equal(error.code, "not-found");
 * ```
 */
export class S3CredentialsError extends Error {
  /** The kind of failure. */
  readonly code: ErrorCode;
  /**
   * What the reader can do about it, as a sentence of its own. An option of the library stands in
   * backticks, such as `createBucket`; the command line shows it as `--create-bucket`.
   */
  readonly hint: string | undefined;

  /**
   * Makes an error.
   *
   * @param code the kind of failure
   * @param message what was tried and what happened, without a full stop
   * @param options a hint and the cause
   */
  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    // Both may quote a server.
    super(
      oneLine(redact(message)),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "S3CredentialsError";
    this.code = code;
    this.hint = options.hint === undefined ? undefined : redact(options.hint);
  }
}

/** The error of work that its caller, or a signal, ended. */
export function interruptedError(
  options: { hint?: string; cause?: unknown } = {},
): S3CredentialsError {
  return new S3CredentialsError("interrupted", "Interrupted", options);
}

/** What a check throws for a value that the caller gave; {@linkcode asUsageError} expects it. */
export class InvalidInput extends RangeError {}

/** Runs a check of something that the caller gave: an {@linkcode InvalidInput} becomes `usage`. */
export function asUsageError<T>(check: () => T, context?: string): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const message = context === undefined ? error.message : `${context}: ${error.message}`;
    throw new S3CredentialsError("usage", message);
  }
}

/** What to do where Deno did not allow something. */
export const PERMISSIONS_HINT = "Run it with the permissions that " +
  "https://jsr.io/@s3creds/cli lists under Configuration, or with deno run -A";

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
