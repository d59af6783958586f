/**
 * Removes the `aws-chunked` framing of an S3 payload and checks the signatures of its chunks.
 *
 * @module
 */
import { Content } from "../content.ts";
import {
  hmacHex,
  sameDigest,
  scopeOf,
  sha256,
  type SignatureClaim,
  type SigningKey,
} from "./signature.ts";

/** A payload without its framing. */
export interface Unframed {
  body: Content;
  /** Headers that came after the payload, such as checksums; names in lower case. */
  trailers: [string, string][];
}

/** What can be wrong with a framed payload. */
export type ChunkProblem = "chunkFraming" | "chunkSignature" | "chunkTooSmall" | "trailer";

/** Framing that can't be read, or a chunk whose signature is wrong. */
export class ChunkError extends Error {
  override readonly name = "ChunkError";
  readonly problem: ChunkProblem;

  constructor(message: string, problem: ChunkProblem = "chunkFraming") {
    super(message);
    this.problem = problem;
  }
}

/** The key and claim that chunks are signed with. */
export interface ChunkSigner {
  key: SigningKey;
  claim: SignatureClaim;
  /** Whether a signed trailer must follow the chunks. */
  hasTrailer: boolean;
}

const LATIN1 = new TextDecoder("latin1");
const EMPTY_HASH = sha256("");
const MIN_CHUNK_BYTES = 8192;
const MAX_LINE_BYTES = 16_384;

/** Reads the chunks of a payload; without a signer, they are expected to be unsigned. */
export function unframe(framed: Content, signer: ChunkSigner | undefined): Unframed {
  let previous = signer?.claim.signature ?? "";
  let position = 0;
  const chunks: Content[] = [];
  let lastSize = MIN_CHUNK_BYTES;
  /** Reads up to the end of a line, which is CRLF. */
  const readLine = (): string => {
    const end = framed.indexOf("\n", position, position + MAX_LINE_BYTES);
    if (end === -1) throw new ChunkError("The payload ends within its framing");
    const line = LATIN1.decode(framed.slice(position, end).bytes());
    if (!line.endsWith("\r")) throw new ChunkError("A line of the framing ends without CRLF");
    position = end + 1;
    return line.slice(0, -1);
  };
  /** In the line of a trailer, LF may precede CRLF: AWS's page and MinIO's client write it that way. */
  const readTrailer = (): string => {
    const line = LATIN1.decode(framed.slice(position, position + MAX_LINE_BYTES).bytes());
    const [whole, text] = /^([^\r\n]+)\n\r\n/.exec(line) ?? [];
    if (whole === undefined) return readLine();
    position += whole.length;
    return text!;
  };
  for (let size = -1; size !== 0;) {
    const header = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(readLine());
    if (header === null) throw new ChunkError("A chunk does not start with its size");
    size = Number.parseInt(header[1]!, 16);
    if (size > 0 && lastSize < MIN_CHUNK_BYTES) {
      throw new ChunkError(`A chunk has ${lastSize} bytes`, "chunkTooSmall");
    }
    lastSize = size;
    const chunk = framed.slice(position, position + size);
    if (chunk.length !== size) throw new ChunkError("The payload ends within a chunk");
    if (signer) previous = checkChunk(signer, previous, chunk, header[2] ?? "");
    chunks.push(chunk);
    position += size;
    if (size > 0 && readLine() !== "") throw new ChunkError("A chunk is longer than its size");
  }
  const trailers: [string, string][] = [];
  for (let line = readTrailer(); line !== ""; line = readTrailer()) {
    if (line.includes("\r")) throw new ChunkError("A line of the framing ends without CRLF");
    const [, name, value] = /^([\w-]+):(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new ChunkError("A trailer is not a header", "trailer");
    trailers.push([name.toLowerCase(), value!.trim()]);
  }
  if (position < framed.length) {
    const lacksTrailer = signer?.hasTrailer === true && trailers.length === 0;
    throw new ChunkError("Data follows the last chunk", lacksTrailer ? "trailer" : "chunkFraming");
  }
  return {
    body: Content.join(chunks),
    trailers: checkTrailers(trailers, signer, previous),
  };
}

function checkChunk(
  { key, claim }: ChunkSigner,
  previous: string,
  chunk: Content,
  signature: string,
): string {
  const text = ["AWS4-HMAC-SHA256-PAYLOAD", claim.timestamp, scopeOf(claim), previous, EMPTY_HASH];
  const expected = hmacHex(key, [...text, sha256(chunk)].join("\n"));
  if (sameDigest(expected, signature)) return expected;
  throw new ChunkError("A chunk's signature is wrong", "chunkSignature");
}

function checkTrailers(
  trailers: [string, string][],
  signer: ChunkSigner | undefined,
  previous: string,
): [string, string][] {
  const isSignature = ([name]: [string, string]) => name === "x-amz-trailer-signature";
  const others = trailers.filter((trailer) => !isSignature(trailer));
  if (!signer || (!signer.hasTrailer && trailers.length === 0)) return trailers;
  if (!signer.hasTrailer) throw new ChunkError("The payload has a trailer", "trailer");
  const { key, claim } = signer;
  const hash = sha256(others.map(([name, value]) => `${name}:${value}\n`).join(""));
  const text = ["AWS4-HMAC-SHA256-TRAILER", claim.timestamp, scopeOf(claim), previous, hash];
  const given = trailers.find(isSignature)?.[1] ?? "";
  if (!/^[0-9a-f]{64}$/.test(given)) throw new ChunkError("The trailer has no signature");
  if (sameDigest(hmacHex(key, text.join("\n")), given)) return others;
  throw new ChunkError("The trailer's signature is wrong", "chunkSignature");
}
