/**
 * Calls that succeed only after a while.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";

/** How long {@linkcode retry} goes on, and with which errors. */
export interface RetryOptions {
  /** Whether an error passes with time. */
  isRetriable: (error: unknown) => boolean;
  /** Milliseconds after which the last error counts. */
  timeoutMs: number;
  /** Ends the waiting early; the last error counts then. */
  signal?: AbortSignal;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

/**
 * Calls again, with growing delays, for as long as the error is one that passes with time.
 *
 * @throws the error of the last call
 */
export async function retry<T>(
  call: () => Promise<T>,
  { isRetriable, timeoutMs, signal }: RetryOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let pause = FIRST_DELAY_MS;; pause = Math.min(2 * pause, MAX_DELAY_MS)) {
    try {
      return await call();
    } catch (error) {
      const isOver = signal?.aborted || Date.now() + pause > deadline;
      if (isOver || !isRetriable(error)) throw error;
    }
    // An aborted wait ends in one last attempt, whose error counts.
    await delay(pause, undefined, { signal }).catch(() => {});
  }
}
