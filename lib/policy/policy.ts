/**
 * Policy documents: what this tool grants, and nothing more.
 *
 * @module
 */
import { checkBucketName } from "../names.ts";

/** What credentials may do with the objects of a bucket. */
export type Permission = "read-write" | "read-only" | "write-only";

/**
 * One statement of a policy document, in AWS's own keys.
 *
 * See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
 */
export interface PolicyStatement {
  /** An optional name of the statement, unique in its document. */
  Sid?: string;
  /** Whether the statement allows or denies. */
  Effect: string;
  /** Whom a bucket policy speaks of. */
  Principal?: unknown;
  /** One action or several, such as `s3:GetObject`. */
  Action?: string | string[];
  /** One ARN or several. */
  Resource?: string | string[];
  /** When the statement holds. */
  Condition?: Record<string, Record<string, unknown>>;
  /** Any other element, such as `NotAction`. */
  [element: string]: unknown;
}

/** A policy document, in AWS's own keys. */
export interface PolicyDocument {
  /** The version of the policy language. */
  Version?: string;
  /** An optional name of the document. */
  Id?: string;
  /** What it allows and denies. */
  Statement: PolicyStatement[];
}

/** What the policy of one or more buckets shall grant. */
export interface BucketPolicyOptions {
  /**
   * What may be done.
   *
   * @default {"read-write"}
   */
  permission?: Permission;
  /** Only keys that start with this; all keys where it is left out. */
  prefix?: string;
  /** Statements to add at the end. */
  statements?: readonly PolicyStatement[];
}

const READ_OBJECT_ACTIONS = [
  "s3:GetObject",
  "s3:GetObjectAcl",
  "s3:GetObjectLegalHold",
  "s3:GetObjectRetention",
  "s3:GetObjectTagging",
] as const;

