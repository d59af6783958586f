/**
 * Many calls at a time, but not too many; calls that succeed only after a while; calls that nobody
 * waits for any longer.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";

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
 * import { mapInOrder } from "./concurrency.ts";
 *
 * const doubled = mapInOrder([1, 2, 3], (n) => Promise.resolve(2 * n), 2);
 * assert.deepEqual(await Array.fromAsync(doubled), [2, 4, 6]);
 * ```
 */
export async function* mapInOrder<T, R>(
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

/** How long {@linkcode patiently} goes on. */
export interface Patience {
  /** Milliseconds after which the last error counts. */
  patienceMs: number;
  /** Ends the waiting early. */
  signal?: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Calls again, with growing pauses, for as long as the error is one that passes.
 *
 * @param call what to try
 * @param passes whether an error is one that passes with time
 * @param patience for how long
 * @returns what `call` gave in the end
 * @throws the error of the last call
 */
export async function patiently<T>(
  call: () => Promise<T>,
  passes: (error: unknown) => boolean,
  patience: Patience,
): Promise<T> {
  const deadline = Date.now() + patience.patienceMs;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await call();
    } catch (error) {
      const isOver = patience.signal?.aborted || Date.now() + pause > deadline;
      if (isOver || !passes(error)) throw error;
    }
    await sleep(pause, patience.signal);
  }
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
}

/**
 * Stops where the caller wants no more.
 *
 * @param signal the caller's
 * @throws {S3CredentialsError} `interrupted` once it is aborted
 */
export function stopIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new S3CredentialsError("interrupted", "Interrupted");
}

/**
 * Waits for work for as long as the caller wants to.
 *
 * @param work what is under way; it is left alone where the waiting ends early
 * @param signal the caller's
 * @returns what the work gave
 * @throws {S3CredentialsError} `interrupted` as soon as the signal is aborted
 */
export async function unlessInterrupted<T>(
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (signal === undefined) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new S3CredentialsError("interrupted", "Interrupted"));
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
