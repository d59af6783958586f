/**
 * The content of one object: as a stream, or into a file by several ranges at a time.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { shown } from "../shown.ts";
import { type BucketRequests, S3RequestError } from "./bucket_requests.ts";
import { type Digest, digestOf } from "./digests.ts";
import type { Gate } from "./gate.ts";
import type { HttpHead, Sink } from "./http_exchange.ts";
import type { LocalFile } from "./local_file.ts";
import { serviceError } from "./service_error.ts";

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

/** An object longer than this is fetched by ranges where it goes into a file. */
export const RANGE_SIZE = 8 * 1024 * 1024;

/** The object is another one than when reading began. */
class ObjectChanged extends S3CredentialsError {
  constructor(key: string) {
    super("conflict", `Could not get ${shown(key)}: it changed while it was being read`, {
      hint: "Try again",
    });
  }
}

/** Thrown to turn from one long answer to ranges. */
class TooLong extends Error {
  constructor(readonly head: ObjectHead) {
    super("longer than one range");
  }
}

/**
 * Reads an object from its beginning to its end. Where the connection breaks, it goes on from there.
 *
 * @param requests the bucket
 * @param key the object
 * @param write takes the content
 * @param onHead told once, before the content
 * @throws {S3CredentialsError} if it isn't there, can't be read or isn't what the server holds
 */
export async function readObject(
  requests: BucketRequests,
  key: string,
  write: Sink,
  onHead?: (head: ObjectHead) => void,
): Promise<ObjectHead> {
  let head: ObjectHead | undefined;
  let digest: Digest | undefined;
  let offset = 0;
  const isAmazons = await requests.isAmazons();
  const attempt = async () => {
    if (head !== undefined && offset === head.size) return;
    await requests.sendOnce({
      method: "GET",
      key,
      headers: {
        ...(isAmazons && head === undefined && { "x-amz-checksum-mode": "ENABLED" }),
        ...(head !== undefined && rangeHeaders(offset, undefined, head.etag)),
      },
    }, {
      onHead(answer) {
        if (head === undefined) {
          head = headOf(answer);
          onHead?.(head);
          digest = digestOf(answer.headers);
        } else if (answer.status !== 206) throw new ObjectChanged(key);
        return (chunk) => {
          offset += chunk.length;
          digest?.update(chunk);
          return write(chunk);
        };
      },
    });
  };
  await requests.withRetries(attempt, () => offset).catch((error) => {
    throw readingError(requests, error, key);
  });
  if (digest?.matches() === false) throw corrupt(key);
  return head!;
}

/** How to download into a file. */
export interface FileDownload {
  /** The bucket. */
  requests: BucketRequests;
  /** Bounds the requests. */
  gate: Gate;
  /** Told of every piece; a negative number takes pieces back. */
  onBytes(bytes: number): void;
  /** Told of the length once it is known. */
  onSize?(size: number): void;
}

const MOST_BEGINNINGS = 3;

/**
 * Downloads an object into a file. A long object comes by several ranges at a time.
 *
 * @param download how
 * @param key the object
 * @param file where to
 * @param known what a listing has told about it
 * @returns the length of the object
 * @throws {S3CredentialsError} if it isn't there, can't be read or isn't what the server holds
 */
export async function downloadInto(
  download: FileDownload,
  key: string,
  file: LocalFile,
  known?: { size: number; etag: string },
): Promise<number> {
  let head = known !== undefined && known.size > RANGE_SIZE ? known : undefined;
  let received = 0;
  const onBytes = (bytes: number) => {
    received += bytes;
    download.onBytes(bytes);
  };
  for (let beginning = 1;; beginning++) {
    try {
      if (head !== undefined) {
        await readRanges({ ...download, onBytes }, key, file, head);
        return head.size;
      }
      return (await readWhole({ ...download, onBytes }, key, file, known?.size)).size;
    } catch (error) {
      if (error instanceof TooLong && error.head.etag !== undefined) {
        head = { size: error.head.size, etag: error.head.etag };
        continue;
      }
      if (!(error instanceof ObjectChanged) || beginning >= MOST_BEGINNINGS) throw error;
      head = undefined;
      onBytes(-received);
      file.clear();
    }
  }
}

function readWhole(
  { requests, gate, onBytes, onSize }: FileDownload,
  key: string,
  file: LocalFile,
  expected = 0,
): Promise<ObjectHead> {
  const write = (chunk: Uint8Array) => {
    file.write(chunk);
    onBytes(chunk.length);
  };
  return gate.run(() =>
    readObject(requests, key, write, (head) => {
      onSize?.(head.size);
      if (head.size > RANGE_SIZE && head.etag !== undefined) throw new TooLong(head);
    }), expected);
}

