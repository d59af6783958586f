/**
 * Checks AWS Signature Version 4, in the `Authorization` header and in presigned URLs.
 *
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import type { Content } from "../content.ts";
import type { AuthenticationProblem } from "./errors.ts";
import { percentDecode, queryOf, signedHeader, type WireHead, type WireRequest } from "../wire.ts";

/** The parts of a request's signature. */
export interface SignatureClaim {
  accessKeyId: string;
  /** `20260131`. */
  date: string;
  region: string;
  service: string;
  /** `20260131T120000Z`. */
  timestamp: string;
  /** The same in milliseconds since 1970. */
  time: number;
  signedHeaders: string[];
  /** Lower-case hexadecimal. */
  signature: string;
  sessionToken: string | undefined;
  /** Seconds for which a presigned URL is valid; `undefined` for a signed header. */
  expires: number | undefined;
}

/** A signature that can't be read. */
export class MalformedSignatureError extends Error {
  override readonly name = "MalformedSignatureError";
  /** What is wrong, where AWS has an error of its own for it. */
  readonly problem: AuthenticationProblem | undefined;

  constructor(message: string, problem?: AuthenticationProblem) {
    super(message);
    this.problem = problem;
  }
}

const ALGORITHM = "AWS4-HMAC-SHA256";

/** SHA-256 in lower-case hexadecimal. */
export function sha256(data: string | Content): string {
  return typeof data === "string"
    ? createHash("sha256").update(data).digest("hex")
    : data.digest("sha256", "hex");
}

function hmac(key: string | Uint8Array, data: string): Uint8Array {
  return createHmac("sha256", key).update(data).digest();
}

/** A key that signs many texts, as the two blocks that HMAC makes of it (RFC 2104). */
export interface SigningKey {
  inner: Uint8Array;
  outer: Uint8Array;
}

const BLOCK_BYTES = 64;

/** Node's own function makes the blocks anew for each text, which takes as long as all the rest. */
function blocksOf(key: Uint8Array): SigningKey {
  const block = (pad: number) => {
    const bytes = new Uint8Array(BLOCK_BYTES).fill(pad);
    for (let at = 0; at < key.length; at++) bytes[at]! ^= key[at]!;
    return bytes;
  };
  return { inner: block(0x36), outer: block(0x5c) };
}

/** HMAC-SHA-256 in lower-case hexadecimal. */
export function hmacHex({ inner, outer }: SigningKey, data: string): string {
  const digest = createHash("sha256").update(inner).update(data).digest();
  return createHash("sha256").update(outer).update(digest).digest("hex");
}

/** Compares two digests or tokens in constant time, but for their lengths. */
export function sameDigest(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}

/** Reads the signature of a request; `undefined` if it is unsigned. */
export function readClaim(request: WireHead): SignatureClaim | undefined {
  const authorization = request.headers.get("authorization");
  const parameters = queryOf(request.rawPath);
  const query = new Map(parameters);
  const isPresigned = query.has("X-Amz-Algorithm") || query.has("X-Amz-Signature");
  if (authorization !== undefined) {
    if (isPresigned) {
      throw new MalformedSignatureError("Only one auth mechanism allowed", "twoSignatures");
    }
    return readHeader(request, authorization);
  }
  if (isPresigned) {
    const doubled = parameters.find(([name, value]) =>
      name.startsWith("X-Amz-") && query.get(name) !== value
    );
    if (doubled) throw new MalformedSignatureError(`${doubled[0]} is given more than once`);
    return readQuery(query);
  }
  if (query.has("Signature") && query.has("AWSAccessKeyId")) {
    throw oldSignature();
  }
  return undefined;
}

/** Version 2 is accepted in us-east-1 only. */
function oldSignature(): MalformedSignatureError {
  const message = `Signature Version 2 is not supported, use ${ALGORITHM}`;
  return new MalformedSignatureError(message, "oldSignature");
}

function readHeader(request: WireHead, authorization: string): SignatureClaim {
  const [algorithm, ...rest] = authorization.split(/\s+/);
  if (algorithm === "AWS") throw oldSignature();
  if (rest.length === 0) {
    throw new MalformedSignatureError("It has no space in it", "authorizationForm");
  }
  if (algorithm !== ALGORITHM) {
    throw new MalformedSignatureError(
      `Unsupported authorization type, use ${ALGORITHM}`,
      "authorizationType",
    );
  }
  const pairs = rest.join("").split(",").map((field) => {
    const at = field.indexOf("=");
    return [field.slice(0, at), field.slice(at + 1)] as const;
  });
  const fields = new Map(pairs);
  if (fields.size < pairs.length) {
    throw new MalformedSignatureError("A field of the Authorization header is given twice");
  }
  const timestamp = request.headers.get("x-amz-date") ?? basicDate(request.headers.get("date"));
  return claimOf({
    credential: fields.get("Credential"),
    signedHeaders: fields.get("SignedHeaders"),
    signature: fields.get("Signature"),
    timestamp,
    sessionToken: request.headers.get("x-amz-security-token"),
    expires: undefined,
  });
}

function readQuery(query: Map<string, string>): SignatureClaim {
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) {
    throw new MalformedSignatureError(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  }
  const seconds = query.get("X-Amz-Expires") ?? "";
  const expires = Number(seconds);
  if (!/^\d+$/.test(seconds)) throw new MalformedSignatureError("X-Amz-Expires should be a number");
  if (expires < 1 || expires > 604_800) {
    throw new MalformedSignatureError("X-Amz-Expires must be between 1 and 604800 seconds");
  }
  return claimOf({
    credential: query.get("X-Amz-Credential"),
    signedHeaders: query.get("X-Amz-SignedHeaders"),
    signature: query.get("X-Amz-Signature"),
    timestamp: query.get("X-Amz-Date"),
    sessionToken: query.get("X-Amz-Security-Token"),
    expires,
  });
}

