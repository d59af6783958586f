/**
 * Downloads: one object as a stream or into a file, many into a directory.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { anySignal } from "../abortable.ts";
import { Limiter, mapUnordered } from "../concurrency.ts";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { BucketClient } from "./bucket_client.ts";
import { downloadInto, type FileDownload } from "./download.ts";
import { outputError } from "../file_error.ts";
import { infoIfExists } from "../file_info.ts";
import { failedResult } from "./failures.ts";
import { checkKey, commonPrefix, keyMatcher } from "./keys.ts";
import { listPages } from "./list.ts";
import { LocalDirectory } from "./local/directory.ts";
import { asFileError } from "./local/file_error.ts";
import { LocalFile } from "./local/file.ts";
import { removeLeftovers } from "./local/leftovers.ts";
import { openFound } from "./local/open.ts";
import { dirname, sep } from "./local/paths.ts";
import { systemPath } from "./local/system_path.ts";
import {
  getError,
  headOf,
  type KnownObject,
  type ObjectHead,
  strongEtag,
} from "./object_answer.ts";
import { ProgressCounter } from "./progress.ts";
import { readObject } from "./read_object.ts";
import {
  DEFAULT_TRANSFERS,
  DOWNLOAD_WINDOW,
  type ObjectResult,
  type TransferOptions,
} from "./types.ts";

/** An object and its content. */
export interface ObjectStream {
  /** Length in bytes. */
  size: number;
  /** Entity tag, in quotes. */
  etag: string | undefined;
  /** Media type. */
  contentType: string | undefined;
  /** When it was last written. */
  lastModified: Date | undefined;
  /** The content. It fails at its end if it isn't what the server holds. */
  body: ReadableStream<Uint8Array>;
}

/**
 * Gets an object as a stream.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param key the object
 * @param options progress, signal
 * @returns the object
 * @throws {S3CredentialsError} `not-found`, or why it can't be read
 * @throws the signal's reason if it is aborted
 *
 * @example The text of an object
 * ```ts
 * import { connect, getObject, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "hello.txt", new Blob(["Hello"]));
 * const { body, contentType } = await getObject(aws, "my-bucket", "hello.txt");
 * assert.equal(await new Response(body).text(), "Hello");
 * assert.equal(contentType, "text/plain");
 * ```
 */
export async function getObject(
  aws: Aws,
  bucket: string,
  key: string,
  { signal, onProgress }: TransferOptions = {},
): Promise<ObjectStream> {
  asUsageError(() => checkKey(key));
  const cancelled = new AbortController();
  const client = new BucketClient(aws, bucket, anySignal(cancelled.signal, signal));
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
    // The memory of the piece is used again.
    controller.enqueue(chunk.slice());
    counter.add({ bytes: chunk.length });
    if ((controller.desiredSize ?? 1) > 0) return;
    wanted = Promise.withResolvers();
    return wanted.promise;
  };
  readObject(client, key, write, (head) => {
    counter.add({ totalObjects: 1, totalBytes: head.size || 0 });
    counter.finalTotal();
    resolve(head);
  }).then(() => {
    counter.add({ objects: 1 });
    controller.close();
  }).catch((error) => {
    reject(error);
    if (!cancelled.signal.aborted) controller.error(error);
  }).finally(() => client.close());
  return { ...await promise, body };
}

/**
 * Downloads an object into a file, which appears whole or not at all.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param key the object
 * @param path the file; what is not a regular file, such as a pipe, is written to directly
 * @param options maximum of concurrent requests, progress, signal
 * @throws {S3CredentialsError} if the object can't be read or the file can't be written
 * @throws the signal's reason if it is aborted
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
  asUsageError(() => checkKey(key));
  const action = `Could not write to ${escapeName(path)}`;
  const client = new BucketClient(aws, bucket, signal);
  const limiter = new Limiter(concurrency, DOWNLOAD_WINDOW);
  const output = await openOutput(path, action, signal);
  const counter = new ProgressCounter(onProgress);
  const download = {
    client,
    limiter,
    onBytes: (bytes: number) => counter.add({ bytes }),
    onSize: sizeOfOne(counter),
  };
  try {
    if ("device" in output) await writeTo(output.device, download, key);
    else await save(output.file, download, key);
    counter.add({ objects: 1 });
  } catch (error) {
    signal?.throwIfAborted();
    throw asFileError(error, action, replacingHint(error, path));
  } finally {
    if ("device" in output) output.device.close();
    client.close();
  }
}

function sizeOfOne(counter: ProgressCounter): (size: number) => void {
  let counted: number | undefined;
  return (size) => {
    counter.add({ totalObjects: counted === undefined ? 1 : 0, totalBytes: size - (counted ?? 0) });
    counted = size;
    counter.finalTotal();
  };
}

async function writeTo(device: Deno.FsFile, download: FileDownload, key: string): Promise<void> {
  const write = async (chunk: Uint8Array) => {
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(await device.write(rest));
    download.onBytes(chunk.length);
  };
  await readObject(download.client, key, write, ({ size }) => {
    if (Number.isFinite(size)) download.onSize?.(size);
  });
}

async function save(
  file: LocalFile,
  download: FileDownload,
  key: string,
  known?: KnownObject,
): Promise<number> {
  try {
    const size = await downloadInto(download, key, file, known);
    download.client.throwIfAborted();
    file.finish();
    return size;
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** Opens what to write to before anything is transferred. */
async function openOutput(
  given: string,
  action: string,
  signal?: AbortSignal,
): Promise<{ file: LocalFile } | { device: Deno.FsFile }> {
  const path = systemPath(given);
  try {
    const info = infoIfExists(Deno.statSync, path);
    const isDirectory = info?.isDirectory ?? (path.endsWith("/") || path.endsWith(sep));
    if (isDirectory) throw new Deno.errors.IsADirectory();
    if (info !== undefined && !info.isFile) {
      return { device: await openFound(path, info, { write: true }, signal) };
    }
    // A link to a file stays a link: the file that it names is replaced.
    const real = info === undefined ? path : Deno.realPathSync(path);
    const file = await LocalFile.open(real, info);
    removeLeftovers(dirname(file.temporaryPath));
    return { file };
  } catch (error) {
    signal?.throwIfAborted();
    throw outputError(error, action, dirname(path), replacingHint(error, path));
  }
}

