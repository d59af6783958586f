/**
 * How many requests are under way at a time, and how much memory their bodies take.
 *
 * @module
 */

import { checkConcurrency } from "./concurrency.ts";

/** Lets a number of requests through at a time, first come, first served. */
export class Gate {
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
export async function* mapAsDone<T, R>(
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
