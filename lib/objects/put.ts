/**
 * Uploads: a file, a stream or many files.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { Limiter, mapUnordered } from "../concurrency.ts";
import { Buffer } from "node:buffer";
import { contentTypeOf } from "./content_types.ts";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import { checkKey } from "./keys.ts";
import { escapeName } from "../escape.ts";
import { BucketClient } from "./bucket_client.ts";
import type { Aws } from "../aws/connect.ts";
import { fileFault, localError } from "./local_file.ts";
import { openFound } from "./local_open.ts";
import { type ByteSource, PART_SIZE, uploadInParts } from "./multipart.ts";
import {
  BODY_MEMORY,
  DEFAULT_TRANSFERS,
  isFatal,
  type ObjectResult,
  ProgressCounter,
  type TransferOptions,
} from "./types.ts";
import { sha256 } from "./signature.ts";
import { serviceError } from "../aws/service_error.ts";
import { systemPath } from "./system_path.ts";

/** What {@linkcode putObject} can be told. */
export interface PutObjectOptions extends TransferOptions {
  /** The media type; left out, that of the extension of the file or else of the key. */
  contentType?: string;
}

/**
 * Uploads a file or a stream. What is longer than a few MiB goes in parts, several at a time; no
 * more than a few parts are held in memory.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param key the key of the new object
 * @param source the path of a file, or the content
 * @param options media type, how many requests at a time, whom to tell, what ends the transfer
 * @throws {S3CredentialsError} if it could not be uploaded; nothing is left on the server then
 *
 * @example A file
 * ```ts ignore
 * import { connect, putObject } from "@s3creds/cli";
 *
 * await putObject(connect(), "my-bucket", "hello.txt", "/path/to/hello.txt");
 * ```
 */
export async function putObject(
  aws: Aws,
  bucket: string,
  key: string,
  source: string | ReadableStream<Uint8Array>,
  options: PutObjectOptions = {},
): Promise<void> {
  asUsageError(() => checkKey(key));
  const { contentType, signal } = options;
  const upload = uploader(aws, bucket, options);
  try {
    if (typeof source === "string") {
      await upload.file(source, key, { ...(contentType !== undefined && { contentType }) });
    } else {
      const streamed = new StreamSource(source, signal);
      upload.counter.add({ totalObjects: 1 });
      try {
        const size = await upload.stream(streamed, key, contentType ?? contentTypeOf(key));
        upload.counter.add({ totalBytes: size });
      } finally {
        streamed.release();
      }
    }
    upload.counter.finalTotal();
    upload.counter.add({ objects: 1 });
  } catch (error) {
    throw puttingError(error, key);
  } finally {
    upload.requests.close();
  }
}

/** A file to upload. */
export interface Upload {
  /** The file. */
  path: string;
  /** The key of the new object. */
  key: string;
  /** Its length, as far as it is known; for progress only. */
  size?: number;
}

/**
 * Uploads files, with the media types of their extensions.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param uploads files and keys, such as those of {@linkcode findUploads}
 * @param options how many requests at a time, whom to tell, what ends the transfer
 * @returns what became of each file, as soon as it is known
 * @throws {S3CredentialsError} if the bucket can't be written to at all
 *
 * @example A folder with all below it
 * ```ts ignore
 * import { connect, findUploads, putObjects } from "@s3creds/cli";
 *
 * const { uploads } = findUploads(["site"]);
 * for await (const { path, error } of putObjects(connect(), "my-bucket", uploads)) {
 *   if (error !== undefined) console.error(path, error.message);
 * }
 * ```
 */
export async function* putObjects(
  aws: Aws,
  bucket: string,
  uploads: readonly Upload[],
  options: TransferOptions = {},
): AsyncGenerator<ObjectResult> {
  const { concurrency = DEFAULT_TRANSFERS, signal } = options;
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const upload = uploader(aws, bucket, { ...options, signal: either });
  upload.counter.add({
    totalObjects: uploads.length,
    totalBytes: uploads.reduce((sum, { size = 0 }) => sum + size, 0),
  });
  upload.counter.finalTotal();
  const put = async ({ path, key, size: expected = 0 }: Upload): Promise<ObjectResult> => {
    try {
      checkKey(key);
      return { key, path, size: await upload.file(path, key, { expected }) };
    } catch (error) {
      const problem = error instanceof RangeError
        ? new S3CredentialsError("limit", `Could not put ${escapeName(path)}: ${error.message}`)
        : puttingError(error, key);
      if (!(problem instanceof S3CredentialsError) || isFatal(problem)) throw problem;
      return { key, path, error: problem };
    } finally {
      upload.counter.add({ objects: 1 });
    }
  };
  try {
    // What is wrong with the settings is wrong for all of them.
    await upload.requests.isAws();
    yield* mapUnordered(uploads, put, concurrency, () => stop.abort());
  } finally {
    upload.requests.close();
  }
}

function puttingError(error: unknown, key: string): unknown {
  if (error instanceof S3CredentialsError) return error;
  const isOfService = error instanceof Error && ("$metadata" in error ||
    error.name === "ConnectionError" || error instanceof SyntaxError);
  return isOfService ? serviceError(error, `Could not put ${escapeName(key)}`) : error;
}