/** The system's codes for a file that may perhaps be written, but not replaced by another. */
const IRREPLACEABLE = new Set(["EACCES", "EPERM", "EBUSY", "EROFS"]);

function replacingHint(error: unknown, path: string): string | undefined {
  const { code = "" } = error as { code?: string };
  if (!IRREPLACEABLE.has(code) || !isThere(path)) return;
  return "The file is replaced as a whole, so its directory must be writable; if only the file is, " +
    "redirect standard output to it";
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

/** What {@linkcode getObjects} gets; if neither keys nor patterns are given, everything. */
export interface GetObjectsOptions extends TransferOptions {
  /** Keys of objects to get. */
  keys?: readonly string[];
  /** Patterns of keys to get: `*`, `?`, `[seq]`, `[!seq]`; `*` also matches `/`. */
  patterns?: readonly string[];
}

/**
 * Downloads objects into a directory, below which each keeps the directories of its key. Nothing is
 * written outside the directory; a key that can't be written there is reported.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param directory the directory; created if it is missing
 * @param options which objects, maximum of concurrent requests, progress, signal
 * @returns what became of each object, as soon as it is known
 * @throws {S3CredentialsError} if the bucket can't be read or the directory can't be written to
 * @throws the signal's reason if it is aborted
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
  directory: string,
  options: GetObjectsOptions = {},
): AsyncGenerator<ObjectResult> {
  const { concurrency = DEFAULT_TRANSFERS, onProgress, signal } = options;
  const stop = new AbortController();
  const client = new BucketClient(aws, bucket, anySignal(stop.signal, signal));
  const limiter = new Limiter(concurrency, DOWNLOAD_WINDOW);
  const local = LocalDirectory.open(directory);
  const counter = new ProgressCounter(onProgress);
  const get = async (wanted: Wanted): Promise<ObjectResult> => {
    const result = await getOne({ client, limiter, counter, local }, wanted);
    counter.add({ objects: 1 });
    return result;
  };
  try {
    const wanted = wantedObjects(client, options, counter);
    yield* mapUnordered(wanted, get, concurrency, () => stop.abort());
  } finally {
    client.close();
  }
}

interface Wanted {
  key: string;
  known?: KnownObject;
}

async function* wantedObjects(
  client: BucketClient,
  { keys = [], patterns = [] }: GetObjectsOptions,
  counter: ProgressCounter,
): AsyncGenerator<Wanted> {
  const named = new Set(keys);
  counter.add({ totalObjects: named.size });
  for (const key of named) yield { key };
  if (named.size === 0 || patterns.length > 0) {
    const matches = patterns.length === 0 ? () => true : keyMatcher(patterns);
    const prefix = patterns.length === 0 ? undefined : commonPrefix(patterns);
    for await (const page of listPages(client, prefix)) {
      const found = page.filter(({ Key }) => matches(Key) && !named.has(Key));
      counter.add({
        totalObjects: found.length,
        totalBytes: found.reduce((sum, { Size }) => sum + Size, 0),
      });
      for (const { Key, Size, ETag } of found) {
        yield { key: Key, known: { size: Size, etag: strongEtag(ETag) ?? "" } };
      }
    }
  }
  counter.finalTotal();
}

interface Download {
  client: BucketClient;
  limiter: Limiter;
  counter: ProgressCounter;
  local: LocalDirectory;
}

async function getOne(
  { client, limiter, counter, local }: Download,
  { key, known }: Wanted,
): Promise<ObjectResult> {
  let counted = known?.size ?? 0;
  const download: FileDownload = {
    client,
    limiter,
    onBytes: (bytes) => counter.add({ bytes }),
    onSize(size) {
      counter.add({ totalBytes: size - counted });
      counted = size;
    },
  };
  let action = `Could not save ${JSON.stringify(key)}`;
  let release = () => {};
  try {
    asUsageError(() => checkKey(key));
    const target = await local.target(key, () => assertEmpty(download, key, known?.size));
    release = target.release;
    const { path } = target;
    if (path === undefined || target.isRepeated) return { key, path, size: 0 };
    // The path doesn't tell which of two keys it was made of.
    action += ` to ${escapeName(path)}`;
    const file = await LocalFile.open(path, target.existing, target.place);
    const size = await save(file, download, key, known?.etag ? known : undefined);
    return { key, path, size };
  } catch (error) {
    client.throwIfAborted();
    return failedResult(asFileError(error, action), { key });
  } finally {
    release();
  }
}

/** A key that ends in a slash makes a directory, where the content of the object has no place. */
async function assertEmpty(
  { client, limiter }: FileDownload,
  key: string,
  knownSize: number | undefined,
): Promise<void> {
  const size = knownSize ?? await limiter.run(() => sizeOf(client, key));
  if (!(size > 0)) return;
  const message = `Skipped ${JSON.stringify(key)}: it makes a directory, which can't hold its ` +
    `${size} bytes`;
  throw new S3CredentialsError("conflict", message, { hint: "Get it as a single object instead" });
}

async function sizeOf(client: BucketClient, key: string): Promise<number> {
  try {
    return headOf(await client.send({ method: "HEAD", key })).size;
  } catch (error) {
    throw getError(client, error, key);
  }
}
