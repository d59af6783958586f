/**
 * Settings of one bucket: its CORS rules and its policy.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import type { PolicyDocument } from "../policy/document.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import { awsErrorCode, noteMeaning } from "../aws/service_error.ts";
import { undefinedIfMissing, withBucket } from "./s3_calls.ts";

/** A CORS rule, under AWS's field names. */
export interface CorsRule {
  /** The rule's name. */
  ID?: string;
  /** Headers that a browser may send. */
  AllowedHeaders?: string[];
  /** Methods that a browser may use. */
  AllowedMethods: string[];
  /** Where pages may come from. */
  AllowedOrigins: string[];
  /** Headers that a page may see. */
  ExposeHeaders?: string[];
  /** Seconds for which a browser may keep the answer to its preflight request. */
  MaxAgeSeconds?: number;
}

/** The name of the CORS rule that this tool sets. */
export const CORS_RULE_ID = "set-by-s3-credentials";

/**
 * Gets the CORS rules of a bucket.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the rules; empty if there are none
 * @throws {S3CredentialsError} if they can't be read
 *
 * @example After a rule was set
 * ```ts
 * import { connect, getCorsRules, setCorsRule } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await setCorsRule(aws, "photos");
 * assert.deepEqual(await getCorsRules(aws, "photos"), [
 *   { ID: "set-by-s3-credentials", AllowedMethods: ["GET"], AllowedOrigins: ["*"] },
 * ]);
 * ```
 */
export async function getCorsRules(aws: Aws, bucket: string): Promise<CorsRule[]> {
  const found = await withBucket(
    aws,
    bucket,
    "read the CORS policy",
    (s3) => bucketCors(s3, bucket),
  );
  return found ?? [];
}

/** The CORS rules of a bucket; `null` if there are none. */
export async function bucketCors(s3: S3Client, bucket: string): Promise<CorsRule[] | null> {
  const found = await undefinedIfMissing(
    s3.getBucketCors({ Bucket: bucket }),
    "NoSuchCORSConfiguration",
  );
  return (found?.CORSRules ?? null) as CorsRule[] | null;
}

/**
 * Sets the CORS policy of a bucket to one rule. Rules that were there before are replaced, as S3 has
 * no other way.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @param rule what the rule allows; if omitted, GET requests from any origin
 * @throws {S3CredentialsError} if it can't be set
 *
 * @example Uploads from one site
 * ```ts
 * import { connect, getCorsRules, setCorsRule } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await setCorsRule(aws, "photos", {
 *   AllowedMethods: ["PUT"],
 *   AllowedOrigins: ["https://www.example.com"],
 * });
 * assert.deepEqual((await getCorsRules(aws, "photos"))[0]?.AllowedMethods, ["PUT"]);
 * ```
 */
export async function setCorsRule(
  aws: Aws,
  bucket: string,
  rule: Partial<CorsRule> = {},
): Promise<void> {
  const complete = completeCorsRule(rule);
  await withBucket(
    aws,
    bucket,
    "set the CORS policy",
    (s3) => s3.putBucketCors({ Bucket: bucket, CORSConfiguration: { CORSRules: [complete] } }),
  );
}

/** A rule with what {@linkcode setCorsRule} adds to it. */
export function completeCorsRule(rule: Partial<CorsRule>): CorsRule {
  return {
    ...rule,
    ID: rule.ID ?? CORS_RULE_ID,
    AllowedMethods: rule.AllowedMethods ?? ["GET"],
    AllowedOrigins: rule.AllowedOrigins ?? ["*"],
  };
}

/**
 * Gets the policy of a bucket.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the policy document; `undefined` if there is none
 * @throws {S3CredentialsError} if it can't be read
 *
 * @example A bucket without one
 * ```ts
 * import { connect, getBucketPolicy } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.equal(await getBucketPolicy(aws, "photos"), undefined);
 * ```
 */
export async function getBucketPolicy(
  aws: Aws,
  bucket: string,
): Promise<PolicyDocument | undefined> {
  const found = await withBucket(
    aws,
    bucket,
    "read the policy",
    (s3) => bucketPolicy(s3, bucket),
  );
  return found ?? undefined;
}

/** The policy of a bucket; `null` if there is none. */
export async function bucketPolicy(s3: S3Client, bucket: string): Promise<PolicyDocument | null> {
  const found = await undefinedIfMissing(
    s3.getBucketPolicy({ Bucket: bucket }).catch(notePolicyError),
    "NoSuchBucketPolicy",
  );
  if (found?.Policy === undefined) return null;
  try {
    return JSON.parse(found.Policy);
  } catch (cause) {
    throw new S3CredentialsError("aws", `The policy of bucket ${bucket} is not JSON`, { cause });
  }
}

/** How S3 refuses identities of other accounts that have the permission. */
function notePolicyError(error: unknown): never {
  if (awsErrorCode(error) === "MethodNotAllowed") {
    noteMeaning(error, {
      code: "access-denied",
      message: "only the account that owns the bucket can read and change its policy",
      hint: "Use credentials of that account. A server other than AWS may have no bucket policies",
    });
  }
  throw error;
}

/**
 * Sets the policy of a bucket.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @param policy the policy document
 * @throws {S3CredentialsError} if S3 refuses it
 *
 * @example A policy for everyone needs the public access block out of the way
 * ```ts
 * import { connect, setBucketPolicy, setPublicAccessBlock } from "@s3creds/cli";
 * import { publicBucketPolicy } from "@s3creds/cli/policy";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const policy = publicBucketPolicy("photos");
 * await assert.rejects(setBucketPolicy(aws, "photos", policy), { code: "access-denied" });
 * await setPublicAccessBlock(aws, "photos", { BlockPublicPolicy: false });
 * await setBucketPolicy(aws, "photos", policy);
 * ```
 */
export async function setBucketPolicy(
  aws: Aws,
  bucket: string,
  policy: PolicyDocument,
): Promise<void> {
  try {
    await withBucket(
      aws,
      bucket,
      "set the policy",
      (s3) =>
        s3.putBucketPolicy({ Bucket: bucket, Policy: JSON.stringify(policy) })
          .catch(notePolicyError),
    );
  } catch (error) {
    if (!(error instanceof S3CredentialsError) || error.code !== "access-denied") throw error;
    const publicHint =
      "If the policy is public, the public access block of the bucket or the account may refuse it: " +
      "see what `debugBucket` says";
    throw new S3CredentialsError(error.code, error.message, {
      cause: error.cause,
      hint: error.hint === undefined ? publicHint : `${error.hint}\n${publicHint}`,
    });
  }
}
