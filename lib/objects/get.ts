/**
 * Downloads: one object as a stream or into a file, many into a folder.
 *
 * @module
 */
import { Limiter, mapUnordered } from "../concurrency.ts";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { commonPrefix, keyMatcher } from "./keys.ts";
import { escapeName } from "../escape.ts";
import { BucketClient } from "./bucket_client.ts";
import type { Aws } from "../aws/connect.ts";
import { fileFault, localError, LocalFile } from "./local_file.ts";
import { openFound } from "./local_open.ts";
import { LocalFolder } from "./local_folder.ts";
import {
  downloadInto,
  type FileDownload,
  headOf,
  type ObjectHead,
  readingError,
  readObject,
} from "./download.ts";
import { listPages } from "./list.ts";
import {
  DEFAULT_TRANSFERS,
  DOWNLOAD_WINDOW,
  isFatal,
  type ObjectResult,
  ProgressCounter,
  type TransferOptions,
} from "./types.ts";
import { systemPath } from "./system_path.ts";

/** An object and its content. */
export interface ObjectStream extends ObjectHead {
  /** The content. It fails at its end if it isn't what the server holds. */
  body: ReadableStream<Uint8Array>;
}

/**
 * Gets an object as a stream.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param key the object
 * @param options whom to tell of progress, and what ends the transfer
 * @returns the object
 * @throws {S3CredentialsError} `not-found` or why it can't be read
 *
 * @example The text of an object
 * ```ts
 * import { connect, getObject, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "hello.txt", new Blob(["Hello"]).stream());
 * const { body, contentType } = await getObject(aws, "my-bucket", "hello.txt");
 * assert.equal(await new Response(body).text(), "Hello");
 * assert.equal(contentType, "text/plain");
 * aws.close();
 * ```
 */
export async function getObject(
  aws: Aws,
  bucket: string,
  key: string,
  { signal, onProgress }: Omit<TransferOptions, "concurrency"> = {},
): Promise<ObjectStream> {
  const cancelled = new AbortController();
  const requests = new BucketClient(
    aws,
    bucket,
    signal === undefined ? cancelled.signal : AbortSignal.any([signal, cancelled.signal]),
  );
  const counter = new ProgressCounter(onProgress);
  const { promise, resolve, reject } = Promise.withResolvers<ObjectHead>();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let wanted = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    pull: () => wanted.resolve(),
    cancel: () => cancelled.abort(),
  });
  const write = (chunk: Uint8Array) => {
    controller.enqueue(chunk);
    counter.add({ bytes: chunk.length });
    if ((controller.desiredSize ?? 1) > 0) return;
    wanted = Promise.withResolvers();
    return wanted.promise;
  };
  readObject(requests, key, write, (head) => {
    counter.add({ totalObjects: 1, totalBytes: head.size || 0 });
    counter.finalTotal();
    resolve(head);
  }).then(() => {
    counter.add({ objects: 1 });
    controller.close();
  }).catch((error) => {
    reject(error);
    if (!cancelled.signal.aborted) controller.error(error);
  }).finally(() => requests.close());
  return { ...await promise, body };
}

/**
 * Downloads an object into a file, which appears whole or not at all.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param key the object
 * @param path the file; something that is no ordinary file, such as a pipe, is written to as it is
 * @param options how many requests at a time, whom to tell, what ends the transfer
 * @throws {S3CredentialsError} if the object can't be read or the file can't be written
 *
 * @example Save an object
 * ```ts ignore
 * import { connect, downloadObject } from "@s3creds/cli";
 *
 * await downloadObject(connect(), "my-bucket", "hello.txt", "hello.txt");
 * ```
 */
