/**
 * The steps of `create` in words: before they are taken, and after.
 *
 * @module
 */
import type { CreateFacts, CreateRequest, Step, UserFacts } from "./types.ts";
import { inlinePolicies, userNameFor } from "./grant.ts";
import { describeKey, limitingBoundary } from "./plan.ts";

function json(value: unknown): string {
  return JSON.stringify(value, null, 4);
}

/** On one line, with a space behind each colon and comma. */
function jsonLine(value: Record<string, boolean>): string {
  const entries = Object.entries(value).map(([key, setting]) => `"${key}": ${setting}`);
  return `{${entries.join(", ")}}`;
}

/**
 * The configuration that CreateBucket needs for a region, if any: `us-east-1` must not be named.
 *
 * @param region the bucket's region, if one was asked for
 * @returns the argument for CreateBucket, or `undefined`
 *
 * @example Two regions
 * ```ts
 * import assert from "node:assert/strict";
 * import { bucketConfiguration } from "./describe.ts";
 *
 * assert.equal(bucketConfiguration("us-east-1"), undefined);
 * assert.deepEqual(bucketConfiguration("eu-west-1"), { LocationConstraint: "eu-west-1" });
 * ```
 */
export function bucketConfiguration(
  region: string | undefined,
): { LocationConstraint: string } | undefined {
  return region === undefined || region === "us-east-1"
    ? undefined
    : { LocationConstraint: region };
}

/**
 * Says what a step would do, as `create --dry-run` prints it.
 *
 * @param step the step
 * @returns one line or several, without a line break at the end
 *
 * @example A user
 * ```ts
 * import { describeStep } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   describeStep({ kind: "create-user", userName: "s3.custom.b-1" }),
 *   "Would create user: 's3.custom.b-1'",
 * );
 * ```
 */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "create-bucket": {
      const configuration = bucketConfiguration(step.region);
      const details = configuration === undefined
        ? ""
        : ` with args ${json({ CreateBucketConfiguration: configuration })}`;
      return `Would create bucket: '${step.bucket}'${details}`;
    }
    case "set-public-access-block":
      return "... then add this public access block configuration:\n" +
        jsonLine({ ...step.settings });
    case "put-bucket-policy":
      return `... then attach the following bucket policy to it:\n${json(step.policy)}`;
    case "put-bucket-website":
      return `... then configure ${step.indexDocument} and ${step.errorDocument} website settings`;
    case "create-user":
      return `Would create user: '${step.userName}'` +
        (step.permissionsBoundary === undefined
          ? ""
          : ` with permissions boundary: '${step.permissionsBoundary}'`);
    case "put-user-policy":
      return `Would attach policy called '${step.policyName}' to user '${step.userName}', ` +
        `details:\n${json(step.policy)}`;
    case "create-access-key":
      return `Would call create access key for user '${step.userName}'`;
    case "ensure-role":
      return `Would ensure role: '${step.roleName}'`;
    case "assume-role":
      return `Would assume role ${step.roleArn === undefined ? "" : `'${step.roleArn}' `}` +
        `using following policy for ${step.duration} seconds:\n${json(step.policy)}`;
  }
}

/**
 * Says what a step has done, as `create` logs it.
 *
 * @param step the step that was taken
 * @returns a line, or nothing where the step logs its parts as it goes
 *
 * @example A bucket
 * ```ts
 * import assert from "node:assert/strict";
 * import { reportStep } from "./describe.ts";
 *
 * assert.equal(
 *   reportStep({ kind: "create-bucket", bucket: "b-1", region: "eu-west-1" }),
 *   "Created bucket: b-1 in region: eu-west-1",
 * );
 * ```
 */
export function reportStep(step: Step): string | undefined {
  switch (step.kind) {
    case "create-bucket":
      return `Created bucket: ${step.bucket}` +
        (step.region === undefined ? "" : ` in region: ${step.region}`);
    case "set-public-access-block":
      return "Set public access block configuration";
    case "put-bucket-policy":
      return "Attached bucket policy allowing public access";
    case "put-bucket-website":
      return `Configured website: IndexDocument=${step.indexDocument}, ` +
        `ErrorDocument=${step.errorDocument}`;
    case "create-user":
      return `Created user: ${step.userName}` +
        (step.permissionsBoundary === undefined
          ? ""
          : ` with permissions boundary: ${step.permissionsBoundary}`);
    case "put-user-policy":
      return `Attached policy ${step.policyName} to user ${step.userName}`;
    case "create-access-key":
      return `Created access key for user: ${step.userName}`;
    case "ensure-role":
    case "assume-role":
      return undefined;
  }
}

/**
 * Says what `create` has found that a person may not expect.
 *
 * @param request what shall be created
 * @param facts what the account holds
 * @returns a line for each thing
 *
 * @example A user with a key
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeFacts } from "./describe.ts";
 *
 * const facts = { existingBuckets: new Set(["b-1"]), user: {} };
 * assert.deepEqual(describeFacts({ buckets: ["b-1"] }, facts), [
 *   "User exists already: s3.read-write.b-1",
 * ]);
 * ```
 */
export function describeFacts(request: CreateRequest, facts: CreateFacts): string[] {
  const { existingBuckets, user } = facts;
  const elsewhere = request.bucketRegion === undefined
    ? []
    : [...existingBuckets].map((bucket) =>
      `Bucket exists already: ${bucket} - region ${request.bucketRegion} is for new buckets only`
    );
  const keys = user?.accessKeys?.length
    ? `, with ${user.accessKeys.map(describeKey).join(", ")}`
    : "";
  const name = userNameFor(request).name;
  return [...elsewhere, ...(user === undefined ? [] : [`User exists already: ${name}${keys}`])];
}

/**
 * Tells where the credentials will do more or less than was asked for, or be seen by more people.
 *
 * @param request what shall be created
 * @param facts what the account holds
 * @returns a sentence for each thing
 *
 * @example A user who is an administrator already
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeDangers } from "./describe.ts";
 *
 * const facts = { existingBuckets: new Set(["b-1"]), user: { groups: ["admins"] } };
 * assert.deepEqual(describeDangers({ buckets: ["b-1"], username: "joe" }, facts), [
 *   "The new key can also do what user joe may do by group admins",
 * ]);
 * ```
 */
export function describeDangers(request: CreateRequest, facts: CreateFacts): string[] {
  const { bucketsOfOtherAccounts = [], user } = facts;
  return [
    ...bucketsOfOtherAccounts.map((bucket) =>
      `Bucket ${bucket} belongs to another account, which sees all that is written to it`
    ),
    ...(user === undefined ? [] : describeUser(request, user)),
  ];
}

/** What an existing user adds to the key, and what it takes away. */
function describeUser(request: CreateRequest, user: UserFacts): string[] {
  const name = userNameFor(request).name;
  const given = new Set(
    inlinePolicies(request, name, user).map(({ policyName }) => policyName),
  );
  const others = [...user.inlinePolicies?.keys() ?? []].filter((other) => !given.has(other));
  const grants = [
    ...counted("policy", "policies", [...others, ...user.managedPolicies ?? []]),
    ...counted("group", "groups", user.groups ?? []),
  ];
  const boundary = limitingBoundary(request, user);
  return [
    ...(grants.length === 0
      ? []
      : [`The new key can also do what user ${name} may do by ${grants.join(" and by ")}`]),
    ...(boundary === undefined
      ? []
      : [`User ${name} has the permissions boundary ${boundary}, which also limits the new key`]),
  ];
}

function counted(one: string, several: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`${names.length === 1 ? one : several} ${names.join(", ")}`];
}
