/**
 * What objects and requests contain: bytes in pieces.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

const DECODER = new TextDecoder();

/**
 * The content of an object: bytes in the pieces in which they came. These are never put together, so
 * that a large object takes its memory once; a range, a copy and an upload in parts refer to the same
 * ones.
 *
 * @example What a program has stored
 * ```ts
 * import { Content, startSandbox } from "@s3creds/cli/sandbox";
 *
 * await using sandbox = await startSandbox({ buckets: ["b"] });
 * const { objects } = sandbox.account.buckets.get("b")!;
 * console.log(objects.get("k")?.body.text()); // undefined
 * console.log(Content.of("some text").slice(5).text()); // text
 * ```
 */
export class Content {
  /** The pieces in their order; none is empty, and none may be changed. */
  readonly pieces: readonly Uint8Array[];
  /** How many bytes they are. */
  readonly length: number;
  /** Where each piece ends. */
  readonly #ends: number[];

  /** Takes pieces as they are, without a copy. */
  constructor(pieces: readonly Uint8Array[]) {
    this.pieces = pieces.some(isEmpty) ? pieces.filter((piece) => !isEmpty(piece)) : pieces;
    let length = 0;
    this.#ends = this.pieces.map((piece) => length += piece.length);
    this.length = length;
  }

  /** Content in one piece: bytes, or a text as UTF-8. */
  static of(content: Uint8Array | string): Content {
    return new Content([typeof content === "string" ? Buffer.from(content) : content]);
  }

  /** One after the other, without a copy. */
  static join(contents: readonly Content[]): Content {
    return new Content(contents.flatMap(({ pieces }) => pieces));
  }

  /** The bytes from one position up to another one, without a copy. */
  slice(start: number, end: number = this.length): Content {
    const pieces: Uint8Array[] = [];
    for (let at = this.#pieceAt(start); at < this.pieces.length; at++) {
      const offset = this.#startOf(at);
      if (offset >= end) break;
      pieces.push(this.pieces[at]!.subarray(Math.max(0, start - offset), end - offset));
    }
    return new Content(pieces);
  }

  /** Where a text of ASCII begins that lies between two positions; -1 if there is none. */
  indexOf(text: string, from = 0, end: number = this.length): number {
    for (let at = this.#pieceAt(from); at < this.pieces.length; at++) {
      const pieceEnd = this.#ends[at]!;
      const start = Math.max(from, this.#startOf(at));
      if (start + text.length > end) break;
      const inside = indexIn(this.slice(start, Math.min(pieceEnd, end)), text);
      if (inside !== -1) return start + inside;
      const seam = Math.max(start, pieceEnd - text.length + 1);
      const across = indexIn(this.slice(seam, Math.min(pieceEnd + text.length - 1, end)), text);
      if (across !== -1) return seam + across;
    }
    return -1;
  }

  /** All bytes in one array: a copy if there are several pieces. */
  bytes(): Uint8Array {
    const [first = new Uint8Array(), ...others] = this.pieces;
    if (others.length === 0) return first;
    const whole = new Uint8Array(this.length);
    this.pieces.forEach((piece, at) => whole.set(piece, this.#startOf(at)));
    return whole;
  }

  /** The bytes read as UTF-8. */
  text(): string {
    return DECODER.decode(this.bytes());
  }

  /** A digest of the bytes, by the name that its algorithm has in `node:crypto`. */
  digest(algorithm: string, encoding: "hex" | "base64"): string {
    const hash = createHash(algorithm);
    for (const piece of this.pieces) hash.update(piece);
    return hash.digest(encoding);
  }

  #startOf(at: number): number {
    return at === 0 ? 0 : this.#ends[at - 1]!;
  }

  /** The index of the piece with a position, found by halving, since there may be thousands. */
  #pieceAt(position: number): number {
    let first = 0;
    let last = this.pieces.length;
    while (first < last) {
      const middle = (first + last) >> 1;
      if (this.#ends[middle]! <= position) first = middle + 1;
      else last = middle;
    }
    return first;
  }
}

function isEmpty({ length }: Uint8Array): boolean {
  return length === 0;
}

function indexIn(content: Content, text: string): number {
  const { buffer, byteOffset, byteLength } = content.bytes();
  return Buffer.from(buffer, byteOffset, byteLength).indexOf(text, 0, "latin1");
}
