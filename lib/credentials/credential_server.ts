/**
 * Temporary credentials over HTTP, for programs on the same machine.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { messageOf, S3CredentialsError } from "../errors.ts";
import { processFields } from "./format.ts";
import type { AwsCredentialIdentityProvider } from "../aws/credential_types.ts";

/** Which requests a {@linkcode credentialHandler} answers. */
export interface CredentialHandlerOptions {
  /** The accepted values of the Host header, such as `localhost:8094`. */
  hosts: readonly string[];
  /**
   * Whether any IP address is accepted too, as a server on `0.0.0.0` needs it: a foreign web page can
   * only reach the server under a name.
   *
   * @default {false}
   */
  anyAddress?: boolean;
  /** What the Authorization header must be. If omitted, none is required. */
  token?: string;
  /** Called with each request and its status in one line, without secrets. */
  onRequest?: (line: string) => void;
}

/**
 * Answers `GET /` with credentials, in one document for two readers: `credential_process` (by way of a
 * program such as curl) and `AWS_CONTAINER_CREDENTIALS_FULL_URI`, see
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 *
 * A request for another host is refused, so that no web page can reach the server under its own
 * name (DNS rebinding).
 *
 * @param provider gives the credentials, such as what `bucketCredentials` returns
 * @param options which requests to answer
 * @returns a handler for `Deno.serve`; it answers 401 and 403 to callers without the token or from other hosts, 503 without credentials
 *
 * @example Without the token
 * ```ts
 * import { credentialHandler } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const unused = () => Promise.reject(new Error("unused"));
 * const handler = credentialHandler(unused, { hosts: ["localhost:8094"], token: "secret" });
 * const answer = await handler(
 *   new Request("http://localhost:8094/", { headers: { host: "localhost:8094" } }),
 * );
 * assert.equal(answer.status, 401);
 * ```
 */
export function credentialHandler(
  provider: AwsCredentialIdentityProvider,
  options: CredentialHandlerOptions,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const answer = refusal(request, options) ?? await credentialsAnswer(provider);
    // A malformed Host header makes the whole URL invalid.
    const path = URL.canParse(request.url) ? new URL(request.url).pathname : "?";
    options.onRequest?.(`${request.method} ${path} ${answer.status}`);
    return answer;
  };
}

function refusal(request: Request, options: CredentialHandlerOptions) {
  const { hosts, token, anyAddress = false } = options;
  const host = request.headers.get("host")?.toLowerCase() ?? "";
  if (!hosts.includes(host) && !(anyAddress && isAddress(host))) {
    return problem(403, "This server does not answer for that host");
  }
  if (token !== undefined && !isToken(request.headers.get("authorization"), token)) {
    return problem(401, "The Authorization header must hold the token of this server");
  }
  if (new URL(request.url).pathname !== "/") return problem(404, "Not found");
  if (request.method !== "GET") return problem(405, "Only GET is answered");
  return undefined;
}

function isAddress(host: string): boolean {
  return /^(\d+(\.\d+){3}|\[[\da-f:.]+\])(:\d+)?$/.test(host);
}

/** Compares in constant time; `Bearer` may stand before the token. */
function isToken(given: string | null, token: string): boolean {
  const encoder = new TextEncoder();
  const [a, b] = [encoder.encode(given?.replace(/^Bearer /i, "") ?? ""), encoder.encode(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function credentialsAnswer(
  provider: AwsCredentialIdentityProvider,
): Promise<Response> {
  try {
    const { Expiration, ...fields } = processFields(await provider());
    return json(200, { ...fields, Token: fields.SessionToken, Expiration });
  } catch (error) {
    const hint = error instanceof S3CredentialsError ? error.hint : undefined;
    return problem(503, messageOf(error), hint);
  }
}

/** AWS's clients show `code` and `message` of a container's error. */
function problem(status: number, message: string, hint?: string): Response {
  return json(status, {
    code: String(status),
    message,
    error: message,
    ...(hint !== undefined && { hint }),
  });
}

function json(status: number, body: unknown): Response {
  return new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}
