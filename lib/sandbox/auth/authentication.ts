/**
 * Authenticates a request: whose key signed it, and whether the signature is correct and current.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Clock } from "../clock.ts";
import type { AccessKey, Account, Cloud } from "../account.ts";
import { accountOfKey, firstAccount } from "../accounts.ts";
import { authenticationError } from "./errors.ts";
import type { Caller, ServiceError, ServiceName } from "../operation.ts";
import { missingField } from "../s3/errors.ts";
import { checkPayloadType, type Signer } from "./payload.ts";
import {
  canonicalRequest,
  hmacHex,
  MalformedSignatureError,
  sameDigest,
  type SignatureClaim,
  signingKey,
  stringToSign,
  timestampOf,
} from "./signature.ts";
import {
  type ClaimV2,
  dateV2,
  MalformedV2Error,
  readClaimV2,
  signV2,
  stringsToSignV2,
  V2_REGION,
} from "./signature_v2.ts";
import type { UserSession } from "../sts/session.ts";
import { queryParameters, type WireHead, type WireRequest } from "../wire.ts";

/** Who sent a request. */
export interface Authenticated {
  caller: Caller;
  /** The account of the caller; the first one for an unsigned request. */
  account: Account;
  /** Region that the request was signed for. */
  region: string | undefined;
  /** What the request is signed with. */
  signer: Signer | undefined;
}

interface Credential {
  caller: Caller;
  account: Account;
  secretAccessKey: string;
  /** The key's record, if it is a long-term key. */
  key: AccessKey | undefined;
}

/** Returns what `readClaim` returned for a request, or throws what it threw. */
export type ReadClaim = () => SignatureClaim | undefined;

const MAX_SKEW = 15 * 60 * 1000;

/** The service that a request is for: the one it is signed for, otherwise guessed from its parameters. */
export function serviceOf(request: WireRequest, claim: ReadClaim): ServiceName {
  const scoped = signedFor(claim);
  if (scoped === "iam" || scoped === "sts" || scoped === "s3") return scoped;
  const parameters = new Map(queryParameters(request));
  if (!parameters.has("Action")) return "s3";
  return parameters.get("Version") === "2011-06-15" ? "sts" : "iam";
}

function signedFor(claim: ReadClaim): string | undefined {
  try {
    return claim()?.service;
  } catch {
    return undefined;
  }
}

/**
 * Authenticates a request, or throws the error that its service answers with. For S3 the payload
 * takes no part in that, so that it can be read afterwards.
 */
export function authenticate(
  request: WireRequest,
  read: ReadClaim,
  service: ServiceName,
  cloud: Cloud,
): Authenticated {
  const old = service === "s3" && cloud.region === V2_REGION ? readOrRefuseV2(request) : undefined;
  if (old !== undefined) return authenticateV2(request, old, cloud);
  const claim = readOrRefuse(request, read, service);
  if (claim === undefined) {
    if (service !== "s3" && !takesUnsigned(request, service)) {
      throw authenticationError(service, "unsigned");
    }
    if (service === "s3") checkPayloadType(request, undefined);
    return {
      caller: { type: "anonymous" },
      account: firstAccount(cloud),
      region: undefined,
      signer: undefined,
    };
  }
  if (claim.service !== service) {
    throw authenticationError(service, "otherService", { because: claim.service });
  }
  const credential = credentialOf(claim, service, cloud);
  checkTime(claim, service, cloud.clock);
  checkSignedHeaders(request, claim, service);
  const signer: Signer = { key: signingKey(credential.secretAccessKey, claim), claim };
  if (service === "s3") checkPayloadType(request, signer);
  checkSignature(request, signer);
  if (credential.key) {
    credential.key.lastUsed = { date: cloud.clock.now(), service, region: claim.region };
  }
  const { caller, account } = credential;
  return { caller, account, region: claim.region, signer };
}

/** Whether a call proves who sends it by a token of its own. */
function takesUnsigned(request: WireRequest, service: ServiceName): boolean {
  const operation = new Map(queryParameters(request)).get("Action") ?? "";
  return service === "sts" && /^AssumeRoleWith(?:WebIdentity|SAML)$/.test(operation);
}

function readOrRefuseV2(request: WireHead): ClaimV2 | undefined {
  try {
    return readClaimV2(request);
  } catch (error) {
    if (!(error instanceof MalformedV2Error)) throw error;
    throw authenticationError("s3", "malformedV2", { details: { ArgumentName: "Authorization" } });
  }
}

