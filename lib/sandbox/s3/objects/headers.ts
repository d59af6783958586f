/**
 * The headers of an upload that are stored with an object and returned when it is read.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { StoredObject } from "../../account.ts";
import { ServiceError } from "../../operation.ts";
import type { S3Call } from "../call.ts";
import { isChecksumHeader } from "./checksums.ts";
import { versionHeaders } from "./versions.ts";
import { expirationHeader } from "../buckets/lifecycle.ts";
import { encryptionHeaders } from "../encryption.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";

/** Headers that S3 stores with an object, besides `x-amz-meta-…`. */
const STORED = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];
/** Settings that an upload makes in headers of its own, whatever happens to the metadata. */
const SETTINGS = ["x-amz-storage-class", "x-amz-website-redirect-location"];
const STORAGE_CLASSES = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
];
const DEFAULT_TYPE = "binary/octet-stream";
const MAX_METADATA_BYTES = 2048;
/** In URLs and forms a name may have any characters, but no response could carry it. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** The metadata of an upload: content headers and `x-amz-meta-…`. */
export function metadataOf(call: S3Call): Record<string, string> {
  const headers: Record<string, string> = { "content-type": DEFAULT_TYPE };
  for (const name of STORED) {
    const value = call.header(name);
    if (value) headers[name] = value;
  }
  let size = 0;
  for (const name of metadataNames(call)) {
    if (!HEADER_NAME.test(name)) {
      throw invalidArgument("Metadata must have the name of a header", "x-amz-meta", name);
    }
    const given = call.header(name) ?? "";
    const value = isForm(call) ? given : decodeWords(given);
    headers[name] = value;
    size += Buffer.byteLength(name.slice("x-amz-meta-".length)) + Buffer.byteLength(value);
  }
  if (size > MAX_METADATA_BYTES) {
    throw new ServiceError(
      400,
      "MetadataTooLarge",
      "Your metadata headers exceed the maximum allowed metadata size",
      { details: { Size: String(size), MaxSizeAllowed: String(MAX_METADATA_BYTES) } },
    );
  }
  return headers;
}

function metadataNames(call: S3Call): string[] {
  const names = new Set([...call.request.headers.keys(), ...call.parameters.keys()]);
  return [...names].filter((name) => name.startsWith("x-amz-meta-"));
}

/** The settings that an upload makes in its headers, checked. */
export function settingsOf(call: S3Call): Record<string, string> {
  const storageClass = call.header("x-amz-storage-class");
  if (storageClass !== undefined && !STORAGE_CLASSES.includes(storageClass)) {
    throw new ServiceError(
      400,
      "InvalidStorageClass",
      "The storage class you specified is not valid",
      { details: { StorageClassRequested: storageClass } },
    );
  }
  const redirect = call.header("x-amz-website-redirect-location");
  if (redirect !== undefined && !/^(\/|https?:\/\/)/.test(redirect)) {
    throw new ServiceError(
      400,
      "InvalidRedirectLocation",
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    );
  }
  const headers = encryptionHeaders(call);
  for (const name of SETTINGS) {
    const value = call.header(name);
    if (value !== undefined && value !== "STANDARD") headers[name] = value;
  }
  return headers;
}

/** The storage class of an object, as listings name it. */
export function storageClassOf({ headers }: Pick<StoredObject, "headers">): string {
  return headers["x-amz-storage-class"] ?? "STANDARD";
}

/** Metadata and settings of an object without its checksums. */
export function withoutChecksums(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !isAboutChecksum(name)),
  );
}

function isAboutChecksum(name: string): boolean {
  return isChecksumHeader(name) || name === "x-amz-checksum-type";
}

/** Whether an upload is the form of a browser. */
function isForm({ request, query }: S3Call): boolean {
  return request.method === "POST" && !query.has("uploads");
}

/** Metadata in headers may come encoded as RFC 2047 says. */
function decodeWords(value: string): string {
  return value.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (word, kind: string, text: string) => {
    if (kind.toLowerCase() === "q") {
      const bytes = text.replaceAll("_", " ").replace(
        /=([0-9a-f]{2})/gi,
        (_, digits: string) => String.fromCharCode(parseInt(digits, 16)),
      );
      return Buffer.from(bytes, "latin1").toString();
    }
    const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text);
    return isBase64 ? Buffer.from(text, "base64").toString() : word;
  });
}

const PLAIN = /^[\x20-\x7e\t]*$/;

/**
 * S3 sends metadata that isn't ASCII as RFC 2047 says, by the encoding that suits most characters,
 * and all else byte by byte.
 */
function headerValue(name: string, value: string): string {
  if (PLAIN.test(value)) return value;
  const bytes = Buffer.from(value);
  if (!name.startsWith("x-amz-meta-")) {
    // deno-lint-ignore no-control-regex
    return bytes.toString("latin1").replace(/[\x00-\x1f\x7f]/g, " ");
  }
  const characters = [...value];
  const plain = characters.filter((character) => PLAIN.test(character)).length;
  if (plain * 2 <= characters.length) return `=?UTF-8?B?${bytes.toString("base64")}?=`;
  return `=?UTF-8?Q?${Array.from(bytes, quoted).join("")}?=`;
}

/** A byte in the encoding Q of RFC 2047. */
function quoted(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === " ") return "_";
  const isPlain = byte > 0x20 && byte < 0x7f && !"=?_".includes(character);
  return isPlain ? character : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** What HeadObject and GetObject say about a restoration. */
function restorationHeader({ restoration }: StoredObject, now: Date): Record<string, string> {
  if (restoration === undefined || now >= restoration.ends) return {};
  const text = now < restoration.ready
    ? 'ongoing-request="true"'
    : `ongoing-request="false", expiry-date="${restoration.ends.toUTCString()}"`;
  return { "x-amz-restore": text };
}

/** The headers of an answer about an object, without those of its length. */
export function answerHeaders(call: S3Call, object: StoredObject): Record<string, string> {
  const withChecksums = call.header("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(object.headers)) {
    if (withChecksums || !isAboutChecksum(name)) headers[name] = headerValue(name, value);
  }
  headers["accept-ranges"] = "bytes";
  headers["etag"] = object.etag;
  headers["last-modified"] = object.lastModified.toUTCString();
  if (object.tags.length > 0) headers["x-amz-tagging-count"] = String(object.tags.length);
  if (object.legalHold) headers["x-amz-object-lock-legal-hold"] = object.legalHold;
  if (object.retention) {
    headers["x-amz-object-lock-mode"] = object.retention.mode;
    headers["x-amz-object-lock-retain-until-date"] = object.retention.retainUntilDate.toISOString();
  }
  const restoration = restorationHeader(object, call.account.clock.now());
  return Object.assign(
    headers,
    restoration,
    call.query.has("versionId") ? {} : expirationHeader(call.bucket, object),
    versionHeaders(call.bucket, object),
    overrides(call),
  );
}

/** `response-content-type` and its like, which a signed request may set. */
function overrides(call: S3Call): Record<string, string> {
  const headers: Record<string, string> = {};
  if (call.query.size === 0) return headers;
  for (const name of STORED) {
    const value = call.query.get(`response-${name}`);
    if (value !== null) headers[name] = headerValue(name, value);
  }
  if (Object.keys(headers).length > 0 && call.caller.type === "anonymous") {
    throw invalidRequest(
      "Request specific response headers cannot be used for anonymous GET requests.",
    );
  }
  return headers;
}
