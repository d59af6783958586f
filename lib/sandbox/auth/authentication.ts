/**
 * Authenticates a request: whose key signed it, whether the signature is correct and current, and
 * whether the payload is the one that was signed.
 *
 * @module
 */
import type { AccessKey, Account } from "../account.ts";
import { authenticationError } from "./errors.ts";
import { ChunkError, type ChunkSigner, unframe } from "./chunked.ts";
import type { Caller, ServiceName } from "../operation.ts";
import {
  hmacHex,
  MalformedSignatureError,
  OldSignatureError,
  readClaim,
  sameDigest,
  sha256,
  type SignatureClaim,
  signingKey,
  stringToSign,
  timeOf,
  timestampOf,
} from "./signature.ts";
import { headerOf, queryParameters, type WireRequest } from "../wire.ts";

/** A payload as its service reads it. */
export interface Payload {
  /** The payload without `aws-chunked` framing. */
  body: Uint8Array;
  /** Headers that followed the payload. */
  trailers: [string, string][];
}

/** A request whose caller is known. */
export interface Authenticated extends Payload {
  caller: Caller;
  /** Region that the request was signed for. */
  region: string | undefined;
}

interface Credential {
  caller: Caller;
  secretAccessKey: string;
  /** The key's record, if it is a long-term key. */
  key: AccessKey | undefined;
}

type Signer = Omit<ChunkSigner, "hasTrailer">;

const MAX_SKEW = 15 * 60 * 1000;

/** The service that a request is for: the one it is signed for, otherwise guessed from its parameters. */
export function serviceOf(request: WireRequest): ServiceName {
  const scoped = signedFor(request);
  if (scoped === "iam" || scoped === "sts" || scoped === "s3") return scoped;
  const parameters = new Map(queryParameters(request));
  if (!parameters.has("Action")) return "s3";
  return parameters.get("Version") === "2011-06-15" ? "sts" : "iam";
}

function signedFor(request: WireRequest): string | undefined {
  try {
    return readClaim(request)?.service;
  } catch {
    return undefined;
  }
}

/** Authenticates a request, or throws the error that its service answers with. */
export function authenticate(
  request: WireRequest,
  service: ServiceName,
  account: Account,
): Authenticated {
  const claim = readOrRefuse(request, service);
  if (claim === undefined) {
    if (service !== "s3") throw authenticationError(service, "unsigned");
    const { body, trailers } = s3Payload(request, undefined);
    return { caller: { type: "anonymous" }, region: undefined, body, trailers };
  }
  if (claim.service !== service) throw authenticationError(service, "wrongScope");
  const credential = credentialOf(claim, service, account);
  checkTime(claim, service, account.clock.now().getTime());
  checkSignedHeaders(request, claim, service);
  const key = signingKey(credential.secretAccessKey, claim);
  checkSignature(request, claim, key);
  const payload = service === "s3"
    ? s3Payload(request, { key, claim })
    : { body: request.body, trailers: [] };
  if (credential.key) {
    credential.key.lastUsed = { date: account.clock.now(), service, region: claim.region };
  }
  return { caller: credential.caller, region: claim.region, ...payload };
}

function readOrRefuse(request: WireRequest, service: ServiceName): SignatureClaim | undefined {
  try {
    return readClaim(request);
  } catch (error) {
    if (!(error instanceof MalformedSignatureError)) throw error;
    if (error instanceof OldSignatureError) throw authenticationError(service, "oldSignature");
    const inHeader = headerOf(request, "authorization") !== undefined;
    throw authenticationError(service, inHeader ? "malformed" : "malformedQuery", {
      because: error.message,
    });
  }
}

function credentialOf(claim: SignatureClaim, service: ServiceName, account: Account): Credential {
  const { accessKeyId } = claim;
  const unknownKey = () =>
    authenticationError(service, "unknownKey", { details: { AWSAccessKeyId: accessKeyId } });
  const session = account.sessions.get(accessKeyId);
  if (session) {
    // A temporary key without its token is treated as unknown.
    if (claim.sessionToken === undefined) throw unknownKey();
    if (!sameDigest(claim.sessionToken, session.sessionToken)) {
      throw authenticationError(service, "badToken");
    }
    if (session.expiration <= account.clock.now()) {
      throw authenticationError(service, "expiredToken");
    }
    const { secretAccessKey } = session;
    return { caller: { type: "session", accessKeyId, session }, secretAccessKey, key: undefined };
  }
  const longTerm = longTermKey(accessKeyId, account);
  if (longTerm === undefined || longTerm.key.status !== "Active") {
    throw unknownKey();
  }
  if (claim.sessionToken !== undefined) throw authenticationError(service, "badToken");
  return { ...longTerm, secretAccessKey: longTerm.key.secretAccessKey };
}

