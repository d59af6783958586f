/**
 * The content of one object: as a stream, or into a file by several ranges at a time.
 *
 * @module
 */
import { missingBucket } from "../aws/missing.ts";
import { serviceError } from "../aws/service_error.ts";
import type { Limiter } from "../concurrency.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName, shellWord } from "../escape.ts";
import { type BucketClient, S3RequestError } from "./bucket_client.ts";
import { type Digest, digestOf } from "./checksum.ts";
import type { HttpHead } from "../http/head.ts";
import { Line } from "../http/line.ts";
import type { Sink } from "../http/message_reader.ts";

import type { LocalFile } from "./local/file.ts";
import { LONG_DOWNLOAD } from "./types.ts";

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

/** A longer object is fetched by ranges if it goes into a file. */
const MIN_RANGE = 8 * 1024 * 1024;
const MAX_RANGE = 32 * 1024 * 1024;
/** Ranges of one object: enough that all connections end at about the same time. */
const RANGES = 32;

/** Bytes in a range of an object: many, since a connection waits for a round trip after each. */
export function rangeSizeOf(size: number): number {
  return Math.max(MIN_RANGE, Math.min(MAX_RANGE, Math.ceil(size / RANGES)));
}

/** The object is another one than when reading began. */
class ObjectChanged extends S3CredentialsError {
  constructor(key: string) {
    super("conflict", `Could not get ${escapeName(key)}: it changed while it was being read`, {
      hint: "Try again",
    });
  }
}

/** The server answers a request for a range with the whole object. */
class RangeIgnored extends S3CredentialsError {
  constructor(key: string) {
    super("aws", `Could not get ${escapeName(key)}: the server does not send a range of it`);
  }
}

/** Without an ETag, nothing says that the rest would be of the same object. */
class CannotResume extends S3CredentialsError {
  constructor(key: string) {
    const reason = "the connection was cut, and without an ETag the download cannot be resumed";
    super("aws", `Could not get ${escapeName(key)}: ${reason}`, { hint: "Try again" });
  }
}

/** Thrown to turn from one long answer to ranges. */
class SwitchToRanges extends Error {
  constructor(readonly head: ObjectHead) {
    super("longer than one range");
  }
}

/**
 * Reads an object from its beginning to its end and returns its length. Where the connection breaks, it
 * goes on from there, if the object has an ETag. `onHead` is called once, before the content.
 */
export async function readObject(
  client: BucketClient,
  key: string,
  write: Sink,
  onHead?: (head: ObjectHead) => void,
  known?: KnownObject,
): Promise<number> {
  let head: ObjectHead | undefined;
  let digest: Digest | undefined;
  let offset = 0;
  const isAws = await client.isAws();
  const attempt = async () => {
    if (head !== undefined && offset === head.size) return;
    if (head !== undefined && head.etag === undefined) throw new CannotResume(key);
    await client.sendOnce({
      method: "GET",
      key,
      headers: {
        ...(isAws && head === undefined && { "x-amz-checksum-mode": "ENABLED" }),
        ...(head !== undefined && rangeHeaders(offset, undefined, head.etag)),
      },
    }, {
      onHead(answer) {
        let surplus = 0;
        if (head === undefined) {
          if (answer.status !== 200) {
            const what = answer.status === 206 ? "a range" : `status ${answer.status}`;
            throw corrupt(key, `the server sent ${what}, but the whole object was requested`);
          }
          head = headOf(answer);
          onHead?.(head);
          digest = digestOf(answer.headers, head.size);
        } else if (isWhole(answer, head)) {
          surplus = offset;
        } else {
          checkRange(answer, key, head, { start: offset });
        }
        return (chunk) => {
          const wanted = chunk.subarray(surplus);
          surplus -= chunk.length - wanted.length;
          offset += wanted.length;
          const receive = () => {
            digest?.update(wanted);
            return write(wanted);
          };
          return digest?.loading === undefined ? receive() : digest.loading.then(receive);
        };
      },
    });
  };
  await client.withRetries(attempt, () => offset).catch((error) => {
    if (head !== undefined && isBeyondEnd(error)) {
      // All of a body in chunks has come, but not the mark of its end.
      if (Number.isNaN(head.size) && totalIn(error) === offset) return;
      // The answers end before the length that they state, and there is nothing behind.
      throw tooShort(key, offset, head.size);
    }
    throw getError(client, error, key);
  });
  const size = sizeOf(head!, known);
  if (size !== undefined && offset !== size) {
    throw corrupt(key, `${offset} bytes arrived instead of ${size}`);
  }
  await digest?.loading;
  if (digest?.matches() === false) throw corrupt(key);
  return offset;
}

