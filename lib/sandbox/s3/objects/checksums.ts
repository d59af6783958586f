/**
 * Checksums: those that a client sends with a payload are verified, those of an object kept.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Content } from "../../content.ts";
import { ServiceError } from "../../operation.ts";
import type { S3Call } from "../call.ts";
import { crc32, crc32c, crc64nvme } from "../digests/crc.ts";
import { xxh128, xxh3, xxh64 } from "../digests/xxhash.ts";
import { invalidRequest } from "../errors.ts";
import { textOf, type XmlElement } from "../../xml.ts";

interface Algorithm {
  /** The length of its digests. */
  bytes: number;
  /** In Base64. */
  compute(content: Content): string;
  /** Whether the checksum of an object can be one of all its parts together. */
  ofWholeObject?: true;
}

function hash(name: string, bytes: number): Algorithm {
  return { bytes, compute: (content) => content.digest(name, "base64") };
}

/** An algorithm of our own. */
function ours(bytes: number, compute: (content: Content) => Uint8Array): Algorithm {
  return { bytes, compute: (content) => Buffer.from(compute(content)).toString("base64") };
}

/** The algorithms, by the name that S3 gives them. */
const ALGORITHMS: Record<string, Algorithm> = {
  CRC32: { ...ours(4, crc32), ofWholeObject: true },
  CRC32C: { ...ours(4, crc32c), ofWholeObject: true },
  CRC64NVME: { ...ours(8, crc64nvme), ofWholeObject: true },
  MD5: hash("md5", 16),
  SHA1: hash("sha1", 20),
  SHA256: hash("sha256", 32),
  SHA512: hash("sha512", 64),
  XXHASH128: ours(16, (content) => xxh128(content.bytes())),
  XXHASH3: ours(8, (content) => xxh3(content.bytes())),
  XXHASH64: ours(8, (content) => xxh64(content.bytes())),
};
const NAMES = Object.keys(ALGORITHMS);
/** The names of the algorithms by their headers. */
const BY_HEADER = new Map(NAMES.map((name) => [checksumHeader(name), name]));
/** Headers that begin as those of checksums do and say something about them. */
const ABOUT_CHECKSUMS = ["algorithm", "mode", "type"].map(checksumHeader);

/** What S3 computes if the client chose nothing. */
export const DEFAULT_ALGORITHM = "CRC64NVME";

/** The header that carries a checksum of that algorithm. */
export function checksumHeader(algorithm: string): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** A checksum in Base64. */
export function checksum(algorithm: string, content: Content): string {
  return algorithmOf(algorithm).compute(content);
}

/** The checksum of a multipart upload made from the checksums of its parts. */
export function compositeChecksum(algorithm: string, parts: string[]): string {
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  return `${checksum(algorithm, Content.of(digests))}-${parts.length}`;
}

function algorithmOf(name: string): Algorithm {
  const algorithm = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined;
  if (algorithm !== undefined) return algorithm;
  throw invalidRequest(
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: " +
      `[${NAMES.join(", ")}]`,
  );
}

/** Whether the checksum of an upload in parts can be one of the whole object. */
export function coversWholeObject(algorithm: string): boolean {
  return algorithmOf(algorithm).ofWholeObject ?? false;
}

/** Whether a text can be a checksum of that algorithm. */
export function isChecksum(algorithm: string, text: string): boolean {
  return isBase64(text, algorithmOf(algorithm).bytes);
}

/** The algorithm that a header names, checked. */
export function requestedAlgorithm(call: S3Call, header: string): string | undefined {
  const name = call.header(header)?.toUpperCase();
  if (name !== undefined) algorithmOf(name);
  return name;
}

/** Whether a header carries a checksum. */
export function isChecksumHeader(name: string): boolean {
  return BY_HEADER.has(name);
}

/** The checksums among the names and values of headers. */
export function checksumsIn(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => BY_HEADER.has(name)));
}

