/**
 * Checksums: those that a client sends with a payload are verified, those of an object kept.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { ServiceError } from "../../operation.ts";
import type { S3Call } from "../call.ts";
import { invalidRequest } from "../errors.ts";

const CRC32C = crcTable(0x82f63b78);
const CRC64 = crc64Table(0x9a6c9329ac4bc9b5n);

/** The algorithms, by the name that S3 gives them, and what computes the digest. */
const ALGORITHMS: Record<string, (body: Uint8Array) => Uint8Array> = {
  CRC32: (body) => bigEndian(crc32(body)),
  CRC32C: crc32c,
  CRC64NVME: crc64,
  SHA1: (body) => createHash("sha1").update(body).digest(),
  SHA256: (body) => createHash("sha256").update(body).digest(),
};

/** What S3 computes if the client chose nothing. */
export const DEFAULT_ALGORITHM = "CRC64NVME";

function crcTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
}

function crc32c(body: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (let at = 0; at < body.length; at++) {
    crc = (crc >>> 8) ^ CRC32C[(crc ^ body[at]!) & 0xff]!;
  }
  return bigEndian(~crc >>> 0);
}

/** High and low halves apart, since arithmetic on BigInt is about fifty times slower. */
function crc64Table(polynomial: bigint): { high: Uint32Array; low: Uint32Array } {
  const values = Array.from({ length: 256 }, (_, index) => {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    return value;
  });
  return {
    high: Uint32Array.from(values, (value) => Number(value >> 32n)),
    low: Uint32Array.from(values, (value) => Number(value & 0xffffffffn)),
  };
}

function crc64(body: Uint8Array): Uint8Array {
  let high = 0xffffffff;
  let low = 0xffffffff;
  // An iterator over the bytes takes several times as long.
  for (let at = 0; at < body.length; at++) {
    const index = (low ^ body[at]!) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ CRC64.low[index]!;
    high = (high >>> 8) ^ CRC64.high[index]!;
  }
  return Buffer.concat([bigEndian(~high >>> 0), bigEndian(~low >>> 0)]);
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** The header that carries a checksum of that algorithm. */
export function checksumHeader(algorithm: string): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The checksum of a payload in Base64. */
export function checksum(algorithm: string, body: Uint8Array): string {
  return Buffer.from(algorithmOf(algorithm)(body)).toString("base64");
}

/** The checksum of a multipart upload made from the checksums of its parts. */
export function compositeChecksum(algorithm: string, parts: string[]): string {
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  return `${checksum(algorithm, digests)}-${parts.length}`;
}

function algorithmOf(name: string): (body: Uint8Array) => Uint8Array {
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (algorithm !== undefined) return algorithm;
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of " +
      "the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
  );
}

/** The algorithm that a header names, checked. */
export function requestedAlgorithm(call: S3Call, header: string): string | undefined {
  const name = call.header(header)?.toUpperCase();
  if (name !== undefined) algorithmOf(name);
  return name;
}

/** The checksums among the names and values of headers. */
export function checksumsIn(headers: Record<string, string>): Record<string, string> {
  const names = Object.keys(ALGORITHMS).map(checksumHeader);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}

/** The algorithm of the checksum among an object's headers. */
export function algorithmIn(headers: Record<string, string>): string | undefined {
  return Object.keys(ALGORITHMS).find((algorithm) => headers[checksumHeader(algorithm)]);
}

/** Throws if the Content-MD5 header doesn't match the payload. */
export function verifyMd5(call: S3Call): void {
  checkMd5(call.header("content-md5"), call.request.body);
}

/** Throws if a checksum header doesn't match the payload. */
export function verifyChecksums(call: S3Call, body: Uint8Array = call.request.body): void {
  for (const [algorithm, expected] of givenChecksums(call)) {
    const compute = algorithmOf(algorithm);
    const header = checksumHeader(algorithm);
    if (!isBase64(expected, compute(new Uint8Array()).length)) {
      throw invalidRequest(`Value for ${header} header is invalid.`);
    }
    if (checksum(algorithm, body) !== expected) {
      throw new ServiceError(
        400,
        "BadDigest",
        `The ${algorithm} you specified did not match the calculated checksum.`,
      );
    }
  }
}

/** The checksums in the headers: algorithm, Base64. */
export function givenChecksums(call: S3Call): [string, string][] {
  return Object.keys(ALGORITHMS).flatMap((algorithm): [string, string][] => {
    const value = call.header(checksumHeader(algorithm));
    return value === undefined ? [] : [[algorithm, value]];
  });
}

/** The checksum headers to store for a payload: those given, otherwise one of the requested algorithm. */
export function keptChecksums(
  call: S3Call,
  requested: string | undefined,
  body: Uint8Array = call.request.body,
): Record<string, string> {
  const given = givenChecksums(call);
  if (given.length > 1) {
    throw invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are " +
        "not allowed.",
    );
  }
  const algorithm = given[0]?.[0] ?? requested;
  return algorithm === undefined ? {} : { [checksumHeader(algorithm)]: checksum(algorithm, body) };
}

function checkMd5(expected: string | undefined, body: Uint8Array): void {
  if (expected === undefined) return;
  if (!isBase64(expected, 16)) {
    throw new ServiceError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {
      details: { "Content-MD5": expected },
    });
  }
  const calculated = createHash("md5").update(body).digest("base64");
  if (calculated === expected) return;
  throw new ServiceError(
    400,
    "BadDigest",
    "The Content-MD5 you specified did not match what we received.",
    { details: { ExpectedDigest: expected, CalculatedDigest: calculated } },
  );
}

function isBase64(text: string, length: number): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === length && bytes.toString("base64") === text;
}
