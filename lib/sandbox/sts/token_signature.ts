/**
 * Checks who signed a web identity token, where the sandbox can know: with the keys that a test has
 * given the provider, or with those that an issuer on this machine publishes. It asks nobody else.
 *
 * @module
 */
import { get } from "node:http";
import { json } from "node:stream/consumers";
import { isObject } from "../../is_object.ts";
import type { OidcProvider } from "../iam/oidc_provider.ts";
import { ServiceError } from "../operation.ts";
import { invalidToken, type WebToken } from "./web_token.ts";

const TIMEOUT_MS = 5000;
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?(?:\/|$)/;

/** WebCrypto's parameters of the algorithms that AWS accepts. */
const ALGORITHMS: Record<string, RsaHashedImportParams | EcKeyImportParams & EcdsaParams> = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  RS384: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
  RS512: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  ES384: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  ES512: { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
};

/** Throws unless one of the issuer's keys signed the token, or the sandbox can't know these. */
export async function checkTokenSignature(
  token: WebToken,
  provider: OidcProvider,
  closing: AbortSignal,
): Promise<void> {
  const algorithm = ALGORITHMS[token.algorithm];
  if (algorithm === undefined) {
    throw invalidToken(`Tokens may not be signed with the algorithm ${token.algorithm}`);
  }
  const keys = provider.signingKeys ?? await publishedKeys(provider.url, closing);
  if (keys === undefined) return;
  const candidates = keys.filter((key) =>
    key.kty === (algorithm.name === "ECDSA" ? "EC" : "RSA") &&
    (token.keyId === undefined || (key as { kid?: unknown }).kid === token.keyId)
  );
  if (candidates.length === 0) throw keyNotFound();
  for (const { kty, n, e, crv, x, y } of candidates) {
    const jwk = Object.fromEntries(
      Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined),
    );
    if (await isSignedBy(jwk, token, algorithm)) return;
  }
  throw invalidToken("The signature of the token is not that of its issuer");
}

async function isSignedBy(
  jwk: JsonWebKey,
  { signed, signature }: WebToken,
  algorithm: RsaHashedImportParams | EcKeyImportParams & EcdsaParams,
): Promise<boolean> {
  const data = new TextEncoder().encode(signed);
  try {
    const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
    return await crypto.subtle.verify(algorithm, key, signature, data);
  } catch {
    // A key of another curve, or no key at all.
    return false;
  }
}

/** The keys that an issuer on this machine publishes; `undefined` for all other issuers. */
async function publishedKeys(url: string, closing: AbortSignal): Promise<JsonWebKey[] | undefined> {
  if (!LOOPBACK.test(url)) return undefined;
  const discovery = `${url.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const { jwks_uri: address } = await fetchObject(discovery, closing);
  if (typeof address !== "string" || !LOOPBACK.test(address)) throw keyNotFound();
  const { keys } = await fetchObject(address, closing);
  return Array.isArray(keys) ? keys.filter(isObject) : [];
}

/** Not by `fetch`, which would go through the proxy of the environment. */
async function fetchObject(url: string, closing: AbortSignal): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
  const signal = AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS)]);
  const request = get(url, { agent: false, signal }, (response) => {
    if (response.statusCode !== 200) {
      response.resume();
      reject(keyNotFound());
      return;
    }
    json(response).then((body) => isObject(body) ? resolve(body) : reject(keyNotFound()))
      .catch(() => reject(keyNotFound()));
  });
  request.on("error", ({ message }) =>
    reject(
      new ServiceError(
        400,
        "IDPCommunicationError",
        `Cannot reach the identity provider at ${url}: ${message}`,
      ),
    ));
  return await promise;
}

function keyNotFound(): ServiceError {
  // AWS's message has two spaces as well.
  return invalidToken(
    "Couldn't retrieve verification key from your identity provider,  please reference " +
      "AssumeRoleWithWebIdentity documentation for requirements",
  );
}
