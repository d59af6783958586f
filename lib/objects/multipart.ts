/**
 * Uploads of any length, in parts.
 *
 * Not by `@aws-sdk/lib-storage`: it leaves an upload open that is interrupted while it is being
 * made, takes an answer that was lost for a failure, and knows no common bound for the memory of
 * several uploads.
 *
 * @module
 */
import type { Limiter } from "../concurrency.ts";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { childText, escapeXml, parseXml } from "./xml.ts";
import { type BucketClient, errorOf, S3RequestError } from "./bucket_client.ts";
import { ConnectionError } from "./http.ts";
import { UNREACHABLE } from "./types.ts";
import { sha256 } from "./signature.ts";
import { serviceError } from "../aws/service_error.ts";

/** The most parts of an upload. */
export const PARTS_LIMIT = 10_000;
const MIB = 1024 * 1024;
/** The usual length of a part, and the longest upload that is sent in one piece. */
export const PART_SIZE = 8 * MIB;

/** Gives the content piece by piece. */
export interface ByteSource {
  /**
   * Fills a buffer.
   *
   * @param buffer where to put the content
   * @returns how much there was; less than the buffer holds only at the end
   */
  fill(buffer: Uint8Array): Promise<number>;
}

/**
 * How long a part must be so that the parts suffice.
 *
 * All parts have the same length where the whole length is known, since some makers' servers demand
 * that. Where it isn't, parts grow late, when those servers would be at their limit too.
 *
 * @param number the part, counted from 1
 * @param size the length of the whole content, if it is known
 * @returns bytes
 */
export function partSize(number: number, size?: number): number {
  if (size !== undefined) {
    return Math.max(PART_SIZE, Math.ceil(size / PARTS_LIMIT / MIB) * MIB);
  }
  const doublings = Math.max(0, Math.ceil((number - PARTS_LIMIT / 2) / 1000));
  return PART_SIZE * 2 ** doublings;
}

/** What to upload, and how. */
export interface MultipartUpload {
  /** The bucket. */
  requests: BucketClient;
  /** Bounds requests and memory. */
  gate: Limiter;
  /** Buffers that no part is in at present. All uploads share them, or each would keep its own. */
  spare: ArrayBuffer[];
  /** The object. */
  key: string;
  /** Headers of the object. */
  headers: Record<string, string>;
  /** The content. */
  source: ByteSource;
  /** Content that was taken from the source already. */
  first?: Uint8Array;
  /** The length of the whole, if it is known. */
  size?: number;
  /** Told of every part. */
  onBytes(bytes: number): void;
  /** Told of what may be left on the server. */
  onWarning: ((message: string) => void) | undefined;
  /** Ends the upload. */
  signal: AbortSignal | undefined;
}

interface Part {
  number: number;
  etag: string;
  checksum: string;
}

/**
 * Uploads in parts. If that fails or is interrupted, nothing is left on the server.
 *
 * @param upload what and how
 * @returns the length of the content
 */
export async function uploadInParts(upload: MultipartUpload): Promise<number> {
  const uploadId = await begin(upload);
  try {
    const { parts, size } = await sendParts(upload, uploadId);
    await complete(upload, uploadId, parts, size);
    return size;
  } catch (error) {
    await abandon(upload, uploadId, error);
    throw error;
  }
}

/** Milliseconds that remain for tidying up after Ctrl-C. */
const GRACE_MS = 1_500;
const TIDY_LIMIT_MS = 20_000;

/** An upload that is being made must be known, or it can't be removed: hence the grace. */
async function begin(upload: MultipartUpload): Promise<string> {
  const { requests, key, headers, signal, onWarning } = upload;
  let isAnswerLost = false;
  const grace = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const startGrace = () => {
    timer = setTimeout(() => grace.abort(new Error("interrupted")), GRACE_MS);
  };
  signal?.addEventListener("abort", startGrace);
  try {
    const algorithm = await requests.isAws() && { "x-amz-checksum-algorithm": "SHA256" };
    const request = {
      method: "POST",
      key,
      query: { uploads: "" },
      headers: { ...headers, ...algorithm },
      isNotIdempotent: true,
    };
    const { text } = await requests.withRetries(() =>
      requests.sendOnce(request, { signal: grace.signal }).catch((error) => {
        isAnswerLost ||= grace.signal.aborted ||
          error instanceof ConnectionError && !UNREACHABLE.has(error.code);
        throw error;
      })
    );
    const uploadId = childText(parseXml(text.trim()), "UploadId");
    if (!uploadId) throw new SyntaxError("Cannot begin upload: the answer names no upload");
    return uploadId;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", startGrace);
    // Nobody else's upload of the same key can be told from it, so that it is not aborted here.
    if (isAnswerLost) {
      onWarning?.(
        `An answer was lost when the upload of ${
          escapeName(key)
        } began: an empty upload of it may be left on ` +
          "the server, which costs nothing. See aws s3api list-multipart-uploads " +
          `--bucket ${requests.bucket} --prefix ${quoted(key)}`,
      );
    }
  }
}

