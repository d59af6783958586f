/**
 * Keys that expire: a Deny on the user from a moment on, which IAM evaluates with each request.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { decodeDocument } from "../account/iam_document.ts";
import { asUsageError, InvalidInput, S3CredentialsError } from "../errors.ts";
import type { PolicyDocument, PolicyStatement } from "../policy/document.ts";
import { formatTime, isoSeconds } from "../time.ts";

/** The name of the inline policy that ends the keys of a user. */
export const EXPIRES_POLICY = "s3-credentials.expires";

/** Denies an action from a moment on. */
export function denyFrom(expires: Date, action: string): PolicyStatement {
  return {
    Effect: "Deny",
    Action: action,
    Resource: "*",
    Condition: { DateGreaterThanEquals: { "aws:CurrentTime": isoSeconds(expires) } },
  };
}

/** The policy that denies everything from a moment on. */
export function expiryPolicy(expires: Date): PolicyDocument {
  return { Version: "2012-10-17", Statement: [denyFrom(expires, "*")] };
}

/** When a policy of that name ends all; `undefined` if it is none of ours. */
export function expiryOf(document: unknown): Date | undefined {
  const statements = (document as PolicyDocument | null)?.Statement;
  for (const statement of Array.isArray(statements) ? statements : [statements]) {
    if (statement?.Effect !== "Deny" || statement.Action !== "*") continue;
    const time = (statement.Condition as Record<string, Record<string, string>> | undefined)
      ?.DateGreaterThanEquals?.["aws:CurrentTime"];
    const expires = new Date(time ?? NaN);
    if (!Number.isNaN(expires.getTime())) return expires;
  }
  return undefined;
}

/** The same for a policy as IAM gives it. */
export function expiryOfText(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  try {
    return expiryOf(JSON.parse(decodeDocument(text)));
  } catch {
    return undefined;
  }
}

/** The same, but only if the policy is exactly what this tool writes, so that all is denied. */
export function ownExpiryOfText(text: string | undefined): Date | undefined {
  const expires = expiryOfText(text);
  if (expires === undefined) return undefined;
  const document = JSON.parse(decodeDocument(text!));
  return isDeepStrictEqual(document, expiryPolicy(expires)) ? expires : undefined;
}

/** Throws `InvalidInput` unless it is a time that IAM can compare. */
export function checkExpiry(expires: Date): void {
  const time = expires instanceof Date ? expires.getTime() : NaN;
  if (Number.isNaN(time)) throw new InvalidInput("Invalid end of the keys: expected a Date");
  if (expires.getUTCFullYear() > 9999) {
    throw new InvalidInput("Invalid end of the keys: the year has more than four digits");
  }
}

/** @throws {S3CredentialsError} `usage` if the keys would have ended already */
export function checkIsFuture(expires: Date, now: Date): void {
  asUsageError(() => checkExpiry(expires));
  if (expires > now) return;
  throw new S3CredentialsError("usage", `The end of the keys is past: ${formatTime(expires)}`);
}

/** @throws {S3CredentialsError} `conflict` if a further key of a user would be refused from the start */
export function checkNotExpired(userName: string, expires: Date | undefined, now: Date): void {
  if (expires === undefined || expires > now) return;
  throw new S3CredentialsError(
    "conflict",
    `The keys of user ${userName} expired at ${formatTime(expires)}, and so would a new one`,
    { hint: `Extend them first: s3-credentials extend ${userName} 30d` },
  );
}

/** What a person should know about a further key of a user whose keys expire. */
export function expiresTooWarning(userName: string, expires: Date): string {
  return `The keys of user ${userName} expire at ${formatTime(expires)}, the new one too`;
}
