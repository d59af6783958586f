/**
 * The tokens of AssumeRoleWithWebIdentity: what is read from them, and what is wrong with them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isObject } from "../../is_object.ts";
import { findAction, isSameKey } from "../../policy/actions.ts";
import { issuerName, type OidcProvider } from "../iam/oidc_provider.ts";
import { ServiceError } from "../operation.ts";
import { attributesOfToken } from "./attributes.ts";
import type { SessionAttributes } from "./session.ts";

/** A JSON Web Token taken apart; nothing in it has been checked. */
export interface WebToken {
  /** Such as `RS256`. */
  algorithm: string;
  /** Names one of the issuer's keys. */
  keyId: string | undefined;
  claims: Record<string, unknown>;
  /** The text that is signed. */
  signed: string;
  signature: Uint8Array<ArrayBuffer>;
}

/** Whom a token is about. */
export interface TokenIdentity {
  subject: string;
  /** The client id that the token is for. */
  audience: string;
  /** Values of the condition keys that stand for claims. */
  context: Record<string, string | string[]>;
  /** What the issuer says about the session. */
  attributes: SessionAttributes;
}

/** What the clocks of an issuer and of AWS may differ by. */
const LEEWAY_SECONDS = 5 * 60;
/** Claims that are condition keys with every issuer; AWS's table has more for some issuers. */
const COMMON_CLAIMS = ["amr", "email", "sub"];

/** Takes a token apart. */
export function readToken(text: string): WebToken {
  const [header, payload, signature, ...more] = text.split(".");
  const { alg, kid } = jsonOf(header) ?? {};
  const claims = jsonOf(payload);
  if (claims === undefined || !signature || more.length > 0 || typeof alg !== "string") {
    throw invalidToken(
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
  return {
    algorithm: alg,
    keyId: typeof kid === "string" ? kid : undefined,
    claims,
    signed: `${header}.${payload}`,
    signature: new Uint8Array(Buffer.from(signature, "base64url")),
  };
}

function jsonOf(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(Buffer.from(part ?? "", "base64url").toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The issuer that a token names. */
export function issuerOf({ claims }: WebToken): string {
  return textClaim(claims, "iss");
}

/** Checks the claims of a token from a provider, and reads whom it is about. */
export function identityOf({ claims }: WebToken, provider: OidcProvider, now: Date): TokenIdentity {
  checkTimes(claims, Math.floor(now.getTime() / 1000));
  const subject = textClaim(claims, "sub");
  const audiences = [claims.aud ?? []].flat().filter((one) => typeof one === "string");
  if (audiences.length === 0) throw missingClaim("aud");
  const { azp } = claims;
  const audience = (typeof azp === "string" ? [azp] : audiences)
    .find((candidate) => provider.clientIds.includes(candidate));
  if (audience === undefined) throw invalidToken("Incorrect token audience");
  const name = issuerName(provider);
  return {
    subject,
    audience,
    attributes: attributesOfToken(claims),
    context: {
      ...contextOf(claims, name),
      [`${name}:aud`]: audience,
      [`${name}:oaud`]: audiences.length === 1 ? audiences[0]! : audiences,
    },
  };
}

function checkTimes(claims: Record<string, unknown>, now: number): void {
  const expires = timeClaim(claims, "exp") ?? missing("exp");
  if (now >= expires + LEEWAY_SECONDS) {
    // There is no space in AWS's message either.
    throw new ServiceError(
      400,
      "ExpiredTokenException",
      `Token expired: current date/time ${now} must be before the expiration date/time${expires}`,
    );
  }
  const issued = timeClaim(claims, "iat") ?? missing("iat");
  const start = Math.max(issued, timeClaim(claims, "nbf") ?? issued);
  if (start > now + LEEWAY_SECONDS) {
    throw invalidToken(
      `Token is not valid yet: current date/time ${now} must not be before ${start}`,
    );
  }
}

function contextOf(
  claims: Record<string, unknown>,
  name: string,
): Record<string, string | string[]> {
  const keys = findAction("sts:AssumeRoleWithWebIdentity")?.keys ?? [];
  const entries = Object.entries(claims).flatMap(([claim, value]) => {
    const key = `${name}:${claim}`;
    const isKey = COMMON_CLAIMS.includes(claim) || keys.some((known) => isSameKey(key, known));
    const text = Array.isArray(value) ? value.map(String) : String(value);
    return isKey && !isObject(value) && value !== null ? [[key, text] as const] : [];
  });
  return Object.fromEntries(entries);
}

function textClaim(claims: Record<string, unknown>, name: string): string {
  const value = claims[name];
  if (typeof value !== "string" || value === "") throw missingClaim(name);
  return value;
}

function timeClaim(claims: Record<string, unknown>, name: string): number | undefined {
  const value = claims[name];
  return typeof value === "number" && Number.isFinite(value) ? Math.floor(value) : undefined;
}

function missing(claim: string): never {
  throw missingClaim(claim);
}

function missingClaim(claim: string): ServiceError {
  return invalidToken(`Missing a required claim: ${claim}`);
}

/** The error for an invalid token. */
export function invalidToken(message: string): ServiceError {
  return new ServiceError(400, "InvalidIdentityToken", message);
}
