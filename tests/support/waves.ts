/**
 * Proves which requests are sent at the same time, without looking at a clock.
 *
 * @module
 */
import type { Sandbox } from "../../lib/sandbox/mod.ts";

/** How long a wave may take to fill on a busy machine before it counts as stuck. */
const STUCK_MS = 30_000;

/**
 * Holds requests back until a whole wave of them has arrived, then answers these and waits for the
 * next wave. Requests that are sent one after another never fill a wave of two.
 *
 * @returns the operations of each wave, and as a last one those that came after all of them
 */
export function holdInWaves(sandbox: Sandbox, sizes: readonly number[]): string[][] {
  const waves: string[][] = [...sizes, Infinity].map(() => []);
  let first = 1;
  const doors = sizes.map((times) => {
    const door = Promise.withResolvers<void>();
    sandbox.fail({ operation: "*", occurrence: first, times, until: door.promise });
    first += times;
    return door;
  });
  let current = 0;
  const timer = setTimeout(() => {
    waves[current]!.push("and no more at the same time");
    for (const door of doors) door.resolve();
  }, STUCK_MS);
  Deno.unrefTimer(timer);
  sandbox.fail({
    operation: "*",
    when({ operation = "?" }) {
      const wave = waves[current]!;
      wave.push(operation);
      if (wave.length === sizes[current]) doors[current++]!.resolve();
      return false;
    },
  });
  return waves;
}
