/**
 * Serves the sandbox over HTTP on the loopback interface.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Answer } from "./answer.ts";
import { Content } from "./content.ts";
import { ConnectionCut, dispatch, type SandboxState } from "./dispatch.ts";
import { headersOf, type IncomingRequest, type WireHead } from "./wire.ts";

/** A server that listens. */
export interface RunningServer {
  port: number;
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

/** A piece of a payload is small below this size. */
const SMALL_BYTES = 4096;
/** This many small pieces in a row are joined into one. */
const MAX_SMALL = 1000;

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
    await write(answer, response, request.method, state.cloud.clock.now());
  } catch (error) {
    if (!(error instanceof ConnectionCut)) throw error;
    message.socket.destroy();
  }
}

function incoming(message: IncomingMessage, response: ServerResponse): IncomingRequest {
  const headers = headersOf(message.rawHeaders);
  const head = { method: message.method ?? "GET", rawPath: message.url ?? "/", headers };
  const awaitsContinue = /^100-continue$/i.test(headers.get("expect") ?? "");
  return {
    ...head,
    awaitsContinue,
    read(limit) {
      if (awaitsContinue) response.writeContinue();
      return read(head, message, limit);
    },
  };
}

/** Whether a request has a payload, even an empty one. */
function hasPayload({ headers }: WireHead): boolean {
  return headers.has("content-length") || headers.has("transfer-encoding");
}

/** Reads a payload in the pieces in which it comes. */
async function read(
  head: WireHead,
  message: IncomingMessage,
  limit: number,
): Promise<Content | undefined> {
  if (!hasPayload(head)) return new Content([]);
  if (Number(head.headers.get("content-length") ?? 0) > limit) return undefined;
  const pieces: Uint8Array[] = [];
  let length = 0;
  let smallInARow = 0;
  await eachChunk(message, (chunk) => {
    length += chunk.length;
    if (length > limit) {
      pieces.length = 0;
      return;
    }
    pieces.push(chunk);
    smallInARow = chunk.length < SMALL_BYTES ? smallInARow + 1 : 0;
    if (smallInARow === MAX_SMALL) {
      pieces.push(new Content(pieces.splice(-MAX_SMALL)).bytes());
      smallInARow = 0;
    }
  });
  return length > limit ? undefined : new Content(pieces);
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
  // A view of the bytes is smaller than the buffer of Node, and quicker to slice.
  const takeBytes = ({ buffer, byteOffset, byteLength }: Buffer<ArrayBuffer>) =>
    take(new Uint8Array(buffer, byteOffset, byteLength));
  message.on("data", takeBytes).on("end", resolve).on("error", () => reject(new ConnectionCut()));
  return promise;
}

async function write(
  { status, headers, body }: Answer,
  response: ServerResponse,
  method: string,
  now: Date,
): Promise<void> {
  const isBodiless = method === "HEAD" || status === 204 || status === 304;
  response.writeHead(status, {
    ...headers,
    date: now.toUTCString(),
    ...(!isBodiless && { "content-length": String(sizeOf(body)) }),
  });
  if (isBodiless) response.end();
  else if (typeof body === "string") response.end(body);
  else if (body.pieces.length > 1) await pipeline(body.pieces, response);
  else response.end(body.pieces[0]);
}

function sizeOf(body: Answer["body"]): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.length;
}
