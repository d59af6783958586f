/**
 * AWS's signature (version 4): of a request in the Authorization header, of a URL, of a form.
 *
 * The commands for objects sign their requests themselves: with thousands of small objects the time
 * goes into what is done around each request, and this is a fifth of what the SDK's client does. So
 * does `whoami`: to load the SDK's client takes longer than all the rest of it.
 *
 * @module
 */
import type { AwsCredentialIdentity } from "../credential_types.ts";
import { Hmac, sha256 } from "../../sha256.ts";

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

const ALGORITHM = "AWS4-HMAC-SHA256";
/** Of a URL, by which any body may be sent. */
const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** Signs the requests of one caller to one service in one region. */
export class Signer {
  readonly #region: string;
  readonly #service: "s3" | "sts";
  #key: { day: string; secret: string; hmac: Hmac } | undefined;
  #lastScope: { second: number; time: string; scope: string } | undefined;

  constructor(region: string, service: "s3" | "sts") {
    this.#region = region;
    this.#service = service;
  }

  /** Gives the headers to send: those of the request and those of the signature. */
  sign(
    request: UnsignedRequest,
    credentials: AwsCredentialIdentity,
    now: Date,
  ): Record<string, string> {
    const { time, scope } = this.#scope(now);
    const { sessionToken } = credentials;
    const signed: Record<string, string> = {
      ...request.headers,
      "x-amz-content-sha256": request.payloadHash,
      "x-amz-date": time,
      ...(sessionToken && { "x-amz-security-token": sessionToken }),
    };
    const signature = this.#signRequest({ ...request, headers: signed }, credentials, now);
    signed.authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope},` +
      `SignedHeaders=${nameList(signed)},Signature=${signature}`;
    return signed;
  }

  /** Gives the query of a URL that anyone may use for some seconds, with the headers of the request. */
  presign(
    { query, ...request }: Omit<UnsignedRequest, "payloadHash">,
    credentials: AwsCredentialIdentity,
    now: Date,
    expiresIn: number,
  ): Record<string, string> {
    const { time, scope } = this.#scope(now);
    const { accessKeyId, sessionToken } = credentials;
    const signed: Record<string, string> = {
      ...query,
      "X-Amz-Algorithm": ALGORITHM,
      "X-Amz-Credential": `${accessKeyId}/${scope}`,
      "X-Amz-Date": time,
      "X-Amz-Expires": String(expiresIn),
      "X-Amz-SignedHeaders": nameList(request.headers),
      ...(sessionToken && { "X-Amz-Security-Token": sessionToken }),
    };
    const unsigned = { ...request, query: signed, payloadHash: UNSIGNED_PAYLOAD };
    const signature = this.#signRequest(unsigned, credentials, now);
    return { ...signed, "X-Amz-Signature": signature };
  }

  /** Gives the fields of a form that say who signed it when; its policy must hold them too. */
  formFields(
    { accessKeyId, sessionToken }: AwsCredentialIdentity,
    now: Date,
  ): Record<string, string> {
    const { time, scope } = this.#scope(now);
    return {
      "x-amz-algorithm": ALGORITHM,
      "x-amz-credential": `${accessKeyId}/${scope}`,
      "x-amz-date": time,
      ...(sessionToken && { "x-amz-security-token": sessionToken }),
    };
  }

  /** Signs a text, such as the policy of a form. */
  signText(text: string, { secretAccessKey }: AwsCredentialIdentity, now: Date): string {
    const day = this.#scope(now).time.slice(0, 8);
    return this.#signingKey(day, secretAccessKey).sign(text);
  }

  #scope(now: Date): { time: string; scope: string } {
    const second = Math.floor(now.getTime() / 1000);
    if (this.#lastScope?.second !== second) {
      const time = `${now.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
      const scope = `${time.slice(0, 8)}/${this.#region}/${this.#service}/aws4_request`;
      this.#lastScope = { second, time, scope };
    }
    return this.#lastScope;
  }

  #signRequest(
    { method, path, query, headers, payloadHash }: UnsignedRequest,
    credentials: AwsCredentialIdentity,
    now: Date,
  ): string {
    const { time, scope } = this.#scope(now);
    // All services but S3 sign a path that is encoded once more.
    const signedPath = this.#service === "s3" ? path : encodePath(path);
    const lines = Object.keys(headers).sort()
      .map((name) => `${name}:${headers[name]!.trim().replace(/ +/g, " ")}\n`);
    const canonical = `${method}\n${signedPath}\n${encodeQuery(query)}\n${lines.join("")}\n${
      nameList(headers)
    }\n${payloadHash}`;
    const toSign = `${ALGORITHM}\n${time}\n${scope}\n${sha256(canonical)}`;
    return this.signText(toSign, credentials, now);
  }

  #signingKey(day: string, secret: string): Hmac {
    if (this.#key?.day !== day || this.#key.secret !== secret) {
      const first = new Hmac(new TextEncoder().encode(`AWS4${secret}`));
      const hmac = [day, this.#region, this.#service, "aws4_request"]
        .reduce((key, text) => new Hmac(Uint8Array.fromHex(key.sign(text))), first);
      this.#key = { day, secret, hmac };
    }
    return this.#key.hmac;
  }
}

/** The names of headers as the signature lists them. */
function nameList(headers: Record<string, string>): string {
  return Object.keys(headers).sort().join(";");
}
