/**
 * Listings of a bucket: ListObjects in both versions, and ListObjectVersions.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Answer } from "../answer.ts";
import type { Bucket, StoredObject } from "../account.ts";
import { type NeededPermission, ServiceError } from "../operation.ts";
import { type Context, isoTime, onBucket, type S3Call, xmlAnswer } from "./call.ts";
import { algorithmIn } from "./objects/checksums.ts";
import {
  idOf,
  isMarker,
  isOlder,
  type ObjectVersion,
  versionedKeys,
  versionsOf,
} from "./objects/versions.ts";
import { invalidArgument } from "./errors.ts";
import { storageClassOf } from "./objects/headers.ts";
import { objectOwnerId } from "./owners.ts";
import { element, optional, type Xml } from "../xml.ts";

const MAX_KEYS = 1000;

/**
 * Permission to list, with the condition keys that the request carries. `s3:max-keys` is always
 * there, with S3's maximum if the request doesn't set it.
 */
export function listNeeds(action: string): (call: S3Call) => NeededPermission[] {
  return (call) => {
    const context: Context = { "s3:max-keys": call.query.get("max-keys") || String(MAX_KEYS) };
    for (const name of ["prefix", "delimiter"]) {
      const value = call.query.get(name);
      if (value !== null) context[`s3:${name}`] = value;
    }
    return [onBucket(call, action, context)];
  };
}

/** Surrogates come before U+E000 in UTF-16 and after it in UTF-8, whose order S3 keeps. */
function utf8Rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** Compares keys as S3 sorts them: by their bytes in UTF-8. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = utf8Rank(a.charCodeAt(index)) - utf8Rank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Encodes text as S3 does for `encoding-type=url`: like a form, except for the slash. */
function urlEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()~]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  }).replaceAll("%2F", "/").replaceAll("%20", "+");
}

/** The parameters of a listing. */
export interface ListRequest {
  prefix: string;
  delimiter: string;
  limit: number;
  /** Keys up to and including this one are skipped, and all keys of the common prefix that it is in. */
  after: string;
}

/** One page of a listing. */
export interface Page<Item> {
  items: Item[];
  commonPrefixes: string[];
  /** The last key or common prefix of the page, if it isn't the last page. */
  next: string | undefined;
}

/** Collects a page from items in any order. */
export function paginate<Item extends { key: string }>(
  all: Iterable<Item>,
  { prefix, delimiter, limit, after }: ListRequest,
): Page<Item> {
  const candidates = [...all].filter(({ key }) =>
    key.startsWith(prefix) && (after === "" || compareKeys(key, after) > 0)
  ).sort((a, b) => compareKeys(a.key, b.key));
  const page: Page<Item> = { items: [], commonPrefixes: [], next: undefined };
  let last: string | undefined;
  for (const item of candidates) {
    const end = delimiter === "" ? -1 : item.key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? item.key : item.key.slice(0, end + delimiter.length);
    if (end >= 0 && (name === last || after.startsWith(name))) continue;
    if (page.items.length + page.commonPrefixes.length === limit) {
      page.next = last;
      break;
    }
    if (end < 0) page.items.push(item);
    else page.commonPrefixes.push(name);
    last = name;
  }
  return page;
}

/** Reads `max-keys` and its like. The maximum is a thousand. */
export function limitOf({ query }: S3Call, name: string): number {
  return limitIn(query.get(name) ?? undefined, name);
}

/** The same, given in a header or a parameter of that name. */
export function limitIn(text: string | undefined, name: string): number {
  if (text === undefined || text === "") return MAX_KEYS;
  if (!/^-?\d+$/.test(text)) {
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, text);
  }
  if (Number(text) > 2 ** 31 - 1 || text.startsWith("-")) {
    throw invalidArgument(
      `Argument ${name} must be an integer between 0 and 2147483647`,
      name,
      text,
    );
  }
  return Math.min(Number(text), MAX_KEYS);
}

/** A marker that is a number; 0 without one. */
export function markerOf({ query }: S3Call, name: string): number {
  return markerIn(query.get(name) ?? undefined, name);
}

