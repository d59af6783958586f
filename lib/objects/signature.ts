/**
 * AWS's signature of a request to S3 (version 4, in the Authorization header).
 *
 * The commands for objects sign their requests themselves: with thousands of small objects the time
 * goes into what is done around each request, and this is a fifth of what the SDK's client does.
 *
 * @module
 */
import { type BinaryLike, createHash, createHmac } from "node:crypto";
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";
import type { HttpBody } from "../http/connection.ts";

/** A request to sign. */
export interface UnsignedRequest {
  /** Such as `GET`. */
  method: string;
  /** The path, percent-encoded by {@linkcode encodePath}. */
  path: string;
  /** The query by name, not encoded. */
  query: Record<string, string>;
  /** The headers by name in lower case, `host` among them. All of them are signed. */
  headers: Record<string, string>;
  /** SHA-256 of the body, in hexadecimal digits. */
  payloadHash: string;
}

/** SHA-256 of an empty body. */
export const EMPTY_PAYLOAD_HASH = sha256("");

/** SHA-256 in hexadecimal digits. */
export function sha256(data: BinaryLike): string {
  return createHash("sha256").update(data).digest("hex");
}

/** What is read at a time of a body that is not in memory. */
const scratch = new Uint8Array(256 * 1024);

/** SHA-256 of a body, in hexadecimal digits. */
export function sha256OfBody(body: Uint8Array | HttpBody): string {
  if (body instanceof Uint8Array) return sha256(body);
  const digest = createHash("sha256");
  for (let offset = 0; offset < body.length;) {
    const count = body.readInto(scratch.subarray(0, body.length - offset), offset);
    digest.update(scratch.subarray(0, count));
    offset += count;
  }
  return digest.digest("hex");
}

function hmac(key: BinaryLike, data: string) {
  return createHmac("sha256", key).update(data).digest();
}

/** Percent-encodes all but letters, digits and `-._~`, as AWS demands. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes a key except for its slashes. Nothing is normalized: `a/../b` is a key like any other. */
export function encodePath(key: string): string {
  return /^[\w.~/-]*$/.test(key) ? key : key.split("/").map(encode).join("/");
}

/** Encodes a query, its names in the order of the signature. */
export function encodeQuery(query: Record<string, string>): string {
  return Object.entries(query)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([one], [other]) => one < other ? -1 : 1)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** Signs the requests of one caller to one region. */
export class Signer {
  readonly #region: string;
  #key: { day: string; secret: string; bytes: BinaryLike } | undefined;

  constructor(region: string) {
    this.#region = region;
  }

  /** Gives the headers to send: those of the request and those of the signature. */
  sign(
    { method, path, query, headers, payloadHash }: UnsignedRequest,
    credentials: AwsCredentialIdentity,
    now: Date,
  ): Record<string, string> {
    const time = `${now.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
    const day = time.slice(0, 8);
    const signed: Record<string, string> = {
      ...headers,
      "x-amz-content-sha256": payloadHash,
      "x-amz-date": time,
      ...(credentials.sessionToken && { "x-amz-security-token": credentials.sessionToken }),
    };
    const names = Object.keys(signed).sort();
    const list = names.join(";");
    const lines = names.map((name) => `${name}:${signed[name]!.trim().replace(/ +/g, " ")}\n`);
    const canonical = `${method}\n${path}\n${encodeQuery(query)}\n${
      lines.join("")
    }\n${list}\n${payloadHash}`;
    const scope = `${day}/${this.#region}/s3/aws4_request`;
    const toSign = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`;
    const signature = hmac(this.#signingKey(day, credentials.secretAccessKey), toSign)
      .toString("hex");
    signed.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},` +
      `SignedHeaders=${list},Signature=${signature}`;
    return signed;
  }

  #signingKey(day: string, secret: string): BinaryLike {
    if (this.#key?.day !== day || this.#key.secret !== secret) {
      const bytes = [this.#region, "s3", "aws4_request"]
        .reduce(hmac, hmac(`AWS4${secret}`, day));
      this.#key = { day, secret, bytes };
    }
    return this.#key.bytes;
  }
}
