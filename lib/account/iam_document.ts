/**
 * Policies as IAM answers with them.
 *
 * @module
 */

/**
 * The JSON of a policy, which IAM gives URL-encoded; other makers' servers forget to, here and there.
 *
 * @param text what IAM gave
 * @returns the JSON, or whatever the text was encoded from
 * @throws {SyntaxError} if it is not encoded as it should be
 *
 * @example A document of IAM's
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeDocument } from "./iam_document.ts";
 *
 * assert.equal(decodeDocument("%7B%22Statement%22%3A%5B%5D%7D"), '{"Statement":[]}');
 * ```
 */
export function decodeDocument(text: string): string {
  if (/^\s*\{/.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SyntaxError("Cannot read policy: it is not encoded as it should be");
  }
}
