/**
 * Uploads of any length, in parts.
 *
 * Not by `@aws-sdk/lib-storage`: it leaves an upload open that is aborted while it is being created,
 * takes a lost answer for a failure, and has no common limit for the memory of several uploads.
 *
 * @module
 */
import { isUntrusted, serviceError } from "../aws/service_error.ts";
import type { Limiter } from "../concurrency.ts";
import { delay } from "../abortable.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName, shellWord } from "../escape.ts";
import { type BucketClient, errorOf, S3RequestError } from "./bucket_client.ts";
import type { HttpBody } from "../http/connection.ts";
import { ConnectionError, UNREACHABLE } from "../http/errors.ts";
import { sha256OfBody } from "../aws/requests/body_digest.ts";
import type { ByteSource } from "./sources.ts";
import { childText, escapeXml, parseXml } from "../aws/requests/xml.ts";

/** The most parts of an upload. */
const PARTS_LIMIT = 10_000;
const MIB = 1024 * 1024;
/** The usual length of a part, and the longest upload that is sent in one piece. */
export const PART_SIZE = 8 * MIB;

/**
 * How long a part must be so that ten thousand suffice.
 *
 * All parts have the same length where the length of the whole is known, since some servers demand
 * that. Where it isn't, parts grow late, when those servers would be at their limit too.
 */
export function partSize(number: number, size?: number): number {
  if (size !== undefined) {
    return Math.max(PART_SIZE, Math.ceil(size / PARTS_LIMIT / MIB) * MIB);
  }
  const doublings = Math.max(0, Math.ceil((number - PARTS_LIMIT / 2) / 1000));
  return PART_SIZE * 2 ** doublings;
}

/** Buffers that are used again. Uploads share them: each with its own would take more memory. */
export class BufferPool {
  readonly #free: ArrayBuffer[] = [];

  /** Returns a buffer of this length, with any content. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const free = this.#free.pop();
    return new Uint8Array(free?.byteLength === length ? free : new ArrayBuffer(length));
  }

  /** Takes back the buffer that these bytes are in. */
  release({ buffer }: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
  }
}

/** What to upload, and how. */
export interface MultipartUpload {
  /** The bucket. */
  client: BucketClient;
  /** Limits requests and memory. */
  limiter: Limiter;
  /** Memory for parts. */
  buffers: BufferPool;
  /** The object. */
  key: string;
  /** Headers of the object. */
  headers: Record<string, string>;
  /** The content. */
  source: ByteSource;
  /** The first part, if it was read already. */
  first: Uint8Array<ArrayBuffer> | undefined;
  /** Called after every part. */
  onBytes(bytes: number): void;
  /** Called with what may be left on the server. */
  onWarning: ((message: string) => void) | undefined;
  /** Ends the upload. */
  signal: AbortSignal | undefined;
}

interface Part {
  number: number;
  etag: string;
  checksum: string;
}

/** Uploads in parts and returns the length. If that fails or is aborted, nothing is left on the server. */
export async function uploadInParts(upload: MultipartUpload): Promise<number> {
  const uploadId = await create(upload);
  try {
    const { parts, size } = await sendParts(upload, uploadId);
    await complete(upload, uploadId, parts, size);
    return size;
  } catch (error) {
    await abort(upload, uploadId, error);
    throw error;
  }
}

/** Milliseconds that remain for cleaning up after an abort. */
const GRACE_MS = 1_500;
const CLEANUP_TIMEOUT_MS = 20_000;
const CLEANUP_DELAY_MS = 100;

