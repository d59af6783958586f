/**
 * The buckets of an account, with their details if wanted.
 *
 * @module
 */
import { DEFAULT_CONCURRENCY, Limiter } from "../concurrency.ts";
import { S3CredentialsError } from "../errors.ts";
import { didYouMean, nearest } from "../suggest.ts";
import { type Aws, connectionOf } from "../aws/connect.ts";
import { PageMarkers, withDetails } from "../aws/listing.ts";
import { awsErrorCode, serviceError } from "../aws/service_error.ts";
import { bucketAcl, type BucketDetails, bucketRegion, bucketWebsite } from "./bucket_details.ts";
import { type ListOptions, reportError } from "./list_options.ts";
import { bucketPublicAccessBlock } from "./public_access_block.ts";

/** A bucket, under AWS's field names. */
export interface Bucket {
  /** The bucket's name. */
  Name: string;
  /** When the bucket was created. */
  CreationDate?: Date;
  /** Region, ACL, public access block and website, if {@linkcode ListOptions.details} is set. */
  details?: BucketDetails;
}

/**
 * Lists the buckets of the account, all of them or those that are named.
 *
 * With details, what may not be read is an error in its place, and `onError` is called once a bucket.
 *
 * @param aws the account
 * @param options names, details, and what to do about errors
 * @returns the buckets, as pages arrive
 * @throws {S3CredentialsError} if they can't be listed
 *
 * @example Where a bucket is
 * ```ts
 * import { connect, listBuckets } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const [photos] = await Array.fromAsync(listBuckets(aws, { details: true }));
 * assert.equal(photos?.details?.region, "us-east-1");
 * ```
 */
export async function* listBuckets(aws: Aws, options: ListOptions = {}): AsyncGenerator<Bucket> {
  const { names = [], details = false, concurrency = DEFAULT_CONCURRENCY } = options;
  const limiter = new Limiter(concurrency);
  const missing = new Set(names);
  const others: string[] = [];
  const buckets = selected(allBuckets(aws, limiter), missing, others);
  if (details) {
    yield* withDetails(buckets, async (bucket) => ({
      ...bucket,
      details: await bucketDetails(aws, bucket.Name, limiter, options),
    }), concurrency);
  } else {
    yield* buckets;
  }
  for (const name of missing) {
    const advice = didYouMean(nearest(name, others).slice(0, MAX_SUGGESTIONS));
    const message = `Bucket does not exist in this account: ${name}${advice}`;
    reportError(options, new S3CredentialsError("not-found", message));
  }
}

/**
 * Passes on what is wanted and takes it from the set; an empty set wants all. The names of what was
 * not wanted are noted.
 */
async function* selected(
  buckets: AsyncIterable<Bucket>,
  wanted: Set<string>,
  others: string[],
): AsyncGenerator<Bucket> {
  const wantsAll = wanted.size === 0;
  for await (const bucket of buckets) {
    if (wantsAll || wanted.delete(bucket.Name)) yield bucket;
    else others.push(bucket.Name);
  }
}

/** An account may have thousands of buckets with like names. */
const MAX_SUGGESTIONS = 3;

/** Without a page size S3 refuses accounts that may have more than 10,000 buckets. */
const BUCKETS_PER_PAGE = 1000;

async function* allBuckets(aws: Aws, limiter: Limiter): AsyncGenerator<Bucket> {
  const markers = new PageMarkers();
  let token: string | undefined;
  do {
    try {
      const s3 = await connectionOf(aws).s3({ adaptive: true });
      const request = { MaxBuckets: BUCKETS_PER_PAGE, ContinuationToken: token };
      const page = await limiter.run(() => s3.listBuckets(request));
      const { Buckets = [], ContinuationToken } = page;
      for (const { Name = "", CreationDate } of Buckets) yield { Name, CreationDate };
      token = markers.next(ContinuationToken, Buckets.length);
    } catch (error) {
      throw serviceError(error, "Could not list buckets");
    }
  } while (token);
}

async function bucketDetails(
  aws: Aws,
  bucket: string,
  limiter: Limiter,
  options: ListOptions,
): Promise<BucketDetails> {
  const unread = new Map<Detail, S3CredentialsError>();
  const detail = async <T>(what: Detail, fetch: () => Promise<T>) => {
    try {
      return await limiter.run(fetch);
    } catch (cause) {
      const error = serviceError(cause, `Could not read the ${what} of bucket ${bucket}`);
      if (options.onError === undefined) throw error;
      unread.set(what, error);
      return error;
    }
  };
  const connection = connectionOf(aws);
  const home = await connection.s3({ adaptive: true });
  const region = await detail("region", () => bucketRegion(home, bucket));
  const knownRegion = typeof region === "string" ? region : undefined;
  const s3 = knownRegion === undefined
    ? home
    : await connection.s3({ region: knownRegion, adaptive: true });
  const [acl, publicAccessBlock, website] = await Promise.all([
    detail("ACL", () => bucketAcl(s3, bucket)),
    detail("public access block", () => bucketPublicAccessBlock(s3, bucket)),
    detail("website", () => bucketWebsite(s3, bucket, knownRegion)),
  ]);
  if (unread.size > 0) options.onError?.(allUnread(bucket, unread));
  return { region, acl, publicAccessBlock, website };
}

const DETAILS = ["region", "ACL", "public access block", "website"] as const;
type Detail = typeof DETAILS[number];

/** One error for all details of a bucket: each has its own in its place. */
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
