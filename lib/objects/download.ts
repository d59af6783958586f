/**
 * Downloads one object into a file; a long one by several ranges at a time.
 *
 * @module
 */
import type { Limiter } from "../concurrency.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import type { HttpHead } from "../http/head.ts";
import { Line } from "../http/line.ts";
import type { BucketClient } from "./bucket_client.ts";
import { type Digest, digestOf } from "./checksum.ts";
import type { LocalFile } from "./local/file.ts";
import {
  checkRange,
  corrupt,
  getError,
  isBeyondEnd,
  isWhole,
  type KnownObject,
  ObjectChanged,
  type ObjectHead,
  rangeHeaders,
} from "./object_answer.ts";
import { CannotResume, readObject } from "./read_object.ts";
import { LONG_DOWNLOAD } from "./types.ts";

/** A longer object is fetched by ranges if it goes into a file. */
const MIN_RANGE = 8 * 1024 * 1024;
const MAX_RANGE = 32 * 1024 * 1024;
/** Ranges of one object: enough that all connections end at about the same time. */
const RANGES = 32;

/** Bytes in a range of an object: many, since a connection waits for a round trip after each. */
export function rangeSizeOf(size: number): number {
  return Math.max(MIN_RANGE, Math.min(MAX_RANGE, Math.ceil(size / RANGES)));
}

/** The server answers a request for a range with the whole object. */
class RangeIgnored extends S3CredentialsError {
  constructor(key: string) {
    super("aws", `Could not get ${escapeName(key)}: the server does not send a range of it`);
  }
}

/** Thrown to turn from one long answer to ranges. */
class SwitchToRanges extends Error {
  constructor(readonly head: ObjectHead) {
    super("longer than one range");
  }
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

async function contentMatches(file: LocalFile, digest: Digest): Promise<boolean> {
  await digest.loading;
  for await (const chunk of file.content()) digest.update(chunk);
  return digest.matches();
}
