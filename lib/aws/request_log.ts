/**
 * Requests as lines for a person who looks for a fault, without anything secret.
 *
 * @module
 */

/** A request that was answered, or was not. */
export interface LoggedRequest {
  /** AWS's name of the operation, where it is known. */
  operation?: string;
  /** Such as `GET`. */
  method: string;
  /** The whole address. */
  url: string;
  /** All headers that were sent. */
  headers: Record<string, string>;
  /** The HTTP status, or why there was none. */
  outcome: number | string;
  /** How long it took. */
  milliseconds: number;
}

const STRUCK_OUT = "[struck out]";
const SECRET_NAME = /authorization|token|secret|signature|credential|cookie|password/i;

/**
 * Writes a request down. The values of headers and of parts of the query that could hold a secret, or a
 * proof of one, are struck out; bodies are left out altogether.
 *
 * @param request the request
 * @returns several lines
 *
 * @example A signed request
 * ```ts
 * import assert from "node:assert/strict";
 * import { requestLog } from "./request_log.ts";
 *
 * const text = requestLog({
 *   method: "GET",
 *   url: "https://example.com/key?X-Amz-Signature=abc",
 *   headers: { authorization: "AWS4-HMAC-SHA256 …" },
 *   outcome: 200,
 *   milliseconds: 12.3,
 * });
 * assert.match(text, /X-Amz-Signature=\[struck out\]/);
 * assert.match(text, /authorization: \[struck out\]/);
 * ```
 */
export function requestLog(request: LoggedRequest): string {
  const { operation, method, outcome, milliseconds } = request;
  const headers = Object.entries(request.headers)
    .map(([name, value]) => `  ${name}: ${SECRET_NAME.test(name) ? STRUCK_OUT : value}`);
  const url = request.url.replace(
    /([?&])([^=&]+)=([^&]*)/g,
    (whole, mark, name) => SECRET_NAME.test(name) ? `${mark}${name}=${STRUCK_OUT}` : whole,
  );
  const what = operation === undefined ? "" : `${operation} `;
  const title = `DEBUG ${what}${method} ${url} -> ${outcome} in ${milliseconds.toFixed(0)} ms`;
  return [title, ...headers].join("\n");
}

/** The parts of an SDK client and its requests that matter here. */
interface LoggableClient {
  middlewareStack: {
    // deno-lint-ignore no-explicit-any -- each client has types of its own for this
    add(middleware: any, options: any): void;
  };
}

interface SdkRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
}

/**
 * Has an SDK client write down each request that it sends, also each time that it tries again.
 *
 * @param client the client
 * @param log takes the lines
 * @returns the same client
 */
export function withRequestLog<T extends LoggableClient>(
  client: T,
  log: ((lines: string) => void) | undefined,
): T {
  if (log === undefined) return client;
  type Next = (args: { request: SdkRequest }) => Promise<{ response: { statusCode: number } }>;
  const middleware = (next: Next, context: { commandName?: string }) =>
  async (
    args: { request: SdkRequest },
  ) => {
    const began = performance.now();
    const finish = (outcome: number | string) =>
      log(requestLog({
        ...(context.commandName && { operation: context.commandName.replace(/Command$/, "") }),
        method: args.request.method,
        url: addressOf(args.request),
        headers: args.request.headers,
        outcome,
        milliseconds: performance.now() - began,
      }));
    try {
      const result = await next(args);
      finish(result.response.statusCode);
      return result;
    } catch (error) {
      const { $response, name } = error as { $response?: { statusCode?: number }; name: string };
      finish($response?.statusCode ?? name);
      throw error;
    }
  };
  // Behind the signature and the retries, so that what is logged is what is sent.
  client.middlewareStack.add(middleware, { step: "deserialize", name: "requestLog" });
  return client;
}

function addressOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one ?? "")}`)
  );
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${host}${path}${pairs.length > 0 ? `?${pairs.join("&")}` : ""}`;
}
