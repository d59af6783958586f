/**
 * What goes wrong between this machine and a server.
 *
 * @module
 */

/** No answer came, or it broke off, or it is no HTTP. */
export class ConnectionError extends Error {
  /** A code in the manner of Node's, such as `ECONNRESET`. */
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ConnectionError";
    this.code = code;
  }
}

/** The codes for a server that can't be reached: no request got there. */
export const UNREACHABLE: ReadonlySet<string> = new Set(
  ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
);

/** The same, and the codes for a server that stays silent and a proxy that refuses. */
export const NO_CONNECTION: ReadonlySet<string> = new Set(
  [...UNREACHABLE, "ETIMEDOUT", "ERR_PROXY_TUNNEL"],
);

/** The status by which a proxy refuses those whose name and password it doesn't know. */
const PROXY_LOGIN_REQUIRED = 407;

/** Throws for an answer that is a proxy's own: the request has gone no further. */
export function assertNotOfProxy(status: number): void {
  if (status === PROXY_LOGIN_REQUIRED) throw refusedByProxy(status);
}

/** A proxy that does not lead to the server. */
export function refusedByProxy(status: number): ConnectionError {
  return new ConnectionError("ERR_PROXY_TUNNEL", `the proxy answered with status ${status}`);
}

/** An answer that breaks the rules of HTTP: nothing in it can be relied on. */
export function malformed(reason: string): ConnectionError {
  return new ConnectionError("EPROTO", `the answer is not valid HTTP: ${reason}`);
}

/** By what rustls says of a certificate: Node's code and words. */
const CERTIFICATE_FAULTS: [RegExp, code: string, message: string][] = [
  [/UnknownIssuer/, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify who issued it"],
  [/CaUsedAsEndEntity/, "DEPTH_ZERO_SELF_SIGNED_CERT", "unable to verify it: it is self-signed"],
  [/not ?valid ?for ?name/i, "ERR_TLS_CERT_ALTNAME_INVALID", "it is not for"],
  [/not ?valid ?yet/i, "CERT_NOT_YET_VALID", "it is not valid yet"],
  [/expired/i, "CERT_HAS_EXPIRED", "it has expired"],
  [/revoked/i, "CERT_REVOKED", "it was revoked"],
];

/** Deno's error as one with a code and words; errors that are not of the network stay as they are. */
export function connectionError(error: unknown, host = "the server"): unknown {
  if (!(error instanceof Error) || error instanceof ConnectionError) return error;
  // A missing permission of Deno is not the network's fault.
  if (error.name === "NotCapable") return error;
  const { message, name, code } = error as Error & { code?: string };
  const fail = (code: string, message: string) => new ConnectionError(code, message, error);
  if (/failed to lookup address|No address associated/i.test(message)) {
    return fail(/temporary/i.test(message) ? "EAI_AGAIN" : "ENOTFOUND", `ENOTFOUND ${host}`);
  }
  if (/invalid peer certificate/.test(message)) {
    const [, faultCode = "CERT_UNTRUSTED", words = message] = CERTIFICATE_FAULTS
      .find(([pattern]) => pattern.test(message)) ?? [];
    return fail(faultCode, words.endsWith("for") ? `${words} ${host}` : words);
  }
  if (name === "InvalidData") return fail("EPROTO", `the server does not speak TLS: ${message}`);
  if (["UnexpectedEof", "Interrupted", "BadResource"].includes(name)) {
    return fail("ECONNRESET", "the connection was cut");
  }
  return code === undefined && !(error.constructor.name in Deno.errors)
    ? error
    : fail(code ?? "ECONNRESET", message);
}
