/**
 * Policies made from others: joined, or narrowed.
 *
 * @module
 */
import { asList, type PolicyDocument, type PolicyStatement } from "./document.ts";

/**
 * Joins policies into one that means the same: statements that differ in their resources only become
 * one statement over all of these, and repeated ones are dropped.
 *
 * @param policies the policies to join
 * @returns one policy document
 *
 * @example Two buckets, one statement
 * ```ts
 * import { bucketsPolicy, joinPolicies } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const one = bucketsPolicy(["logs"], { permission: "write-only" });
 * const two = bucketsPolicy(["site"], { permission: "write-only" });
 * assert.deepEqual(joinPolicies([one, two]).Statement, [{
 *   Effect: "Allow",
 *   Action: ["s3:PutObject"],
 *   Resource: ["arn:aws:s3:::logs/*", "arn:aws:s3:::site/*"],
 * }]);
 * ```
 */
export function joinPolicies(policies: readonly PolicyDocument[]): PolicyDocument {
  const joined = new Map<string, PolicyStatement>();
  for (const statement of policies.flatMap((policy) => policy.Statement)) {
    const { Resource, ...rest } = statement;
    const key = JSON.stringify(rest);
    const resources = [...asList(joined.get(key)?.Resource), ...asList(Resource)];
    const merged = { ...statement };
    if (Resource !== undefined) merged.Resource = [...new Set(resources)];
    joined.set(key, merged);
  }
  return { ...policies[0], Statement: withUniqueSids([...joined.values()]) };
}

/** AWS refuses a document in which two statements have the same Sid. */
function withUniqueSids(statements: PolicyStatement[]): PolicyStatement[] {
  const taken = new Set(statements.map((statement) => statement.Sid));
  const seen = new Set<string>();
  return statements.map((statement) => {
    if (statement.Sid === undefined) return statement;
    let sid = statement.Sid;
    for (let n = 2; seen.has(sid) || (sid !== statement.Sid && taken.has(sid)); n++) {
      sid = `${statement.Sid}${n}`;
    }
    seen.add(sid);
    return { ...statement, Sid: sid };
  });
}

/**
 * Takes an action out of what a policy allows, which can only narrow it. Other makers' servers refuse a
 * policy with an action that they don't know.
 *
 * @param policy the policy document
 * @param action the action, such as `s3:GetObjectAcl`
 * @returns the narrower policy; `undefined` where nothing allows the action by that name
 *
 * @example MinIO knows no ACLs
 * ```ts
 * import assert from "node:assert/strict";
 * import { bucketsPolicy } from "./build.ts";
 * import { withoutAllowing } from "./merge.ts";
 *
 * const policy = withoutAllowing(bucketsPolicy(["b-1"]), "s3:GetObjectAcl")!;
 * assert.ok(!JSON.stringify(policy).includes("GetObjectAcl"));
 * assert.equal(withoutAllowing(policy, "s3:GetObjectAcl"), undefined);
 * ```
 */
export function withoutAllowing(
  policy: PolicyDocument,
  action: string,
): PolicyDocument | undefined {
  let isFound = false;
  const statements = policy.Statement.flatMap((statement) => {
    const actions = asList(statement.Action);
    if (statement.Effect !== "Allow" || !actions.includes(action)) return [statement];
    isFound = true;
    const rest = actions.filter((one) => one !== action);
    return rest.length === 0 ? [] : [{ ...statement, Action: rest }];
  });
  return isFound ? { ...policy, Statement: statements } : undefined;
}
