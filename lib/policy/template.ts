/**
 * Policies and statements that users bring along: reading and checking them.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";
import type { PolicyDocument, PolicyStatement } from "./document.ts";
import { isObject } from "../is_object.ts";
import { parseJson } from "../strict_json.ts";

const BUCKET_NAME_PLACEHOLDER = "$!BUCKET_NAME!$";
const REQUIRED_STATEMENT_KEYS = ["Action", "Effect", "Resource"];

function checkEffect(statement: Record<string, unknown>): void {
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny") {
    throw new InvalidInput("Effect must be Allow or Deny");
  }
}

/**
 * Reads a statement that is to be added to a policy.
 *
 * @param text a JSON object with `Effect`, `Action` and `Resource`
 * @returns the statement
 * @throws {RangeError} if the text is not JSON, or not such an object
 * @throws {RangeError} if `Effect` is neither `Allow` nor `Deny`
 *
 * @example A statement for another service
 * ```ts
 * import { parseStatement } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const statement = parseStatement('{"Effect":"Allow","Action":"textract:*","Resource":"*"}');
 * assert.equal(statement.Action, "textract:*");
 * ```
 */
export function parseStatement(text: string): PolicyStatement {
  const data = parseJson(text, "Invalid JSON string");
  if (!isObject(data)) throw new InvalidInput("JSON must be an object");
  const missing = REQUIRED_STATEMENT_KEYS.filter((key) => !(key in data));
  if (missing.length > 0) {
    throw new InvalidInput(`Statement JSON missing required keys: ${missing.join(", ")}`);
  }
  checkEffect(data);
  return data as PolicyStatement;
}

/**
 * Reads a policy document with `$!BUCKET_NAME!$` where the name of a bucket belongs.
 *
 * @param text the document's JSON
 * @param invalid what to say if it is not JSON
 * @returns the document, its placeholders still in place
 * @throws {RangeError} if the text is not JSON, or not an object with a `Statement`
 * @throws {RangeError} if a statement's `Effect` is neither `Allow` nor `Deny`
 *
 * @example From a template to a bucket's policy
 * ```ts
 * import { expandPolicyTemplate, parsePolicyTemplate } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const template = parsePolicyTemplate(JSON.stringify({
 *   Version: "2012-10-17",
 *   Statement: [{
 *     Effect: "Allow",
 *     Action: "s3:GetObject",
 *     Resource: "arn:aws:s3:::$!BUCKET_NAME!$/*",
 *   }],
 * }));
 * const policy = expandPolicyTemplate(template, "photos");
 * assert.equal(policy.Statement[0]?.Resource, "arn:aws:s3:::photos/*");
 * ```
 */
export function parsePolicyTemplate(
  text: string,
  invalid: string = "Invalid JSON string",
): PolicyDocument {
  const data = parseJson(text, invalid);
  if (!isObject(data)) throw new InvalidInput("Policy must be a JSON object");
  const statements = Array.isArray(data.Statement) ? data.Statement : [data.Statement];
  if (statements.length === 0 || !statements.every(isObject)) {
    throw new InvalidInput("Policy must have a Statement: an object, or an array of objects");
  }
  statements.forEach(checkEffect);
  return { ...data, Statement: statements as PolicyStatement[] };
}

/**
 * Puts a bucket's name in the place of every `$!BUCKET_NAME!$` of a policy.
 *
 * @param template the document with its placeholders
 * @param bucket the bucket's name
 * @returns the policy of that bucket
 *
 * @example Two placeholders
 * ```ts
 * import { expandPolicyTemplate } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const template = {
 *   Statement: [{
 *     Effect: "Allow",
 *     Action: "s3:*",
 *     Resource: ["arn:aws:s3:::$!BUCKET_NAME!$", "arn:aws:s3:::$!BUCKET_NAME!$/*"],
 *   }],
 * };
 * assert.deepEqual(expandPolicyTemplate(template, "b").Statement[0]?.Resource, [
 *   "arn:aws:s3:::b",
 *   "arn:aws:s3:::b/*",
 * ]);
 * ```
 */
export function expandPolicyTemplate(template: PolicyDocument, bucket: string): PolicyDocument {
  return expand(template, bucket) as PolicyDocument;
}

/** Works on the parsed values, so that no name can change the document's shape. */
function expand(value: unknown, bucket: string): unknown {
  if (typeof value === "string") return value.replaceAll(BUCKET_NAME_PLACEHOLDER, () => bucket);
  if (Array.isArray(value)) return value.map((item) => expand(item, bucket));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [expand(key, bucket), expand(item, bucket)]),
  );
}
