/**
 * A server that reads requests and answers with any bytes.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** One connection, as the server sees it. */
export interface Peer {
  /** The number of the connection, from 1. */
  number: number;
  /** Reads up to the end of a head and gives it; empty at the end of the connection. */
  readHead(): Promise<string>;
  /** Reads so many bytes of a body. */
  readBody(length: number): Promise<string>;
  /** Sends text. */
  send(text: string): Promise<void>;
}

/** A server that runs. */
export interface RawServer extends AsyncDisposable {
  origin: URL;
  /** How many connections were opened. */
  connections: number;
  /** The heads that came, with their bodies where the answer read them. */
  requests: string[];
}

/** Serves each connection by a function; afterwards the connection is closed. */
export function rawServer(
  serve: (peer: Peer) => Promise<void>,
  listener: Deno.Listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }),
): RawServer {
  const { hostname, port } = listener.addr as Deno.NetAddr;
  const open = new Set<Deno.Conn>();
  const server: RawServer = {
    origin: new URL(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`),
    connections: 0,
    requests: [],
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const conn of open) close(conn);
      await serving;
    },
  };
  const serving = (async () => {
    try {
      for await (const conn of listener) {
        server.connections++;
        open.add(conn);
        serve(peerOf(conn, server)).catch(() => {}).finally(() => {
          open.delete(conn);
          close(conn);
        });
      }
    } catch {
      // Closed, or a client that breaks off the handshake of TLS.
    }
  })();
  return server;
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}

function peerOf(conn: Deno.Conn, server: RawServer): Peer {
  let text = "";
  const buffer = new Uint8Array(65_536);
  const more = async () => {
    const count = await conn.read(buffer);
    text += Buffer.from(buffer.subarray(0, count ?? 0)).toString("latin1");
    return count !== null;
  };
  const take = (length: number) => {
    const taken = text.slice(0, length);
    text = text.slice(length);
    return taken;
  };
  return {
    number: server.connections,
    async readHead() {
      while (!text.includes("\r\n\r\n")) if (!await more()) return "";
      const head = take(text.indexOf("\r\n\r\n") + 4);
      server.requests.push(head.split("\r\n")[0]!);
      return head;
    },
    async readBody(length) {
      while (text.length < length) if (!await more()) break;
      return take(length);
    },
    async send(answer) {
      for (let rest = new Uint8Array(Buffer.from(answer, "latin1")); rest.length > 0;) {
        rest = rest.subarray(await conn.write(rest));
      }
    },
  };
}
