/**
 * Exchanges that are ended when nothing moves any more.
 *
 * Time is counted in ticks of one timer. A process that was suspended gets at most one of them: after
 * a pause of the machine, what has arrived is read before it counts as late.
 *
 * @module
 */
import { timeoutSignal } from "../timer.ts";
import type { Connection } from "./connection.ts";
import { ConnectionError } from "./errors.ts";

const TICKS_PER_TIMEOUT = 12;

/** The exchanges that are running. */
export class Watches {
  readonly #running = new Set<Watch>();
  readonly #tickMs: number;
  /** Used again until it has fired: to leave one behind for each exchange would cost time and memory. */
  #timer: AbortSignal | undefined;

  constructor(idleTimeoutMs: number) {
    this.#tickMs = idleTimeoutMs / TICKS_PER_TIMEOUT;
  }

  /** Starts to watch an exchange. */
  start(): Watch {
    const watch = new Watch(this.#tickMs);
    this.#running.add(watch);
    if (this.#running.size === 1) this.#awaitTick();
    return watch;
  }

  #awaitTick(): void {
    if (this.#timer?.aborted !== false) this.#timer = timeoutSignal(this.#tickMs);
    this.#timer.addEventListener("abort", this.#tick);
  }

  readonly #tick = (): void => {
    this.#awaitTick();
    for (const one of this.#running) one.tick();
  };

  /** Ends the watch over an exchange that has ended. */
  stop(watch: Watch): void {
    this.#running.delete(watch);
    if (this.#running.size > 0) return;
    // Without a listener, it keeps no process alive.
    this.#timer?.removeEventListener("abort", this.#tick);
  }

  /** Ends all exchanges. */
  failAll(reason: unknown): void {
    for (const watch of this.#running) watch.fail(reason);
  }
}

/** One exchange. */
export class Watch {
  /** Its connection, once it is open. */
  connection: Connection | undefined;
  /** Why the exchange was ended, if it was. */
  failure: { reason: unknown } | undefined;
  readonly #tickMs: number;
  #ticksLeft = TICKS_PER_TIMEOUT;
  #controller: AbortController | undefined;
  #stopWaiting: (reason: unknown) => void = () => {};

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** Aborted when the exchange is ended. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Notes that something moved; `moreMs` is added to the time until the next movement. */
  touch(moreMs = 0): void {
    this.#ticksLeft = TICKS_PER_TIMEOUT + Math.ceil(moreMs / this.#tickMs);
  }

  /** Leaves less time than usual until the next movement. */
  limit(milliseconds: number): void {
    this.#ticksLeft = Math.min(TICKS_PER_TIMEOUT, Math.ceil(milliseconds / this.#tickMs));
  }

  /** Waits for the receiver of a body as long as it takes, or until the exchange is ended. */
  pauseFor(waiting: void | Promise<void>): void | Promise<void> {
    if (waiting === undefined) return;
    if (this.failure !== undefined) throw this.failure.reason;
    this.#ticksLeft = Infinity;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#stopWaiting = reject;
    waiting.then(() => {
      this.touch();
      resolve();
    }, reject);
    return promise;
  }

  /** Called in regular intervals. */
  tick(): void {
    if (this.#ticksLeft-- > 0) return;
    this.fail(new ConnectionError("ETIMEDOUT", "nothing was sent or received for too long"));
  }

  /** Ends the exchange, which then throws the reason. */
  fail(reason: unknown): void {
    this.failure ??= { reason };
    this.#stopWaiting(reason);
    this.#controller?.abort(reason);
    this.connection?.close();
  }
}
