/**
 * Removes the `aws-chunked` framing of an S3 payload and checks the signatures of its chunks.
 *
 * @module
 */
import { hmacHex, sameDigest, scopeOf, sha256, type SignatureClaim } from "./signature.ts";

/** A payload without its framing. */
export interface Unframed {
  body: Uint8Array;
  /** Headers that came after the payload, such as checksums; names in lower case. */
  trailers: [string, string][];
}

/** Framing that can't be read, or a chunk whose signature is wrong. */
export class ChunkError extends Error {
  override readonly name = "ChunkError";
  /** Whether a signature was wrong, rather than the framing. */
  readonly signature: boolean;

  constructor(message: string, signature = false) {
    super(message);
    this.signature = signature;
  }
}

/** The key and claim that chunks are signed with. */
export interface ChunkSigner {
  key: Uint8Array;
  claim: SignatureClaim;
  /** Whether a signed trailer must follow the chunks. */
  hasTrailer: boolean;
}

const LATIN1 = new TextDecoder("latin1");
const EMPTY_HASH = sha256("");

/** Reads the chunks of a payload; without a signer, they are expected to be unsigned. */
export function unframe(framed: Uint8Array, signer: ChunkSigner | undefined): Unframed {
  const chunks: Uint8Array[] = [];
  let previous = signer?.claim.signature ?? "";
  let position = 0;
  const readLine = (): string => {
    const end = framed.indexOf(0x0a, position);
    if (end === -1) throw new ChunkError("The payload ends within its framing");
    const line = LATIN1.decode(framed.subarray(position, end)).replace(/\r$/, "");
    position = end + 1;
    return line;
  };
  for (let size = -1; size !== 0;) {
    const header = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(readLine());
    if (header === null) throw new ChunkError("A chunk does not start with its size");
    size = Number.parseInt(header[1]!, 16);
    const chunk = framed.subarray(position, position + size);
    if (chunk.length !== size) throw new ChunkError("The payload ends within a chunk");
    position += size;
    if (signer) previous = checkChunk(signer, previous, chunk, header[2] ?? "");
    if (size > 0) {
      chunks.push(chunk);
      if (readLine() !== "") throw new ChunkError("A chunk is longer than its size");
    }
  }
  const trailers: [string, string][] = [];
  while (position < framed.length) {
    const line = readLine();
    const colon = line.indexOf(":");
    if (colon > 0) {
      trailers.push([line.slice(0, colon).toLowerCase().trim(), line.slice(colon + 1).trim()]);
    }
  }
  return { body: concat(chunks), trailers: checkTrailers(trailers, signer, previous) };
}

function checkChunk(
  { key, claim }: ChunkSigner,
  previous: string,
  chunk: Uint8Array,
  signature: string,
): string {
  const text = ["AWS4-HMAC-SHA256-PAYLOAD", claim.timestamp, scopeOf(claim), previous, EMPTY_HASH];
  const expected = hmacHex(key, [...text, sha256(chunk)].join("\n"));
  if (!sameDigest(expected, signature)) throw new ChunkError("A chunk's signature is wrong", true);
  return expected;
}

function checkTrailers(
  trailers: [string, string][],
  signer: ChunkSigner | undefined,
  previous: string,
): [string, string][] {
  const isSignature = ([name]: [string, string]) => name === "x-amz-trailer-signature";
  const others = trailers.filter((trailer) => !isSignature(trailer));
  if (signer && (signer.hasTrailer || others.length > 0)) {
    const { key, claim } = signer;
    const hash = sha256(others.map(([name, value]) => `${name}:${value}\n`).join(""));
    const text = ["AWS4-HMAC-SHA256-TRAILER", claim.timestamp, scopeOf(claim), previous, hash];
    const given = trailers.find(isSignature)?.[1] ?? "";
    if (!sameDigest(hmacHex(key, text.join("\n")), given)) {
      throw new ChunkError("The trailer's signature is wrong", true);
    }
  }
  return others;
}

function concat(chunks: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}
