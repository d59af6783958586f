/**
 * A timer that is quick to load: for `setTimeout` and its like, Deno loads all of Node's timers, which
 * takes as long as half a small object does to come. One that is stopped costs more than it does there:
 * where many are, `setTimeout` is better.
 *
 * @module
 */

/** A longer time would be over at once. */
const MAX_MS = 2 ** 31 - 1;

/** A signal that is aborted after a time. Without a listener, it keeps no process alive. */
export function timeoutSignal(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(Math.min(milliseconds, MAX_MS));
}

/** Calls a function after a time, unless the function that this gives is called before. */
export function startTimer(milliseconds: number, call: () => void): () => void {
  const signal = timeoutSignal(milliseconds);
  signal.addEventListener("abort", call);
  return () => signal.removeEventListener("abort", call);
}
