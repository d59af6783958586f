/**
 * A bound on the calls that are under way at the same time.
 *
 * @module
 */

/** Makes a call as soon as there is room for it, first come, first served. */
export type Limiter = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * Bounds the calls that share it, wherever they come from.
 *
 * @param limit how many at the same time
 * @returns what to make each call with
 *
 * @example One at a time
 * ```ts
 * import assert from "node:assert/strict";
 * import { limiter } from "./limiter.ts";
 *
 * const limited = limiter(1);
 * const order: string[] = [];
 * const call = (name: string) =>
 *   limited(async () => {
 *     order.push(`${name} begins`);
 *     await Promise.resolve();
 *     order.push(`${name} ends`);
 *   });
 * await Promise.all([call("a"), call("b")]);
 * assert.deepEqual(order, ["a begins", "a ends", "b begins", "b ends"]);
 * ```
 */
export function limiter(limit: number): Limiter {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (call) => {
    if (free > 0) free--;
    else await new Promise<void>((admit) => waiting.push(admit));
    try {
      return await call();
    } finally {
      // The place goes to who waits longest, or becomes free.
      const admit = waiting.shift();
      if (admit === undefined) free++;
      else admit();
    }
  };
}
