/**
 * An HTTP/1.1 client over `Deno.connect`.
 *
 * Not `fetch`, which unpacks an object that was stored compressed and shortens a path such as
 * `a/../b`; not `node:http`, which takes three times the time and six times the memory. No body is
 * ever sent twice, and an answer is read while the body is still being sent.
 *
 * @module
 */
import { Connection, type HttpRequest } from "./connection.ts";
import { dial } from "./dial.ts";
import { assertNotOfProxy, ConnectionError } from "./errors.ts";
import type { HttpHead } from "./head.ts";
import type { Sink } from "./message_reader.ts";
import type { NetworkSettings } from "./proxy.ts";
import { type Watch, Watches } from "./watch.ts";

/** An answer whose body was collected. */
export interface HttpResponse extends HttpHead {
  /** The body, unless it went elsewhere. */
  text: string;
}

/** How to follow an exchange. */
export interface ExchangeOptions {
  /** Ends the exchange, which then throws the signal's reason. */
  signal?: AbortSignal;
  /** Decides by the head of the answer where its body goes; `undefined`: into the answer. */
  onHead?: (head: HttpHead) => Sink | undefined;
  /** Whether to open a connection even if one is free, so that a cut says more of the request. */
  isOnNewConnection?: boolean;
}

/** Bytes a second that even a slow line sends. */
const SLOWEST_UPLOAD = 16_384;
/** What the system may hold of a body that was sent, when nothing shows how much has arrived. */
const SYSTEM_BUFFER = 4 * 1024 * 1024;
/** The status by which a server says that it knows no `Expect: 100-continue`. */
const EXPECTATION_FAILED = 417;
/** For a longer body the server is asked first whether it wants it. */
const EXPECTATION_SIZE = 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/** The longest body that is collected. */
const MAX_TEXT = 16 * 1024 * 1024;

/** Sends requests, over connections that are used again. */
export class HttpClient {
  readonly #idle = new Map<string, Connection[]>();
  readonly #watches: Watches;
  /** What stands between this machine and the servers. */
  readonly network: NetworkSettings;
  /** Servers that ignore or refuse `Expect: 100-continue`. */
  readonly #withoutContinue = new Set<string>();
  /** Servers that have accepted the last long body: to ask first costs a round trip each time. */
  readonly #acceptedLast = new Set<string>();
  /** Targets whose last long body the connection did not outlive: a cut may have hidden a refusal. */
  readonly #cutTargets = new Set<string>();
  #isClosed = false;

  /** `idleTimeoutMs` is how long nothing may move before a connection is given up. */
  constructor(idleTimeoutMs: number, network: NetworkSettings = {}) {
    this.#watches = new Watches(idleTimeoutMs);
    this.network = network;
  }

  /** Closes all connections; exchanges that are running fail. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#idle.values()].flat()) connection.close();
    this.#idle.clear();
    this.#watches.failAll(new ConnectionError("ECONNRESET", "the client was closed"));
  }

  /**
   * Sends a request and returns the whole answer, whatever its status. Throws the signal's reason, what
   * `onHead` or its sink threw, a {@linkcode ConnectionError} if no complete answer came, or a
   * `SyntaxError` if the answer is too long.
   */
  async exchange(request: HttpRequest, options: ExchangeOptions = {}): Promise<HttpResponse> {
    const { origin } = request.origin;
    if ((request.body?.length ?? 0) < EXPECTATION_SIZE) {
      return await this.#exchangeOnce(request, false, options);
    }
    const target = origin + request.target;
    const wasCut = this.#cutTargets.delete(target);
    const expectsContinue = !this.#withoutContinue.has(origin) &&
      (wasCut || !this.#acceptedLast.has(origin));
    let isAccepted = false;
    try {
      let answer = await this.#exchangeOnce(request, expectsContinue, options);
      if (answer.status === EXPECTATION_FAILED && expectsContinue) {
        this.#withoutContinue.add(origin);
        answer = await this.#exchangeOnce(request, false, options);
      }
      isAccepted = answer.status < 300;
      return answer;
    } catch (error) {
      // Whatever other requests are answered in the meantime.
      this.#cutTargets.add(target);
      throw error;
    } finally {
      // Before the next one after a failure the question is asked, whose answer no cut can hide.
      if (isAccepted) this.#acceptedLast.add(origin);
      else this.#acceptedLast.delete(origin);
    }
  }

  async #exchangeOnce(
    request: HttpRequest,
    expectsContinue: boolean,
    options: ExchangeOptions,
  ): Promise<HttpResponse> {
    const { origin, body } = request;
    const { signal, onHead } = options;
    signal?.throwIfAborted();
    const watch = this.#watches.start();
    const abort = () => watch.fail(signal!.reason);
    signal?.addEventListener("abort", abort);
    const text = new TextCollector();
    let head: HttpHead | undefined;
    try {
      const connection = await this.#connect(origin, options, watch);
      await connection.exchange(request, { expectsContinue }, {
        onHead(given) {
          assertNotOfProxy(given.status);
          head = { status: given.status, headers: given.headers };
          const sink = onHead?.(head);
          return sink === undefined
            ? (piece) => text.add(piece)
            : (piece) => watch.pauseFor(sink(piece));
        },
        onProgress: () => watch.touch(),
        onSent: () => {
          const held = Math.min(body?.length ?? 0, SYSTEM_BUFFER);
          watch.touch(held / SLOWEST_UPLOAD * 1000);
        },
        onExpectationIgnored: () => this.#withoutContinue.add(origin.origin),
      });
      this.#release(origin, connection);
      return { ...head!, text: text.end() };
    } catch (error) {
      watch.connection?.close();
      if (watch.failure !== undefined) throw watch.failure.reason;
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#watches.stop(watch);
    }
  }

  async #connect(
    origin: URL,
    { isOnNewConnection }: ExchangeOptions,
    watch: Watch,
  ): Promise<Connection> {
    const idle = this.#idle.get(origin.origin) ?? [];
    while (!isOnNewConnection && idle.length > 0) {
      const connection = idle.pop()!;
      if (connection.isReusable) return watch.connection = connection;
      connection.close();
    }
    watch.limit(CONNECT_TIMEOUT_MS);
    const connection = new Connection(await dial(origin, this.network, watch.signal));
    watch.touch();
    return watch.connection = connection;
  }

  #release(origin: URL, connection: Connection): void {
    if (this.#isClosed || !connection.isReusable) return connection.close();
    const idle = this.#idle.get(origin.origin) ?? [];
    this.#idle.set(origin.origin, idle);
    idle.push(connection);
    connection.rest();
  }
}

/** A body that is collected: an error document or a page of a listing. */
class TextCollector {
  #text = "";
  #length = 0;
  #decoder: TextDecoder | undefined;

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > MAX_TEXT) throw new SyntaxError("the answer is too long");
    this.#decoder ??= new TextDecoder();
    this.#text += this.#decoder.decode(piece, { stream: true });
  }

  end(): string {
    return this.#text + (this.#decoder?.decode() ?? "");
  }
}
