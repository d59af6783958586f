/**
 * The listing of a bucket.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { childText, parseXml, unescapeXml, type XmlElement } from "./xml.ts";
import { BucketClient } from "./bucket_client.ts";
import { type Aws, connectionOf } from "../aws/connect.ts";
import type { ObjectSummary } from "./types.ts";
import { encodePath } from "./signature.ts";
import { serviceError } from "../aws/service_error.ts";

/** What {@linkcode listObjects} lists. */
export interface ListObjectsOptions {
  /** Only keys that start with this. */
  prefix?: string;
  /**
   * Whether to add the URL of each object.
   *
   * @default {false}
   */
  urls?: boolean;
  /** Ends the listing. */
  signal?: AbortSignal;
}

/**
 * Lists the objects of a bucket, in the order of their keys.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options which objects
 * @returns the objects, page by page as they arrive
 * @throws {S3CredentialsError} if the bucket can't be listed
 *
 * @example The keys of a bucket
 * ```ts
 * import { connect, listObjects, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "hello.txt", new Blob(["Hello"]).stream());
 * const objects = await Array.fromAsync(listObjects(aws, "my-bucket"));
 * assert.deepEqual(objects.map(({ Key, Size }) => [Key, Size]), [["hello.txt", 5]]);
 * aws.close();
 * ```
 */
export async function* listObjects(
  aws: Aws,
  bucket: string,
  { prefix, urls = false, signal }: ListObjectsOptions = {},
): AsyncGenerator<ObjectSummary> {
  const requests = new BucketClient(aws, bucket, signal);
  try {
    const base = urls ? await baseUrl(aws, bucket) : undefined;
    for await (const page of listPages(requests, prefix)) {
      if (base === undefined) yield* page;
      else for (const object of page) yield { ...object, URL: `${base}/${encodePath(object.Key)}` };
    }
  } finally {
    requests.close();
  }
}

/** Amazon's old address works for the buckets of every region, and for names with dots. */
async function baseUrl(aws: Aws, bucket: string): Promise<string> {
  const { url, isCustom } = await connectionOf(aws).bucketAddress(bucket);
  return isCustom ? url : `https://s3.amazonaws.com/${bucket}`;
}

/**
 * Lists the objects of a bucket. The next page is asked for while the present one is in use.
 *
 * @param requests the bucket
 * @param prefix only keys that start with this
 * @returns the objects of a page at a time
 */
export async function* listPages(
  requests: BucketClient,
  prefix?: string,
): AsyncGenerator<ObjectSummary[]> {
  let next: Promise<ListPage> | undefined = listPage(requests, prefix);
  while (next !== undefined) {
    const page: ListPage = await next;
    next = page.token === undefined ? undefined : listPage(requests, prefix, page.token);
    next?.catch(() => {});
    yield page.objects;
  }
}

interface ListPage {
  objects: ObjectSummary[];
  token?: string;
}

async function listPage(
  requests: BucketClient,
  prefix?: string,
  token?: string,
): Promise<ListPage> {
  const tried = `Could not list bucket ${requests.bucket}`;
  try {
    const { text } = await requests.send({
      method: "GET",
      query: {
        "list-type": "2",
        "encoding-type": "url",
        ...(prefix && { prefix }),
        ...(token !== undefined && { "continuation-token": token }),
      },
    });
    const page = readPage(text);
    if (page.token === undefined || page.token !== token) return page;
    throw new S3CredentialsError("aws", `${tried}: the listing does not move on`);
  } catch (error) {
    requests.throwIfAborted();
    throw serviceError(error, tried);
  }
}

const TAG = /<(\w+)>([^<]*)<\/\1>/g;

/**
 * Reads a page of a listing. The objects are picked out by their tags and not by the general reader,
 * which takes several times as long; a listing has little else in it.
 */
function readPage(text: string): ListPage {
  const start = text.indexOf("<Contents>");
  const end = text.lastIndexOf("</Contents>");
  const hasObjects = start >= 0 && end > start;
  const frame = parseXml(
    (hasObjects ? text.slice(0, start) + text.slice(end + "</Contents>".length) : text).trim(),
  );
  if (frame.name !== "ListBucketResult") {
    throw new SyntaxError(`Cannot read listing: it is a ${frame.name}`);
  }
  const isEncoded = childText(frame, "EncodingType") === "url";
  const objects = hasObjects
    ? text.slice(start, end).split("</Contents>").map((one) => readObject(one, isEncoded))
    : [];
  const token = nextToken(frame);
  return { objects, ...(token !== undefined && { token }) };
}

function nextToken(frame: XmlElement): string | undefined {
  if (childText(frame, "IsTruncated") !== "true") return undefined;
  const token = childText(frame, "NextContinuationToken");
  if (!token) throw new SyntaxError("Cannot read listing: it goes on, but does not say where");
  return token;
}

function readObject(xml: string, isEncoded: boolean): ObjectSummary {
  const found: Record<string, string> = {};
  for (const [, name, text] of xml.matchAll(TAG)) found[name!] = text!;
  const { Key = "", LastModified, ETag, Size, StorageClass, ID, DisplayName } = found;
  const owner = { DisplayName, ID };
  return {
    Key: decodeKey(unescapeXml(Key), isEncoded),
    ...(LastModified && { LastModified: readTime(LastModified) }),
    ...(ETag && { ETag: unescapeXml(ETag) }),
    Size: readSize(Size ?? "0"),
    ...(StorageClass && { StorageClass }),
    ...((ID || DisplayName) && {
      Owner: Object.fromEntries(
        Object.entries(owner).flatMap(([name, text]) => text ? [[name, unescapeXml(text)]] : []),
      ),
    }),
  };
}

function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    throw new SyntaxError("Cannot read listing: it has an odd time");
  }
  return time;
}

function readSize(text: string): number {
  const size = Number(text);
  if (!(size >= 0)) throw new SyntaxError("Cannot read listing: it has an odd size");
  return size;
}

/** S3 encodes as a form does, with `+` for a space. */
function decodeKey(text: string, isEncoded: boolean): string {
  if (!isEncoded || !/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new SyntaxError("Cannot read listing: a key is not encoded as it should be");
  }
}
