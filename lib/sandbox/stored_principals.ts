/**
 * The principals in stored policies. AWS keeps a user or role there by its unique id and shows its
 * ARN, so that one made again under the same name is somebody else.
 *
 * @module
 */
import { isObject } from "../is_object.ts";
import type { Cloud } from "./account.ts";

/** Writes a principal under another name in all bucket policies and trust policies. */
export function renamePrincipal({ accounts, buckets }: Cloud, from: string, to: string): void {
  for (const bucket of buckets.values()) {
    if (bucket.policy !== undefined) bucket.policy = renamed(bucket.policy, from, to);
  }
  for (const { roles } of accounts.values()) {
    for (const role of roles.values()) {
      role.assumeRolePolicyDocument = renamed(role.assumeRolePolicyDocument, from, to);
    }
  }
}

function renamed(text: string, from: string, to: string): string {
  if (!text.includes(from)) return text;
  const document = JSON.parse(text);
  let isChanged = false;
  for (const statement of [document.Statement].flat()) {
    for (const principal of [statement.Principal, statement.NotPrincipal]) {
      if (!isObject(principal) || ![principal.AWS].flat().includes(from)) continue;
      const names = [principal.AWS].flat().map((name) => name === from ? to : name);
      principal.AWS = names.length === 1 ? names[0] : names;
      isChanged = true;
    }
  }
  return isChanged ? JSON.stringify(document) : text;
}
