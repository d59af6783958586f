/**
 * Serves the sandbox over HTTP on the loopback interface.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ConnectionCut, dispatch, type SandboxState } from "./dispatch.ts";
import { bytesOf, type IncomingRequest } from "./wire.ts";

/** A server that listens. */
export interface RunningServer {
  port: number;
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";

/** Longer than the SDKs keep idle connections, so that they close the connection first. */
const KEEP_ALIVE_MS = 10 * 60 * 1000;

/** Starts to serve on a port of the loopback interface; 0 takes any that is free. */
export async function listen(state: SandboxState, port: number): Promise<RunningServer> {
  const server = createServer((message, response) => {
    answer(message, response, state).catch(() => message.socket.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, LOOPBACK, resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError("Cannot tell the sandbox's port: the server has no TCP address");
  }
  return {
    port: address.port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  state: SandboxState,
): Promise<void> {
  const request = incoming(message);
  try {
    const answer = await dispatch(request, state);
    // Clients send all of a payload before they read the response, however much of it was read here.
    await discard(message);
    response.setHeader("date", state.cloud.clock.now().toUTCString());
    await write(answer, response, request.method);
  } catch (error) {
    if (!(error instanceof ConnectionCut)) throw error;
    message.socket.destroy();
  }
}

function incoming(message: IncomingMessage): IncomingRequest {
  const rawHeaders: [string, string][] = [];
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    rawHeaders.push([message.rawHeaders[index]!, message.rawHeaders[index + 1]!]);
  }
  return {
    method: message.method ?? "GET",
    rawPath: message.url ?? "/",
    rawHeaders,
    read: (limit) => read(message, limit),
  };
}

/** Reads a payload into one buffer, of the declared length if there is one. */
async function read(message: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const declared = Number(message.headers["content-length"] ?? 0);
  if (declared > limit) return undefined;
  let body = new Uint8Array(declared);
  let length = 0;
  let isTooLarge = false;
  // Leaving the loop early would close the connection.
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    isTooLarge ||= length + chunk.length > limit;
    if (isTooLarge) continue;
    if (length + chunk.length > body.length) {
      const grown = new Uint8Array(Math.min(limit, Math.max(65_536, 2 * (length + chunk.length))));
      grown.set(body.subarray(0, length));
      body = grown;
    }
    body.set(chunk, length);
    length += chunk.length;
  }
  if (isTooLarge) return undefined;
  return length === body.length ? body : body.slice(0, length);
}

async function discard(message: IncomingMessage): Promise<void> {
  if (message.readableEnded || message.destroyed) return;
  for await (const _ of message);
}

async function write(answer: Response, response: ServerResponse, method: string): Promise<void> {
  const body = await bytesOf(answer);
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  const isBodiless = method === "HEAD" || answer.status === 204 || answer.status === 304;
  if (!isBodiless) response.setHeader("content-length", String(body.length));
  response.end(isBodiless ? undefined : body);
}
