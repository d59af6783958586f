/**
 * Concurrent calls, up to a maximum: in order, in the order of completion, or one limiter for all.
 *
 * @module
 */
import { S3CredentialsError } from "./errors.ts";

/** Maximum number of concurrent calls, if omitted. */
export const DEFAULT_CONCURRENCY = 16;

/** Throws `usage` for a maximum with which work would never end, such as 0 or a half. */
function checkConcurrency(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1) return;
  const message = `Invalid concurrency ${limit}: expected a whole number, 1 or more`;
  throw new S3CredentialsError("usage", message);
}

// In order

/**
 * Calls a function with each item, up to `limit` at the same time, and yields the results in the
 * order of the items. Items are taken only as results are wanted, so a long source is never held
 * whole. The first error, in the order of the items, is thrown; no further item is begun after it.
 */
export async function* mapOrdered<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  call: (item: T) => Promise<R>,
  limit: number = DEFAULT_CONCURRENCY,
): AsyncGenerator<R> {
  checkConcurrency(limit);
  const pending: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = call(item);
      // Its failure is thrown when its turn comes; until then it must not count as unhandled.
      result.catch(() => {});
      pending.push(result);
      if (pending.length >= limit) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}

// In the order of completion

/**
 * Calls a function with each item, up to `limit` at the same time, and yields each result as soon as
 * it is there. The first error is thrown after the calls that were running have ended.
 *
 * `onEarlyEnd` is called when the results are no longer wanted or a call has failed: the calls that
 * are still running may then be aborted.
 */
export async function* mapUnordered<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  call: (item: T) => Promise<R>,
  limit: number,
  onEarlyEnd: () => void = () => {},
): AsyncGenerator<R> {
  checkConcurrency(limit);
  // Unlike other iterators, a generator lets several workers wait for its next item.
  const source = (async function* () {
    yield* items;
  })();
  const results: R[] = [];
  let failure: { error: unknown } | undefined;
  let isStopped = false;
  let areWorking = true;
  let wake = () => {};
  const work = async () => {
    try {
      for (
        let next = await source.next();
        !next.done && !isStopped;
        next = await source.next()
      ) {
        results.push(await call(next.value));
        wake();
      }
    } catch (error) {
      failure ??= { error };
      if (!isStopped) onEarlyEnd();
      isStopped = true;
    }
  };
  const workers = Promise.all(Array.from({ length: limit }, work)).then(() => {
    areWorking = false;
    wake();
  });
  try {
    while (areWorking || results.length > 0) {
      yield* results.splice(0);
      if (areWorking && results.length === 0) await new Promise<void>((next) => wake = next);
    }
  } finally {
    if (areWorking && !isStopped) onEarlyEnd();
    isStopped = true;
    await workers;
    await source.return();
  }
  if (failure !== undefined) throw failure.error;
}

// One limiter for many callers

/** Admits up to a number of calls, and of bytes that they hold in memory; first come, first served. */
export class Limiter {
  #freeCalls: number;
  #freeBytes: number;
  readonly #maxBytes: number;
  readonly #queue: { bytes: number; admit(): void }[] = [];

  /** A call that holds more than `maxBytes` runs alone. */
  constructor(maxCalls: number, maxBytes = Infinity) {
    checkConcurrency(maxCalls);
    this.#freeCalls = maxCalls;
    this.#freeBytes = this.#maxBytes = maxBytes;
  }

  /** Waits for a turn, and returns the function that ends it. */
  async acquire(bytes = 0): Promise<() => void> {
    const held = Math.min(bytes, this.#maxBytes);
    await new Promise<void>((admit) => {
      this.#queue.push({ bytes: held, admit });
      this.#admit();
    });
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#freeCalls++;
      this.#freeBytes += held;
      this.#admit();
    };
  }

  /** Calls a function when its turn has come. */
  async run<T>(call: () => Promise<T>, bytes = 0): Promise<T> {
    const release = await this.acquire(bytes);
    try {
      return await call();
    } finally {
      release();
    }
  }

  #admit(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#freeCalls === 0 || this.#freeBytes < next.bytes) return;
      this.#queue.shift();
      this.#freeCalls--;
      this.#freeBytes -= next.bytes;
      next.admit();
    }
  }
}
