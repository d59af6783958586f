/**
 * The policies that this tool grants, and nothing more.
 *
 * @module
 */
import type { Partition } from "../partitions.ts";
import type { PolicyDocument, PolicyStatement } from "./document.ts";
import { checkOptionNames } from "../known_options.ts";
import { bucketGrants, checkGrantable, grantsPolicy, type PermissionOptions } from "./grants.ts";

/** What the policy of one or more buckets is to grant. */
export interface BucketPolicyOptions extends PermissionOptions {
  /** Statements to add at the end. */
  statements?: readonly PolicyStatement[];
  /**
   * AWS's partition that the buckets are in, such as `aws-cn`.
   *
   * @default {"aws"}
   */
  partition?: Partition;
}

const BUCKET_POLICY_OPTIONS: (keyof BucketPolicyOptions)[] = [
  "permission",
  "prefix",
  "noDelete",
  "statements",
  "partition",
];

/**
 * The policy that lets its holder work with the objects of some buckets, and do nothing else.
 *
 * @param buckets the buckets' names
 * @param options permission, prefix and further statements
 * @returns the policy document
 * @throws {RangeError} if a name or the prefix would widen the grant, the permission or an option is
 *   unknown, or a name is that of a directory bucket or an access point
 *
 * @example Reading one directory
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
  checkOptionNames(options, BUCKET_POLICY_OPTIONS);
  const { partition } = options;
  const { Statement, ...policy } = grantsPolicy(bucketGrants(buckets, options), { partition });
  return { ...policy, Statement: [...Statement, ...options.statements ?? []] };
}

/**
 * The bucket policy that lets anyone download an object whose key they know.
 *
 * @param bucket the bucket's name
 * @param options the partition
 * @returns the policy document
 * @throws {RangeError} if it isn't a bucket's name, or is that of a directory bucket or an access point
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
  checkOptionNames(options, ["partition"]);
  const { partition = "aws" } = options;
  checkGrantable(bucket);
  return {
    Version: "2012-10-17",
    Statement: [{
      Sid: "AllowAllGetObject",
      Effect: "Allow",
      Principal: "*",
      Action: ["s3:GetObject"],
      Resource: [`arn:${partition}:s3:::${bucket}/*`],
    }],
  };
}
