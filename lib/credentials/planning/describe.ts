/**
 * The steps of `create` in words, before they are taken and after; and a key in words.
 *
 * @module
 */
import { DEFAULT_REGION } from "../../partitions.ts";
import type { AccessKeyFacts, Step } from "../types.ts";
import { formatTime } from "../../time.ts";

function json(value: unknown): string {
  return JSON.stringify(value, null, 4);
}

/** On one line, with a space after each colon and comma. */
function jsonLine(value: Record<string, boolean>): string {
  const entries = Object.entries(value).map(([key, setting]) => `"${key}": ${setting}`);
  return `{${entries.join(", ")}}`;
}

/** The configuration that CreateBucket needs for a region; `us-east-1` must not be named. */
export function bucketConfiguration(
  region: string | undefined,
): { LocationConstraint: string } | undefined {
  return region === undefined || region === DEFAULT_REGION
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
    case "put-bucket-tagging":
      return `... then tag it: ${step.tags.map(({ Key, Value }) => `${Key}=${Value}`).join(", ")}`;
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

/** What `create` logs of a step that was taken; nothing for one that logs its parts as it goes. */
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
    case "put-bucket-tagging":
      return `Tagged bucket: ${step.bucket}`;
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

/** An access key's id, with its age and last use. */
export function describeKey(key: AccessKeyFacts): string {
  const created = key.createDate ? `created ${formatTime(key.createDate)}` : "age unknown";
  return `access key ${key.accessKeyId} (${created}, ${describeUse(key.lastUsedDate)})`;
}

function describeUse(lastUsed: Date | null | undefined): string {
  if (lastUsed === undefined) return "last use unknown";
  return lastUsed === null ? "never used" : `last used ${formatTime(lastUsed)}`;
}
