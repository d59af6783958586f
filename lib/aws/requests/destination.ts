/**
 * Which server a request was sent to that got no answer: what failed is then said of that server, by its
 * address.
 *
 * @module
 */
import { UNREACHABLE } from "../../http/errors.ts";
import { type NetworkSettings, proxyFor } from "../../http/proxy.ts";
import type { SdkClient, SdkRequest } from "../sdk/client.ts";

/** Where a request went; scheme, host and port only, since a URL may hold a password. */
interface Destination {
  endpoint: string;
  proxy?: string;
}

const DESTINATIONS = new WeakMap<object, Destination>();

/** Notes where the request went that has failed so. */
export function noteDestination(error: unknown, origin: URL, network: NetworkSettings): void {
  if (typeof error !== "object" || error === null) return;
  DESTINATIONS.set(error, { endpoint: origin.origin, proxy: proxyFor(origin, network)?.origin });
}

/** The same for a request of the SDK's. */
export function noteSdkDestination(
  error: unknown,
  { protocol, hostname, port }: SdkRequest,
  network: NetworkSettings,
): void {
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  noteDestination(error, new URL(`${protocol}//${host}`), network);
}

/** The proxy that could not be reached itself, if an error of the runtime says that. */
export function unreachableProxy(error: unknown): string | undefined {
  const { code = "" } = (error ?? {}) as { code?: string };
  return UNREACHABLE.has(code) ? DESTINATIONS.get(error as object)?.proxy : undefined;
}

/** Whose certificate a request has failed for: a proxy that is called by TLS has one of its own. */
export function certificateOwner(error: unknown): string {
  const { endpoint, proxy } = DESTINATIONS.get(error as object) ?? {};
  if (!proxy?.startsWith("https:")) return "the endpoint";
  return endpoint?.startsWith("https:") ? "the proxy or of the endpoint" : "the proxy";
}

/** What has failed, with the addresses of `the endpoint` and `the proxy` that it names. */
export function withAddress(message: string, error: unknown): string {
  const { endpoint = unnotedHost(error), proxy } = DESTINATIONS.get(error as object) ?? {};
  const named = (server: string, address = "") => () => `the ${server} ${address}`.trimEnd();
  if (unreachableProxy(error)) return message.replace("the endpoint", named("proxy", proxy));
  const way = proxy === undefined || message.includes("the proxy")
    ? ""
    : ` (by the proxy ${proxy})`;
  return message.replace("the proxy", named("proxy", proxy))
    .replace("the endpoint", named("endpoint", `${endpoint}${way}`));
}

/** Of a provider of credentials that is not ours. */
function unnotedHost(error: unknown): string {
  const { message = "" } = (error ?? {}) as { message?: string };
  return /ENOTFOUND ([\w.-]+)/.exec(message)?.[1] ?? "";
}

/** Notes where the requests of a client went that failed; returns the same client. */
export function withDestinations<T extends SdkClient>(client: T, network: NetworkSettings): T {
  type Args = { request: SdkRequest };
  const middleware = (next: (args: Args) => Promise<unknown>) => (args: Args) =>
    next(args).catch((error) => {
      noteSdkDestination(error, args.request, network);
      throw error;
    });
  // Within the retries, so that it is the address of the last attempt, and around the reading of the answer.
  const position = { step: "finalizeRequest", priority: "low", name: "destinations" };
  client.middlewareStack.add(middleware, position);
  return client;
}
