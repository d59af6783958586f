/**
 * Deleting a bucket, if wanted with all that it holds.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { PageMarkers } from "../aws/listing.ts";
import { bucketError, missingBucket } from "../aws/missing.ts";
import { awsErrorCode, httpStatus, mayHaveSucceeded, serviceError } from "../aws/service_error.ts";
import { mapUnordered } from "../concurrency.ts";
import { S3CredentialsError } from "../errors.ts";
import { BucketClient } from "./bucket_client.ts";
import { deleteBatches, type DeleteTarget } from "./delete.ts";
import { decodeKey, listPages, parseListing, unreadable } from "./list.ts";
import { childText, type XmlElement } from "../aws/requests/xml.ts";

/** How much a bucket holds. */
export interface BucketContent {
  /** Objects that a listing shows. */
  objects: number;
  /** Older versions of objects. */
  noncurrentVersions: number;
  /** Marks of deleted objects in a bucket with versions. */
  deleteMarkers: number;
  /** Uploads in parts that were never finished. */
  unfinishedUploads: number;
}

/** Options of {@linkcode deleteBucket}. */
export interface DeleteBucketOptions {
  /**
   * Whether to delete first what the bucket holds: objects, versions, delete markers, unfinished uploads.
   *
   * @default {false}
   */
  force?: boolean;
  /** Called whenever something was deleted, with the same object each time. */
  onProgress?: (deleted: Readonly<BucketContent>) => void;
  /** Ends the work, which then throws the signal's reason; what is deleted stays deleted. */
  signal?: AbortSignal;
}

/**
 * Deletes a bucket: an empty one, or with `force` one with all that it holds.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options whether to delete what it holds; progress, signal
 * @returns how much was deleted with it
 * @throws {S3CredentialsError} `conflict` if it isn't empty; or why something could not be deleted, such as
 *   Object Lock, and the bucket stays
 * @throws the signal's reason if it is aborted
 *
 * @example A bucket and its objects
 * ```ts
 * import { connect, deleteBucket, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "hello.txt", new Blob(["Hello"]));
 * await assert.rejects(deleteBucket(aws, "my-bucket"), { code: "conflict" });
 * const { objects } = await deleteBucket(aws, "my-bucket", { force: true });
 * assert.equal(objects, 1);
 * ```
 */
export async function deleteBucket(
  aws: Aws,
  bucket: string,
  { force = false, onProgress, signal }: DeleteBucketOptions = {},
): Promise<BucketContent> {
  const client = new BucketClient(aws, bucket, signal);
  const deleted = nothing();
  const count = (more: Partial<BucketContent>) => {
    addTo(deleted, more);
    onProgress?.(deleted);
  };
  try {
    if (force) {
      await deleteContent(client, count);
      await abortUploads(client, count);
    }
    await deleteEmpty(client);
    return deleted;
  } catch (error) {
    client.throwIfAborted();
    throw deletionError(bucket, error, force);
  } finally {
    client.close();
  }
}

async function deleteEmpty(client: BucketClient): Promise<void> {
  let mayBeDeleted = false;
  await client.withRetries(() =>
    client.sendOnce({ method: "DELETE" }).catch((error) => {
      mayBeDeleted ||= mayHaveSucceeded(error) && httpStatus(error) !== 503;
      throw error;
    })
  ).catch((error) => {
    // It was there a moment ago: the first answer was lost.
    if (!mayBeDeleted || awsErrorCode(error) !== "NoSuchBucket") throw error;
  });
}

/**
 * Counts what a bucket holds.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options a signal that ends the counting
 * @returns how much it holds
 * @throws {S3CredentialsError} if it can't be listed
 * @throws the signal's reason if it is aborted
 *
 * @example An empty bucket
 * ```ts
 * import { bucketContent, connect } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.equal((await bucketContent(aws, "my-bucket")).objects, 0);
 * ```
 */