/** The checksums among the elements of a document, such as `ChecksumCRC32`. */
export function checksumElements(parent: XmlElement): { algorithm: string; value: string }[] {
  return NAMES.flatMap((algorithm) => {
    const value = textOf(parent, `Checksum${algorithm}`);
    return value === undefined ? [] : [{ algorithm, value }];
  });
}

/** The algorithm of the checksum among an object's headers. */
export function algorithmIn(headers: Record<string, string>): string | undefined {
  return NAMES.find((algorithm) => headers[checksumHeader(algorithm)]);
}

/** Throws if the Content-MD5 header doesn't match the payload. */
export function verifyMd5(call: S3Call): void {
  checkMd5(call.header("content-md5"), call.request.body, call.query.has("partNumber"));
}

/** Throws if the headers of a checksum can't be right, or the checksum doesn't match the payload. */
export function verifyChecksums(call: S3Call, content: Content = call.request.body): void {
  checkChecksumHeaders(call);
  const [given] = givenChecksums(call);
  if (given === undefined || checksum(given[0], content) === given[1]) return;
  throw new ServiceError(
    400,
    "BadDigest",
    `The ${given[0]} you specified did not match the calculated checksum.`,
  );
}

/** Throws if the headers of a checksum can't be right, whatever the payload. */
function checkChecksumHeaders(call: S3Call): void {
  const unknown = [...call.request.headers.keys()].some((name) =>
    name.startsWith("x-amz-checksum-") && !ABOUT_CHECKSUMS.includes(name) &&
    !isChecksumHeader(name)
  );
  if (unknown) {
    throw invalidRequest("The algorithm type you specified in x-amz-checksum- header is invalid.");
  }
  const given = givenChecksums(call);
  if (given.length > 1) {
    throw invalidRequest(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  for (const [algorithm, value] of given) {
    if (!isChecksum(algorithm, value)) throw invalidHeader(checksumHeader(algorithm));
  }
  const name = "x-amz-sdk-checksum-algorithm";
  const announced = requestedAlgorithm(call, name);
  if (announced === undefined) return;
  if (given.length === 0) {
    throw invalidRequest(
      `${name} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.`,
    );
  }
  if (announced !== given[0]![0]) throw invalidHeader(name);
}

/** A header that says something about a checksum and can't be right. */
export function invalidHeader(name: string): ServiceError {
  return invalidRequest(`Value for ${name} header is invalid.`);
}

/** The checksums in the headers: algorithm, Base64. */
export function givenChecksums(call: S3Call): [string, string][] {
  const given: [string, string][] = [];
  for (const [header, algorithm] of BY_HEADER) {
    const value = call.header(header);
    if (value !== undefined) given.push([algorithm, value]);
  }
  return given;
}

/**
 * The checksum headers to store for a payload, whose own have been verified: those, otherwise one of the
 * requested algorithm. Of a part that is copied, they are computed.
 */
export function keptChecksums(
  call: S3Call,
  requested: string | undefined,
  copied?: Content,
): Record<string, string> {
  const [given] = givenChecksums(call);
  if (given !== undefined && copied === undefined) return { [checksumHeader(given[0])]: given[1] };
  const algorithm = given?.[0] ?? requested;
  if (algorithm === undefined) return {};
  return { [checksumHeader(algorithm)]: checksum(algorithm, copied ?? call.request.body) };
}

/** S3 writes the expected digest of a part in another encoding than that of an object. */
function checkMd5(expected: string | undefined, body: Content, isPart: boolean): void {
  if (expected === undefined) return;
  if (!isBase64(expected, 16)) {
    throw new ServiceError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {
      details: { "Content-MD5": expected },
    });
  }
  const calculated = body.digest("md5", "base64");
  if (calculated === expected) return;
  const shown = isPart ? expected : Buffer.from(expected, "base64").toString("hex");
  throw new ServiceError(
    400,
    "BadDigest",
    "The Content-MD5 you specified did not match what we received.",
    { details: { ExpectedDigest: shown, CalculatedDigest: calculated } },
  );
}

function isBase64(text: string, length: number): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === length && bytes.toString("base64") === text;
}
