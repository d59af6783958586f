/**
 * A timer that is quick to load: for `setTimeout` and the like, Deno loads all of Node's timers, which
 * takes half as long as downloading a small object. Stopping one costs more than `clearTimeout`: where
 * many are stopped, `setTimeout` is better.
 *
 * @module
 */

/** A longer time would be over at once. */
const MAX_MS = 2 ** 31 - 1;

/** A signal that is aborted after a time. Without a listener, it keeps no process alive. */
export function timeoutSignal(milliseconds: number): AbortSignal {
  return AbortSignal.timeout(Math.min(milliseconds, MAX_MS));
}

/** Calls a function after a time, unless the function that this returns is called first. */
export function startTimer(milliseconds: number, call: () => void): () => void {
  const signal = timeoutSignal(milliseconds);
  signal.addEventListener("abort", call);
  return () => signal.removeEventListener("abort", call);
}
