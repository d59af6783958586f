/**
 * Settings of one bucket: CORS, bucket policy, public access block.
 *
 * @module
 */
import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import type { CORSRule } from "@aws-sdk/client-s3";
import { S3CredentialsError } from "../errors.ts";
import { plainData } from "../rows.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import { awsErrorCode, serviceError } from "../aws/service_error.ts";

/** A CORS rule, under S3's own keys. */
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

const CORS_FIELDS = [
  "ID",
  "AllowedHeaders",
  "AllowedMethods",
  "AllowedOrigins",
  "ExposeHeaders",
  "MaxAgeSeconds",
];

/** The name of the CORS rule that this tool sets. */
export const CORS_RULE_ID = "set-by-s3-credentials";

/**
 * Calls S3, and turns what goes wrong into an error for a person.
 *
 * @param aws the account
 * @param tried what to say was tried
 * @param call makes the call
 * @returns what `call` gave
 * @throws {S3CredentialsError} if it failed
 */
export async function withS3<T>(
  aws: Aws,
  tried: string,
  call: (s3: S3Client) => Promise<T>,
): Promise<T> {
  try {
    return await call(await aws.s3());
  } catch (error) {
    throw serviceError(error, tried);
  }
}

/**
 * Gives `undefined` where S3 says that a setting isn't there; other errors stay errors.
 *
 * @param call a call of S3 that gets a setting
 * @param code S3's error code for a missing setting
 * @returns what `call` gave, or `undefined`
 */
export async function undefinedIfMissing<T>(
  call: Promise<T>,
  code: string,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (awsErrorCode(error) === code) return undefined;
    throw error;
  }
}

/**
 * Gets the CORS rules of a bucket.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the rules; empty where there are none
 * @throws {S3CredentialsError} if they can't be read
 *
 * @example After a rule was set
 * ```ts
 * import { connect, getCorsRules, setCorsRule } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await setCorsRule(aws, "photos");
 * assert.deepEqual(await getCorsRules(aws, "photos"), [
 *   { ID: "set-by-s3-credentials", AllowedMethods: ["GET"], AllowedOrigins: ["*"] },
 * ]);
 * aws.close();
 * ```
 */
export async function getCorsRules(aws: Aws, bucket: string): Promise<CorsRule[]> {
  const found = await withS3(
    aws,
    `Could not read the CORS policy of bucket ${bucket}`,
    (s3) => undefinedIfMissing(s3.getBucketCors({ Bucket: bucket }), "NoSuchCORSConfiguration"),
  );
  return (found?.CORSRules ?? []).map((rule) => plainData(rule, CORS_FIELDS) as CorsRule);
}

/** What {@linkcode setCorsRule} shall allow. */
export interface CorsChoices {
  /**
   * Methods that a browser may use.
   *
   * @default {["GET"]}
   */
  allowedMethods?: readonly string[];
  /** Headers that a browser may send. */
  allowedHeaders?: readonly string[];
  /**
   * Where pages may come from.
   *
   * @default {["*"]}
   */
  allowedOrigins?: readonly string[];
  /** Headers that a page may see. */
  exposeHeaders?: readonly string[];
  /** Seconds for which a browser may keep the answer to its preflight request. */
  maxAgeSeconds?: number;
}

/**
 * Sets the CORS policy of a bucket to one rule. Rules that were there before are replaced, as S3 knows
 * no other way.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @param choices what the rule allows
 * @throws {S3CredentialsError} if it can't be set
 *
 * @example Uploads from one site
 * ```ts
 * import { connect, setCorsRule } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await setCorsRule(aws, "photos", {
 *   allowedMethods: ["PUT"],
 *   allowedOrigins: ["https://www.example.com/"],
 * });
 * assert.equal(sandbox.account.buckets.get("photos")?.cors?.length, 1);
 * aws.close();
 * ```
 */
export async function setCorsRule(
  aws: Aws,
  bucket: string,
  choices: CorsChoices = {},
): Promise<void> {
  const { allowedMethods = [], allowedOrigins = [], allowedHeaders = [], exposeHeaders = [] } =
    choices;
  const rule: CORSRule = {
    ID: CORS_RULE_ID,
    AllowedMethods: allowedMethods.length > 0 ? [...allowedMethods] : ["GET"],
    AllowedOrigins: allowedOrigins.length > 0 ? [...allowedOrigins] : ["*"],
    ...(allowedHeaders.length > 0 && { AllowedHeaders: [...allowedHeaders] }),
    ...(exposeHeaders.length > 0 && { ExposeHeaders: [...exposeHeaders] }),
    ...(choices.maxAgeSeconds !== undefined && { MaxAgeSeconds: choices.maxAgeSeconds }),
  };
  await withS3(
    aws,
    `Could not set the CORS policy of bucket ${bucket}`,
    (s3) => s3.putBucketCors({ Bucket: bucket, CORSConfiguration: { CORSRules: [rule] } }),
  );
}

/**
 * Gets the policy of a bucket.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the policy document; `undefined` where there is none
 * @throws {S3CredentialsError} if it can't be read
 *
 * @example A bucket without one
 * ```ts
 * import { connect, getBucketPolicy } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.equal(await getBucketPolicy(aws, "photos"), undefined);
 * aws.close();
 * ```
 */
