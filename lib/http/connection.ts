/**
 * One connection to a server, over which one request goes after the other.
 *
 * @module
 */
import { startTimer } from "../timer.ts";
import { closeIfOpen, type Dialed, writeAll } from "./dial.ts";
import { ConnectionError, connectionError, malformed } from "./errors.ts";
import { formatHead, type Framing, type ParsedHead } from "./head.ts";
import { MessageReader, type Sink } from "./message_reader.ts";

/** A body that is not in memory, such as a part of a file. */
export interface HttpBody {
  /** Its length in bytes. */
  readonly length: number;
  /** Copies bytes from an offset on into a buffer, and returns their number, at least one. */
  readInto(buffer: Uint8Array, offset: number): number;
}

/** A request, ready to be sent. */
export interface HttpRequest {
  /** Such as `GET`. */
  method: string;
  /** Scheme, host and port. */
  origin: URL;
  /** Path and query, encoded. */
  target: string;
  /** All headers but the body's length. */
  headers: Record<string, string>;
  /** The body. */
  body?: Uint8Array | HttpBody;
}

/** What happens during an exchange. */
export interface ExchangeEvents {
  /** Called with the head of the final answer; returns where the body goes. */
  onHead(head: ParsedHead): Sink;
  /** Called whenever bytes have gone or come. */
  onProgress(): void;
  /** Called when the request is sent and the answer is awaited. */
  onSent(): void;
  /** Called when the server did not say in time that it wants the body. */
  onExpectationIgnored(): void;
}

/** What goes out at a time at most: the head with a short body, or a piece of a longer one. */
const MAX_OUTGOING_SIZE = 256 * 1024;
/** The same as long as no body needs more. */
const MIN_OUTGOING_SIZE = 32 * 1024;
/** How long a server has to say that it wants the body. */
const EXPECTATION_TIMEOUT_MS = 1_000;

/** A connection. */
export class Connection {
  readonly #dialed: Dialed;
  readonly #reader: MessageReader;
  #outgoing = new Uint8Array(MIN_OUTGOING_SIZE);
  #onProgress: () => void = () => {};
  #isIdle = false;
  #isReusable = true;

  constructor(dialed: Dialed) {
    this.#dialed = dialed;
    this.#reader = new MessageReader({ read: (buffer) => this.#read(buffer) });
  }

  /** Whether another request may follow. */
  get isReusable(): boolean {
    return this.#isReusable;
  }