function uploader(
  aws: Aws,
  bucket: string,
  { concurrency = DEFAULT_TRANSFERS, onProgress, onWarning, signal }: TransferOptions,
) {
  const gate = new Limiter(concurrency, BODY_MEMORY);
  const requests = new BucketClient(aws, bucket, signal);
  const counter = new ProgressCounter(onProgress);
  const onBytes = (bytes: number) => counter.add({ bytes });
  const common = { requests, gate, spare: [], onBytes, onWarning, signal };

  async function whole(key: string, body: Uint8Array, headers: Record<string, string>) {
    const payloadHash = sha256(body);
    const checksum = await requests.isAws() &&
      { "x-amz-checksum-sha256": Buffer.from(payloadHash, "hex").toString("base64") };
    const request = { method: "PUT", key, body, payloadHash };
    await requests.send({ ...request, headers: { ...headers, ...checksum } });
    onBytes(body.length);
  }

  async function stream(source: ByteSource, key: string, contentType: string | undefined) {
    const headers = typeHeader(contentType);
    const leave = await gate.enter(PART_SIZE);
    const first = new Uint8Array(PART_SIZE);
    try {
      const count = await source.fill(first);
      if (count < PART_SIZE) {
        await whole(key, first.subarray(0, count), headers);
        return count;
      }
    } finally {
      leave();
    }
    return await uploadInParts({ ...common, key, headers, source, first });
  }

  async function file(
    path: string,
    key: string,
    { contentType = contentTypeOf(path) ?? contentTypeOf(key), expected }: {
      contentType?: string;
      expected?: number;
    },
  ): Promise<number> {
    const headers = typeHeader(contentType);
    const tried = `Could not read ${escapeName(path)}`;
    using source = await openSource(path, tried, signal);
    if (source.size === 0) await source.probeEmptyFile();
    const { size } = source;
    counter.add({
      totalObjects: expected === undefined ? 1 : 0,
      totalBytes: (size ?? 0) - (expected ?? 0),
    });
    if (expected === undefined && size !== undefined) counter.finalTotal();
    // A pipe has no length and comes as it comes.
    if (size === undefined) return await stream(source, key, contentType);
    if (size > PART_SIZE) {
      return await uploadInParts({ ...common, key, headers, source, size });
    }
    await gate.run(async () => {
      requests.throwIfAborted();
      await whole(key, source.readAll(size), headers);
    }, size);
    return size;
  }

  return { requests, counter, stream, file };
}

function typeHeader(contentType: string | undefined): Record<string, string> {
  return contentType === undefined ? {} : { "content-type": contentType };
}

async function openSource(given: string, tried: string, signal?: AbortSignal): Promise<FileSource> {
  const path = systemPath(given);
  try {
    const found = Deno.statSync(path);
    if (found.isDirectory) throw new Deno.errors.IsADirectory();
    return new FileSource(given, await openFound(path, found, { read: true }, signal), signal);
  } catch (error) {
    throw fileFault(error, tried);
  }
}

/** Longer than what some files of the system give, which they do only in one piece. */
const BEGINNING_SIZE = 64 * 1024;

/** A file as it was when it was opened: what is appended meanwhile is left out. */
class FileSource implements ByteSource, Disposable {
  size: number | undefined;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #signal: AbortSignal | undefined;
  #left: number;
  #begun = new Uint8Array();

  constructor(path: string, file: Deno.FsFile, signal?: AbortSignal) {
    this.#path = path;
    this.#file = file;
    const info = file.statSync();
    this.size = info.isFile ? info.size : undefined;
    this.#signal = signal;
    this.#left = this.size ?? Infinity;
  }

  /** Files that the system makes up, such as those in `/proc`, call themselves empty and are not. */
  async probeEmptyFile(): Promise<void> {
    const buffer = new Uint8Array(BEGINNING_SIZE);
    const count = await this.#read(buffer, this.#signal);
    if (count === null) return;
    this.#begun = buffer.subarray(0, count);
    this.size = undefined;
    this.#left = Infinity;
  }

  /** For what is short enough: synchronous, as changing threads would take longer. */
  readAll(size: number): Uint8Array {
    const buffer = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const count = this.#readSync(buffer.subarray(filled));
      if (count === null) throw this.#shorter();
      filled += count;
    }
    return buffer;
  }

  async fill(buffer: Uint8Array): Promise<number> {
    const wanted = Math.min(buffer.length, this.#left);
    buffer.set(this.#begun);
    let filled = this.#begun.length;
    this.#begun = new Uint8Array();
    while (filled < wanted) {
      const signal = this.size === undefined ? this.#signal : undefined;
      const count = await this.#read(buffer.subarray(filled, wanted), signal);
      if (count === null && this.size !== undefined) throw this.#shorter();
      if (count === null) break;
      filled += count;
    }
    this.#left -= filled;
    return filled;
  }

  async #read(buffer: Uint8Array, signal?: AbortSignal): Promise<number | null> {
    try {
      return await abortable(this.#file.read(buffer), signal);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #readSync(buffer: Uint8Array): number | null {
    try {
      return this.#file.readSync(buffer);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): S3CredentialsError {
    return fileFault(error, `Could not read ${escapeName(this.#path)}`);
  }

  #shorter(): S3CredentialsError {
    const message = `Could not put ${
      escapeName(this.#path)
    }: the file became shorter while it was read`;
    return new S3CredentialsError("conflict", message, { hint: "Try again" });
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** A stream, read into buffers. */
class StreamSource implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #rest = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>, signal?: AbortSignal) {
    this.#reader = stream.getReader();
    this.#signal = signal;
    // Whoever feeds a pipe may be slow, and an interruption must not wait for him.
    signal?.addEventListener("abort", this.release);
  }

  async fill(buffer: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#reader.read().catch((error) => {
          throw localError(error, "Could not read the input");
        });
        this.#signal?.throwIfAborted();
        if (done) break;
        this.#rest = value as Uint8Array<ArrayBuffer>;
      }
      const taken = this.#rest.subarray(0, buffer.length - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
    }
    return filled;
  }

  readonly release = (): void => {
    this.#signal?.removeEventListener("abort", this.release);
    this.#reader.cancel().catch(() => {});
  };
}
