/**
 * Uploads: content of any kind, or many files.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { bucketError } from "../aws/missing.ts";
import { anySignal } from "../abortable.ts";
import { Limiter, mapUnordered } from "../concurrency.ts";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import type { HttpBody } from "../http/connection.ts";
import { BucketClient } from "./bucket_client.ts";
import { contentTypeOf } from "./content_types.ts";
import { failedResult } from "./failures.ts";
import { checkKey } from "./keys.ts";
import { BufferPool, PART_SIZE, uploadInParts } from "./multipart.ts";
import { sha256OfBody } from "../aws/requests/body_digest.ts";
import { ProgressCounter } from "./progress.ts";
import { type ByteSource, type ObjectContent, openSource } from "./sources.ts";
import {
  DEFAULT_TRANSFERS,
  type ObjectResult,
  STREAM_MEMORY,
  type TransferOptions,
  type Upload,
  UPLOAD_WINDOW,
} from "./types.ts";

/**
 * Uploads an object. What is longer than a few MiB goes in parts, several at a time; no more than a
 * few parts are held in memory.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param key the key of the new object
 * @param content the content, or the path of a file
 * @param options media type, maximum of concurrent requests, progress, signal
 * @throws {S3CredentialsError} if it could not be uploaded; nothing is left on the server then
 * @throws the signal's reason if it is aborted
 *
 * @example Bytes, and a file
 * ```ts
 * import { connect, getObject, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "hello.txt", new TextEncoder().encode("Hello"));
 * await putObject(aws, "my-bucket", "docs/README.md", { path: "README.md" });
 * const { size, contentType } = await getObject(aws, "my-bucket", "hello.txt");
 * assert.deepEqual([size, contentType], [5, "text/plain"]);
 * ```
 */
export async function putObject(
  aws: Aws,
  bucket: string,
  key: string,
  content: ObjectContent,
  options: TransferOptions & {
    /** The media type; if omitted, that of the blob, of the file's extension, or of the key's. */
    contentType?: string;
  } = {},
): Promise<void> {
  asUsageError(() => checkKey(key));
  using uploader = new Uploader(aws, bucket, options);
  await uploader.put(key, content, { contentType: options.contentType });
}

/**
 * Uploads files, with the media types of their extensions.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param uploads files and keys, such as those of {@linkcode findUploads}
 * @param options maximum of concurrent requests, progress, signal
 * @returns what became of each file, as soon as it is known
 * @throws {S3CredentialsError} if the bucket can't be written to at all
 * @throws the signal's reason if it is aborted
 *
 * @example A directory with everything below it
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
  const { concurrency = DEFAULT_TRANSFERS } = options;
  checkUploads(uploads);
  const stop = new AbortController();
  const signal = anySignal(stop.signal, options.signal);
  using uploader = new Uploader(aws, bucket, { ...options, signal });
  const put = async ({ path, key, size = 0, realPath }: Upload): Promise<ObjectResult> => {
    try {
      asUsageError(() => checkKey(key), `Could not put ${escapeName(path)}`);
      return {
        key,
        path,
        size: await uploader.put(key, { path }, { countedSize: size, realPath }),
      };
    } catch (error) {
      signal.throwIfAborted();
      uploader.counter.add({ objects: 1 });
      return failedResult(error, { key, path });
    }
  };
  uploader.counter.add({
    totalObjects: uploads.length,
    totalBytes: uploads.reduce((sum, { size = 0 }) => sum + size, 0),
  });
  uploader.counter.finalTotal();
  // What is wrong with the settings is wrong for all of them.
  await uploader.client.isAws();
  yield* mapUnordered(uploads, put, concurrency, () => stop.abort());
}

/** A caller without types may pass paths alone, which say nothing of the keys. */
function checkUploads(uploads: readonly Upload[]): void {
  const isUpload = (upload?: Partial<Upload> | null) =>
    typeof upload?.path === "string" && typeof upload.key === "string";
  if (Array.isArray(uploads) && uploads.every(isUpload)) return;
  throw new S3CredentialsError("usage", "Invalid uploads: expected a list of { path, key }", {
    hint: "findUploads makes it of paths",
  });
}

/** An object on its way to the server. */
interface Outgoing {
  key: string;
  headers: Record<string, string>;
  source: ByteSource;
  /** Called with the length of every piece that was sent. */
  onBytes(bytes: number): void;
}

/** A file that changes while it is uploaded is uploaded once more. */
const MAX_ATTEMPTS = 2;

/** Uploads to one bucket that share their connections, their limits and their memory. */
class Uploader implements Disposable {
  readonly client: BucketClient;
  readonly counter: ProgressCounter;
  readonly #limiter: Limiter;
  /** Limits the memory for streams. */
  readonly #memory: Limiter;
  readonly #buffers = new BufferPool();
  readonly #options: TransferOptions;