function sizeOf(head: ObjectHead, known?: KnownObject): number | undefined {
  if (known !== undefined && known.etag === head.etag) return known.size;
  return Number.isFinite(head.size) ? head.size : undefined;
}

/** Throws unless an answer is the requested range of the same object. */
function checkRange(
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
function isWhole(answer: HttpHead, { size, etag }: Pick<ObjectHead, "size" | "etag">): boolean {
  const head = headOf(answer);
  return answer.status === 200 && head.etag === etag && Object.is(head.size, size);
}

/** How to download into a file. */
export interface FileDownload {
  /** The bucket. */
  client: BucketClient;
  /** Limits the requests. */
  limiter: Limiter;
  /** Called with the length of every piece; a negative number revokes pieces. */
  onBytes(bytes: number): void;
  /** Called with the length of the whole when it is known. */
  onSize?(size: number): void;
}

const MAX_ATTEMPTS = 3;

/** Downloads an object into a file and returns its length. A long one comes in several ranges at a time. */
export async function downloadInto(
  download: FileDownload,
  key: string,
  file: LocalFile,
  known?: KnownObject,
): Promise<number> {
  let head = known !== undefined && known.size > MIN_RANGE ? known : undefined;
  let received = 0;
  let rangesUnsupported = false;
  const onBytes = (bytes: number) => {
    received += bytes;
    download.onBytes(bytes);
  };
  for (let attempt = 1;; attempt++) {
    try {
      if (head !== undefined) {
        await readRanges({ ...download, onBytes }, key, file, head);
        return head.size;
      }
      return await readWhole({ ...download, onBytes }, key, file, { known, rangesUnsupported });
    } catch (error) {
      if (error instanceof SwitchToRanges && error.head.etag !== undefined) {
        head = { size: error.head.size, etag: error.head.etag };
        continue;
      }
      rangesUnsupported ||= error instanceof RangeIgnored;
      const mayPass = [ObjectChanged, RangeIgnored, CannotResume]
        .some((passing) => error instanceof passing);
      if (!mayPass || attempt >= MAX_ATTEMPTS) throw error;
      head = undefined;
      onBytes(-received);
      file.clear();
    }
  }
}

function readWhole(
  { client, limiter, onBytes, onSize }: FileDownload,
  key: string,
  file: LocalFile,
  { known, rangesUnsupported }: { known: KnownObject | undefined; rangesUnsupported: boolean },
): Promise<number> {
  const write = (chunk: Uint8Array) => {
    file.write(chunk);
    onBytes(chunk.length);
  };
  const onHead = (head: ObjectHead) => {
    if (Number.isFinite(head.size)) onSize?.(head.size);
    const isLong = head.size > MIN_RANGE && head.etag !== undefined;
    if (isLong && !rangesUnsupported) throw new SwitchToRanges(head);
  };
  return limiter.run(() => readObject(client, key, write, onHead, known), known?.size);
}

async function readRanges(
  { client, limiter, onBytes, onSize }: FileDownload,
  key: string,
  file: LocalFile,
  { size, etag }: KnownObject,
): Promise<void> {
  onSize?.(size);
  let digest: Digest | undefined;
  let failure: { error: unknown } | undefined;
  const onHead = (head: HttpHead, range: { start: number; end: number }) => {
    if (isWhole(head, { size, etag })) throw new RangeIgnored(key);
    checkRange(head, key, { size, etag }, range);
    digest ??= digestOf(head.headers, size);
  };
  const isOver = () => failure !== undefined;
  const reading = new Set<Promise<void>>();
  using line = new Line();
  const onPiece = (bytes: number) => {
    line.count(bytes);
    onBytes(bytes);
  };
  const rangeSize = rangeSizeOf(size);
  for (let start = 0; start < size && !isOver(); start += rangeSize) {
    const range = { start, end: Math.min(start + rangeSize, size), etag };
    const endConnection = await line.admit();
    const release = await limiter.acquire(LONG_DOWNLOAD);
    if (isOver()) {
      release();
      break;
    }
    const task = readRange(client, key, file, range, { onHead, onBytes: onPiece, isOver })
      .catch((error) => void (failure ??= { error }))
      .finally(() => {
        release();
        endConnection();
        reading.delete(task);
      });
    reading.add(task);
  }
  await Promise.all(reading);
  if (failure !== undefined) throw getError(client, failure.error, key);
  if (digest !== undefined && !await contentMatches(file, digest)) throw corrupt(key);
}

/** Thrown in a range when another range of the same object has failed. */
class NoLongerWanted extends Error {}

async function readRange(
  client: BucketClient,
  key: string,
  file: LocalFile,
  { start, end, etag }: { start: number; end: number; etag: string },
  { onHead, onBytes, isOver }: {
    onHead(head: HttpHead, range: { start: number; end: number }): void;
    onBytes(bytes: number): void;
    isOver(): boolean;
  },
): Promise<void> {
  const writeHere = file.writerAt(start);
  let offset = start;
  const write = (chunk: Uint8Array) => {
    if (isOver()) throw new NoLongerWanted();
    if (offset + chunk.length > end) throw new ObjectChanged(key);
    writeHere(chunk);
    offset += chunk.length;
    onBytes(chunk.length);
  };
  const attempt = async () => {
    if (offset === end) return;
    const headers = rangeHeaders(offset, end, etag);
    await client.sendOnce({ method: "GET", key, headers }, {
      onHead(head) {
        onHead(head, { start: offset, end });
        return write;
      },
    });
    if (offset !== end) throw new ObjectChanged(key);
  };
  await client.withRetries(attempt, () => offset).catch((error) => {
    throw isBeyondEnd(error) ? new ObjectChanged(key) : error;
  });
}

function isBeyondEnd(error: unknown): error is S3RequestError {
  return error instanceof S3RequestError && error.$metadata.httpStatusCode === 416;
}

/** The length of an object, as the refusal of a range beyond it names it. */
function totalIn({ $response: { headers } }: S3RequestError): number {
  return Number(/^bytes \*\/(\d+)$/i.exec(headers["content-range"] ?? "")?.[1] ?? NaN);
}

function tooShort(key: string, received: number, stated: number): S3CredentialsError {
  const reason = Number.isFinite(stated)
    ? `the server sends ${received} bytes and states ${stated}`
    : `the server breaks off after ${received} bytes, and has no more`;
  return new S3CredentialsError("aws", `Could not get ${escapeName(key)}: ${reason}`, {
    hint: "Something is wrong with the server, or with a proxy in front of it",
  });
}

async function contentMatches(file: LocalFile, digest: Digest): Promise<boolean> {
  await digest.loading;
  for await (const chunk of file.content()) digest.update(chunk);
  return digest.matches();
}

function rangeHeaders(start: number, end: number | undefined, etag: string | undefined) {
  return {
    range: `bytes=${start}-${end === undefined ? "" : end - 1}`,
    ...(etag !== undefined && { "if-match": etag }),
  };
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

function corrupt(
  key: string,
  reason = "the checksum that the server gives for the object does not match",
): S3CredentialsError {
  const message = `Could not get ${escapeName(key)}: what arrived is not what the server holds`;
  return new S3CredentialsError("aws", message, { hint: `Try again; ${reason}` });
}

/** Says why an object can't be read. */
export function getError(client: BucketClient, error: unknown, key: string): unknown {
  if (error instanceof S3CredentialsError || error instanceof SwitchToRanges) return error;
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