export async function downloadObject(
  aws: Aws,
  bucket: string,
  key: string,
  path: string,
  { concurrency = DEFAULT_TRANSFERS, onProgress, signal }: TransferOptions = {},
): Promise<void> {
  const tried = `Could not write to ${escapeName(path)}`;
  const requests = new BucketClient(aws, bucket, signal);
  const gate = new Limiter(concurrency, DOWNLOAD_WINDOW);
  const target = await writableTarget(path, tried, signal);
  const counter = new ProgressCounter(onProgress);
  const download = {
    requests,
    gate,
    onBytes: (bytes: number) => counter.add({ bytes }),
    onSize: singleSize(counter),
  };
  try {
    if ("device" in target) await writeTo(target.device, download, key);
    else await save(target.file, download, key);
    counter.add({ objects: 1 });
  } catch (error) {
    throw localError(error, tried, replacingHint(error, path));
  } finally {
    if ("device" in target) target.device.close();
    requests.close();
  }
}

function singleSize(counter: ProgressCounter): (size: number) => void {
  let counted: number | undefined;
  return (size) => {
    counter.add({ totalObjects: counted === undefined ? 1 : 0, totalBytes: size - (counted ?? 0) });
    counted = size;
    counter.finalTotal();
  };
}

async function writeTo(device: Deno.FsFile, download: FileDownload, key: string): Promise<void> {
  await readObject(download.requests, key, async (chunk) => {
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(await device.write(rest));
    download.onBytes(chunk.length);
  }, ({ size }) => Number.isFinite(size) && download.onSize?.(size));
}

