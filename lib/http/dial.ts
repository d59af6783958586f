/**
 * Opens connections: directly or through a proxy, with TLS or without.
 *
 * @module
 */
import { ConnectionError, connectionError, refusedByProxy } from "./errors.ts";
import { formatHead } from "./head.ts";
import { MessageReader } from "./message_reader.ts";
import { hostOf, type NetworkSettings, portOf, proxyFor, proxyHeaders } from "./proxy.ts";

/** An open connection, and how requests are addressed on it. */
export interface Dialed {
  conn: Deno.Conn;
  /** What stands before the path of a target: the origin, for a proxy that forwards requests. */
  targetPrefix: string;
  /** Headers for the proxy. */
  headers: Record<string, string>;
}

/** Opens a connection to a server. */
export async function dial(
  origin: URL,
  network: NetworkSettings,
  signal: AbortSignal,
): Promise<Dialed> {
  const proxy = proxyFor(origin, network);
  const first = proxy ?? origin;
  const isSecure = origin.protocol === "https:";
  let conn: Deno.Conn | undefined;
  // Of the steps below, only the first takes a signal.
  const abort = () => closeIfOpen(conn);
  signal.addEventListener("abort", abort);
  try {
    let tcp = await Deno.connect({ hostname: hostOf(first), port: portOf(first), signal });
    conn = tcp;
    tcp.setNoDelay(true);
    if (proxy?.protocol === "https:") {
      conn = await startTls(tcp, proxy, network, signal);
      if (isSecure) conn = tcp = await bridge(conn);
    }
    if (proxy !== undefined && isSecure) await openTunnel(conn, origin, proxy);
    if (isSecure) conn = await startTls(tcp, origin, network, signal);
    signal.throwIfAborted();
    return proxy === undefined || isSecure
      ? { conn, targetPrefix: "", headers: {} }
      : { conn, targetPrefix: origin.origin, headers: proxyHeaders(proxy) };
  } catch (error) {
    closeIfOpen(conn);
    signal.throwIfAborted();
    throw connectionError(error, hostOf(first));
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function startTls(
  conn: Deno.TcpConn,
  server: URL,
  { ca }: NetworkSettings,
  signal: AbortSignal,
): Promise<Deno.TlsConn> {
  const hostname = hostOf(server);
  const secure = await Deno.startTls(conn, { hostname, caCerts: ca === undefined ? [] : [ca] });
  // The connection below can no longer be closed by itself.
  const abort = () => closeIfOpen(secure);
  signal.addEventListener("abort", abort);
  try {
    signal.throwIfAborted();
    await secure.handshake();
    return secure;
  } catch (error) {
    closeIfOpen(secure);
    throw connectionError(error, hostname);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function openTunnel(conn: Deno.Conn, origin: URL, proxy: URL): Promise<void> {
  const target = `${origin.hostname}:${portOf(origin)}`;
  const head = formatHead("CONNECT", target, { host: target, ...proxyHeaders(proxy) });
  await writeAll(conn, new TextEncoder().encode(head));
  const reader = new MessageReader(conn);
  const { status } = await reader.readHead().catch((error) => {
    const { message } = error as Error;
    throw new ConnectionError("ERR_PROXY_TUNNEL", `the proxy did not answer: ${message}`, error);
  });
  if (status >= 200 && status < 300 && !reader.hasMore) return;
  throw refusedByProxy(status);
}

/**
 * Makes a TCP connection to ourselves that leads on to another connection: Deno starts TLS over TCP
 * only, and a proxy that is called by TLS itself needs TLS within TLS.
 */
async function bridge(outer: Deno.Conn): Promise<Deno.TcpConn> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  const inner = await Deno.connect({ hostname, port });
  const accepted = await listener.accept();
  if (accepted.remoteAddr.port !== inner.localAddr.port) {
    for (const one of [inner, accepted, outer]) closeIfOpen(one);
    throw new ConnectionError("ECONNRESET", "another process took the connection");
  }
  // When one side ends, so does the other.
  outer.readable.pipeTo(accepted.writable).catch(() => {});
  accepted.readable.pipeTo(outer.writable).catch(() => {});
  return inner;
}

/** Closes a connection, also one that is closed already or has become one of TLS. */
export function closeIfOpen(conn: Deno.Conn | undefined): void {
  try {
    conn?.close();
  } catch {
    // Closed already.
  }
}

/** Writes all bytes; `onProgress` is called whenever the system has accepted some. */
export async function writeAll(
  conn: Deno.Conn,
  bytes: Uint8Array,
  onProgress: () => void = () => {},
): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const count = await conn.write(rest).catch((error) => {
      throw connectionError(error);
    });
    rest = rest.subarray(count);
    onProgress();
  }
}
