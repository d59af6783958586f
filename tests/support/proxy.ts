/**
 * A proxy that takes requests for any host to a sandbox, and the sandbox behind TLS as if it were AWS.
 *
 * @module
 */
import http from "node:http";
import net from "node:net";
import tls from "node:tls";
import type { Sandbox } from "../../lib/sandbox/mod.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "./certificate.ts";

/** A proxy that runs. */
export interface Proxy {
  /** Its address. */
  url: string;
  /** What it was asked, such as `CONNECT iam.amazonaws.com:443`. */
  asked: string[];
  /** The names and passwords that it was given. */
  logins: Set<string>;
  /** Answers each CONNECT with this status, where it is not 200. */
  connectStatus: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts it: plain requests go to the sandbox, tunnels to the sandbox's side of TLS. */
export async function startProxy(sandbox: Sandbox): Promise<Proxy> {
  const { hostname: host, port } = new URL(sandbox.url);
  const secure = tls.createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (socket) => {
    join(socket, net.connect(Number(port), host));
  });
  await listen(secure);

  const server = http.createServer((request, response) => {
    note(`${request.method} ${request.url}`, request);
    const { pathname, search } = new URL(request.url!);
    const { method, headers } = request;
    const onwards = http.request({ host, port, method, headers, path: pathname + search });
    onwards.on("response", (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onwards);
  });
  server.on("connect", (request, socket) => {
    note(`CONNECT ${request.url}`, request);
    if (proxy.connectStatus !== 200) {
      return socket.end(`HTTP/1.1 ${proxy.connectStatus} No\r\ncontent-length: 0\r\n\r\n`);
    }
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    join(socket as net.Socket, net.connect(portOf(secure), "127.0.0.1"));
  });
  await listen(server);

  function note(what: string, { headers }: http.IncomingMessage) {
    proxy.asked.push(what);
    const login = headers["proxy-authorization"]?.replace(/^Basic /, "");
    if (login !== undefined) proxy.logins.add(atob(login));
  }

  const proxy: Proxy = {
    url: `http://127.0.0.1:${portOf(server)}`,
    asked: [],
    logins: new Set(),
    connectStatus: 200,
    async [Symbol.asyncDispose]() {
      for (const one of open) one.destroy();
      await Promise.all([server, secure].map((one) => new Promise((done) => one.close(done))));
    },
  };
  const open = new Set<net.Socket>();
  function join(one: net.Socket, other: net.Socket) {
    for (const [from, to] of [[one, other], [other, one]] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
  return proxy;
}

function listen(server: net.Server): Promise<void> {
  return new Promise((done) => server.listen(0, "127.0.0.1", done));
}

function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port;
}
