/**
 * The listing of a bucket.
 *
 * @module
 */
import { accessPointOf } from "../access_point.ts";
import { type Aws, connectionOf } from "../aws/connect.ts";
import { PageMarkers } from "../aws/listing.ts";
import { bucketError } from "../aws/missing.ts";
import { BucketClient } from "./bucket_client.ts";
import { encodePath } from "../aws/requests/signature.ts";
import type { ObjectSummary } from "./types.ts";
import { childText, parseXml, type XmlElement } from "../aws/requests/xml.ts";

/**
 * Lists the objects of a bucket, in the order of their keys.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options which objects, whether with URLs, and a signal
 * @returns the objects, page by page as they arrive
 * @throws {S3CredentialsError} if the bucket can't be listed
 * @throws the signal's reason if it is aborted
 *
 * @example The keys of a bucket
 * ```ts
 * import { connect, listObjects, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "hello.txt", new Blob(["Hello"]));
 * const objects = await Array.fromAsync(listObjects(aws, "my-bucket"));
 * assert.deepEqual(objects.map(({ Key, Size }) => [Key, Size]), [["hello.txt", 5]]);
 * ```
 */
export async function* listObjects(
  aws: Aws,
  bucket: string,
  { prefix, urls = false, signal }: {
    /** Only keys that start with this. */
    prefix?: string;
    /**
     * Whether to add the URL of each object.
     *
     * @default {false}
     */
    urls?: boolean;
    /** Ends the listing, which then throws the signal's reason. */
    signal?: AbortSignal;
  } = {},
): AsyncGenerator<ObjectSummary> {
  const client = new BucketClient(aws, bucket, signal);
  try {
    const base = urls ? await baseUrl(aws, bucket) : undefined;
    for await (const page of listPages(client, prefix)) {
      if (base === undefined) yield* page;
      else for (const object of page) yield { ...object, URL: `${base}/${encodePath(object.Key)}` };
    }
  } finally {
    client.close();
  }
}

/** Amazon's old address works for the buckets of every region, and for names with dots. */
async function baseUrl(aws: Aws, bucket: string): Promise<string> {
  const { url, isCustom } = await connectionOf(aws).bucketAddress(bucket);
  const isVirtualOnly = isCustom || accessPointOf(bucket) !== undefined;
  return isVirtualOnly ? url.replace(/\/+$/, "") : `https://s3.amazonaws.com/${bucket}`;
}

/** Lists the objects of a bucket by pages. The next page is requested while one is in use. */
export async function* listPages(
  client: BucketClient,
  prefix?: string,
): AsyncGenerator<ObjectSummary[]> {
  const markers = new PageMarkers();
  let next: Promise<ListPage> | undefined = listPage(client, markers, prefix);
  while (next !== undefined) {
    const page: ListPage = await next;
    next = page.token === undefined ? undefined : listPage(client, markers, prefix, page.token);
    next?.catch(() => {});
    yield page.objects;
  }
}

interface ListPage {
  objects: ObjectSummary[];
  /** What requests the next page, if there is one. */
  token: string | undefined;
}

async function listPage(
  client: BucketClient,
  markers: PageMarkers,
  prefix?: string,
  token?: string,
): Promise<ListPage> {
  const action = `Could not list bucket ${client.bucket}`;
  try {
    const { text } = await client.send({
      method: "GET",
      query: {
        "list-type": "2",
        "encoding-type": "url",
        ...(prefix && { prefix }),
        ...(token !== undefined && { "continuation-token": token }),
      },
    });
    const { objects, token: marker } = readPage(text);
    return { objects, token: markers.next(marker, objects.length) };
  } catch (error) {
    client.throwIfAborted();
    throw bucketError(error, client.bucket, action);
  }
}

function readPage(text: string): ListPage {
  const listing = parseListing(text, "ListBucketResult");
  const isEncoded = childText(listing, "EncodingType") === "url";
  const objects = listing.children.filter(({ name }) => name === "Contents")
    .map((contents) => summaryOf(contents, isEncoded));
  return { objects, token: nextToken(listing) };
}

/** Reads a listing, whose outermost element has this name. */
export function parseListing(text: string, name: string): XmlElement {
  const listing = parseXml(text);
  if (listing.name !== name) throw unreadable(`it is a ${listing.name}`);
  return listing;
}

function nextToken(listing: XmlElement): string | undefined {
  if (childText(listing, "IsTruncated") !== "true") return undefined;
  const token = childText(listing, "NextContinuationToken");
  if (!token) throw unreadable("it goes on, but has no page token");
  return token;
}

function summaryOf(contents: XmlElement, isEncoded: boolean): ObjectSummary {
  const object: ObjectSummary = { Key: "", Size: 0 };
  for (const child of contents.children) {
    const { name, text } = child;
    if (name === "Key") object.Key = decodeKey(text, isEncoded);
    else if (name === "Size") object.Size = readSize(text);
    else if (name === "Owner") Object.assign(object, readOwner(child));
    else if (text === "") continue;
    else if (name === "LastModified") object.LastModified = readTime(text);
    else if (name === "ChecksumAlgorithm") (object.ChecksumAlgorithm ??= []).push(text);
    else if (name === "ETag" || name === "StorageClass" || name === "ChecksumType") {
      object[name] = text;
    }
  }
  if (object.Key === "") throw unreadable("an object has no key");
  return object;
}

function readOwner(owner: XmlElement): Pick<ObjectSummary, "Owner"> {
  const names = ["DisplayName", "ID"].flatMap((name) => {
    const text = childText(owner, name);
    return text ? [[name, text] as const] : [];
  });
  return names.length > 0 ? { Owner: Object.fromEntries(names) } : {};
}

function readTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw unreadable("invalid LastModified");
  return time;
}

function readSize(text: string): number {
  const size = Number(text);
  if (!(size >= 0)) throw unreadable("invalid Size");
  return size;
}

/** A key as a listing has it: if encoded, then as in a form, with `+` for a space. */
export function decodeKey(text: string, isEncoded: boolean): string {
  if (!isEncoded || !/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw unreadable("invalid encoding of a key");
  }
}

/** A listing that is not as S3's are. */
export function unreadable(reason: string): SyntaxError {
  return new SyntaxError(`Cannot read listing: ${reason}`);
}