/** As one word for a shell; with characters that a terminal must not get, one of bash or zsh. */
function quoted(text: string): string {
  if (escapeName(text) !== text) return `$'${escapeName(text.replace(/[\\']/g, "\\$&"))}'`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

async function sendParts(
  upload: MultipartUpload,
  uploadId: string,
): Promise<{ parts: Part[]; size: number }> {
  const buffers = new Buffers(upload);
  const parts: Part[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  for (let number = 1; failure === undefined && !buffers.isAtEnd; number++) {
    const leave = await upload.gate.enter(partSize(number, upload.size));
    const body = failure === undefined
      ? await buffers.next(number).catch((error) => void (failure ??= { error }))
      : undefined;
    if (body === undefined) {
      leave();
      break;
    }
    const sending = sendPart(upload, uploadId, number, body)
      .then((part) => {
        parts.push(part);
        upload.onBytes(body.length);
        buffers.release(body);
      })
      .catch((error) => void (failure ??= { error }))
      .finally(() => {
        leave();
        underWay.delete(sending);
      });
    underWay.add(sending);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure.error;
  return { parts: parts.sort((one, other) => one.number - other.number), size: buffers.size };
}

/** The content in parts. Buffers whose part has arrived are used again. */
class Buffers {
  readonly #upload: MultipartUpload;
  /** What was read so far. */
  size = 0;
  /** Whether there is no more. */
  isAtEnd = false;

  constructor(upload: MultipartUpload) {
    this.#upload = upload;
  }

  /** @returns the next part; `undefined` if there is none left */
  async next(number: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { requests, spare, first, source, size, key } = this.#upload;
    requests.throwIfAborted();
    const length = partSize(number, size);
    const used = spare.pop();
    const buffer = new Uint8Array(used?.byteLength === length ? used : new ArrayBuffer(length));
    const begun = number === 1 && first !== undefined ? first.length : 0;
    if (begun > 0) buffer.set(first!);
    const count = begun + await source.fill(buffer.subarray(begun));
    this.size += count;
    this.isAtEnd = count < length || this.size === size;
    if (count === 0 && number > 1) return undefined;
    if (number > PARTS_LIMIT) {
      throw new S3CredentialsError(
        "limit",
        `Could not put ${escapeName(key)}: the input is too long`,
        {
          hint: "Save it to a file and upload that: its length is then known beforehand",
        },
      );
    }
    return buffer.subarray(0, count);
  }

  release(body: Uint8Array<ArrayBuffer>): void {
    this.#upload.spare.push(body.buffer);
  }
}

async function sendPart(
  { requests, key }: MultipartUpload,
  uploadId: string,
  number: number,
  body: Uint8Array,
): Promise<Part> {
  const payloadHash = sha256(body);
  const checksum = Buffer.from(payloadHash, "hex").toString("base64");
  const { headers } = await requests.send({
    method: "PUT",
    key,
    query: { partNumber: String(number), uploadId },
    headers: await requests.isAws() ? { "x-amz-checksum-sha256": checksum } : {},
    body,
    payloadHash,
  });
  return { number, etag: headers.etag ?? "", checksum };
}

async function complete(
  { requests, key }: MultipartUpload,
  uploadId: string,
  parts: readonly Part[],
  size: number,
): Promise<void> {
  const isAws = await requests.isAws();
  const list = parts.map(({ number, etag, checksum }) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag>${
      isAws ? `<ChecksumSHA256>${checksum}</ChecksumSHA256>` : ""
    }</Part>`
  );
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  const body = new TextEncoder().encode(
    `<CompleteMultipartUpload xmlns="${namespace}">${list.join("")}</CompleteMultipartUpload>`,
  );
  const query = { uploadId };
  let attempts = 0;
  try {
    await requests.withRetries(async () => {
      attempts++;
      const answer = await requests.sendOnce({
        method: "POST",
        key,
        query,
        body,
        isNotIdempotent: true,
      });
      // S3 may find out that it failed after it has begun to answer with success.
      if (!isResult(answer.text)) throw errorOf(answer);
    });
  } catch (error) {
    const mayBeDone = attempts > 1 && error instanceof S3RequestError &&
      error.name === "NoSuchUpload";
    if (!mayBeDone || !await isThere(requests, key, size, parts)) throw error;
  }
}

function isResult(text: string): boolean {
  try {
    return parseXml(text.trim()).name === "CompleteMultipartUploadResult";
  } catch {
    return false;
  }
}

/** The answer to an earlier attempt may have been lost, although it was carried out. */
async function isThere(
  requests: BucketClient,
  key: string,
  size: number,
  parts: readonly Part[],
): Promise<boolean> {
  const { headers } = await requests.send({ method: "HEAD", key });
  const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ""), "hex"));
  const etag = `${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}`;
  const isSameEtag = headers.etag?.replaceAll('"', "") === etag;
  return Number(headers["content-length"]) === size &&
    (isSameEtag || headers["x-amz-server-side-encryption"]?.startsWith("aws:kms") === true);
}

/** Parts that are left behind are billed. */
async function abandon(
  { requests, key, signal }: MultipartUpload,
  uploadId: string,
  error: unknown,
): Promise<void> {
  const limit = AbortSignal.timeout(signal?.aborted ? GRACE_MS : TIDY_LIMIT_MS);
  let reason: unknown;
  for (;;) {
    try {
      await requests.sendOnce({ method: "DELETE", key, query: { uploadId } }, { signal: limit });
      return;
    } catch (problem) {
      if (problem instanceof S3RequestError && problem.name === "NoSuchUpload") return;
      reason = problem;
      const mayPass = !(problem instanceof S3RequestError) ||
        problem.$metadata.httpStatusCode >= 500;
      if (limit.aborted || !mayPass) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const left = `Could not remove what was uploaded of ${
    escapeName(key)
  }: its parts stay on the server, and are billed`;
  throw new S3CredentialsError(
    error instanceof S3CredentialsError ? error.code : "partial-failure",
    reason instanceof S3CredentialsError
      ? `${left}: ${reason.message}`
      : serviceError(reason, left).message,
    {
      cause: error,
      hint: `Remove them: aws s3api abort-multipart-upload --bucket ${requests.bucket} ` +
        `--key ${quoted(key)} --upload-id ${
          /^[\w.-]+$/.test(uploadId) ? uploadId : quoted(uploadId)
        }`,
    },
  );
}