function document(statements: PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

function allow(actions: readonly string[], resource: string): PolicyStatement {
  return { Effect: "Allow", Action: [...actions], Resource: [resource] };
}

/**
 * Checks a prefix and turns it into the pattern that a policy holds.
 *
 * `*`, `?` and `${` mean more than themselves in a policy, so a prefix with one of them would grant
 * more than its text says. Only a single `*` at the end is let through: it is what the pattern ends
 * in anyway.
 *
 * @param prefix the start of the keys, such as `reports/`
 * @returns the prefix with exactly one `*` at its end
 * @throws {RangeError} if the prefix is empty or holds a wildcard or a policy variable
 *
 * @example A folder
 * ```ts
 * import { prefixPattern } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(prefixPattern("reports/"), "reports/*");
 * assert.equal(prefixPattern("reports/*"), "reports/*");
 * assert.throws(() => prefixPattern("reports/*\/2026"), RangeError);
 * ```
 */
export function prefixPattern(prefix: string): string {
  if (prefix === "") {
    throw new RangeError(
      "Prefix is empty, which would cover the whole bucket: leave it out to mean that",
    );
  }
  const start = prefix.endsWith("*") ? prefix.slice(0, -1) : prefix;
  const wildcard = /[*?]|\$\{/.exec(start)?.[0];
  if (wildcard !== undefined) {
    throw new RangeError(
      `Prefix must not contain ${wildcard}: in a policy it would match more than itself`,
    );
  }
  return `${start}*`;
}

/**
 * Says what may surprise someone about a prefix that is allowed all the same.
 *
 * @param prefix the start of the keys, as the user gave it
 * @returns sentences for the user, none where there is nothing to say
 *
 * @example A prefix that covers more than one folder
 * ```ts
 * import { prefixWarnings } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(prefixWarnings("foo").length, 1);
 * assert.deepEqual(prefixWarnings("foo/"), []);
 * ```
 */
export function prefixWarnings(prefix: string): string[] {
  const warnings: string[] = [];
  if (prefix.startsWith("/")) {
    warnings.push(
      `Prefix starts with /: S3 keys rarely do, so "${prefix}" may match nothing`,
    );
  }
  if (!prefix.endsWith("/") && !prefix.endsWith("*")) {
    warnings.push(
      `Prefix does not end in /: "${prefix}" also covers keys such as "${prefix}bar"`,
    );
  }
  return warnings;
}

function readStatements(bucketArn: string, pattern: string): PolicyStatement[] {
  const objects = allow(READ_OBJECT_ACTIONS, `${bucketArn}/${pattern}`);
  if (pattern === "*") {
    return [allow(["s3:ListBucket", "s3:GetBucketLocation"], bucketArn), objects];
  }
  return [
    allow(["s3:GetBucketLocation"], bucketArn),
    {
      ...allow(["s3:ListBucket"], bucketArn),
      Condition: { StringLike: { "s3:prefix": [pattern] } },
    },
    objects,
  ];
}

const PERMISSIONS: readonly string[] = ["read-only", "write-only", "read-write"];

/**
 * Checks that a text is one of the permissions.
 *
 * @param permission the text
 * @throws {RangeError} if it is another one
 *
 * @example A typing mistake
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkPermission } from "./policy.ts";
 *
 * checkPermission("read-only");
 * assert.throws(() => checkPermission("readonly"), RangeError);
 * ```
 */
export function checkPermission(permission: string): void {
  if (!PERMISSIONS.includes(permission)) {
    throw new RangeError(
      `Invalid permission ${JSON.stringify(permission)}: expected ${PERMISSIONS.join(", ")}`,
    );
  }
}

function bucketStatements(
  bucket: string,
  permission: Permission,
  pattern: string,
): PolicyStatement[] {
  checkBucketName(bucket);
  const bucketArn = `arn:aws:s3:::${bucket}`;
  const write = (actions: string[]) => allow(actions, `${bucketArn}/${pattern}`);
  switch (permission) {
    case "read-only":
      return readStatements(bucketArn, pattern);
    case "write-only":
      return [write(["s3:PutObject"])];
    case "read-write":
      return [
        ...readStatements(bucketArn, pattern),
        write(["s3:PutObject", "s3:DeleteObject"]),
      ];
  }
}

/**
 * The policy that lets its holder work with the objects of some buckets, and do nothing else.
 *
 * @param buckets the buckets' names
 * @param options permission, prefix and further statements
 * @returns the policy document
 * @throws {RangeError} if a name or the prefix would widen the grant, or the permission is none
 *
 * @example Reading one folder
 * ```ts
 * import { bucketsPolicy } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const policy = bucketsPolicy(["logs"], { permission: "write-only", prefix: "web/" });
 * assert.deepEqual(policy.Statement, [
 *   { Effect: "Allow", Action: ["s3:PutObject"], Resource: ["arn:aws:s3:::logs/web/*"] },
 * ]);
 * ```
 */
export function bucketsPolicy(
  buckets: readonly string[],
  options: BucketPolicyOptions = {},
): PolicyDocument {
  const { permission = "read-write", prefix, statements = [] } = options;
  checkPermission(permission);
  const pattern = prefix === undefined ? "*" : prefixPattern(prefix);
  return document([
    ...buckets.flatMap((bucket) => bucketStatements(bucket, permission, pattern)),
    ...statements,
  ]);
}

/**
 * The bucket policy that lets anyone download an object whose key they know.
 *
 * @param bucket the bucket's name
 * @returns the policy document
 * @throws {RangeError} if it is no name of one bucket
 *
 * @example Only reading, for everyone
 * ```ts
 * import { publicBucketPolicy } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(publicBucketPolicy("site").Statement[0]?.Action, ["s3:GetObject"]);
 * ```
 */
export function publicBucketPolicy(bucket: string): PolicyDocument {
  checkBucketName(bucket);
  return document([{
    Sid: "AllowAllGetObject",
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject"],
    Resource: [`arn:aws:s3:::${bucket}/*`],
  }]);
}

function asList<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/**
 * Joins policies into one that means the same: statements that differ in their resources only become
 * one statement over all of these, and repeated ones are dropped.
 *
 * @param policies the policies to join
 * @returns one policy document
 *
 * @example Two buckets, one statement
 * ```ts
 * import { bucketsPolicy, joinPolicies } from "@s3creds/cli";
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
 * The text of a policy as it is sent to AWS: no white space that doesn't count.
 *
 * @param policy the policy document
 * @returns JSON on one line
 *
 * @example Shorter than what people read
 * ```ts
 * import { bucketsPolicy, policyText } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.ok(policyText(bucketsPolicy(["logs"])).startsWith('{"Version":"2012-10-17"'));
 * ```
 */
export function policyText(policy: PolicyDocument): string {
  return JSON.stringify(policy);
}

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
 * import { bucketsPolicy, withoutAllowing } from "./policy.ts";
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
