/**
 * All that decides over who can read a bucket.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { type PublicAccessFacts, publicAccessVerdict } from "../policy/public_access.ts";
import { plainData } from "../rows.ts";
import { undefinedIfMissing } from "./bucket_settings.ts";
import { bucketAcl, bucketRegion, bucketWebsite } from "./buckets.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import { accountPublicAccessBlock } from "./public_access_block.ts";
import type { Row } from "./listings.ts";
import { serviceError } from "../aws/service_error.ts";

/** One part of a {@linkcode BucketReport}. */
export type ReportPart =
  /** What was found; `null` where there is no such setting. */
  | { name: string; value: unknown }
  /** Why it could not be read. */
  | { name: string; error: S3CredentialsError };

/** What {@linkcode debugBucket} finds out. */
export interface BucketReport {
  /** The parts, in a fixed order. */
  parts: ReportPart[];
  /** Who can read the bucket, in plain words; the first sentence is the verdict. */
  verdict: string[];
}

interface Part {
  name: string;
  read(s3: S3Client, bucket: string): Promise<unknown>;
}

const ACL = "Bucket ACL";
const POLICY_STATUS = "Bucket policy status";
const BLOCK = "Bucket public access block";
const LOCATION = "Bucket location";
const OWNERSHIP = "Bucket ownership controls";
const WEBSITE = "Bucket website";
const ACCOUNT_BLOCK = "Account public access block";

const PARTS: readonly Part[] = [
  { name: ACL, read: bucketAcl },
  {
    name: POLICY_STATUS,
    read: (s3, bucket) =>
      undefinedIfMissing(s3.getBucketPolicyStatus({ Bucket: bucket }), "NoSuchBucketPolicy"),
  },
  {
    name: BLOCK,
    read: (s3, bucket) =>
      undefinedIfMissing(
        s3.getPublicAccessBlock({ Bucket: bucket }),
        "NoSuchPublicAccessBlockConfiguration",
      ),
  },
  { name: LOCATION, read: bucketRegion },
  {
    name: OWNERSHIP,
    read: (s3, bucket) =>
      undefinedIfMissing(
        s3.getBucketOwnershipControls({ Bucket: bucket }),
        "OwnershipControlsNotFoundError",
      ),
  },
  {
    name: WEBSITE,
    read: async (s3, bucket) => bucketWebsite(s3, bucket, await bucketRegion(s3, bucket)),
  },
  {
    name: "Bucket CORS policy",
    read: (s3, bucket) =>
      undefinedIfMissing(s3.getBucketCors({ Bucket: bucket }), "NoSuchCORSConfiguration"),
  },
  {
    name: "Bucket policy",
    read: async (s3, bucket) => {
      const found = await undefinedIfMissing(
        s3.getBucketPolicy({ Bucket: bucket }),
        "NoSuchBucketPolicy",
      );
      return found?.Policy && JSON.parse(found.Policy);
    },
  },
];

/**
 * Reads all that decides over who can read a bucket, and says who can.
 *
 * A part that may not be read has its error in its place, and the verdict takes it into account.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the parts and the verdict
 * @throws {S3CredentialsError} if there is no such bucket, or nothing of it may be read
 *
 * @example A new bucket
 * ```ts
 * import { connect, debugBucket } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { verdict } = await debugBucket(aws, "photos");
 * assert.match(verdict[0]!, /^Not public/);
 * aws.close();
 * ```
 */
export async function debugBucket(aws: Aws, bucket: string): Promise<BucketReport> {
  const s3 = await aws.s3().catch((error) => {
    throw serviceError(error, `Could not look at bucket ${bucket}`);
  });
  const outcomes = await Promise.all([
    ...PARTS.map(({ name, read }) => outcome(name, read(s3, bucket), ` of ${bucket}`)),
    outcome(ACCOUNT_BLOCK, accountPublicAccessBlock(aws)),
  ]);
  const errors = outcomes.flatMap((part) => "error" in part ? [part.error] : []);
  const missing = errors.find((error) => /NoSuchBucket\b/.test(error.message));
  if (missing !== undefined) {
    throw new S3CredentialsError("not-found", `Bucket does not exist: ${bucket}`, {
      cause: missing,
    });
  }
  if (outcomes.every((part) => "error" in part || part.name === ACCOUNT_BLOCK)) throw errors[0];
  return { parts: outcomes, verdict: publicAccessVerdict(factsFrom(outcomes)) };
}

async function outcome(name: string, read: Promise<unknown>, of = ""): Promise<ReportPart> {
  try {
    return { name, value: plainData(await read ?? null) };
  } catch (error) {
    return { name, error: serviceError(error, `Could not read the ${lower(name)}${of}`) };
  }
}

function lower(name: string): string {
  return name.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

function factsFrom(parts: ReportPart[]): PublicAccessFacts {
  const part = (name: string) => parts.find((one) => one.name === name)!;
  /** `undefined` where it could not be read, `null` where there is none. */
  const valueOf = (name: string): Row | null | undefined => {
    const found = part(name);
    return "error" in found ? undefined : found.value as Row | null;
  };
  const status = valueOf(POLICY_STATUS);
  const acl = valueOf(ACL);
  const ownership = valueOf(OWNERSHIP) as
    | { OwnershipControls?: { Rules?: { ObjectOwnership?: string }[] } }
    | null
    | undefined;
  const objectOwnership = ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? null;
  const website = valueOf(WEBSITE);
  const block = valueOf(BLOCK);
  const accountBlock = valueOf(ACCOUNT_BLOCK);
  return {
    ...(status !== undefined && {
      isPolicyPublic: (status?.PolicyStatus as { IsPublic?: boolean })?.IsPublic ?? false,
    }),
    ...(acl !== undefined &&
      { grants: (acl?.Grants ?? []) as PublicAccessFacts["grants"] & object }),
    ...(ownership !== undefined && { objectOwnership }),
    ...(website !== undefined && { websiteUrl: (website?.url as string | undefined) ?? null }),
    ...(block !== undefined && {
      publicAccessBlock: (block?.PublicAccessBlockConfiguration as Row | undefined) ?? null,
    }),
    ...(accountBlock !== undefined && { accountPublicAccessBlock: accountBlock }),
  };
}
