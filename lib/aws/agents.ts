/**
 * Node's agents for the SDK's requests, which send nothing twice and refuse answers that would never end.
 *
 * @module
 */
import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { hostOf, type NetworkSettings, proxyFor } from "../http/proxy.ts";

/** As many as the SDK itself would have. */
const MAX_SOCKETS = 50;
/** Answers with a status below 200 that may come before the final one. */
const MAX_INTERIM_ANSWERS = 20;

/** One agent for each scheme. */
export function agents(
  options: NetworkSettings & { keepAlive: boolean },
): { httpAgent: http.Agent; httpsAgent: https.Agent } {
  const all = { maxSockets: MAX_SOCKETS, ...options };
  return {
    httpAgent: sendingOnce(watched(new http.Agent(all), options)),
    httpsAgent: sendingOnce(watched(new https.Agent(all), options)),
  };
}

/** An error that no retry can mend. */
function malformed(reason: string): Error {
  return Object.assign(new Error(`the answer is not valid HTTP: ${reason}`), { code: "EPROTO" });
}

/** What Node calls with each request, and its types omit. */
interface RequestAdder {
  addRequest(
    request: http.ClientRequest,
    server: { host: string; port: number },
    ...rest: unknown[]
  ): void;
}

/** Node's TLS takes a proxy's address for a name, and refuses it in words for programmers. */
function assertNamedProxy(
  { protocol }: http.ClientRequest,
  { host, port }: { host: string; port: number },
  network: NetworkSettings,
): void {
  const origin = new URL(`${protocol}//${isIP(host) === 6 ? `[${host}]` : host}:${port}`);
  const proxy = proxyFor(origin, network);
  if (proxy?.protocol !== "https:" || isIP(hostOf(proxy)) === 0) return;
  throw Object.assign(new Error("TLS wants a name"), { code: "ERR_PROXY_ADDRESS" });
}

/**
 * Deno sends a request once more on its own if a connection is cut that was used before: the count of
 * the SDK's attempts would be wrong, and what must not be sent twice would be.
 */
function sendingOnce<T extends http.Agent>(agent: T): T {
  const reuseSocket = agent.reuseSocket;
  agent.reuseSocket = function (socket, request) {
    reuseSocket.call(this, socket, request);
    request.reusedSocket = false;
  };
  return agent;
}

/** Node and the SDK go on waiting after a status below 200, also where no other can follow. */
function watched<T extends http.Agent>(agent: T, network: NetworkSettings): T {
  const adder = agent as unknown as RequestAdder;
  const addRequest = adder.addRequest;
  adder.addRequest = function (request, server, ...rest) {
    assertNamedProxy(request, server, network);
    request.on("upgrade", (_answer, socket) => {
      // The socket no longer belongs to the request, so nobody would handle its error.
      socket.destroy();
      request.emit("error", malformed("status 101, which changes to another protocol"));
    });
    let interimAnswers = 0;
    request.on("information", () => {
      if (++interimAnswers <= MAX_INTERIM_ANSWERS) return;
      request.destroy(malformed("too many interim answers"));
    });
    return addRequest.call(this, request, server, ...rest);
  };
  return agent;
}