/** The same, given in a header or a parameter of that name. */
export function markerIn(text = "", name: string): number {
  if (!/^\d*$/.test(text) || Number(text) > 2 ** 31 - 1) {
    throw invalidArgument(
      `Argument ${name} must be an integer between 0 and 2147483647`,
      name,
      text,
    );
  }
  return Number(text);
}

/** The requested encoding of the response's keys. */
export function keyEncoder({ query }: S3Call): (text: string) => string {
  const type = query.get("encoding-type");
  if (type === null) return (text) => text;
  if (type === "url") return urlEncode;
  throw invalidArgument("Invalid Encoding Method specified in Request", "encoding-type", type);
}

/** The parameters that every kind of listing repeats. */
export function echo(call: S3Call, { prefix, delimiter, limit }: ListRequest, maximum: string) {
  const encode = keyEncoder(call);
  // Only the list of uploads omits an empty prefix.
  const hasPrefix = prefix !== "" || maximum !== "MaxUploads";
  return [
    hasPrefix ? element("Prefix", encode(prefix)) : undefined,
    delimiter === "" ? undefined : element("Delimiter", encode(delimiter)),
    element(maximum, limit),
    optional("EncodingType", call.query.get("encoding-type") || undefined),
  ];
}

/** The elements for common prefixes. */
export function commonPrefixes(call: S3Call, prefixes: string[]): Xml[] {
  const encode = keyEncoder(call);
  return prefixes.map((prefix) => element("CommonPrefixes", element("Prefix", encode(prefix))));
}

function listRequest(call: S3Call, after: string): ListRequest {
  return {
    prefix: call.query.get("prefix") ?? "",
    delimiter: call.query.get("delimiter") ?? "",
    limit: limitOf(call, "max-keys"),
    after,
  };
}

/** The elements about an object other than its key. */
function facts(object: StoredObject): Xml[] {
  const algorithm = algorithmIn(object.headers);
  return [
    element("LastModified", isoTime(object.lastModified)),
    element("ETag", object.etag),
    ...(algorithm === undefined ? [] : [
      element("ChecksumAlgorithm", algorithm),
      element("ChecksumType", object.headers["x-amz-checksum-type"] ?? "FULL_OBJECT"),
    ]),
    element("Size", object.body.length),
    element("StorageClass", storageClassOf(object)),
  ];
}

function owner({ bucket, account }: S3Call, object: Pick<StoredObject, "ownerAccountId">): Xml {
  return element("Owner", element("ID", objectOwnerId(bucket, object, account)));
}

function contents(call: S3Call, objects: StoredObject[], withOwner: boolean): Xml[] {
  const encode = keyEncoder(call);
  return objects.map((object) =>
    element(
      "Contents",
      element("Key", encode(object.key)),
      facts(object),
      withOwner ? owner(call, object) : undefined,
    )
  );
}

function pageOf(bucket: Bucket, request: ListRequest): Page<StoredObject> {
  return paginate(bucket.objects.values(), request);
}

/** Tokens are opaque to clients; this one holds the name after which to continue. */
function tokenOf(name: string): string {
  return Buffer.from(`after:${name}`).toString("base64url");
}

function nameOf(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith("after:")) return text.slice("after:".length);
  throw new ServiceError(400, "InvalidArgument", "The continuation token provided is incorrect", {
    details: { ArgumentName: "continuation-token" },
  });
}

/** Lists tell which region a bucket is in. */
function regionHeader({ region }: Bucket): Record<string, string> {
  return { "x-amz-bucket-region": region };
}