async function save(
  file: LocalFile,
  download: FileDownload,
  key: string,
  known?: { size: number; etag: string },
): Promise<number> {
  try {
    const size = await downloadInto(download, key, file, known);
    download.requests.throwIfAborted();
    file.finish();
    return size;
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** Opens the target before anything is transferred. */
async function writableTarget(
  given: string,
  tried: string,
  signal?: AbortSignal,
): Promise<{ file: LocalFile } | { device: Deno.FsFile }> {
  const path = systemPath(given);
  try {
    const found = statIfThere(path);
    if (found?.isDirectory) throw new Deno.errors.IsADirectory();
    if (found !== undefined && !found.isFile) {
      return { device: await openFound(path, found, { write: true }, signal) };
    }
    // A link to a file stays a link: the file that it names is replaced.
    return { file: new LocalFile(found === undefined ? path : Deno.realPathSync(path)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const hint = `The folder ${escapeName(dirname(path))} must exist`;
      throw new S3CredentialsError("not-found", `${tried}: its folder does not exist`, { hint });
    }
    throw fileFault(error, tried, replacingHint(error, path));
  }
}

/** What the system says of a file that may perhaps be written, but not replaced by another. */
const IRREPLACEABLE = new Set(["EACCES", "EPERM", "EBUSY", "EROFS"]);

function replacingHint(error: unknown, path: string): string | undefined {
  const { code = "" } = error as { code?: string };
  if (!IRREPLACEABLE.has(code) || !existsSync(path)) return;
  return "The file is replaced as a whole, so that its folder must be writable; where only the file " +
    "is, redirect standard output to it";
}

function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What {@linkcode getObjects} gets. Neither keys nor patterns: all. */
export interface GetObjectsOptions extends TransferOptions {
  /** Keys of objects to get. */
  keys?: readonly string[];
  /** Patterns of keys to get: `*`, `?`, `[seq]`, `[!seq]`; `*` also stands for `/`. */
  patterns?: readonly string[];
}

/**
 * Downloads objects into a folder, below which each keeps the folders of its key. Nothing is
 * written outside the folder; a key for which that can't be is reported.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param folder the folder; made if it isn't there
 * @param options which objects; left out, all
 * @returns what became of each object, as soon as it is known
 * @throws {S3CredentialsError} if the bucket can't be read or the folder can't be written to
 *
 * @example Everything below a prefix
 * ```ts ignore
 * import { connect, getObjects } from "@s3creds/cli";
 *
 * for await (const { key, error } of getObjects(connect(), "photos", "out", { patterns: ["2024/*"] })) {
 *   if (error !== undefined) console.error(key, error.message);
 * }
 * ```
 */
export async function* getObjects(
  aws: Aws,
  bucket: string,
  folder: string,
  options: GetObjectsOptions = {},
): AsyncGenerator<ObjectResult> {
  const { concurrency = DEFAULT_TRANSFERS, onProgress, signal } = options;
  const stop = new AbortController();
  const requests = new BucketClient(
    aws,
    bucket,
    signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  );
  const gate = new Limiter(concurrency, DOWNLOAD_WINDOW);
  const local = LocalFolder.open(folder);
  const counter = new ProgressCounter(onProgress);
  const get = async (wanted: Wanted): Promise<ObjectResult> => {
    const result = await getOne({ requests, gate, counter, local }, wanted);
    counter.add({ objects: 1 });
    return result;
  };
  try {
    const wanted = wantedObjects(requests, options, counter);
    yield* mapUnordered(wanted, get, concurrency, () => stop.abort());
  } finally {
    requests.close();
  }
}

interface Wanted {
  key: string;
  known?: { size: number; etag: string };
}

async function* wantedObjects(
  requests: BucketClient,
  { keys = [], patterns = [] }: GetObjectsOptions,
  counter: ProgressCounter,
): AsyncGenerator<Wanted> {
  const named = new Set(keys);
  counter.add({ totalObjects: named.size });
  for (const key of named) yield { key };
  if (named.size === 0 || patterns.length > 0) {
    const matches = patterns.length === 0 ? () => true : keyMatcher(patterns);
    const prefix = patterns.length === 0 ? undefined : commonPrefix(patterns);
    for await (const page of listPages(requests, prefix)) {
      const found = page.filter(({ Key }) => matches(Key) && !named.has(Key));
      counter.add({
        totalObjects: found.length,
        totalBytes: found.reduce((sum, { Size }) => sum + Size, 0),
      });
      for (const { Key, Size, ETag } of found) {
        yield { key: Key, known: { size: Size, etag: ETag ?? "" } };
      }
    }
  }
  counter.finalTotal();
}

interface Getting {
  requests: BucketClient;
  gate: Limiter;
  counter: ProgressCounter;
  local: LocalFolder;
}

async function getOne(getting: Getting, { key, known }: Wanted): Promise<ObjectResult> {
  const { requests, gate, counter, local } = getting;
  let counted = known?.size ?? 0;
  const download: FileDownload = {
    requests,
    gate,
    onBytes: (bytes) => counter.add({ bytes }),
    onSize(size) {
      counter.add({ totalBytes: size - counted });
      counted = size;
    },
  };
  const claimed = await local.claim(key, () => checkEmpty(download, key, known?.size))
    .catch((error) => asResult(error, key));
  if ("key" in claimed) return claimed;
  const { path, release } = claimed;
  if (path === undefined) return { key, size: 0 };
  // The path doesn't tell which of two keys it was made of.
  const tried = `Could not save ${JSON.stringify(key)} to ${escapeName(path)}`;
  try {
    const file = openFile(path, tried);
    const size = await save(file, download, key, known?.etag ? known : undefined);
    return { key, path, size };
  } catch (error) {
    return asResult(localError(error, tried), key);
  } finally {
    release();
  }
}

function openFile(path: string, tried: string): LocalFile {
  try {
    return new LocalFile(path);
  } catch (error) {
    throw fileFault(error, tried);
  }
}

/** A key that ends in a slash stands for a folder, which can't hold what the object might hold. */
async function checkEmpty(
  { requests, gate }: FileDownload,
  key: string,
  known: number | undefined,
): Promise<void> {
  const size = known ?? headOf(
    await gate.run(() => requests.send({ method: "HEAD", key }))
      .catch((error) => Promise.reject(readingError(requests, error, key))),
  ).size;
  if (size > 0) {
    throw new S3CredentialsError(
      "conflict",
      `Skipped ${
        JSON.stringify(key)
      }: it makes a folder, and its ${size} bytes have no place there`,
      { hint: "Use get-object with -o to save them" },
    );
  }
}

function asResult(error: unknown, key: string): ObjectResult {
  if (error instanceof S3CredentialsError && !isFatal(error)) return { key, error };
  throw error;
}