function longTermKey(
  accessKeyId: string,
  account: Account,
): { caller: Caller; key: AccessKey } | undefined {
  if (account.rootKey?.accessKeyId === accessKeyId) {
    return { caller: { type: "root", accessKeyId }, key: account.rootKey };
  }
  for (const user of account.users.values()) {
    const key = user.accessKeys.get(accessKeyId);
    if (key && account.visibility.sees(key)) {
      return { caller: { type: "user", accessKeyId, user }, key };
    }
  }
  return undefined;
}

function checkTime(claim: SignatureClaim, service: ServiceName, now: number): void {
  const signed = timeOf(claim.timestamp);
  if (claim.expires !== undefined) {
    checkUrlTime(claim, service, signed, now);
    return;
  }
  if (Math.abs(now - signed) <= MAX_SKEW) return;
  if (service === "s3") {
    throw authenticationError(service, "skewed", {
      details: {
        RequestTime: claim.timestamp,
        ServerTime: new Date(now).toISOString().replace(/\.\d+/, ""),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW),
      },
    });
  }
  const [problem, compared, limit, sign] = signed < now
    ? ["skewed", "earlier", now - MAX_SKEW, "-"] as const
    : ["urlNotYetValid", "later", now + MAX_SKEW, "+"] as const;
  throw authenticationError(service, problem, {
    because: `${claim.timestamp} is now ${compared} than ${timestampOf(limit)} ` +
      `(${timestampOf(now)} ${sign} 15 min.)`,
  });
}

function checkUrlTime(
  claim: SignatureClaim,
  service: ServiceName,
  signed: number,
  now: number,
): void {
  const seconds = claim.expires ?? 0;
  const expires = signed + seconds * 1000;
  const details = {
    "X-Amz-Expires": String(seconds),
    Expires: new Date(expires).toISOString().replace(/\.\d+/, ""),
    ServerTime: new Date(now).toISOString().replace(/\.\d+/, ""),
  };
  if (now > expires) throw authenticationError(service, "urlExpired", { details });
  if (signed - now > MAX_SKEW) throw authenticationError(service, "urlNotYetValid", { details });
}

/** `host` must be signed, and with S3 every `x-amz-` header. */
function checkSignedHeaders(
  request: WireRequest,
  claim: SignatureClaim,
  service: ServiceName,
): void {
  const present = new Set(request.rawHeaders.map(([name]) => name.toLowerCase()));
  const required = ["host"];
  if (service === "s3") required.push(...[...present].filter((name) => name.startsWith("x-amz-")));
  const unsigned = required.filter((name) => !claim.signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw authenticationError(service, "headersNotSigned", {
      details: { HeadersNotSigned: unsigned.join(", ") },
    });
  }
}

function checkSignature(request: WireRequest, claim: SignatureClaim, key: Uint8Array): void {
  const text = stringToSign(request, claim);
  if (sameDigest(hmacHex(key, text), claim.signature)) return;
  throw authenticationError(claim.service as ServiceName, "signature", {
    details: {
      AWSAccessKeyId: claim.accessKeyId,
      StringToSign: text,
      SignatureProvided: claim.signature,
    },
  });
}

function s3Payload(request: WireRequest, signer: Signer | undefined): Payload {
  const declared = headerOf(request, "x-amz-content-sha256");
  if (declared?.startsWith("STREAMING-")) {
    return unframedPayload(request.body, declared, signer);
  }
  if (declared === undefined && signer && signer.claim.expires === undefined) {
    throw authenticationError("s3", "payloadHashMissing");
  }
  if (declared !== undefined && declared !== "UNSIGNED-PAYLOAD") checkHash(request.body, declared);
  return { body: request.body, trailers: [] };
}

function checkHash(body: Uint8Array, declared: string): void {
  const computed = sha256(body);
  if (sameDigest(computed, declared)) return;
  throw authenticationError("s3", "payloadHash", {
    details: {
      ClientComputedContentSHA256: declared,
      S3ComputedContentSHA256: computed,
    },
  });
}

function unframedPayload(
  framed: Uint8Array,
  declared: string,
  signer: Signer | undefined,
): Payload {
  const signed = declared.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  if (!signed && declared !== "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    throw authenticationError("s3", "payloadHash", { because: `${declared} is not supported` });
  }
  try {
    const hasTrailer = declared.endsWith("-TRAILER");
    return unframe(framed, signed && signer ? { ...signer, hasTrailer } : undefined);
  } catch (error) {
    if (!(error instanceof ChunkError)) throw error;
    throw authenticationError("s3", error.signature ? "chunkSignature" : "chunkFraming", {
      because: error.message,
    });
  }
}
