/**
 * Requests to a server that asks for fewer of them.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { backoffMs } from "../retry.ts";

/** The server's refusal of a request that came too soon. */
export interface Refusal {
  /** How long it asks to be left alone, if it says so. */
  retryAfterMs?: number;
}

/** The time, and how to let it pass; a test has a clock of its own. */
export interface Clock {
  /** Milliseconds since any moment. */
  now(): number;
  /** Waits; may throw if what waits is no longer wanted. */
  pause(milliseconds: number): Promise<void>;
}

const FIRST_DELAY_MS = 50;
/** Some servers name two minutes with every refusal, however soon they would answer again. */
const MAX_RETRY_AFTER_MS = 10_000;
/** Refusals one after the other, with nothing answered in between, after which the run gives up. */
const MAX_REFUSALS = 10;
/** Refusals of one request while others are answered: it is not the rate that it is refused for. */
const MAX_REFUSALS_OF_ONE = 100;

/**
 * Limits the requests of a run to what the server takes, as TCP does with packets: half as many at a
 * time after a refusal, one more after as many successes as there are requests at a time.
 *
 * A refused request is sent again before those that came later. How long that goes on is counted by
 * the progress of the whole run: as long as anything is answered, it pays to wait.
 */
export class AdaptiveLimiter {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #queue: { turn: number; admit(): void }[] = [];
  /** How many requests may run at a time. The first refusal says how many are too many. */
  #limit = Infinity;
  #running = 0;
  #turns = 0;
  #sent = 0;
  /** How many requests had been sent at the last refusal that counted. */
  #sentBefore = 0;
  #refusals = 0;
  #notBefore = -Infinity;

  /** The signal ends the waiting. */
  constructor(clock: Clock, signal?: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Sends a request when its turn has come, and again as long as `refusalOf` its error gives one. */
  async run<T>(
    send: () => Promise<T>,
    refusalOf: (error: unknown) => Refusal | undefined,
  ): Promise<T> {
    const turn = this.#turns++;
    for (let count = 1;; count++) {
      await this.#admission(turn);
      try {
        await this.#pauseUntil(this.#notBefore);
        const number = ++this.#sent;
        try {
          const result = await send();
          this.#noteSuccess();
          return result;
        } catch (error) {
          const refusal = refusalOf(error);
          if (refusal === undefined) throw error;
          this.#noteRefusal(refusal, number);
          if (this.#refusals >= MAX_REFUSALS || count >= MAX_REFUSALS_OF_ONE) throw error;
        }
        // It keeps its place in the meantime, so that no other request takes it.
        await this.#clock.pause(backoffMs(this.#refusals, FIRST_DELAY_MS));
      } finally {
        this.#leave();
      }
    }
  }

  #noteSuccess(): void {
    this.#limit += 1 / this.#limit;
    this.#refusals = 0;
  }

  #noteRefusal({ retryAfterMs = 0 }: Refusal, number: number): void {
    const until = this.#clock.now() + Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
    this.#notBefore = Math.max(this.#notBefore, until);
    // Requests that were refused together say no more than one of them.
    if (number <= this.#sentBefore) return;
    this.#sentBefore = this.#sent;
    this.#refusals++;
    this.#limit = Math.max(1, Math.min(this.#limit, this.#running) / 2);
  }

  async #pauseUntil(time: number): Promise<void> {
    const left = time - this.#clock.now();
    if (left > 0) await this.#clock.pause(left);
  }

  /** Waits until fewer requests run than may, and none waits that came earlier. */
  async #admission(turn: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { turn, admit: resolve };
    const before = this.#queue.findIndex((other) => other.turn > turn);
    this.#queue.splice(before < 0 ? this.#queue.length : before, 0, waiting);
    this.#admit();
    try {
      if (this.#queue.includes(waiting)) await abortable(promise, this.#signal);
    } catch (error) {
      const at = this.#queue.indexOf(waiting);
      if (at < 0) this.#leave();
      else this.#queue.splice(at, 1);
      throw error;
    }
  }

  #leave(): void {
    this.#running--;
    this.#admit();
  }

  #admit(): void {
    while (this.#queue.length > 0 && this.#running < Math.floor(this.#limit)) {
      this.#running++;
      this.#queue.shift()!.admit();
    }
  }
}

/** The milliseconds that a `Retry-After` header asks for, in seconds or as a date. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return milliseconds > 0 ? milliseconds : undefined;
}