/** ListObjectsV2. */
export function listObjectsV2(call: S3Call): Answer {
  const token = call.query.get("continuation-token");
  const startAfter = call.query.get("start-after") ?? "";
  const request = listRequest(call, token === null ? startAfter : nameOf(token));
  const { items, commonPrefixes: prefixes, next } = pageOf(call.bucket, request);
  return xmlAnswer("ListBucketResult", [
    element("Name", call.bucketName),
    echo(call, request, "MaxKeys"),
    element("KeyCount", items.length + prefixes.length),
    element("IsTruncated", next !== undefined),
    optional("ContinuationToken", token ?? undefined),
    next === undefined ? undefined : element("NextContinuationToken", tokenOf(next)),
    startAfter === "" || token !== null
      ? undefined
      : element("StartAfter", keyEncoder(call)(startAfter)),
    contents(call, items, call.query.get("fetch-owner") === "true"),
    commonPrefixes(call, prefixes),
  ], regionHeader(call.bucket));
}

/** ListObjects, which returns the next marker only if a delimiter was given. */
export function listObjects(call: S3Call): Answer {
  const encode = keyEncoder(call);
  const request = listRequest(call, call.query.get("marker") ?? "");
  const { items, commonPrefixes: prefixes, next } = pageOf(call.bucket, request);
  const hasMarker = next !== undefined && request.delimiter !== "";
  return xmlAnswer("ListBucketResult", [
    element("Name", call.bucketName),
    echo(call, request, "MaxKeys"),
    element("Marker", encode(request.after)),
    element("IsTruncated", next !== undefined),
    hasMarker ? element("NextMarker", encode(next)) : undefined,
    contents(call, items, true),
    commonPrefixes(call, prefixes),
  ], regionHeader(call.bucket));
}

/** A version and its place among those of its key. */
interface ListedVersion {
  key: string;
  version: ObjectVersion;
  isLatest: boolean;
}

function allVersions(bucket: Bucket): ListedVersion[] {
  return [...versionedKeys(bucket)].flatMap((key) =>
    versionsOf(bucket, key).map((version, index) => ({ key, version, isLatest: index === 0 }))
  );
}

/** The versions after one of a key, which may be deleted since, with those of all later keys. */
function versionsAfter(all: ListedVersion[], key: string, versionId: string): ListedVersion[] {
  let isPassed = false;
  return all.filter((listed) => {
    if (listed.key !== key) return compareKeys(listed.key, key) > 0;
    if (idOf(listed.version) === versionId) {
      isPassed = true;
      return false;
    }
    isPassed ||= isOlder(listed.version, versionId);
    return isPassed;
  });
}

function versionMarkup(call: S3Call, { key, version, isLatest }: ListedVersion): Xml {
  const common = [
    element("Key", keyEncoder(call)(key)),
    element("VersionId", idOf(version)),
    element("IsLatest", isLatest),
  ];
  return isMarker(version)
    ? element(
      "DeleteMarker",
      common,
      element("LastModified", isoTime(version.lastModified)),
      owner(call, {}),
    )
    : element("Version", common, facts(version), owner(call, version));
}

/** ListObjectVersions. */
export function listObjectVersions(call: S3Call): Answer {
  const encode = keyEncoder(call);
  const request = listRequest(call, call.query.get("key-marker") ?? "");
  const idMarker = call.query.get("version-id-marker") ?? "";
  if (idMarker !== "" && request.after === "") {
    throw invalidArgument(
      "A version-id marker cannot be specified without a key marker.",
      "version-id-marker",
      idMarker,
    );
  }
  const all = allVersions(call.bucket);
  const { items, commonPrefixes: prefixes, next } = idMarker === ""
    ? paginate(all, request)
    : paginate(versionsAfter(all, request.after, idMarker), { ...request, after: "" });
  const last = items.at(-1);
  return xmlAnswer("ListVersionsResult", [
    element("Name", call.bucketName),
    echo(call, request, "MaxKeys"),
    element("KeyMarker", encode(request.after)),
    element("VersionIdMarker", idMarker),
    element("IsTruncated", next !== undefined),
    next === undefined ? undefined : [
      element("NextKeyMarker", encode(next)),
      last?.key === next ? element("NextVersionIdMarker", idOf(last.version)) : undefined,
    ],
    items.map((listed) => versionMarkup(call, listed)),
    commonPrefixes(call, prefixes),
  ]);
}