/** An upload that is being created must be known, or it can't be removed: hence the grace period. */
async function create(upload: MultipartUpload): Promise<string> {
  const { client, key, headers, signal, onWarning } = upload;
  let isAnswerLost = false;
  const grace = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const startGrace = () => {
    timer = setTimeout(() => grace.abort(signal?.reason), GRACE_MS);
  };
  signal?.addEventListener("abort", startGrace);
  try {
    const algorithm = await client.isAws() && { "x-amz-checksum-algorithm": "SHA256" };
    const request = {
      method: "POST",
      key,
      query: { uploads: "" },
      headers: { ...headers, ...algorithm },
    };
    const options = { signal: grace.signal, isOnNewConnection: true };
    const { text } = await client.withRetries(() =>
      client.sendOnce(request, options).catch((error) => {
        isAnswerLost ||= grace.signal.aborted ||
          error instanceof ConnectionError && !UNREACHABLE.has(error.code) &&
            !isUntrusted(error.code) && error.code !== "ENOTS3";
        throw error;
      })
    );
    const uploadId = childText(parseXml(text), "UploadId");
    if (!uploadId) throw new SyntaxError("Cannot create upload: the answer has no upload id");
    return uploadId;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", startGrace);
    // It can't be told from other uploads of the same key, so it is not aborted here.
    if (isAnswerLost) {
      onWarning?.(
        `The answer to the creation of the upload of ${
          escapeName(key)
        } was lost: an empty upload ` +
          "may be left on the server, which costs nothing. See aws s3api list-multipart-uploads " +
          `--bucket ${client.bucket} --prefix=${printableWord(key)}`,
      );
    }
  }
}

/** A word for a shell that can be printed; one with control characters needs bash or zsh. */
function printableWord(text: string): string {
  if (escapeName(text) === text) return shellWord(text);
  return `$'${escapeName(text.replace(/[\\']/g, "\\$&"))}'`;
}

async function sendParts(
  upload: MultipartUpload,
  uploadId: string,
): Promise<{ parts: Part[]; size: number }> {
  const { limiter, source, onBytes } = upload;
  const reader = new PartReader(upload);
  const parts: Part[] = [];
  const sending = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  for (let number = 1; failure === undefined && !reader.isAtEnd; number++) {
    const release = await limiter.acquire(partSize(number, source.size));
    const body = failure === undefined
      ? await reader.read(number).catch((error) => void (failure ??= { error }))
      : undefined;
    if (body === undefined) {
      release();
      break;
    }
    const task = sendPart(upload, uploadId, number, body)
      .then((part) => {
        parts.push(part);
        onBytes(body.length);
        reader.release(body);
      })
      .catch((error) => void (failure ??= { error }))
      .finally(() => {
        release();
        sending.delete(task);
      });
    sending.add(task);
  }
  await Promise.all(sending);
  if (failure !== undefined) throw failure.error;
  return { parts: parts.sort((one, other) => one.number - other.number), size: reader.size };
}

/** The content in parts. */
class PartReader {
  /** Bytes that were read so far. */
  size = 0;
  /** Whether there is no more. */
  isAtEnd = false;
  readonly #upload: MultipartUpload;

  constructor(upload: MultipartUpload) {
    this.#upload = upload;
  }

  /** Returns the next part, or `undefined` if there is none left. */
  async read(number: number): Promise<Uint8Array | HttpBody | undefined> {
    const { client, first, key, source } = this.#upload;
    client.throwIfAborted();
    const part = number === 1 && first !== undefined ? first : await this.#next(number);
    this.size += part.length;
    this.isAtEnd = part.length < partSize(number, source.size) || this.size === source.size;
    if (part.length === 0 && number > 1) return undefined;
    if (number > PARTS_LIMIT) {
      const message = `Could not put ${escapeName(key)}: the input is too long`;
      const hint = "Save it to a file and upload that: its length is then known beforehand";
      throw new S3CredentialsError("limit", message, { hint });
    }
    return part;
  }

  /** Takes back a part that was sent. */
  release(part: Uint8Array | HttpBody): void {
    const { buffers, source } = this.#upload;
    const isOurs = source.part === undefined && part instanceof Uint8Array;
    if (isOurs) buffers.release(part as Uint8Array<ArrayBuffer>);
  }

  async #next(number: number): Promise<Uint8Array | HttpBody> {
    const { source, buffers } = this.#upload;
    const length = partSize(number, source.size);
    if (source.part !== undefined) {
      return source.part(this.size, Math.min(length, source.size! - this.size));
    }
    const buffer = buffers.take(length);
    return buffer.subarray(0, await source.fill(buffer));
  }
}

