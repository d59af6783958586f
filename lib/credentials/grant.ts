/**
 * What a request grants, as policy documents that AWS will take.
 *
 * @module
 */
import { unsupportedCharacter } from "../policy/limits.ts";
import { type PolicyDocument, type PolicyStatement, policyText } from "../policy/document.ts";
import { joinPolicies } from "../policy/merge.ts";
import { bucketsPolicy } from "../policy/build.ts";
import type { CreateRequest, UserFacts } from "./types.ts";
import { S3CredentialsError } from "../errors.ts";
import {
  type DefaultName,
  defaultUserName,
  type GrantName,
  inlinePolicyName,
} from "./default_names.ts";
import { expandPolicyTemplate } from "../policy/template.ts";

/** Characters, of a user's inline policies in all and of a session policy. */
const POLICY_LIMIT = 2048;

/**
 * The name of the user that a request is about.
 *
 * @param request what shall be created
 * @returns the name asked for, or the default one
 *
 * @example The default
 * ```ts
 * import { userNameFor } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(userNameFor({ buckets: ["b-1"] }).name, "s3.read-write.b-1");
 * ```
 */
export function userNameFor(request: CreateRequest): DefaultName {
  return request.username === undefined
    ? defaultUserName(grantOf(request), request.buckets)
    : { name: request.username };
}

/**
 * What the names of users and policies say of a request.
 *
 * @param request what shall be created
 * @returns its permission, or `custom` where the caller brings statements along
 */
export function grantOf(request: CreateRequest): GrantName {
  const isCustom = request.policy !== undefined || (request.statements ?? []).length > 0;
  return isCustom ? "custom" : request.permission ?? "read-write";
}

/** An inline policy and its name. */
export interface NamedPolicy {
  /** Its name, unique among the user's inline policies. */
  policyName: string;
  /** What it grants. */
  policy: PolicyDocument;
}

/**
 * The inline policies of the user: one a bucket, or one for all of them where only that stays
 * within AWS's limit, or where two names would differ in nothing but their case.
 *
 * @param request what shall be created
 * @param userName the user's name, for the error
 * @param user the user as it was found, if it exists
 * @returns the policies to put
 * @throws {S3CredentialsError} `limit` if they would not fit, `invalid-policy` if AWS would refuse
 *   a character
 */
export function inlinePolicies(
  request: CreateRequest,
  userName: string,
  user: UserFacts | undefined,
): NamedPolicy[] {
  const grant = grantOf(request);
  const separate = request.buckets.map((bucket) => ({
    policyName: inlinePolicyName(grant, [bucket]),
    policy: checkedPolicy(policyFor(request, [bucket])),
  }));
  const sizeWith = (policies: NamedPolicy[]) => inlineSize(policies, user?.inlinePolicies);
  // Only old buckets have upper case; IAM, which doesn't tell it from lower, may keep but one of these.
  const names = new Set(separate.map(({ policyName }) => policyName.toLowerCase()));
  if (names.size === separate.length && sizeWith(separate) <= POLICY_LIMIT) return separate;
  const merged = (count: number) => [{
    policyName: inlinePolicyName(grant, request.buckets.slice(0, count)),
    policy: joinPolicies(separate.slice(0, count).map(({ policy }) => policy)),
  }];
  const size = sizeWith(merged(request.buckets.length));
  if (size <= POLICY_LIMIT) return merged(request.buckets.length);
  throw tooLarge(
    `The inline policies of user ${userName} would take ${size} characters`,
    (count) => sizeWith(merged(count)),
    request.buckets.length,
  );
}