  constructor(aws: Aws, bucket: string, options: TransferOptions) {
    this.#options = options;
    const { concurrency = DEFAULT_TRANSFERS } = options;
    this.#limiter = new Limiter(concurrency, UPLOAD_WINDOW);
    this.#memory = new Limiter(concurrency, STREAM_MEMORY);
    this.client = new BucketClient(aws, bucket, options.signal);
    this.counter = new ProgressCounter(options.onProgress);
  }

  /** Uploads an object and returns its length. `countedSize` is in the totals already. */
  async put(
    key: string,
    content: ObjectContent,
    { contentType, countedSize, realPath }: {
      contentType?: string;
      countedSize?: number;
      realPath?: string;
    },
  ): Promise<number> {
    try {
      const type = contentType ?? typeOf(content) ?? contentTypeOf(key);
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
      const isCounted = countedSize !== undefined;
      if (!isCounted) this.counter.add({ totalObjects: 1 });
      let counted = countedSize ?? 0;
      for (let attempt = 1;; attempt++) {
        using source = await openSource(content, this.#options.signal, realPath);
        this.counter.add({ totalBytes: (source.size ?? 0) - counted });
        counted = source.size ?? 0;
        if (!isCounted && source.size !== undefined) this.counter.finalTotal();
        const size = await this.#sendUnchanged({ key, source, headers }, attempt === MAX_ATTEMPTS);
        if (size === undefined) continue;
        if (source.size === undefined) this.counter.add({ totalBytes: size });
        if (!isCounted) this.counter.finalTotal();
        this.counter.add({ objects: 1 });
        return size;
      }
    } catch (error) {
      this.client.throwIfAborted();
      throw putError(error, this.client.bucket, key);
    }
  }

  /** Returns the length; or `undefined` if the file was written to in the meantime. */
  async #sendUnchanged(
    object: Omit<Outgoing, "onBytes">,
    isLastAttempt: boolean,
  ): Promise<number | undefined> {
    const { key, source } = object;
    let sent = 0;
    const onBytes = (bytes: number) => {
      sent += bytes;
      this.counter.add({ bytes });
    };
    try {
      const size = await this.#send({ ...object, onBytes });
      if (!source.hasChanged?.()) return size;
    } catch (error) {
      this.client.throwIfAborted();
      // A sum that doesn't match, or an end that comes too early, is the change itself.
      if (isLastAttempt || !source.hasChanged?.()) throw error;
    }
    if (isLastAttempt) {
      const message = `Could not put ${escapeName(key)}: the file changed while it was uploaded`;
      throw new S3CredentialsError("conflict", message, {
        hint: "What is stored may be a mixture: upload it again once nothing writes to the file",
      });
    }
    this.counter.add({ bytes: -sent });
    return undefined;
  }

  async #send(object: Outgoing): Promise<number> {
    const { source, onBytes } = object;
    const { size } = source;
    if (size !== undefined && size > PART_SIZE) return await this.#sendInParts(object);
    if (source.part !== undefined) {
      await this.#limiter.run(() => this.#sendWhole(object, source.part!(0, size!)), size);
      onBytes(size!);
      return size!;
    }
    const release = await this.#memory.acquire(PART_SIZE);
    const buffer = this.#buffers.take(PART_SIZE);
    try {
      const count = await source.fill(buffer);
      if (count < PART_SIZE) {
        await this.#sendWhole(object, buffer.subarray(0, count));
        onBytes(count);
        this.#buffers.release(buffer);
        return count;
      }
    } finally {
      release();
    }
    return await this.#sendInParts(object, buffer);
  }

  async #sendWhole({ key, headers }: Outgoing, body: Uint8Array | HttpBody): Promise<void> {
    this.client.throwIfAborted();
    const payloadHash = await sha256OfBody(body);
    const checksum = await this.client.isAws() &&
      { "x-amz-checksum-sha256": Uint8Array.fromHex(payloadHash).toBase64() };
    const request = { method: "PUT", key, body, payloadHash };
    await this.client.send({ ...request, headers: { ...headers, ...checksum } });
  }

  #sendInParts(object: Outgoing, first?: Uint8Array<ArrayBuffer>): Promise<number> {
    return uploadInParts({
      ...object,
      client: this.client,
      limiter: object.source.part === undefined ? this.#memory : this.#limiter,
      buffers: this.#buffers,
      first,
      onWarning: this.#options.onWarning,
      signal: this.#options.signal,
    });
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

function typeOf(content: ObjectContent): string | undefined {
  if (content instanceof Blob) return content.type || undefined;
  // An invalid content is refused when it is opened.
  const path = (content as { path?: unknown } | null | undefined)?.path;
  return typeof path === "string" ? contentTypeOf(path) : undefined;
}

function putError(error: unknown, bucket: string, key: string): unknown {
  if (error instanceof S3CredentialsError) return error;
  const isOfService = error instanceof Error && ("$metadata" in error ||
    error.name === "ConnectionError" || error instanceof SyntaxError);
  return isOfService ? bucketError(error, bucket, `Could not put ${escapeName(key)}`) : error;
}