export async function bucketContent(
  aws: Aws,
  bucket: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<BucketContent> {
  const client = new BucketClient(aws, bucket, signal);
  const content = nothing();
  try {
    for await (const page of contentPages(client)) {
      for (const { kind } of page) addTo(content, { [kind]: 1 });
    }
    for await (const page of uploadPages(client)) {
      addTo(content, { unfinishedUploads: page.length });
    }
    return content;
  } catch (error) {
    client.throwIfAborted();
    throw bucketError(error, bucket, `Could not look at bucket ${bucket}`);
  } finally {
    client.close();
  }
}

function nothing(): BucketContent {
  return { objects: 0, noncurrentVersions: 0, deleteMarkers: 0, unfinishedUploads: 0 };
}

function addTo(content: BucketContent, more: Partial<BucketContent>): void {
  for (const [kind, number] of Object.entries(more)) {
    content[kind as keyof BucketContent] += number;
  }
}

const CONCURRENT_ABORTS = 16;

type Count = (more: Partial<BucketContent>) => void;

async function deleteContent(client: BucketClient, count: Count): Promise<void> {
  const kinds = new Map<string, (keyof BucketContent)[]>();
  const batches = async function* () {
    for await (const page of contentPages(client)) {
      for (const { key, kind } of page) kinds.set(key, [...kinds.get(key) ?? [], kind]);
      if (page.length > 0) yield page;
    }
  };
  let failure: S3CredentialsError | undefined;
  let failures = 0;
  for await (const { key, error } of deleteBatches(client, batches())) {
    const [kind = "objects", ...others] = kinds.get(key) ?? [];
    if (others.length > 0) kinds.set(key, others);
    else kinds.delete(key);
    if (error === undefined) {
      count({ [kind]: 1 });
    } else {
      failure ??= error;
      failures++;
    }
  }
  if (failure === undefined) return;
  const what = failures === 1 ? "One object or version" : `${failures} objects and versions`;
  throw new S3CredentialsError(failure.code, `${what} could not be deleted. ${failure.message}`, {
    cause: failure,
    hint: /object lock|worm|legal hold|retention/i.test(failure.message)
      ? "Object Lock protects them: until their retention ends, or their legal hold is removed"
      : failure.hint,
  });
}

async function abortUploads(client: BucketClient, count: Count): Promise<void> {
  const uploads = async function* () {
    for await (const page of uploadPages(client)) yield* page;
  };
  const abort = async ({ key, uploadId }: { key: string; uploadId: string }) => {
    await client.send({ method: "DELETE", key, query: { uploadId } }).catch((error) => {
      if (awsErrorCode(error) !== "NoSuchUpload") throw error;
    });
  };
  for await (const _ of mapUnordered(uploads(), abort, CONCURRENT_ABORTS)) {
    count({ unfinishedUploads: 1 });
  }
}

/** Something to delete, and what it counts as. */
type Found = DeleteTarget & { kind: keyof BucketContent };

/** All that a bucket holds but uploads, a page at a time. */
async function* contentPages(client: BucketClient): AsyncGenerator<Found[]> {
  try {
    yield* pages(client, "versions", readVersions);
  } catch (error) {
    if (!lacksListing(error)) throw error;
    for await (const page of listPages(client)) {
      yield page.map(({ Key }) => ({ key: Key, kind: "objects" }));
    }
  }
}

/** Whether a server says that it has no such listing, as those without versions do. */
function lacksListing(error: unknown): boolean {
  return [405, 501].includes(httpStatus(error) ?? 0);
}

function readVersions(listing: XmlElement): Found[] {
  return listing.children.flatMap((child): Found[] => {
    const isVersion = child.name === "Version";
    if (!isVersion && child.name !== "DeleteMarker") return [];
    const isLatest = childText(child, "IsLatest") === "true";
    return [{
      key: keyOf(listing, child),
      versionId: childText(child, "VersionId"),
      kind: !isVersion ? "deleteMarkers" : isLatest ? "objects" : "noncurrentVersions",
    }];
  });
}

async function* uploadPages(
  client: BucketClient,
): AsyncGenerator<{ key: string; uploadId: string }[]> {
  try {
    yield* pages(
      client,
      "uploads",
      (listing) =>
        listing.children.filter(({ name }) => name === "Upload")
          .map((child) => ({
            key: keyOf(listing, child),
            uploadId: childText(child, "UploadId") ?? "",
          })),
    );
  } catch (error) {
    if (!lacksListing(error)) throw error;
  }
}

/** Listings by the parameter that asks for them: their outermost elements, and what names the next page. */
const LISTINGS = {
  versions: {
    name: "ListVersionsResult",
    marker: "NextVersionIdMarker",
    parameter: "version-id-marker",
  },
  uploads: {
    name: "ListMultipartUploadsResult",
    marker: "NextUploadIdMarker",
    parameter: "upload-id-marker",
  },
};

async function* pages<T>(
  client: BucketClient,
  kind: keyof typeof LISTINGS,
  read: (listing: XmlElement) => T[],
): AsyncGenerator<T[]> {
  const markers = new PageMarkers();
  const { name, marker, parameter } = LISTINGS[kind];
  let next: Record<string, string> | undefined = {};
  while (next !== undefined) {
    const query = { [kind]: "", "encoding-type": "url", ...next };
    const listing = parseListing((await client.send({ method: "GET", query })).text, name);
    const found = read(listing);
    const isMore = childText(listing, "IsTruncated") === "true";
    const [key = "", id = ""] = ["NextKeyMarker", marker]
      .map((name) => childText(listing, name));
    if (isMore && key === "") throw unreadable("it goes on, but has no marker");
    next = markers.next(isMore ? `${key}\0${id}` : undefined, found.length) === undefined
      ? undefined
      : { "key-marker": decoded(listing, key), ...(id !== "" && { [parameter]: id }) };
    yield found;
  }
}

function keyOf(listing: XmlElement, child: XmlElement): string {
  const key = decoded(listing, childText(child, "Key") ?? "");
  if (key === "") throw unreadable("an entry has no key");
  return key;
}

function decoded(listing: XmlElement, text: string): string {
  return decodeKey(text, childText(listing, "EncodingType") === "url");
}

function deletionError(bucket: string, thrown: unknown, wasForced: boolean): S3CredentialsError {
  const action = `Could not delete bucket ${bucket}`;
  if (awsErrorCode(thrown) === "BucketNotEmpty") {
    return new S3CredentialsError("conflict", `${action}: it is not empty`, {
      cause: serviceError(thrown, action).cause,
      hint: wasForced
        ? "Something was uploaded in the meantime: try again"
        : `s3-credentials list-bucket ${bucket} shows what it holds; \`force\` deletes that, too`,
    });
  }
  if (awsErrorCode(thrown) === "NoSuchBucket") return missingBucket(bucket, thrown);
  const isOurs = thrown instanceof S3CredentialsError && !thrown.message.startsWith(action);
  return isOurs
    ? new S3CredentialsError(thrown.code, `${action}: ${thrown.message}`, {
      cause: thrown.cause,
      hint: thrown.hint,
    })
    : serviceError(thrown, action);
}
