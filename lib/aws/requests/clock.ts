/**
 * How far AWS's clock is ahead of this machine's, as its answers tell.
 *
 * @module
 */

/** What requests are signed by; all clients of a connection share one. */
export interface Clock {
  /** Milliseconds by which AWS's clock is ahead. */
  offsetMs: number;
}

/** A request that is signed for next year could be kept, and sent then. */
const MAX_OFFSET_MS = 24 * 60 * 60_000;
/** AWS accepts a signature that is up to five minutes off everywhere. */
const TOLERANCE_MS = 4 * 60_000;

/** Whether a server's date can be true that differs so much from this machine's. */
export function isBelievable(offsetMs: number): boolean {
  return Math.abs(offsetMs) <= MAX_OFFSET_MS;
}

/** Whether a clock tells another time than before: by so much that a signature then is refused. */
export function isCorrection(beforeMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - beforeMs) >= TOLERANCE_MS;
}

/** Sets the clock by the answer to a refused request; says whether it was off, which may be the reason. */
export function correctClock(clock: Clock, { date = "", age }: Record<string, string>): boolean {
  const offsetMs = Date.parse(date) - Date.now();
  // An answer from a cache has the date on which it was put there.
  if (age !== undefined || !isBelievable(offsetMs)) return false;
  if (!isCorrection(clock.offsetMs, offsetMs)) return false;
  clock.offsetMs = offsetMs;
  return true;
}
