/**
 * A timer that is quick to load: for `setTimeout` and its like, Deno loads all of Node's timers, which
 * takes as long as half a small object does to come. One that is stopped costs more than it does there:
 * where many are, `setTimeout` is better.
 *
 * @module
 */

/** Calls a function after a time, unless the function that this gives is called before. */
export function startTimer(milliseconds: number, call: () => void): () => void {
  const signal = AbortSignal.timeout(milliseconds);
  signal.addEventListener("abort", call);
  // Without a listener, it keeps no process alive.
  return () => signal.removeEventListener("abort", call);
}