/** IAM counts all inline policies of a user together, without white space. */
function inlineSize(
  policies: NamedPolicy[],
  existing: ReadonlyMap<string, string> = new Map(),
): number {
  const sizes = new Map(
    [...existing].map(([name, text]) => [name, text.replace(/\s/g, "").length]),
  );
  for (const { policyName, policy } of policies) sizes.set(policyName, policyText(policy).length);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function tooLarge(
  what: string,
  sizeOf: (bucketCount: number) => number,
  bucketCount: number,
): S3CredentialsError {
  let fitting = bucketCount;
  while (fitting > 0 && sizeOf(fitting) > POLICY_LIMIT) fitting--;
  return new S3CredentialsError("limit", `${what}, AWS allows ${POLICY_LIMIT}`, {
    hint: fitting === 0
      ? "Not even one bucket fits: shorten the policy"
      : `The first ${fitting} of these ${bucketCount} buckets fit: create credentials for ` +
        "fewer buckets at a time",
  });
}

function policyFor(request: CreateRequest, buckets: readonly string[]): PolicyDocument {
  const { policy, statements = [] } = request;
  if (policy === undefined) return bucketsPolicy(buckets, request);
  const expanded = buckets.map((bucket) => expandPolicyTemplate(policy, bucket));
  const [first] = expanded;
  const joined = first !== undefined && expanded.length === 1 ? first : joinPolicies(expanded);
  return { ...joined, Statement: [...joined.Statement, ...statements] };
}

function checkedPolicy(policy: PolicyDocument): PolicyDocument {
  const character = unsupportedCharacter(policy);
  if (character === undefined) return policy;
  throw new S3CredentialsError(
    "invalid-policy",
    `The policy holds ${JSON.stringify(character)}, and AWS takes no character beyond U+00FF ` +
      "in a policy",
    { hint: "Use a prefix without it, or end the prefix before it" },
  );
}

/**
 * The policy that narrows a session down: statements bucket by bucket as the `policy` command prints
 * them, joined only where space is short.
 *
 * @param request what shall be created
 * @returns the session policy
 * @throws {S3CredentialsError} `limit` if it would not fit, `invalid-policy` if AWS would refuse a
 *   character
 */
export function sessionPolicy(request: CreateRequest): PolicyDocument {
  const sizeOf = (policy: PolicyDocument) => policyText(policy).length;
  const joined = (count: number) =>
    joinPolicies(request.buckets.slice(0, count).map((bucket) => policyFor(request, [bucket])));
  const plain = checkedPolicy(policyFor(request, request.buckets));
  if (sizeOf(plain) <= POLICY_LIMIT) return plain;
  const all = joined(request.buckets.length);
  if (sizeOf(all) <= POLICY_LIMIT) return all;
  throw tooLarge(
    `The session policy would take ${sizeOf(all)} characters`,
    (count) => sizeOf(joined(count)),
    request.buckets.length,
  );
}

/**
 * The actions that a request allows besides those of S3.
 *
 * @param request what shall be created
 * @returns such as `textract:*`, each once
 *
 * @example A statement for another service
 * ```ts
 * import assert from "node:assert/strict";
 * import { actionsBeyondS3 } from "./grant.ts";
 *
 * const statement = { Effect: "Allow", Action: ["textract:*", "s3:GetObject"], Resource: "*" };
 * assert.deepEqual(actionsBeyondS3({ buckets: ["b-1"], statements: [statement] }), ["textract:*"]);
 * ```
 */
export function actionsBeyondS3(request: CreateRequest): string[] {
  const actions = ownAllowances(request).flatMap((statement) => statement.Action ?? []);
  return [...new Set(actions)].filter((action) => !S3_ACTION.test(action) && action !== "*");
}

const S3_ACTION = /^(s3|s3-object-lambda):/i;

/** The statements of the caller's own that allow something. */
function ownAllowances(request: CreateRequest): PolicyStatement[] {
  return [...request.policy?.Statement ?? [], ...request.statements ?? []]
    .filter((statement) => statement.Effect === "Allow");
}

/**
 * Whether a request allows nothing but actions of S3.
 *
 * @param request what shall be created
 * @returns false where a statement of the caller's own names another service, or all of them
 */
export function isWithinS3(request: CreateRequest): boolean {
  return ownAllowances(request).every(({ Action }) =>
    Action !== undefined && [Action].flat().every((action) => S3_ACTION.test(action))
  );
}
