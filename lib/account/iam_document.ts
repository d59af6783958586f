/**
 * Policies as IAM answers with them.
 *
 * @module
 */
import type { PolicyDocument } from "../policy/document.ts";

/** The JSON of a policy, which IAM sends URL-encoded; other servers sometimes forget to. */
export function decodeDocument(text: string): string {
  if (/^\s*\{/.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SyntaxError("Cannot read policy: it is not encoded as it should be");
  }
}

/** The document of a policy that IAM gave. */
export function parseDocument(text: string): PolicyDocument {
  return JSON.parse(decodeDocument(text));
}
