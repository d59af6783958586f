/**
 * What a server says about the content of an object, for comparison with what arrived.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A digest of content that arrives in pieces. */
export interface Digest {
  /** Adds content. */
  update(chunk: Uint8Array): void;
  /** Whether the content is what the server holds. */
  matches(): boolean;
}

const HASHED_HEADERS = { "x-amz-checksum-sha256": "sha256", "x-amz-checksum-sha1": "sha1" };

/**
 * The digest that the headers of an answer give for the whole content of an object, if they do.
 *
 * An entity tag is the content's MD5 for what was uploaded in one piece, unless the server encrypts
 * with keys that aren't its own. A checksum of parts says nothing about the whole.
 */
export function digestOf(headers: Record<string, string>): Digest | undefined {
  for (const [header, algorithm] of Object.entries(HASHED_HEADERS)) {
    const value = headers[header];
    if (value !== undefined && isOfWhole(value, headers)) return hash(algorithm, "base64", value);
  }
  const crc = headers["x-amz-checksum-crc32"];
  if (crc !== undefined && isOfWhole(crc, headers)) return crc32Digest(crc);
  const md5 = /^"?([\da-f]{32})"?$/.exec(headers.etag ?? "")?.[1];
  const encryption = headers["x-amz-server-side-encryption"];
  const isForeignKey = encryption?.startsWith("aws:kms") ||
    "x-amz-server-side-encryption-customer-algorithm" in headers;
  return md5 === undefined || isForeignKey ? undefined : hash("md5", "hex", md5);
}

function isOfWhole(value: string, headers: Record<string, string>): boolean {
  return !value.includes("-") && headers["x-amz-checksum-type"] !== "COMPOSITE";
}

function hash(algorithm: string, encoding: "hex" | "base64", expected: string): Digest {
  const digest = createHash(algorithm);
  return {
    update: (chunk) => void digest.update(chunk),
    matches: () => digest.digest(encoding) === expected,
  };
}

function crc32Digest(expected: string): Digest {
  let value = 0;
  return {
    update: (chunk) => void (value = crc32(chunk, value)),
    matches() {
      const bytes = Uint8Array.from([24, 16, 8, 0], (shift) => value >>> shift & 0xff);
      return btoa(String.fromCharCode(...bytes)) === expected;
    },
  };
}
