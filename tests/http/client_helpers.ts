/**
 * A client of HTTP, its requests, and answers for them.
 *
 * @module
 */
import { HttpClient } from "../../lib/http/client.ts";
import type { HttpRequest } from "../../lib/http/connection.ts";
import type { NetworkSettings } from "../../lib/http/proxy.ts";
import type { Peer, RawServer } from "./raw_server.ts";

const TIMEOUT_MS = 30_000;

/** A client, closed at the end of its scope. */
export function clientOf(
  timeoutMs = TIMEOUT_MS,
  network: NetworkSettings = {},
): HttpClient & Disposable {
  return Object.assign(new HttpClient(timeoutMs, network), {
    [Symbol.dispose](this: HttpClient) {
      this.close();
    },
  });
}

export function get(server: RawServer, target = "/"): HttpRequest {
  return { method: "GET", origin: server.origin, target, headers: { host: server.origin.host } };
}

export function put(server: RawServer, body: Uint8Array): HttpRequest {
  return { ...get(server), method: "PUT", body };
}

export const answer = (body: string, more = "") =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;

export const REFUSAL = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno";
export const REFUSAL_AND_CLOSE = REFUSAL.replace("\r\n", "\r\nconnection: close\r\n");

/** Answers every request of a connection with what a function makes of its number. */
export async function serveAll(peer: Peer, text: (number: number) => string): Promise<void> {
  for (let number = 1; await peer.readHead() !== ""; number++) await peer.send(text(number));
}

/** Sends the beginning of an answer, and then nothing more. */
export const silence = async (peer: Peer, text: string) => {
  await peer.readHead();
  await peer.send(text);
  await peer.readBody(Infinity);
};
