/**
 * The keys that a grant is for, as a policy names them.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";

const MAX_KEY_BYTES = 1024;

/** What has a special meaning in a policy. */
const WILDCARD = /[*?]|\$\{/;

/**
 * The pattern of a policy for keys that start with a prefix: the prefix with exactly one `*` at its end.
 *
 * `*`, `?` and `${` have a special meaning in a policy, so a prefix with one of them would grant
 * more than its text says. Only a single `*` at the end is accepted: the pattern ends in it anyway.
 */
export function prefixPattern(prefix: string): string {
  if (prefix === "") {
    throw new InvalidInput(
      "Prefix is empty, which would cover the whole bucket: omit it to mean that",
    );
  }
  const start = prefix.endsWith("*") ? prefix.slice(0, -1) : prefix;
  checkLiteral(start, "Prefix");
  return `${start}*`;
}

/** Throws `InvalidInput` for a key that a policy would read as a pattern. */
export function checkKey(key: string): void {
  if (typeof key !== "string" || key === "") throw new InvalidInput("Key is empty");
  checkLiteral(key, "Key");
}

function checkLiteral(text: string, what: string): void {
  const wildcard = WILDCARD.exec(text)?.[0];
  if (wildcard !== undefined) {
    throw new InvalidInput(
      `${what} must not contain ${wildcard}: in a policy it would match more than itself`,
    );
  }
  const size = new TextEncoder().encode(text).length;
  if (size > MAX_KEY_BYTES) {
    throw new InvalidInput(
      `${what} has ${size} bytes in UTF-8, and the keys of S3 have ${MAX_KEY_BYTES} at most`,
    );
  }
}

/** One prefix, several or none, as a list. */
export function prefixList(prefix: string | readonly string[] | undefined): readonly string[] {
  if (prefix === undefined) return [];
  return typeof prefix === "string" ? [prefix] : prefix;
}

/**
 * Says what may surprise someone about a prefix that is accepted.
 *
 * @param prefix the start of the keys, as the user gave it
 * @returns sentences for the user, none where there is nothing to say
 *
 * @example A prefix that covers more than one directory
 * ```ts
 * import { prefixWarnings } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * assert.equal(prefixWarnings("foo").length, 1);
 * assert.deepEqual(prefixWarnings("foo/"), []);
 * ```
 */
export function prefixWarnings(prefix: string): string[] {
  const warnings: string[] = [];
  if (prefix.startsWith("/")) {
    warnings.push(
      `Prefix starts with /: S3 keys rarely do, so "${prefix}" may match nothing`,
    );
  }
  if (!prefix.endsWith("/") && !prefix.endsWith("*")) {
    warnings.push(
      `Prefix does not end in /: "${prefix}" also covers keys such as "${prefix}bar"`,
    );
  }
  return warnings;
}
