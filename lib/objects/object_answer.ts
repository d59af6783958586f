/**
 * What answers say about an object: their heads, whether they are of the object that was asked for, and
 * why there is none.
 *
 * @module
 */
import { missingBucket } from "../aws/missing.ts";
import { serviceError } from "../aws/service_error.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName, shellWord } from "../escape.ts";
import type { HttpHead } from "../http/head.ts";
import { type BucketClient, S3RequestError } from "./bucket_client.ts";

/** What is known of an object before its content. */
export interface ObjectHead {
  /** Length in bytes. */
  size: number;
  /** Entity tag, in quotes. */
  etag: string | undefined;
  /** Media type. */
  contentType: string | undefined;
  /** When it was last written. */
  lastModified: Date | undefined;
}

/** What a listing says about an object. */
export interface KnownObject {
  size: number;
  etag: string;
}

/** What the headers of an answer say about an object. */
export function headOf({ headers }: HttpHead): ObjectHead {
  const time = headers["last-modified"];
  return {
    size: Number(headers["content-length"] ?? NaN),
    etag: strongEtag(headers.etag),
    contentType: headers["content-type"],
    lastModified: time === undefined ? undefined : new Date(time),
  };
}

/**
 * An entity tag that tells whether the content is the same byte for byte, and that a request can carry.
 * A weak one, as of a proxy that compresses, does not.
 */
export function strongEtag(etag: string | undefined): string | undefined {
  return etag !== undefined && /^(?!W\/)[\x20-\x7e]+$/.test(etag) ? etag : undefined;
}

/** Headers for a range of an object that is still the same; `end` is excluded. */
export function rangeHeaders(start: number, end: number | undefined, etag: string | undefined) {
  return {
    range: `bytes=${start}-${end === undefined ? "" : end - 1}`,
    ...(etag !== undefined && { "if-match": etag }),
  };
}

/** Throws unless an answer is the requested range of the same object. */
export function checkRange(
  { status, headers }: HttpHead,
  key: string,
  { size, etag }: Pick<ObjectHead, "size" | "etag">,
  { start, end }: { start: number; end?: number },
): void {
  if (status !== 206) throw new ObjectChanged(key);
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(headers["content-range"] ?? "");
  const [first, last, total] = range?.slice(1).map(Number) ?? [];
  const hasOtherSize = range !== null && Number.isFinite(size) && total !== size;
  const hasOtherEtag = etag !== undefined && headers.etag !== undefined && headers.etag !== etag;
  if (hasOtherSize || hasOtherEtag) throw new ObjectChanged(key);
  if (range === null || first !== start || last !== (end ?? total!) - 1) {
    throw corrupt(key, "the server sent another range than the requested one");
  }
}

/** Some servers send the whole object whatever is requested. */
export function isWhole(
  answer: HttpHead,
  { size, etag }: Pick<ObjectHead, "size" | "etag">,
): boolean {
  const head = headOf(answer);
  return answer.status === 200 && head.etag === etag && Object.is(head.size, size);
}

/** Whether the server refused a range because it begins behind the end of the object. */
export function isBeyondEnd(error: unknown): error is S3RequestError {
  return error instanceof S3RequestError && error.$metadata.httpStatusCode === 416;
}

/** The object is another one than when reading began. */
export class ObjectChanged extends S3CredentialsError {
  constructor(key: string) {
    super("conflict", `Could not get ${escapeName(key)}: it changed while it was being read`, {
      hint: "Try again",
    });
  }
}

/** The error where what arrived is not the content that the server holds. */
export function corrupt(
  key: string,
  reason = "the checksum that the server gives for the object does not match",
): S3CredentialsError {
  const message = `Could not get ${escapeName(key)}: what arrived is not what the server holds`;
  return new S3CredentialsError("aws", message, { hint: `Try again; ${reason}` });
}

/** Says why an object can't be read. */
export function getError(client: BucketClient, error: unknown, key: string): unknown {
  if (error instanceof S3CredentialsError) return error;
  const action = `Could not get ${escapeName(key)}`;
  if (!(error instanceof S3RequestError)) {
    const isOfService = (error as Error)?.name === "ConnectionError";
    return isOfService ? serviceError(error, action) : error;
  }
  const { httpStatusCode } = error.$metadata;
  if (httpStatusCode === 412) return new ObjectChanged(key);
  if (error.name === "NoSuchBucket") return missingBucket(client.bucket, error);
  const { code, message, hint, cause } = serviceError(error, action);
  return httpStatusCode === 404
    ? new S3CredentialsError("not-found", `Not found: ${escapeName(key)}`, {
      cause,
      hint: patternHint(key),
    })
    : new S3CredentialsError(code, message, { hint, cause });
}

/** A key is taken as it is, also if it looks like several. */
function patternHint(key: string): string | undefined {
  if (!/[*?]|\/$/.test(key)) return undefined;
  const pattern = key.endsWith("/") ? `${key}*` : key;
  return `Keys are taken as they are. For all that fit a pattern: \`patterns\` ${
    shellWord(pattern)
  }`;
}