/** Authenticates a signature of Version 2. */
function authenticateV2(request: WireHead, claim: ClaimV2, cloud: Cloud): Authenticated {
  const { expires } = claim;
  if (expires !== undefined && request.headers.get("authorization") !== undefined) {
    throw authenticationError("s3", "twoSignatures");
  }
  const signed = expires === undefined ? dateV2(request) : undefined;
  if (expires === undefined && signed === undefined) throw authenticationError("s3", "dateMissing");
  if (expires !== undefined && !/^\d{1,12}$/.test(expires)) {
    throw authenticationError("s3", "expiresInvalid", { because: expires });
  }
  const { caller, account, secretAccessKey, key } = credentialOf(claim, "s3", cloud);
  const now = cloud.clock.now();
  if (signed !== undefined && isSkewed(signed.getTime(), cloud.clock)) {
    throw skewed(signed.toUTCString(), now.getTime());
  }
  if (expires !== undefined && now.getTime() > Number(expires) * 1000) {
    throw authenticationError("s3", "urlExpired", {
      details: {
        Expires: new Date(Number(expires) * 1000).toISOString(),
        ServerTime: now.toISOString(),
      },
    });
  }
  const texts = stringsToSignV2(request, claim);
  if (!texts.some((text) => sameDigest(signV2(secretAccessKey, text), claim.signature))) {
    throw authenticationError("s3", "signature", {
      details: {
        AWSAccessKeyId: claim.accessKeyId,
        StringToSign: texts[0]!,
        SignatureProvided: claim.signature,
        StringToSignBytes: bytesOf(texts[0]!),
      },
    });
  }
  checkPayloadType(request, undefined);
  if (key) key.lastUsed = { date: now, service: "s3", region: V2_REGION };
  return { caller, account, region: V2_REGION, signer: undefined };
}

/** Authenticates the form that a browser sends to a bucket, whose policy is what is signed. */
export function authenticateForm(fields: ReadonlyMap<string, string>, cloud: Cloud): {
  caller: Caller;
  account: Account;
  region: string | undefined;
  version: "AWS4-HMAC-SHA256" | "AWS" | undefined;
} {
  const policy = fields.get("policy");
  const credential = fields.get("x-amz-credential");
  const old = fields.get("awsaccesskeyid");
  const unsigned = {
    caller: { type: "anonymous" },
    account: firstAccount(cloud),
    region: undefined,
    version: undefined,
  } as const;
  if (policy === undefined) return unsigned;
  if (credential === undefined && old === undefined) {
    if (fields.has("signature")) throw missingField("AWSAccessKeyId");
    if (fields.has("x-amz-signature")) throw missingField("X-Amz-Algorithm");
    return unsigned;
  }
  const sessionToken = fields.get("x-amz-security-token");
  const check = (expected: string, field: string, accessKeyId: string) => {
    const given = fields.get(field.toLowerCase());
    if (given === undefined) throw missingField(field);
    if (sameDigest(expected, given)) return;
    throw authenticationError("s3", "signature", {
      details: {
        AWSAccessKeyId: accessKeyId,
        StringToSign: policy,
        SignatureProvided: given,
        StringToSignBytes: bytesOf(policy),
      },
    });
  };
  if (credential === undefined) {
    if (cloud.region !== V2_REGION) throw authenticationError("s3", "oldSignature");
    const { caller, account, secretAccessKey } = credentialOf(
      { accessKeyId: old!, sessionToken },
      "s3",
      cloud,
    );
    check(signV2(secretAccessKey, policy), "Signature", old!);
    return { caller, account, region: V2_REGION, version: "AWS" };
  }
  if (!fields.has("x-amz-algorithm")) throw missingField("X-Amz-Algorithm");
  const [accessKeyId = "", date = "", region = "", service = "", end] = credential.split("/");
  if (
    !/^\d{8}$/.test(date) || service !== "s3" || end !== "aws4_request" ||
    fields.get("x-amz-algorithm") !== "AWS4-HMAC-SHA256"
  ) {
    throw authenticationError("s3", "malformedQuery");
  }
  const { caller, account, secretAccessKey } = credentialOf(
    { accessKeyId, sessionToken },
    "s3",
    cloud,
  );
  const key = signingKey(secretAccessKey, { date, region, service });
  check(hmacHex(key, policy), "X-Amz-Signature", accessKeyId);
  return { caller, account, region, version: "AWS4-HMAC-SHA256" };
}

function readOrRefuse(
  request: WireRequest,
  read: ReadClaim,
  service: ServiceName,
): SignatureClaim | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedSignatureError)) throw error;
    if (error.problem !== undefined) {
      throw authenticationError(
        service,
        error.problem,
        service === "s3" ? {} : { because: error.message },
      );
    }
    const inHeader = request.headers.get("authorization") !== undefined;
    throw authenticationError(service, inHeader ? "malformed" : "malformedQuery", {
      because: error.message,
    });
  }
}

