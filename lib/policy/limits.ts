/**
 * What AWS accepts in a policy.
 *
 * @module
 */
import { type PolicyDocument, policyText } from "./document.ts";

/**
 * The first character of a policy that AWS would refuse, if there is one.
 *
 * IAM and STS take tab, line feed, carriage return and U+0020 to U+00FF, see
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
 *
 * @param policy the policy document
 * @returns the character, or `undefined` where AWS would take them all
 *
 * @example A prefix in Japanese
 * ```ts
 * import { bucketsPolicy, unsupportedCharacter } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(unsupportedCharacter(bucketsPolicy(["logs"], { prefix: "日/" })), "日");
 * ```
 */
export function unsupportedCharacter(policy: PolicyDocument): string | undefined {
  // deno-lint-ignore no-control-regex
  return /[^\u0009\u000A\u000D\u0020-\u00FF]/u.exec(policyText(policy))?.[0];
}
