/**
 * What a server says about the content of an object, for comparison with what arrived.
 *
 * @module
 */
import { bigEndian, crc32 } from "../crc32.ts";
import { md5 } from "../md5.ts";

/** A digest of content that arrives in pieces. */
export interface Digest {
  /** What to wait for before content is added; `undefined` if there is nothing to wait for. */
  loading: Promise<void> | undefined;
  /** Adds content. */
  update(chunk: Uint8Array): void;
  /** Whether the content is what the server holds. */
  matches(): boolean;
}

const CHECKSUM_HEADERS = {
  "x-amz-checksum-sha256": "sha256",
  "x-amz-checksum-sha1": "sha1",
  "x-amz-checksum-crc32": "crc32",
} as const;

/**
 * The digest that the headers of an answer give for the whole content of an object, if they do. The
 * length is that of the whole, or `NaN`.
 *
 * An entity tag is the content's MD5 for what was uploaded in one piece, unless the server encrypts
 * with keys that aren't its own. A checksum of parts says nothing about the whole.
 */
export function digestOf(headers: Record<string, string>, length: number): Digest | undefined {
  for (const [header, algorithm] of Object.entries(CHECKSUM_HEADERS)) {
    const value = headers[header];
    if (value !== undefined && isOfWhole(value, headers)) return digest(algorithm, value, length);
  }
  const md5 = /^"?([\da-f]{32})"?$/.exec(headers.etag ?? "")?.[1];
  const encryption = headers["x-amz-server-side-encryption"];
  const isForeignKey = encryption?.startsWith("aws:kms") ||
    "x-amz-server-side-encryption-customer-algorithm" in headers;
  return md5 === undefined || isForeignKey
    ? undefined
    : digest("md5", Uint8Array.fromHex(md5).toBase64(), length);
}

/** Deno needs longer to load the system's hashes than small content takes to come: then our own do. */
function digest(algorithm: Algorithm, expected: string, length: number): Digest {
  const hash = OWN_HASHES[algorithm];
  if (hash === undefined || makers.has(algorithm) || !(length <= Math.min(budget, SMALL))) {
    return new LazyDigest(algorithm, expected);
  }
  budget -= length;
  return new SmallDigest(hash, expected, length);
}

function isOfWhole(value: string, headers: Record<string, string>): boolean {
  return !value.includes("-") && headers["x-amz-checksum-type"] !== "COMPOSITE";
}

type Algorithm = "sha256" | "sha1" | "md5" | "crc32";

const SMALL = 32 * 1024;
/** Bytes that our own hashes may still take: they are slower. */
let budget = 8 * SMALL;

const OWN_HASHES: Partial<Record<Algorithm, (content: Uint8Array) => Uint8Array>> = { md5, crc32 };

/** Content that is held until it is whole. */
class SmallDigest implements Digest {
  readonly loading = undefined;
  readonly #hash: (content: Uint8Array) => Uint8Array;
  readonly #expected: string;
  readonly #content: Uint8Array;
  #length = 0;

  constructor(hash: (content: Uint8Array) => Uint8Array, expected: string, length: number) {
    this.#hash = hash;
    this.#expected = expected;
    this.#content = new Uint8Array(length);
  }

  update(chunk: Uint8Array): void {
    if (this.#length + chunk.length <= this.#content.length) this.#content.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  matches(): boolean {
    return this.#length === this.#content.length &&
      this.#hash(this.#content).toBase64() === this.#expected;
  }
}

interface Hash {
  update(chunk: Uint8Array): void;
  digest(encoding: "base64"): string;
}

/** What makes the hashes, once it is loaded: that takes longer than a small object does to come. */
const makers = new Map<Algorithm, () => Hash>();

async function load(algorithm: Algorithm): Promise<() => Hash> {
  if (algorithm === "crc32") {
    const { crc32 } = await import("node:zlib");
    return () => new Crc32(crc32);
  }
  const { createHash } = await import("node:crypto");
  return () => createHash(algorithm);
}

class LazyDigest implements Digest {
  loading: Promise<void> | undefined;
  readonly #expected: string;
  #hash: Hash | undefined;

  constructor(algorithm: Algorithm, expected: string) {
    this.#expected = expected;
    this.#hash = makers.get(algorithm)?.();
    this.loading = this.#hash === undefined ? this.#load(algorithm) : undefined;
  }

  async #load(algorithm: Algorithm): Promise<void> {
    const make = await load(algorithm);
    makers.set(algorithm, make);
    this.#hash = make();
    this.loading = undefined;
  }

  update(chunk: Uint8Array): void {
    this.#hash!.update(chunk);
  }

  matches(): boolean {
    return this.#hash!.digest("base64") === this.#expected;
  }
}

class Crc32 implements Hash {
  readonly #crc32: (data: Uint8Array, value: number) => number;
  #value = 0;

  constructor(crc32: (data: Uint8Array, value: number) => number) {
    this.#crc32 = crc32;
  }

  update(chunk: Uint8Array): void {
    this.#value = this.#crc32(chunk, this.#value);
  }

  digest(): string {
    return bigEndian(this.#value).toBase64();
  }
}
