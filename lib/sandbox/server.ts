/**
 * Serves the sandbox over HTTP on the loopback interface.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import { ConnectionCut, dispatch, type SandboxState } from "./dispatch.ts";
import { headerOf, type IncomingRequest, type WireHead } from "./wire.ts";

/** A server that listens. */
export interface RunningServer {
  port: number;
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

/** Beyond this size it matters how much memory reading a payload takes besides it. */
const LARGE_BYTES = 1024 * 1024;

const LOOPBACK = "127.0.0.1";

/** Starts to serve on a port of the loopback interface; 0 takes any that is free. */
export async function listen(state: SandboxState, port: number): Promise<RunningServer> {
  const serve = (message: IncomingMessage, response: ServerResponse) => {
    answer(message, response, state).catch(() => message.socket.destroy());
  };
  const server = createServer(serve);
  // S3 says whether it wants a payload, and ignores any other expectation.
  server.on("checkContinue", serve);
  server.on("checkExpectation", serve);
  // Without one it is the client that closes an idle connection, and no request needs a timer.
  server.keepAliveTimeout = 0;
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
  const request = incoming(message, response);
  try {
    const answer = await dispatch(request, state);
    if (request.awaitsContinue && message.readableFlowing === null) {
      // The payload isn't wanted, and may or may not follow.
      answer.headers.connection = "close";
    } else if (hasPayload(request)) {
      // Clients send all of a payload before they read the response, however much of it was read here.
      await discard(message);
    }
    write(answer, response, request.method, state.cloud.clock.now());
  } catch (error) {
    if (!(error instanceof ConnectionCut)) throw error;
    message.socket.destroy();
  }
}

function incoming(message: IncomingMessage, response: ServerResponse): IncomingRequest {
  const rawHeaders: [string, string][] = [];
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    rawHeaders.push([message.rawHeaders[index]!, message.rawHeaders[index + 1]!]);
  }
  const head = { method: message.method ?? "GET", rawPath: message.url ?? "/", rawHeaders };
  const awaitsContinue = /^100-continue$/i.test(headerOf(head, "expect") ?? "");
  return {
    ...head,
    awaitsContinue,
    read(limit) {
      if (awaitsContinue) response.writeContinue();
      return read(head, message, limit);
    },
  };
}

/** Whether a request has a payload, be it an empty one. */
function hasPayload(head: WireHead): boolean {
  return headerOf(head, "content-length") !== undefined ||
    headerOf(head, "transfer-encoding") !== undefined;
}

/** Reads a payload into one buffer, of the declared length if there is one. */
async function read(
  head: WireHead,
  message: IncomingMessage,
  limit: number,
): Promise<Uint8Array | undefined> {
  if (!hasPayload(head)) return new Uint8Array();
  const declared = Number(headerOf(head, "content-length") ?? 0);
  if (declared > limit) return undefined;
  let body = new Uint8Array(declared);
  let length = 0;
  let isTooLarge = false;
  await eachChunk(message, (chunk) => {
    isTooLarge ||= length + chunk.length > limit;
    if (isTooLarge) return;
    if (length + chunk.length > body.length) {
      const grown = new Uint8Array(Math.min(limit, Math.max(65_536, 2 * (length + chunk.length))));
      grown.set(body.subarray(0, length));
      body = grown;
    }
    body.set(chunk, length);
    length += chunk.length;
    if (body.length > LARGE_BYTES) hastenCollection();
  });
  if (isTooLarge) return undefined;
  return length === body.length ? body : body.slice(0, length);
}

/** What is allocated to be thrown away. */
let _waste: unknown[] = [];

/**
 * Fills the heap of V8, which collects what it has allocated outside of it, such as the pieces of a
 * payload, only when there is a hundred megabytes of it, but whatever is on the heap very soon.
 */
function hastenCollection(): void {
  _waste = new Array(8_000).fill(undefined);
}

async function discard(message: IncomingMessage): Promise<void> {
  if (message.readableEnded || message.destroyed) return;
  await eachChunk(message, () => {});
}

/**
 * Takes a payload to its end; an iterator over it takes several times as long. Throws
 * {@linkcode ConnectionCut} if the connection ends before.
 */
function eachChunk(message: IncomingMessage, take: (chunk: Uint8Array) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  message.on("data", take).on("end", resolve).on("error", () => reject(new ConnectionCut()));
  return promise;
}

function write(
  { status, headers, body }: Answer,
  response: ServerResponse,
  method: string,
  now: Date,
): void {
  const isBodiless = method === "HEAD" || status === 204 || status === 304;
  response.writeHead(status, {
    ...headers,
    date: now.toUTCString(),
    ...(!isBodiless && { "content-length": String(Buffer.byteLength(body)) }),
  });
  response.end(isBodiless ? undefined : body);
}
