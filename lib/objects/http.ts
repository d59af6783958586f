/**
 * One HTTP request and its answer.
 *
 * By `node:http` and not by `fetch`, which unpacks an object that was stored compressed and
 * shortens a path such as `a/../b`; both would give other objects than those asked for.
 *
 * @module
 */
import http from "node:http";
import https from "node:https";
import type { NetworkSettings } from "../aws/network.ts";

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
  body?: Uint8Array;
  /** Whether the connection is opened for this request and closed after it. */
  isOnOwnConnection?: boolean;
}

/** The first part of an answer. */
export interface HttpHead {
  /** The HTTP status. */
  status: number;
  /** The headers by name in lower case. */
  headers: Record<string, string>;
}

/** An answer whose body was collected. */
export interface HttpResponse extends HttpHead {
  /** The body, unless it went elsewhere. */
  text: string;
}

/** Takes the body of an answer piece by piece; a promise makes the sender wait. */
export type Sink = (chunk: Uint8Array) => void | Promise<void>;

/** How to follow an exchange. */
export interface ExchangeOptions {
  /** Ends the exchange. */
  signal?: AbortSignal | undefined;
  /** Decides by the first part of the answer where its body goes; `undefined`: into the answer. */
  onHead?: ((head: HttpHead) => Sink | undefined) | undefined;
}

/** No answer came, or it broke off. */
export class ConnectionError extends Error {
  /** The runtime's code, such as `ECONNRESET`. */
  readonly code: string;

  /** @param code the runtime's code; @param message what happened; @param cause the runtime's error */
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ConnectionError";
    this.code = code;
  }
}

/** Bytes a second that even a slow line sends; a longer body gets more time. */
const SLOWEST_UPLOAD = 16_384;
/** How many times within the limit the exchanges are looked at. */
const CHECKS_PER_TIMEOUT = 12;

/** Connections that are used again, and exchanges that are watched. */
export class HttpConnections {
  readonly #agents = new Map<string, http.Agent>();
  readonly #watched = new Set<{ deadline: number; expire(): void }>();
  readonly #idleLimitMs: number;
  readonly #network: NetworkSettings;
  #watch: ReturnType<typeof setInterval> | undefined;

  /**
   * @param idleLimitMs milliseconds without a sign of life after which a connection is dead
   * @param network what stands between this machine and the servers
   */
  constructor(idleLimitMs: number, network: NetworkSettings) {
    this.#idleLimitMs = idleLimitMs;
    this.#network = network;
  }

  /** Closes the connections. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
    clearInterval(this.#watch);
  }

  /**
   * Sends a request and waits for the whole answer, whatever its status.
   *
   * @param request what to send
   * @param options where the answer's body goes, and what ends the exchange
   * @returns the answer
   * @throws {ConnectionError} if no complete answer came
   */
  exchange(request: HttpRequest, options: ExchangeOptions = {}): Promise<HttpResponse> {
    const { method, origin, target, headers, body, isOnOwnConnection } = request;
    const { signal, onHead } = options;
    const isSecure = origin.protocol === "https:";
    return new Promise((resolve, reject) => {
      const sent = (isSecure ? https : http).request({
        method,
        protocol: origin.protocol,
        // An address in brackets is a part of the URL's syntax and not of the host's name.
        host: origin.hostname.replace(/^\[|\]$/g, ""),
        port: origin.port || (isSecure ? 443 : 80),
        path: target,
        headers: body === undefined && method !== "PUT" && method !== "POST"
          ? headers
          : { ...headers, "content-length": String(body?.length ?? 0) },
        agent: isOnOwnConnection
          ? this.#newAgent(origin.protocol, false)
          : this.#agent(origin.protocol),
      });
      const watch = {
        deadline: Date.now() + this.#idleLimitMs + (body?.length ?? 0) / SLOWEST_UPLOAD * 1000,
        expire: () => fail(new ConnectionError("ETIMEDOUT", "no sign of life")),
      };
      const end = () => {
        this.#unwatch(watch);
        signal?.removeEventListener("abort", abort);
      };
      const fail = (error: unknown) => {
        end();
        sent.destroy();
        reject(error);
      };
      const abort = () => fail(signal!.reason);
      const cut = (error?: unknown) => {
        // Deno's permissions are no matter of the connection.
        if (error instanceof Error && error.name === "NotCapable") return fail(error);
        const { code, message } = (error ?? {}) as { code?: string; message?: string };
        fail(new ConnectionError(code ?? "ECONNRESET", message ?? "the connection was cut", error));
      };
      this.#startWatching(watch);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) return abort();
      sent.on("error", cut);
      sent.on("response", (message) => {
        const head: HttpHead = {
          status: message.statusCode ?? 0,
          headers: message.headers as Record<string, string>,
        };
        let sink: Sink | undefined;
        try {
          sink = onHead?.(head);
        } catch (error) {
          return fail(error);
        }
        const collected: Uint8Array[] = [];
        let received = 0;
        let waiting: Promise<void> | undefined;
        message.on("data", (chunk: Uint8Array) => {
          received += chunk.length;
          watch.deadline = Date.now() + this.#idleLimitMs;
          if (sink === undefined) return void collected.push(chunk);
          const take = sink;
          try {
            const taken = waiting === undefined ? take(chunk) : waiting.then(() => take(chunk));
            if (taken === undefined) return;
            message.pause();
            watch.deadline = Infinity;
            const current = taken.then(() => {
              if (waiting !== current) return;
              waiting = undefined;
              watch.deadline = Date.now() + this.#idleLimitMs;
              message.resume();
            });
            waiting = current;
            current.catch(fail);
          } catch (error) {
            fail(error);
          }
        });
        message.on("error", cut);
        message.on("aborted", () => cut());
        message.on("end", async () => {
          await waiting?.catch(() => {});
          const length = head.headers["content-length"];
          if (length !== undefined && method !== "HEAD" && Number(length) !== received) {
            return cut();
          }
          end();
          resolve({ ...head, text: decode(collected) });
        });
      });
      sent.end(body);
    });
  }

  #agent(protocol: string): http.Agent {
    const existing = this.#agents.get(protocol);
    if (existing !== undefined) return existing;
    const agent = this.#newAgent(protocol, true);
    this.#agents.set(protocol, agent);
    return agent;
  }

  #newAgent(protocol: string, keepAlive: boolean): http.Agent {
    const options = { keepAlive, ...this.#network };
    return new (protocol === "https:" ? https : http).Agent(options);
  }

  #startWatching(watch: { deadline: number; expire(): void }): void {
    this.#watched.add(watch);
    this.#watch ??= setInterval(() => {
      const now = Date.now();
      for (const one of this.#watched) if (one.deadline < now) one.expire();
    }, this.#idleLimitMs / CHECKS_PER_TIMEOUT);
  }

  #unwatch(watch: { deadline: number; expire(): void }): void {
    this.#watched.delete(watch);
    if (this.#watched.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") +
    decoder.decode();
}