export async function getBucketPolicy(aws: Aws, bucket: string): Promise<unknown> {
  const found = await withS3(
    aws,
    `Could not read the policy of bucket ${bucket}`,
    (s3) => undefinedIfMissing(s3.getBucketPolicy({ Bucket: bucket }), "NoSuchBucketPolicy"),
  );
  if (found?.Policy === undefined) return undefined;
  try {
    return JSON.parse(found.Policy);
  } catch (cause) {
    throw new S3CredentialsError("aws", `The policy of bucket ${bucket} is not JSON`, { cause });
  }
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
 * import {
 *   connect,
 *   publicBucketPolicy,
 *   setBucketPolicy,
 *   setPublicAccessBlock,
 * } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const policy = publicBucketPolicy("photos");
 * await assert.rejects(setBucketPolicy(aws, "photos", policy), { code: "access-denied" });
 * await setPublicAccessBlock(aws, "photos", { BlockPublicPolicy: false });
 * await setBucketPolicy(aws, "photos", policy);
 * aws.close();
 * ```
 */
export async function setBucketPolicy(aws: Aws, bucket: string, policy: unknown): Promise<void> {
  try {
    await withS3(
      aws,
      `Could not set the policy of bucket ${bucket}`,
      (s3) => s3.putBucketPolicy({ Bucket: bucket, Policy: JSON.stringify(policy) }),
    );
  } catch (error) {
    throw withHint(error, "access-denied", [
      "If the policy is public, the public access block of the bucket or the account may refuse it: " +
      `see s3-credentials debug-bucket ${bucket}`,
    ]);
  }
}

function withHint(error: unknown, code: string, hints: string[]): unknown {
  if (!(error instanceof S3CredentialsError) || error.code !== code) return error;
  const hint = [...(error.hint === undefined ? [] : [error.hint]), ...hints].join("\n");
  return new S3CredentialsError(error.code, error.message, { cause: error.cause, hint });
}

/** The four settings in S3's order, which is also that of their options. */
export const PUBLIC_ACCESS_BLOCK_FIELDS: readonly (keyof PublicAccessBlockSettings)[] = [
  "BlockPublicAcls",
  "IgnorePublicAcls",
  "BlockPublicPolicy",
  "RestrictPublicBuckets",
];

/**
 * Gets the public access block of a bucket.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the four settings; `undefined` where none are set
 * @throws {S3CredentialsError} if they can't be read
 *
 * @example New buckets block everything
 * ```ts
 * import { connect, getPublicAccessBlock } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.equal((await getPublicAccessBlock(aws, "photos"))?.BlockPublicPolicy, true);
 * aws.close();
 * ```
 */
export async function getPublicAccessBlock(
  aws: Aws,
  bucket: string,
): Promise<PublicAccessBlockSettings | undefined> {
  const found = await withS3(
    aws,
    `Could not read the public access block of bucket ${bucket}`,
    (s3) =>
      undefinedIfMissing(
        s3.getPublicAccessBlock({ Bucket: bucket }),
        "NoSuchPublicAccessBlockConfiguration",
      ),
  );
  const settings = found?.PublicAccessBlockConfiguration;
  return settings && completeSettings(settings);
}

/** What S3 leaves out is off. */
function completeSettings(
  settings: Partial<PublicAccessBlockSettings>,
): PublicAccessBlockSettings {
  return Object.fromEntries(
    PUBLIC_ACCESS_BLOCK_FIELDS.map((field) => [field, settings[field] ?? false]),
  ) as unknown as PublicAccessBlockSettings;
}

/**
 * Changes some settings of the public access block of a bucket. Those that are not named keep their
 * present value, although S3 itself would switch them off.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @param settings the settings to change
 * @returns all four settings as they are now
 * @throws {S3CredentialsError} if they can't be read or set
 *
 * @example One setting
 * ```ts
 * import { connect, setPublicAccessBlock } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const settings = await setPublicAccessBlock(aws, "photos", { BlockPublicAcls: false });
 * assert.equal(settings.BlockPublicAcls, false);
 * assert.equal(settings.BlockPublicPolicy, true);
 * aws.close();
 * ```
 */
export async function setPublicAccessBlock(
  aws: Aws,
  bucket: string,
  settings: Partial<PublicAccessBlockSettings>,
): Promise<PublicAccessBlockSettings> {
  const areAllNamed = PUBLIC_ACCESS_BLOCK_FIELDS.every((field) => settings[field] !== undefined);
  const present = areAllNamed ? {} : await getPublicAccessBlock(aws, bucket) ?? {};
  const named = Object.fromEntries(
    Object.entries(settings).filter(([, setting]) => setting !== undefined),
  );
  const all = completeSettings({ ...present, ...named });
  await withS3(
    aws,
    `Could not set the public access block of bucket ${bucket}`,
    (s3) =>
      s3.putPublicAccessBlock({
        Bucket: bucket,
        PublicAccessBlockConfiguration: { ...all },
      }),
  );
  return all;
}
