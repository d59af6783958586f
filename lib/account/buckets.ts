/**
 * The buckets of an account, with their details if wanted.
 *
 * @module
 */
import { DEFAULT_CONCURRENCY, Limiter } from "../concurrency.ts";
import type { Bucket } from "@aws-sdk/client-s3";
import { S3CredentialsError } from "../errors.ts";
import { plainData } from "../rows.ts";
import { undefinedIfMissing } from "./bucket_settings.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import type { ListOptions, Row } from "./listings.ts";
import { assertNewMarker, withDetails } from "../aws/listing.ts";
import { awsErrorCode, serviceError } from "../aws/service_error.ts";

/** The fields of a row of {@linkcode listBuckets}. */
export const BUCKET_FIELDS: readonly string[] = ["Name", "CreationDate"];

/** The further fields of a row of {@linkcode listBuckets} with details. */
export const BUCKET_DETAIL_FIELDS: readonly string[] = [
  "region",
  "bucket_acl",
  "public_access_block",
  "bucket_website",
];

/** Choices of {@linkcode listBuckets}. */
export interface ListBucketsOptions extends ListOptions {
  /** Only these buckets. */
  names?: readonly string[];
  /** Whether to fetch region, ACL, public access block and website of each bucket. */
  details?: boolean;
}

/**
 * Lists the buckets of the account, all of them or those that are named.
 *
 * Details are `null` where there is no such setting, and an object with an `error` where it may not be
 * read; of these the caller is told once a bucket.
 *
 * @param aws the account
 * @param options names, details, and what to do about errors
 * @returns a row a bucket, under the keys {@linkcode BUCKET_FIELDS} and
 *   {@linkcode BUCKET_DETAIL_FIELDS}
 * @throws {S3CredentialsError} if they can't be listed
 *
 * @example Where a bucket is
 * ```ts
 * import { connect, listBuckets } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const [photos] = await Array.fromAsync(listBuckets(aws, { details: true }));
 * assert.equal(photos?.region, "us-east-1");
 * aws.close();
 * ```
 */
export async function* listBuckets(
  aws: Aws,
  options: ListBucketsOptions = {},
): AsyncGenerator<Row> {
  const { names = [], details = false, concurrency = DEFAULT_CONCURRENCY } = options;
  const gate = new Limiter(concurrency);
  const missing = new Set(names);
  const buckets = selected(allBuckets(aws, gate), missing);
  const row = (bucket: Bucket) => plainData(bucket, BUCKET_FIELDS) as Row;
  if (details) {
    yield* withDetails(buckets, async (bucket) => ({
      ...row(bucket),
      ...await bucketDetails(aws, bucket.Name ?? "", gate, options),
    }), concurrency);
  } else {
    for await (const bucket of buckets) yield row(bucket);
  }
  for (const name of missing) {
    const error = new S3CredentialsError(
      "not-found",
      `Bucket does not exist in this account: ${name}`,
    );
    if (options.onError === undefined) throw error;
    options.onError(error);
  }
}

/** Passes on what is wanted and takes it from the set; an empty set wants all. */
async function* selected(
  buckets: AsyncIterable<Bucket>,
  wanted: Set<string>,
): AsyncGenerator<Bucket> {
  const wantsAll = wanted.size === 0;
  for await (const bucket of buckets) {
    if (wantsAll || wanted.delete(bucket.Name ?? "")) yield bucket;
  }
}

/** Without a page size S3 refuses accounts that may have more than 10,000 buckets. */
const BUCKETS_PER_PAGE = 1000;

async function* allBuckets(aws: Aws, gate: Limiter): AsyncGenerator<Bucket> {
  let token: string | undefined;
  do {
    try {
      const s3 = await aws.s3({ adaptive: true });
      const request = {
        MaxBuckets: BUCKETS_PER_PAGE,
        ...(token && { ContinuationToken: token }),
      };
      const page = await gate.run(() => s3.listBuckets(request));
      yield* page.Buckets ?? [];
      token = assertNewMarker(token, page.ContinuationToken);
    } catch (error) {
      throw serviceError(error, "Could not list buckets");
    }
  } while (token);
}

/** `EU` is what eu-west-1 was once called; no location means us-east-1. */
function regionOf(location: string | undefined): string {
  return location === "EU" ? "eu-west-1" : location || "us-east-1";
}

/**
 * Finds out which region a bucket is in.
 *
 * @param s3 a client of any region
 * @param bucket the bucket's name
 * @returns the region's name
 */
