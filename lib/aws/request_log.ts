/**
 * Requests as lines for debugging, without anything secret.
 *
 * @module
 */
import type { SdkClient, SdkRequest } from "./sdk/client.ts";

/** A request that was answered, or was not. */
export interface LoggedRequest {
  /** AWS's name of the operation, if it is known. */
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

const REDACTED = "[redacted]";
const SECRET_NAME = /authorization|token|secret|signature|credential|cookie|password/i;

/**
 * A request as several lines. The values of headers and query parameters that could hold a secret, or a
 * proof of one, are redacted; bodies are omitted.
 */
export function requestLog(request: LoggedRequest): string {
  const { operation, method, outcome, milliseconds } = request;
  const headers = Object.entries(request.headers)
    .map(([name, value]) => `  ${name}: ${SECRET_NAME.test(name) ? REDACTED : value}`);
  const url = request.url.replace(
    /([?&])([^=&]+)=([^&]*)/g,
    (whole, mark, name) => SECRET_NAME.test(name) ? `${mark}${name}=${REDACTED}` : whole,
  );
  const what = operation === undefined ? "" : `${operation} `;
  const title = `DEBUG ${what}${method} ${url} -> ${outcome} in ${milliseconds.toFixed(0)} ms`;
  return [title, ...headers].join("\n");
}

interface WholeRequest extends SdkRequest {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
}

/** Logs each request that an SDK client sends, retries included; returns the same client. */
export function withRequestLog<T extends SdkClient>(
  client: T,
  log: ((lines: string) => void) | undefined,
): T {
  if (log === undefined) return client;
  type Next = (args: { request: WholeRequest }) => Promise<{ response: { statusCode: number } }>;
  const middleware = (next: Next, context: { commandName?: string }) =>
  async (
    args: { request: WholeRequest },
  ) => {
    const began = performance.now();
    const finish = (outcome: number | string) =>
      log(requestLog({
        operation: context.commandName?.replace(/Command$/, ""),
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
  // After the signature and inside the retries, so that what is logged is what is sent.
  client.middlewareStack.add(middleware, { step: "deserialize", name: "requestLog" });
  return client;
}

function addressOf({ protocol, hostname, port, path, query = {} }: WholeRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one ?? "")}`)
  );
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${host}${path}${pairs.length > 0 ? `?${pairs.join("&")}` : ""}`;
}