  /** Waits for the next answer; if anything, or the end, comes before a request, it closes. */
  async rest(): Promise<void> {
    this.#isIdle = true;
    await this.#reader.wait().catch(() => {});
    if (this.#isIdle) this.close();
  }

  /** Ends whatever waits for the connection. */
  close(): void {
    this.#isReusable = false;
    closeIfOpen(this.#dialed.conn);
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    try {
      const count = await this.#dialed.conn.read(buffer);
      this.#onProgress();
      return count;
    } catch (error) {
      throw connectionError(error);
    }
  }

  /**
   * Sends a request and reads the answer at the same time, since a server may answer before it has
   * the whole body. If that answer is an error, the rest of the body is not sent.
   */
  async exchange(
    request: HttpRequest,
    { expectsContinue }: { expectsContinue: boolean },
    events: ExchangeEvents,
  ): Promise<void> {
    this.#isIdle = false;
    this.#onProgress = events.onProgress;
    const go = Promise.withResolvers<void>();
    // Only a body that is held back waits for it.
    go.promise.catch(() => {});
    const outcome = { isRefused: false, isSent: false };
    let localError: { error: unknown } | undefined;
    const sending = this.#send(request, outcome, expectsContinue ? go.promise : undefined, events)
      .catch((error) => {
        // If the network fails, the answer says why, or its absence is the error.
        if (error instanceof ConnectionError) return;
        localError = { error };
        this.close();
      });
    try {
      const head = await this.#reader.readHead((status) => {
        if (status === 100) go.resolve();
      });
      outcome.isRefused = head.status >= 300;
      go.resolve();
      const sink = events.onHead(head);
      const framing: Framing = request.method === "HEAD"
        ? { kind: "length", length: 0 }
        : head.framing;
      await this.#reader.readBody(framing, sink);
      if (this.#reader.hasMore) throw malformed("bytes after its end");
      // The rest of a long body may never be taken.
      if (!outcome.isRefused || (request.body?.length ?? 0) < MIN_OUTGOING_SIZE) await sending;
      // What has not arrived is not stored, whatever the server says.
      if (!outcome.isRefused && !outcome.isSent) throw unsent();
      this.#isReusable &&= outcome.isSent && head.isKeptAlive && framing.kind !== "until close";
      this.#onProgress = () => {};
    } catch (error) {
      // A server that has failed has not ignored the expectation.
      go.reject(error);
      throw localError === undefined ? error : localError.error;
    }
  }

  async #send(
    { method, target, headers, body = new Uint8Array() }: HttpRequest,
    outcome: { readonly isRefused: boolean; isSent: boolean },
    go: Promise<void> | undefined,
    { onProgress, onSent, onExpectationIgnored }: ExchangeEvents,
  ): Promise<void> {
    const { conn, targetPrefix, headers: proxyHeaders } = this.#dialed;
    const hasLength = body.length > 0 || method === "PUT" || method === "POST";
    const head = formatHead(method, targetPrefix + target, {
      ...headers,
      ...(hasLength && { "content-length": String(body.length) }),
      ...(go !== undefined && { expect: "100-continue" }),
      ...proxyHeaders,
    });
    const needsMore = head.length + body.length > MIN_OUTGOING_SIZE;
    if (needsMore && this.#outgoing.length < MAX_OUTGOING_SIZE) {
      this.#outgoing = new Uint8Array(MAX_OUTGOING_SIZE);
    }
    const outgoing = this.#outgoing;
    let filled = encode(head, outgoing);
    if (go !== undefined) {
      await writeAll(conn, outgoing.subarray(0, filled), onProgress);
      filled = 0;
      await within(EXPECTATION_TIMEOUT_MS, go, onExpectationIgnored);
    }
    for (let sent = 0; filled > 0 || sent < body.length; filled = 0) {
      if (outcome.isRefused) return;
      let piece: Uint8Array;
      if (body instanceof Uint8Array && filled === 0) {
        piece = body.subarray(sent, sent + MAX_OUTGOING_SIZE);
        sent += piece.length;
      } else {
        const count = copy(body, sent, outgoing.subarray(filled));
        sent += count;
        piece = outgoing.subarray(0, filled + count);
      }
      await writeAll(conn, piece, onProgress);
    }
    outcome.isSent = true;
    onSent();
  }
}

function unsent(): ConnectionError {
  const message = "the connection was cut before the whole request was sent";
  return new ConnectionError("ECONNRESET", message);
}

function encode(head: string, buffer: Uint8Array): number {
  const { read, written } = new TextEncoder().encodeInto(head, buffer);
  if (read < head.length) throw new TypeError("Cannot send request: its head is too long");
  return written;
}

/** Copies as much of a body as there is room for. */
function copy(body: Uint8Array | HttpBody, offset: number, room: Uint8Array): number {
  const piece = room.subarray(0, body.length - offset);
  if (piece.length === 0) return 0;
  if (!(body instanceof Uint8Array)) {
    const count = body.readInto(piece, offset);
    if (count === 0) throw new TypeError("Cannot send request: its body ends too early");
    return count;
  }
  piece.set(body.subarray(offset, offset + piece.length));
  return piece.length;
}

/** Waits for `go`, but no longer than this. */
async function within(
  milliseconds: number,
  go: Promise<void>,
  onTimeout: () => void,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopTimer = startTimer(milliseconds, () => {
    onTimeout();
    resolve();
  });
  try {
    await Promise.race([go, promise]);
  } finally {
    stopTimer();
  }
}