export async function bucketRegion(s3: S3Client, bucket: string): Promise<string> {
  const { LocationConstraint } = await s3.getBucketLocation({ Bucket: bucket });
  return regionOf(LocationConstraint);
}

/**
 * Where a bucket serves its website.
 *
 * @param bucket the bucket's name
 * @param region the bucket's region
 * @returns a URL of http, as S3's website endpoints have no TLS
 */
export function websiteUrl(bucket: string, region: string): string {
  return `http://${bucket}.s3-website.${region}.amazonaws.com/`;
}

async function bucketDetails(
  aws: Aws,
  bucket: string,
  gate: Limiter,
  options: ListOptions,
): Promise<Row> {
  const unread = new Map<Detail, S3CredentialsError>();
  const detail = async <T>(what: Detail, fetch: () => Promise<T>) => {
    try {
      return await gate.run(fetch);
    } catch (cause) {
      const error = serviceError(cause, `Could not read the ${what} of bucket ${bucket}`);
      if (options.onError === undefined) throw error;
      unread.set(what, error);
      return { error: error.message };
    }
  };
  const home = await aws.s3({ adaptive: true });
  const region = await detail("region", () => bucketRegion(home, bucket));
  const knownRegion = typeof region === "string" ? region : undefined;
  const s3 = knownRegion === undefined
    ? home
    : await aws.s3({ region: knownRegion, adaptive: true });
  const [acl, block, website] = await Promise.all([
    detail("ACL", () => bucketAcl(s3, bucket)),
    detail("public access block", () => publicAccessBlock(s3, bucket)),
    detail("website", () => bucketWebsite(s3, bucket, knownRegion)),
  ]);
  if (unread.size > 0) options.onError?.(allUnread(bucket, unread));
  return { region, bucket_acl: acl, public_access_block: block, bucket_website: website };
}

const DETAILS = ["region", "ACL", "public access block", "website"] as const;
type Detail = typeof DETAILS[number];

/** One error for all details of a bucket: what AWS said of each stands in the row. */
function allUnread(bucket: string, unread: Map<Detail, S3CredentialsError>): S3CredentialsError {
  const names = DETAILS.filter((name) => unread.has(name));
  const errors = names.map((name) => unread.get(name)!);
  const [first, ...others] = errors;
  if (others.length === 0) return first!;
  const list = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const reasons = new Set(errors.map(({ cause }) => awsErrorCode(cause)));
  return new S3CredentialsError(
    first!.code,
    `Could not read the ${list} of bucket ${bucket}: ${[...reasons].join(", ")}`,
    { cause: new AggregateError(errors) },
  );
}

/**
 * The ACL of a bucket, under S3's own keys.
 *
 * @param s3 a client of the bucket's region
 * @param bucket the bucket's name
 * @returns `Owner` and `Grants`
 */
export async function bucketAcl(s3: S3Client, bucket: string): Promise<Row> {
  const acl = await s3.getBucketAcl({ Bucket: bucket });
  const grants = acl.Grants?.map((grant) => ({
    ...grant,
    Grantee: plainData(grant.Grantee, ["DisplayName", "ID", "URI", "EmailAddress", "Type"]),
  }));
  return plainData(
    { Owner: plainData(acl.Owner, ["DisplayName", "ID"]), Grants: grants },
    ["Owner", "Grants"],
  ) as Row;
}

async function publicAccessBlock(s3: S3Client, bucket: string): Promise<unknown> {
  const found = await undefinedIfMissing(
    s3.getPublicAccessBlock({ Bucket: bucket }),
    "NoSuchPublicAccessBlockConfiguration",
  );
  return plainData(found?.PublicAccessBlockConfiguration ?? null);
}

/**
 * The website settings of a bucket, with its URL.
 *
 * @param s3 a client of the bucket's region
 * @param bucket the bucket's name
 * @param region the bucket's region, if it is known
 * @returns `null` where the bucket serves no website
 */
export async function bucketWebsite(
  s3: S3Client,
  bucket: string,
  region: string | undefined,
): Promise<Row | null> {
  const website = await undefinedIfMissing(
    s3.getBucketWebsite({ Bucket: bucket }),
    "NoSuchWebsiteConfiguration",
  );
  if (website === undefined) return null;
  return {
    ...plainData(website, [
      "RedirectAllRequestsTo",
      "IndexDocument",
      "ErrorDocument",
      "RoutingRules",
    ]) as Row,
    ...(region !== undefined && { url: websiteUrl(bucket, region) }),
  };
}
