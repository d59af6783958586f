/** Web identity tokens as issuers make them, and an issuer on this machine. */
import { Buffer } from "node:buffer";
import { createServer } from "node:http";

export type Claims = Record<string, unknown>;

/** A key with which an issuer signs its tokens. */
export interface SigningKey {
  /** The public key, as the issuer publishes it. */
  jwk: JsonWebKey;
  sign(claims: Claims, header?: Claims): Promise<string>;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const KINDS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  ES384: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  RS256: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    // A longer one takes a second to make.
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
};

/** Makes a key. */
export async function signingKey(
  kid: string,
  alg: keyof typeof KINDS = "ES256",
): Promise<SigningKey> {
  const kind = KINDS[alg];
  const pair = await crypto.subtle.generateKey(kind, true, ["sign", "verify"]) as CryptoKeyPair;
  const jwk = { ...await crypto.subtle.exportKey("jwk", pair.publicKey), kid };
  return {
    jwk,
    async sign(claims, header = {}) {
      const signed = `${encode({ alg, kid, ...header })}.${encode(claims)}`;
      const signature = await crypto.subtle.sign(
        kind,
        pair.privateKey,
        new TextEncoder().encode(signed),
      );
      return `${signed}.${Buffer.from(signature).toString("base64url")}`;
    },
  };
}

/** A token whose signature is not one. */
export function unsignedToken(claims: Claims, header: Claims = {}): string {
  return `${encode({ alg: "RS256", ...header })}.${encode(claims)}.c2lnbmF0dXJl`;
}

/** Claims of a token that is valid for an hour from now. */
export function claimsOf(iss: string, more: Claims = {}): Claims {
  const iat = Math.floor(Date.now() / 1000);
  return {
    iss,
    sub: "repo:me/app:ref:main",
    aud: "sts.amazonaws.com",
    iat,
    exp: iat + 3600,
    ...more,
  };
}

/** An issuer on this machine that publishes keys. */
export interface Issuer extends AsyncDisposable {
  url: string;
  keys: JsonWebKey[];
  /** The address at which it says that its keys are; by default its own. */
  keysAt: string | undefined;
  /** Stops publishing. */
  close(): Promise<void>;
}

export async function startIssuer(keys: JsonWebKey[]): Promise<Issuer> {
  const server = createServer((request, response) => {
    const discovery = { issuer: issuer.url, jwks_uri: issuer.keysAt ?? `${issuer.url}/keys` };
    const body = request.url === "/realm/.well-known/openid-configuration"
      ? discovery
      : request.url === "/realm/keys"
      ? { keys: issuer.keys }
      : undefined;
    response.statusCode = body === undefined ? 404 : 200;
    response.end(JSON.stringify(body ?? {}));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  let isOpen = true;
  const close = () => {
    if (!isOpen) return Promise.resolve();
    isOpen = false;
    return new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  };
  const issuer: Issuer = {
    url: `http://127.0.0.1:${port}/realm`,
    keys,
    keysAt: undefined,
    close,
    [Symbol.asyncDispose]: close,
  };
  return issuer;
}
