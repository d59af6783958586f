/**
 * The policies that this tool grants, and nothing more.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";
import { checkBucketName } from "../names.ts";
import type { Partition } from "../partitions.ts";
import type { PolicyDocument, PolicyStatement } from "./document.ts";

/** What credentials may do with the objects of a bucket. */
export type Permission = "read-write" | "read-only" | "write-only";

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
  /**
   * AWS's partition that the buckets are in, such as `aws-cn`.
   *
   * @default {"aws"}
   */
  partition?: Partition;
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
 * The pattern of a policy for keys that start with a prefix: the prefix with exactly one `*` at its end.
 *
 * `*`, `?` and `${` mean more than themselves in a policy, so a prefix with one of them would grant
 * more than its text says. Only a single `*` at the end is accepted: the pattern ends in it anyway.
 */
export function prefixPattern(prefix: string): string {
  if (prefix === "") {
    throw new InvalidInput(
      "Prefix is empty, which would cover the whole bucket: leave it out to mean that",
    );
  }
  const start = prefix.endsWith("*") ? prefix.slice(0, -1) : prefix;
  const wildcard = /[*?]|\$\{/.exec(start)?.[0];
  if (wildcard !== undefined) {
    throw new InvalidInput(
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
 * import { prefixWarnings } from "@s3creds/cli/policy";
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

/** Throws `InvalidInput` unless it is one of the three permissions. */
export function checkPermission(permission: string): void {
  if (!PERMISSIONS.includes(permission)) {
    throw new InvalidInput(
      `Invalid permission ${JSON.stringify(permission)}: expected ${PERMISSIONS.join(", ")}`,
    );
  }
}

/** Names that requests take in place of a bucket's, with what a policy has to name instead. */
const OTHER_RESOURCES: [suffix: RegExp, what: string, instead: string][] = [
  [
    /--x-s3$/,
    "a directory bucket",
    "s3express:CreateSession on arn:aws:s3express:REGION:ACCOUNT:bucket/NAME",
  ],
  [
    /-s3alias$/,
    "the alias of an access point",
    "the actions on arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME and its /object/*, or on the bucket " +
    "with the condition s3:DataAccessPointArn",
  ],
  [
    /--ol-s3$/,
    "the alias of an Object Lambda access point",
    "the actions of s3-object-lambda on its ARN",
  ],
  [/\.mrap$/, "a multi-region access point", "the actions on arn:aws:s3::ACCOUNT:accesspoint/NAME"],
  [/--table-s3$/, "a table bucket", "the actions of s3tables on its ARN"],
];

/** The ARN of an ordinary bucket of such a name would grant nothing. */
function checkGrantable(bucket: string): void {
  checkBucketName(bucket);
  const [, what, instead] = OTHER_RESOURCES.find(([suffix]) => suffix.test(bucket)) ?? [];
  if (what === undefined) return;
  throw new InvalidInput(
    `Cannot grant access to ${bucket}: it is ${what}, where arn:aws:s3:::${bucket} grants nothing. ` +
      `Write a policy of your own that allows ${instead}`,
  );
}

function bucketStatements(
  bucket: string,
  permission: Permission,
  pattern: string,
  partition: Partition,
): PolicyStatement[] {
  checkGrantable(bucket);
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
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
 * @throws {RangeError} if a name or the prefix would widen the grant, the permission is none, or a name is
 *   that of a directory bucket or an access point
 *
 * @example Reading one folder
 * ```ts
 * import { bucketsPolicy } from "@s3creds/cli/policy";
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
  const { permission = "read-write", prefix, statements = [], partition = "aws" } = options;
  checkPermission(permission);
  const pattern = prefix === undefined ? "*" : prefixPattern(prefix);
  return document([
    ...buckets.flatMap((bucket) => bucketStatements(bucket, permission, pattern, partition)),
    ...statements,
  ]);
}

/**
 * The bucket policy that lets anyone download an object whose key they know.
 *
 * @param bucket the bucket's name
 * @param options the partition
 * @returns the policy document
 * @throws {RangeError} if it is no name of one bucket, or that of a directory bucket or an access point
 *
 * @example Only reading, for everyone
 * ```ts
 * import { publicBucketPolicy } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(publicBucketPolicy("site").Statement[0]?.Action, ["s3:GetObject"]);
 * ```
 */
export function publicBucketPolicy(
  bucket: string,
  options: Pick<BucketPolicyOptions, "partition"> = {},
): PolicyDocument {
  const { partition = "aws" } = options;
  checkGrantable(bucket);
  return document([{
    Sid: "AllowAllGetObject",
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject"],
    Resource: [`arn:${partition}:s3:::${bucket}/*`],
  }]);
}
