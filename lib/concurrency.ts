/**
 * Many calls at the same time, but not too many.
 *
 * @module
 */
import { S3CredentialsError } from "./errors.ts";

/** How many calls run at the same time where nothing else is asked for. */
export const DEFAULT_CONCURRENCY = 16;

/**
 * Checks how many calls shall run at the same time: with none, or half a one, work would never end.
 *
 * @param limit what the caller wants
 * @throws {S3CredentialsError} `usage` if that makes no sense
 *
 * @example None
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkConcurrency } from "./concurrency.ts";
 *
 * assert.throws(() => checkConcurrency(0), { code: "usage" });
 * ```
 */
export function checkConcurrency(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1) return;
  const message = `Invalid concurrency ${limit}: expected a whole number, 1 or more`;
  throw new S3CredentialsError("usage", message);
}

/**
 * Does the same with each item, several at a time, and gives the results in the order of the items.
 *
 * Items are taken only as results are asked for, so that a long source is never held whole.
 *
 * @param items what to work on; may be endless
 * @param work what to do with one of them
 * @param limit how many at the same time
 * @returns the results, one for each item
 * @throws {S3CredentialsError} `usage` for a limit that makes no sense
 * @throws the first error of `work`, in the order of the items; no further item is begun after it
 *
 * @example Two at a time
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapOrdered } from "./concurrency.ts";
 *
 * const doubled = mapOrdered([1, 2, 3], (n) => Promise.resolve(2 * n), 2);
 * assert.deepEqual(await Array.fromAsync(doubled), [2, 4, 6]);
 * ```
 */
export async function* mapOrdered<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  limit: number = DEFAULT_CONCURRENCY,
): AsyncGenerator<R> {
  checkConcurrency(limit);
  const underWay: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // Its failure is thrown when its turn comes; until then it must not count as unhandled.
      result.catch(() => {});
      underWay.push(result);
      if (underWay.length >= limit) yield await underWay.shift()!;
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await Promise.allSettled(underWay);
  }
}

/** Lets a number of requests through at a time, first come, first served. */
export class Limiter {
  #free: number;
  #freeBytes: number;
  readonly #totalBytes: number;
  readonly #queue: { bytes: number; admit(): void }[] = [];

  /**
   * @param requests how many at a time
   * @param bytes how much their bodies may take together; one that takes more goes alone
   * @throws {S3CredentialsError} `usage` for a number of requests that makes no sense
   */
  constructor(requests: number, bytes = Infinity) {
    checkConcurrency(requests);
    this.#free = requests;
    this.#freeBytes = this.#totalBytes = bytes;
  }

  /**
   * Waits until there is room.
   *
   * @param bytes the size of the body to be held in memory
   * @returns call it to make room again
   */
  async enter(bytes = 0): Promise<() => void> {
    const taken = Math.min(bytes, this.#totalBytes);
    if (this.#queue.length > 0 || !this.#hasRoom(taken)) {
      await new Promise<void>((admit) => this.#queue.push({ bytes: taken, admit }));
    } else this.#take(taken);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#free++;
      this.#freeBytes += taken;
      this.#admitNext();
    };
  }

  /**
   * Does something as soon as there is room.
   *
   * @param work what to do
   * @param bytes the size of the body to be held in memory
   * @returns what it gave
   */
  async run<T>(work: () => Promise<T>, bytes = 0): Promise<T> {
    const leave = await this.enter(bytes);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  #hasRoom(bytes: number): boolean {
    return this.#free > 0 && this.#freeBytes >= bytes;
  }

  #take(bytes: number): void {
    this.#free--;
    this.#freeBytes -= bytes;
  }

  #admitNext(): void {
    for (let next = this.#queue[0]; next && this.#hasRoom(next.bytes); next = this.#queue[0]) {
      this.#take(next.bytes);
      this.#queue.shift();
      next.admit();
    }
  }
}

/**
 * Does the same with each item, several at a time, and gives each result as soon as it is there.
 *
 * @param items what to work on; taken only as there is room
 * @param work what to do with one of them
 * @param limit how many at the same time
 * @param onEarlyEnd told when the results are no longer wanted or something has failed; what is under
 *   way may then be broken off
 * @returns the results, in the order in which they come
 * @throws {S3CredentialsError} `usage` for a limit that makes no sense
 * @throws the first error of `items` or `work`, once what was under way has ended
 */
export async function* mapUnordered<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<R>,
  limit: number,
  onEarlyEnd: () => void = () => {},
): AsyncGenerator<R> {
  checkConcurrency(limit);
  const done: R[] = [];
  let failure: { error: unknown } | undefined;
  let isOver = false;
  let wake = () => {};
  const source = Symbol.asyncIterator in items
    ? items[Symbol.asyncIterator]()
    : items[Symbol.iterator]();
  // Several workers must not ask an ordinary iterator for its next item at the same time.
  let turn: Promise<unknown> = Promise.resolve();
  const take = () => {
    const next = turn.then(() =>
      isOver ? { done: true as const, value: undefined } : source.next()
    );
    turn = next.catch(() => {});
    return next;
  };
  const worker = async () => {
    try {
      for (let item = await take(); !item.done; item = await take()) {
        done.push(await work(item.value));
        wake();
      }
    } catch (error) {
      if (failure === undefined) {
        failure = { error };
        onEarlyEnd();
      }
    }
    isOver = true;
    wake();
  };
  let active = limit;
  const workers = Array.from({ length: limit }, () =>
    worker().finally(() => {
      active--;
      wake();
    }));
  try {
    while (active > 0 || done.length > 0) {
      if (done.length > 0) {
        yield* done.splice(0);
        continue;
      }
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    isOver = true;
    if (active > 0) onEarlyEnd();
    await Promise.all(workers);
    await source.return?.();
  }
  if (failure !== undefined) throw failure.error;
}
