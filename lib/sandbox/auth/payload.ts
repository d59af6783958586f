/**
 * The payload of a request to S3: whether it is the one that was signed, and what it is without the
 * framing of `aws-chunked`.
 *
 * @module
 */
import { authenticationError } from "./errors.ts";
import { ChunkError, type ChunkSigner, unframe } from "./chunked.ts";
import type { Content } from "../content.ts";
import { sameDigest, sha256 } from "./signature.ts";
import type { WireHead, WireRequest } from "../wire.ts";

/** What a request is signed with. */
export type Signer = Pick<ChunkSigner, "key" | "claim">;

/** A payload as its service reads it. */
export interface Payload {
  /** The payload without `aws-chunked` framing. */
  body: Content;
  /** Headers that followed the payload. */
  trailers: [string, string][];
}

interface Stream {
  isSigned: boolean;
  hasTrailer: boolean;
}

const STREAMS = new Map<string, Stream>([
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { isSigned: false, hasTrailer: true }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { isSigned: true, hasTrailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { isSigned: true, hasTrailer: true }],
]);
const TRAILER =
  /^x-amz-checksum-(crc32|crc32c|crc64nvme|md5|sha1|sha256|sha512|xxhash128|xxhash3|xxhash64)$/;

function declaredType(request: WireHead): string | undefined {
  return request.headers.get("x-amz-content-sha256");
}

/** Refuses a payload whose headers already say that it can't be accepted. */
export function checkPayloadType(request: WireHead, signer: Signer | undefined): void {
  const declared = declaredType(request);
  if (declared === undefined) {
    if (signer && signer.claim.expires === undefined) {
      throw authenticationError("s3", "payloadHashMissing");
    }
    return;
  }
  if (STREAMS.has(declared)) {
    decodedLength(request);
    trailerName(request);
  } else if (declared !== "UNSIGNED-PAYLOAD" && !/^[0-9a-f]{64}$/i.test(declared)) {
    throw authenticationError("s3", "payloadType", {
      details: { ArgumentName: "x-amz-content-sha256", ArgumentValue: declared },
    });
  }
}

/** Refuses a document sent in chunks: only objects and their parts are sent that way. */
export function checkIsDocument(request: WireHead): void {
  if (STREAMS.has(declaredType(request) ?? "")) throw authenticationError("s3", "payloadUsage");
}

/** Refuses an object whose length isn't declared, such as a stream of unknown length. */
export function checkIsMeasured(request: WireHead): void {
  if (STREAMS.has(declaredType(request) ?? "")) return;
  if (request.headers.get("transfer-encoding") !== undefined) {
    throw authenticationError("s3", "transferEncoding", {
      details: { Header: "Transfer-Encoding" },
    });
  }
  if (request.headers.get("content-length") === undefined) {
    throw authenticationError("s3", "lengthMissing");
  }
}

/** Bytes of the payload that `aws-chunked` frames. */
function decodedLength(request: WireHead): number {
  const text = request.headers.get("x-amz-decoded-content-length") ?? "";
  if (!/^\d{1,15}$/.test(text)) throw authenticationError("s3", "lengthMissing");
  return Number(text);
}

/** The one header that may follow the payload: a checksum. */
function trailerName(request: WireHead): string | undefined {
  const name = request.headers.get("x-amz-trailer")?.toLowerCase();
  if (name === undefined || TRAILER.test(name)) return name;
  throw authenticationError("s3", "trailerName");
}

/** Checks a payload against what its headers say. */
export function readPayload(request: WireRequest, signer: Signer | undefined): Payload {
  const { body } = request;
  const declared = declaredType(request);
  const stream = declared === undefined ? undefined : STREAMS.get(declared);
  if (stream) return unframedPayload(request, stream, signer);
  if (declared !== undefined && declared !== "UNSIGNED-PAYLOAD") checkHash(body, declared);
  return { body, trailers: [] };
}

function checkHash(body: Content, declared: string): void {
  const computed = sha256(body);
  if (sameDigest(computed, declared.toLowerCase())) return;
  throw authenticationError("s3", "payloadHash", {
    details: {
      ClientComputedContentSHA256: declared,
      S3ComputedContentSHA256: computed,
    },
  });
}

function unframedPayload(
  request: WireRequest,
  { isSigned, hasTrailer }: Stream,
  signer: Signer | undefined,
): Payload {
  try {
    const payload = unframe(
      request.body,
      isSigned && signer ? { ...signer, hasTrailer } : undefined,
    );
    const expected = decodedLength(request);
    if (payload.body.length !== expected) {
      throw new ChunkError(`${payload.body.length} bytes instead of ${expected}`);
    }
    const name = trailerName(request);
    const names = payload.trailers.map(([trailer]) => trailer);
    if (names.length > 1 || names[0] !== name) {
      throw new ChunkError(
        `${names.join(", ") || "nothing"} instead of ${name ?? "nothing"}`,
        "trailer",
      );
    }
    return payload;
  } catch (error) {
    if (!(error instanceof ChunkError)) throw error;
    throw authenticationError("s3", error.problem, {
      because: error.message,
    });
  }
}
