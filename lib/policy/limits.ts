/**
 * What AWS accepts in a policy.
 *
 * @module
 */
import { type PolicyDocument, policyText } from "./document.ts";

/**
 * The first character of a policy that AWS would reject, if there is one: IAM and STS take tab, line
 * feed, carriage return and U+0020 to U+00FF, see
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
 */
export function unsupportedCharacter(policy: PolicyDocument): string | undefined {
  // deno-lint-ignore no-control-regex
  return /[^\u0009\u000A\u000D\u0020-\u00FF]/u.exec(policyText(policy))?.[0];
}
