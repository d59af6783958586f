/**
 * Tells a public bucket policy from one that is not, from the text that S3 stores.
 *
 * @module
 */
import { isPublicPolicy as isPublicDocument } from "../../policy/public_policy.ts";

/** As for a parsed document; text that can't be read counts as public. */
export function isPublicPolicy(text: string): boolean {
  try {
    return isPublicDocument(JSON.parse(text));
  } catch {
    return true;
  }
}