async function sendPart(
  { client, key }: MultipartUpload,
  uploadId: string,
  number: number,
  body: Uint8Array | HttpBody,
): Promise<Part> {
  const payloadHash = await sha256OfBody(body);
  const checksum = Uint8Array.fromHex(payloadHash).toBase64();
  const { headers } = await client.send({
    method: "PUT",
    key,
    query: { partNumber: String(number), uploadId },
    headers: await client.isAws() ? { "x-amz-checksum-sha256": checksum } : {},
    body,
    payloadHash,
  });
  return { number, etag: headers.etag ?? "", checksum };
}

async function complete(
  { client, key }: MultipartUpload,
  uploadId: string,
  parts: readonly Part[],
  size: number,
): Promise<void> {
  const isAws = await client.isAws();
  const list = parts.map(({ number, etag, checksum }) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag>${
      isAws ? `<ChecksumSHA256>${checksum}</ChecksumSHA256>` : ""
    }</Part>`
  );
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const body = new TextEncoder().encode(
    `<CompleteMultipartUpload xmlns="${namespace}">${list.join("")}</CompleteMultipartUpload>`,
  );
  const request = { method: "POST", key, query: { uploadId }, body };
  let attempts = 0;
  try {
    await client.withRetries(async () => {
      attempts++;
      const answer = await client.sendOnce(request);
      // S3 may find out that it failed after it has begun to answer with success.
      if (!isResult(answer.text)) throw errorOf(answer);
    });
  } catch (error) {
    const mayBeComplete = attempts > 1 && error instanceof S3RequestError &&
      error.name === "NoSuchUpload";
    if (!mayBeComplete || !await isComplete(client, key, size, parts)) throw error;
  }
}

function isResult(text: string): boolean {
  try {
    return parseXml(text).name === "CompleteMultipartUploadResult";
  } catch {
    return false;
  }
}

/** Whether an earlier attempt was carried out although its answer was lost. */
async function isComplete(
  client: BucketClient,
  key: string,
  size: number,
  parts: readonly Part[],
): Promise<boolean> {
  const { headers } = await client.send({ method: "HEAD", key });
  const [{ Buffer }, { createHash }] = await Promise.all([
    import("node:buffer"),
    import("node:crypto"),
  ]);
  const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ""), "hex"));
  const etag = `${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}`;
  const isSameEtag = headers.etag?.replaceAll('"', "") === etag;
  return Number(headers["content-length"]) === size &&
    (isSameEtag || headers["x-amz-server-side-encryption"]?.startsWith("aws:kms") === true);
}

/** Removes the parts: those that are left behind are billed. */
async function abort(
  { client, key, signal, onWarning }: MultipartUpload,
  uploadId: string,
  error: unknown,
): Promise<void> {
  const timeout = AbortSignal.timeout(signal?.aborted ? GRACE_MS : CLEANUP_TIMEOUT_MS);
  let reason: unknown;
  for (;;) {
    try {
      await client.sendOnce({ method: "DELETE", key, query: { uploadId } }, { signal: timeout });
      return;
    } catch (problem) {
      if (problem instanceof S3RequestError && problem.name === "NoSuchUpload") return;
      reason = problem;
      const mayPass = !(problem instanceof S3RequestError) ||
        problem.$metadata.httpStatusCode >= 500;
      if (timeout.aborted || !mayPass) break;
      await delay(CLEANUP_DELAY_MS);
    }
  }
  const left = serviceError(
    reason,
    `Could not remove what was uploaded of ${escapeName(key)}: its parts stay on the server, and ` +
      "are billed",
  ).message;
  const hint = `Remove them: aws s3api abort-multipart-upload --bucket ${client.bucket} ` +
    `--key=${printableWord(key)} --upload-id=${printableWord(uploadId)}`;
  if (signal?.aborted) return onWarning?.(`${left}. ${hint}`);
  const code = error instanceof S3CredentialsError ? error.code : "partial-failure";
  const { message } = serviceError(error, `Could not put ${escapeName(key)}`);
  throw new S3CredentialsError(code, `${message}. ${left}`, { cause: error, hint });
}