async function readRanges(
  { requests, gate, onBytes, onSize }: FileDownload,
  key: string,
  file: LocalFile,
  { size, etag }: { size: number; etag: string },
): Promise<void> {
  onSize?.(size);
  let digest: Digest | undefined;
  let failure: { error: unknown } | undefined;
  const onHead = (head: HttpHead) => {
    const total = /\/(\d+)$/.exec(head.headers["content-range"] ?? "")?.[1];
    if (head.status !== 206 || Number(total) !== size) throw new ObjectChanged(key);
    digest ??= digestOf(head.headers);
  };
  const underWay = new Set<Promise<void>>();
  for (let start = 0; start < size && failure === undefined; start += RANGE_SIZE) {
    const end = Math.min(start + RANGE_SIZE, size);
    const leave = await gate.enter(RANGE_SIZE);
    if (failure !== undefined) {
      leave();
      break;
    }
    const reading = readRange(requests, key, file, { start, end, etag }, {
      onHead,
      onBytes,
      isOver: () => failure !== undefined,
    })
      .catch((error) => void (failure ??= { error }))
      .finally(() => {
        leave();
        underWay.delete(reading);
      });
    underWay.add(reading);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw readingError(requests, failure.error, key);
  if (digest !== undefined && !await fileMatches(file.temporaryPath, digest)) throw corrupt(key);
}

/** Thrown in a range when another range of the same object has failed. */
class NoLongerWanted extends Error {}

async function readRange(
  requests: BucketRequests,
  key: string,
  file: LocalFile,
  { start, end, etag }: { start: number; end: number; etag: string },
  { onHead, onBytes, isOver }: {
    onHead(head: HttpHead): void;
    onBytes(bytes: number): void;
    isOver(): boolean;
  },
): Promise<void> {
  using writer = file.writerAt(start);
  let offset = start;
  const write = (chunk: Uint8Array) => {
    if (isOver()) throw new NoLongerWanted();
    if (offset + chunk.length > end) throw new ObjectChanged(key);
    writer.write(chunk);
    offset += chunk.length;
    onBytes(chunk.length);
  };
  const attempt = async () => {
    if (offset === end) return;
    const headers = rangeHeaders(offset, end, etag);
    await requests.sendOnce({ method: "GET", key, headers }, {
      onHead(head) {
        onHead(head);
        return write;
      },
    });
    if (offset !== end) throw new ObjectChanged(key);
  };
  await requests.withRetries(attempt, () => offset);
}

async function fileMatches(path: string, digest: Digest): Promise<boolean> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    digest.update(buffer.subarray(0, count));
  }
  return digest.matches();
}

function rangeHeaders(start: number, end: number | undefined, etag: string | undefined) {
  return {
    range: `bytes=${start}-${end === undefined ? "" : end - 1}`,
    ...(etag !== undefined && { "if-match": etag }),
  };
}

/** Reads the head of an object. */
export function headOf({ headers }: HttpHead): ObjectHead {
  const time = headers["last-modified"];
  return {
    size: Number(headers["content-length"] ?? NaN),
    etag: headers.etag,
    contentType: headers["content-type"],
    lastModified: time === undefined ? undefined : new Date(time),
  };
}

function corrupt(key: string): S3CredentialsError {
  return new S3CredentialsError(
    "aws",
    `Could not get ${shown(key)}: what arrived is not what the server holds`,
    { hint: "Try again; the checksum that the server gives for the object does not fit" },
  );
}

/**
 * Says why an object can't be read.
 *
 * @param requests the bucket
 * @param error what a request threw
 * @param key the object
 * @returns the error to throw
 */
export function readingError(requests: BucketRequests, error: unknown, key: string): unknown {
  if (error instanceof S3CredentialsError || error instanceof TooLong) return error;
  if (!(error instanceof S3RequestError)) {
    const isOurs = (error as Error)?.name !== "ConnectionError";
    return isOurs ? error : serviceError(error, `Could not get ${shown(key)}`);
  }
  const { httpStatusCode } = error.$metadata;
  if (httpStatusCode === 412) return new ObjectChanged(key);
  if (error.name === "NoSuchBucket") {
    return serviceError(error, `Could not get objects of bucket ${requests.bucket}`);
  }
  return httpStatusCode === 404
    ? new S3CredentialsError("not-found", `Not found: ${shown(key)}`, { cause: error })
    : serviceError(error, `Could not get ${shown(key)}`);
}
