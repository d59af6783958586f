/**
 * Calls that may succeed if they are repeated.
 *
 * @module
 */
import { delay } from "./abortable.ts";

/** How long {@linkcode retry} goes on, and with which errors. */
export interface RetryOptions {
  /** Whether an error may pass with time. */
  isRetriable: (error: unknown) => boolean;
  /** Milliseconds after which the last error is thrown. */
  timeoutMs: number;
  /** Ends the waiting early, with one last attempt. */
  signal?: AbortSignal;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;

const MAX_BACKOFF_MS = 5_000;

/** Milliseconds to wait after a number of failures: twice as long each time, with jitter. */
export function backoffMs(failures: number, firstMs: number): number {
  const longest = Math.min(firstMs * 2 ** (failures - 1), MAX_BACKOFF_MS);
  // Requests that were refused together should not come back together.
  return longest * (0.5 + Math.random() / 2);
}

/** Calls again, with growing delays, as long as the error is retriable; throws that of the last call. */
export async function retry<T>(
  call: () => Promise<T>,
  { isRetriable, timeoutMs, signal }: RetryOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let delayMs = FIRST_DELAY_MS;; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
    try {
      return await call();
    } catch (error) {
      const isOver = signal?.aborted || Date.now() + delayMs > deadline;
      if (isOver || !isRetriable(error)) throw error;
    }
    await delay(delayMs, signal);
  }
}