interface RawClaim {
  credential: string | undefined;
  signedHeaders: string | undefined;
  signature: string | undefined;
  timestamp: string | undefined;
  sessionToken: string | undefined;
  expires: number | undefined;
}

function claimOf(raw: RawClaim): SignatureClaim {
  const scope = raw.credential?.split("/") ?? [];
  const [accessKeyId, date, region, service, end] = scope;
  if (
    scope.length !== 5 || !accessKeyId || !date || !region || !service || end !== "aws4_request"
  ) {
    throw new MalformedSignatureError(
      "Credential must have the form AccessKeyId/date/region/service/aws4_request",
    );
  }
  if (!raw.signedHeaders) throw new MalformedSignatureError("SignedHeaders is missing");
  if (!/^[0-9a-f]{64}$/.test(raw.signature ?? "")) {
    throw new MalformedSignatureError("Signature is missing or not 64 hexadecimal digits");
  }
  const time = /^\d{8}T\d{6}Z$/.test(raw.timestamp ?? "") ? timeOf(raw.timestamp!) : NaN;
  if (Number.isNaN(time)) {
    throw new MalformedSignatureError(
      "A valid date must be given as X-Amz-Date or Date",
      raw.expires === undefined ? "dateMissing" : undefined,
    );
  }
  if (raw.timestamp!.slice(0, 8) !== date) {
    throw new MalformedSignatureError(
      "The date in the credential scope is not that of the request",
    );
  }
  return {
    accessKeyId,
    date,
    region,
    service,
    timestamp: raw.timestamp!,
    time,
    signedHeaders: raw.signedHeaders.split(";"),
    signature: raw.signature!,
    sessionToken: raw.sessionToken,
    expires: raw.expires,
  };
}

/** Milliseconds since 1970 of a date such as `20260131T120000Z`. */
export function timeOf(timestamp: string): number {
  const [year, month, rest] = [
    timestamp.slice(0, 4),
    timestamp.slice(4, 6),
    timestamp.slice(6, 11),
  ];
  return Date.parse(`${year}-${month}-${rest}:${timestamp.slice(11, 13)}:${timestamp.slice(13)}`);
}

/** Writes a time as `20260131T120000Z`. */
export function timestampOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/[-:]|\.\d+/g, "");
}

function basicDate(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  if (/^\d{8}T\d{6}Z$/.test(date)) return date;
  const milliseconds = Date.parse(date);
  return Number.isNaN(milliseconds) ? undefined : timestampOf(milliseconds);
}

/** Percent-encodes all but the unreserved characters of RFC 3986. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const MAX_KEYS = 1000;
const keys = new Map<string, SigningKey>();

/** The key that signs a day's requests to a service in a region. */
export function signingKey(
  secretAccessKey: string,
  claim: Pick<SignatureClaim, "date" | "region" | "service">,
): SigningKey {
  const scope = [claim.date, claim.region, claim.service, "aws4_request"];
  const name = [secretAccessKey, ...scope].join(" ");
  const known = keys.get(name);
  if (known !== undefined) return known;
  const [day, ...others] = scope;
  const dayKey = hmac(`AWS4${secretAccessKey}`, day!);
  const key = blocksOf(others.reduce(hmac, dayKey));
  if (keys.size >= MAX_KEYS) keys.clear();
  keys.set(name, key);
  return key;
}

/** Day, region and service for which a signature is valid. */
export function scopeOf(claim: SignatureClaim): string {
  return `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
}

/** The string to sign. */
export function stringToSign(request: WireRequest, claim: SignatureClaim): string {
  const canonical = canonicalRequest(request, claim);
  return [ALGORITHM, claim.timestamp, scopeOf(claim), sha256(canonical)].join("\n");
}

/** The request in the form whose digest is signed. */
export function canonicalRequest(request: WireRequest, claim: SignatureClaim): string {
  const headers = claim.signedHeaders.map((name) =>
    `${name}:${signedHeader(request, name) ?? ""}\n`
  );
  return [
    request.method,
    canonicalPath(request.rawPath, claim.service),
    canonicalQuery(request.rawPath, claim),
    headers.join(""),
    claim.signedHeaders.join(";"),
    payloadHash(request, claim),
  ].join("\n");
}

/** A path that encoding leaves as it is. */
const PLAIN_PATH = /^[\w.~/-]*$/;

/** S3 takes the path as it is and encodes it once; all others resolve dots and encode it twice. */
function canonicalPath(rawPath: string, service: string): string {
  const path = rawPath.split("?", 1)[0]!;
  if (path === "/" || (service === "s3" && PLAIN_PATH.test(path))) return path;
  if (service === "s3") return path.split("/").map((part) => encode(percentDecode(part))).join("/");
  return new URL(path, "http://localhost").pathname.replace(/\/+/g, "/")
    .split("/").map(encode).join("/");
}

function canonicalQuery(rawPath: string, { expires }: SignatureClaim): string {
  return queryOf(rawPath)
    .filter(([name]) => name !== "X-Amz-Signature" || expires === undefined)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, av], [b, bv]) => compare(a, b) || compare(av, bv))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** S3 signs what `x-amz-content-sha256` says, the other services what the body is. */
function payloadHash(request: WireRequest, claim: SignatureClaim): string {
  if (claim.service !== "s3") return sha256(request.body);
  const declared = request.headers.get("x-amz-content-sha256");
  return declared ?? (claim.expires === undefined ? sha256(request.body) : "UNSIGNED-PAYLOAD");
}