function credentialOf(
  claim: Pick<SignatureClaim, "accessKeyId" | "sessionToken">,
  service: ServiceName,
  cloud: Cloud,
): Credential {
  const { accessKeyId } = claim;
  const unknownKey = () =>
    authenticationError(service, "unknownKey", { details: { AWSAccessKeyId: accessKeyId } });
  const account = accountOfKey(accessKeyId, cloud);
  if (account === undefined) throw unknownKey();
  const session = account.sessions.get(accessKeyId) ?? account.userSessions.get(accessKeyId);
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
    if ("role" in session) {
      // A role that was made again under the same name is another one.
      if (account.roles.get(session.role.roleName) !== session.role) throw unknownKey();
      const caller: Caller = { type: "session", accessKeyId, session };
      return { caller, account, secretAccessKey, key: undefined };
    }
    const caller = callerOfUserSession(session, account);
    // IAM accepts a user's temporary keys only if they were made with a code of an MFA device.
    const isRefused = service === "iam" && !session.isMfaPresent;
    if (caller === undefined || isRefused) throw unknownKey();
    return { caller, account, secretAccessKey, key: undefined };
  }
  const longTerm = longTermKey(accessKeyId, account);
  if (longTerm === undefined || longTerm.key.status !== "Active") {
    throw unknownKey();
  }
  if (claim.sessionToken !== undefined) throw authenticationError(service, "badToken");
  return { ...longTerm, account, secretAccessKey: longTerm.key.secretAccessKey };
}

/** Who holds temporary keys of a user; `undefined` if the user no longer exists. */
function callerOfUserSession(session: UserSession, account: Account): Caller | undefined {
  const { accessKeyId, federation, userId } = session;
  const user = [...account.users.values()].find((candidate) => candidate.userId === userId);
  if (user === undefined && userId !== account.id) return undefined;
  if (federation) return { type: "federated", accessKeyId, user, session, federation };
  return user
    ? { type: "user", accessKeyId, user, session }
    : { type: "root", accessKeyId, session };
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

function isSkewed(signed: number, clock: Clock): boolean {
  if (Math.abs(clock.now().getTime() - signed) <= MAX_SKEW) return false;
  // No client believes a server that is days off, and tests move the clock by months.
  return !(clock.isFarOff && Math.abs(Date.now() - signed) <= MAX_SKEW);
}

/** S3's error for a signature of another time. */
function skewed(RequestTime: string, now: number): ServiceError {
  return authenticationError("s3", "skewed", {
    details: {
      RequestTime,
      ServerTime: new Date(now).toISOString().replace(/\.\d+/, ""),
      MaxAllowedSkewMilliseconds: String(MAX_SKEW),
    },
  });
}

function checkTime(claim: SignatureClaim, service: ServiceName, clock: Clock): void {
  const now = clock.now().getTime();
  const signed = claim.time;
  if (claim.expires !== undefined) {
    checkUrlTime(claim, service, signed, now);
    return;
  }
  if (!isSkewed(signed, clock)) return;
  if (service === "s3") throw skewed(claim.timestamp, now);
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

/** A text's bytes, as S3 shows them: in hexadecimal, with spaces. */
function bytesOf(text: string): string {
  return Buffer.from(text).toString("hex").replace(/..(?=.)/g, "$& ");
}

/** Whether a header repeats the default of presigned URLs: that the payload isn't signed. */
function isWithoutEffect({ headers }: WireRequest, { expires }: SignatureClaim, name: string) {
  return expires !== undefined && name === "x-amz-content-sha256" &&
    headers.get(name) === "UNSIGNED-PAYLOAD";
}

/** `host` must be signed, and with S3 every `x-amz-` header. */
function checkSignedHeaders(
  request: WireRequest,
  claim: SignatureClaim,
  service: ServiceName,
): void {
  const amz = service === "s3"
    ? request.headers.keys().filter((name) => name.startsWith("x-amz-"))
      .filter((name) => !isWithoutEffect(request, claim, name))
    : [];
  const unsigned = ["host", ...amz].filter((name) => !claim.signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw authenticationError(service, "headersNotSigned", {
      details: { HeadersNotSigned: unsigned.join(", ") },
    });
  }
}

function checkSignature(request: WireRequest, { claim, key }: Signer): void {
  const text = stringToSign(request, claim);
  if (sameDigest(hmacHex(key, text), claim.signature)) return;
  const canonical = canonicalRequest(request, claim);
  throw authenticationError(claim.service as ServiceName, "signature", {
    details: {
      AWSAccessKeyId: claim.accessKeyId,
      StringToSign: text,
      SignatureProvided: claim.signature,
      StringToSignBytes: bytesOf(text),
      CanonicalRequest: canonical,
      CanonicalRequestBytes: bytesOf(canonical),
    },
  });
}
