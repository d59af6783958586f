/**
 * Temporary credentials over HTTP, for programs on the same machine.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import type { CreateRequest } from "./types.ts";
import { S3CredentialsError } from "../errors.ts";
import type { TemporaryCredentials } from "./format.ts";
import type { Aws } from "../aws/connect.ts";
import { createCredentials, type CreateOptions } from "./create.ts";

/** Credentials that are renewed in time. */
export interface CredentialCache {
  /**
   * Gives credentials that are good for a while yet.
   *
   * @throws {S3CredentialsError} if there are none and new ones can't be had; the next call tries again
   */
  get(): Promise<TemporaryCredentials>;
}

/** Choices of {@linkcode credentialCache}. */
export interface CredentialCacheOptions {
  /** Told when credentials have been renewed, or could not be. */
  onProgress?: (message: string) => void;
  /**
   * The clock, in milliseconds.
   *
   * @default {Date.now}
   */
  now?: () => number;
}

/** Old credentials are handed out no longer than this before their end, if renewal fails. */
const LAST_RESORT_SECONDS = 5 * 60;

/**
 * Keeps temporary credentials and renews them when half of their time is over. However many ask at the
 * same time, there is one renewal. Should it fail while the old credentials are good for five minutes or
 * more, these are given.
 *
 * @param create makes new credentials
 * @param duration how many seconds they last
 * @param options progress and clock
 * @returns the cache; nothing is created before the first `get`
 *
 * @example Two who ask at the same time
 * ```ts
 * import { credentialCache } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * let made = 0;
 * const cache = credentialCache(() => Promise.resolve({
 *   AccessKeyId: `ASIA${++made}`,
 *   SecretAccessKey: "example",
 *   SessionToken: "example",
 *   Expiration: new Date(Date.now() + 900_000),
 * }), 900);
 * await Promise.all([cache.get(), cache.get()]);
 * assert.equal(made, 1);
 * ```
 */
export function credentialCache(
  create: () => Promise<TemporaryCredentials>,
  duration: number,
  options: CredentialCacheOptions = {},
): CredentialCache {
  const { now = Date.now, onProgress = () => {} } = options;
  let current: TemporaryCredentials | undefined;
  let renewal: Promise<TemporaryCredentials> | undefined;
  const secondsLeft = () => current === undefined ? 0 : (Number(current.Expiration) - now()) / 1000;

  async function renew(): Promise<TemporaryCredentials> {
    try {
      const isFirst = current === undefined;
      current = await create();
      if (!isFirst) onProgress("Renewed credentials");
      return current;
    } catch (error) {
      if (current === undefined || secondsLeft() < LAST_RESORT_SECONDS) throw error;
      onProgress(`Could not renew credentials, the old ones still work: ${messageOf(error)}`);
      return current;
    }
  }

  return {
    get() {
      if (current !== undefined && secondsLeft() > duration / 2) return Promise.resolve(current);
      return renewal ??= renew().finally(() => {
        renewal = undefined;
      });
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A cache of the credentials that a request describes.
 *
 * @param aws the account
 * @param request what the credentials are for; its `duration` is how long each of them lasts
 * @param options progress, clock and interruption
 * @returns the cache
 */
export function bucketCredentialCache(
  aws: Aws,
  request: CreateRequest & { duration: number },
  options: CredentialCacheOptions & Pick<CreateOptions, "signal" | "patienceMs"> = {},
): CredentialCache {
  const create = async () => {
    const { credentials } = await createCredentials(aws, request, {
      onProgress: options.onProgress,
      signal: options.signal,
      patienceMs: options.patienceMs,
    });
    return credentials as TemporaryCredentials;
  };
  return credentialCache(create, request.duration, options);
}

/** Who may ask a {@linkcode credentialHandler}. */
export interface CredentialHandlerOptions {
  /** The values of the Host header that are let through, such as `localhost:8094`. */
  hosts: readonly string[];
  /**
   * Whether any IP address is let through too, as a server on `0.0.0.0` has to: a web page of a
   * stranger can only come under a name.
   *
   * @default {false}
   */
  anyAddress?: boolean;
  /** What the Authorization header must be; left out, nothing is demanded. */
  token?: string;
  /** Told of each request and its answer, without secrets. */
  onRequest?: (line: string) => void;
}

/**
 * Answers `GET /` with credentials, in one document for two readers: `credential_process` (by way of a
 * program such as curl) and `AWS_CONTAINER_CREDENTIALS_FULL_URI`, see
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 *
 * A request for another host is refused, so that no web page can reach the server under a name of its
 * own.
 *
 * @param cache where the credentials come from
 * @param options who may ask
 * @returns a handler for an HTTP server; 401 and 403 for strangers, 503 where there are no credentials
 *
 * @example Without the token
 * ```ts
 * import { credentialCache, credentialHandler } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const cache = credentialCache(() => Promise.reject(new Error("unused")), 900);
 * const handler = credentialHandler(cache, { hosts: ["localhost:8094"], token: "secret" });
 * const answer = await handler(
 *   new Request("http://localhost:8094/", { headers: { host: "localhost:8094" } }),
 * );
 * assert.equal(answer.status, 401);
 * ```
 */
export function credentialHandler(
  cache: CredentialCache,
  options: CredentialHandlerOptions,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const answer = refusal(request, options) ?? await credentialsAnswer(cache);
    // A Host header that is none makes the whole URL invalid.
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

/** Compares in a time that tells nothing about the token; `Bearer` may stand before it. */
function isToken(given: string | null, token: string): boolean {
  const encoder = new TextEncoder();
  const [a, b] = [encoder.encode(given?.replace(/^Bearer /i, "") ?? ""), encoder.encode(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function credentialsAnswer(cache: CredentialCache): Promise<Response> {
  try {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = await cache.get();
    return json(200, {
      Version: 1,
      AccessKeyId,
      SecretAccessKey,
      SessionToken,
      Token: SessionToken,
      Expiration: Expiration.toISOString().replace(/\.\d+Z$/, "Z"),
    });
  } catch (error) {
    const hint = error instanceof S3CredentialsError ? error.hint : undefined;
    return problem(503, messageOf(error), hint);
  }
}

/** `code` and `message` are what AWS's clients show of a container's error. */
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
