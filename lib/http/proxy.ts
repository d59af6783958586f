/**
 * Which requests go through which proxy.
 *
 * @module
 */

/** How connections are made, in the terms of the agents of `node:http` and `node:https`. */
export interface NetworkSettings {
  /** The proxy for each scheme of an endpoint, and the hosts that need none. */
  proxyEnv?: Record<string, string>;
  /**
   * Certificates of authorities, in PEM format. Node's connections trust them in place of the usual ones,
   * Deno's in addition to these.
   */
  ca?: string;
}

/** The proxy for a server, if there is one. */
export function proxyFor(origin: URL, { proxyEnv = {} }: NetworkSettings): URL | undefined {
  const proxy = proxyEnv[origin.protocol === "https:" ? "https_proxy" : "http_proxy"];
  if (!proxy || isExempt(origin, proxyEnv.no_proxy ?? "")) return undefined;
  return new URL(proxy);
}

/** Whether `NO_PROXY` names a server: by its host, a domain above it, `*`, and perhaps a port. */
function isExempt(origin: URL, list: string): boolean {
  const host = hostOf(origin);
  const port = portOf(origin);
  return list.toLowerCase().split(/[\s,]+/).some((entry) => {
    if (entry === "*") return true;
    const [, name = entry, wantedPort] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
    if (wantedPort !== undefined && Number(wantedPort) !== port) return false;
    const domain = name.replace(/^\*?\./, "").replace(/^\[|\]$/g, "");
    return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
  });
}

/** The host without the brackets that an address of IPv6 has in a URL. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "").toLowerCase();
}

/** The port, also where it is the usual one. */
export function portOf({ port, protocol }: URL): number {
  return port === "" ? protocol === "https:" ? 443 : 80 : Number(port);
}

/** The header by which a proxy knows the caller, if its URL has a name. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const bytes = new TextEncoder().encode(login);
  return { "proxy-authorization": `Basic ${btoa(String.fromCharCode(...bytes))}` };
}
