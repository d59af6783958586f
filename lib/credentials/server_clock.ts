/**
 * What time it is at a service, as far as its answers tell.
 *
 * @module
 */
import type { IAMClient } from "../aws/connect.ts";

/** How far the clock of a service may be before ours, in milliseconds; less than 0 where it is behind. */
export interface ClockOffset {
  /** At least so far. */
  least: number;
  /** At most so far. */
  most: number;
}

const NONE: Readonly<ClockOffset> = { least: 0, most: 0 };
/** The `Date` header has whole seconds. */
const SECOND_MS = 1_000;

const offsets = new WeakMap<IAMClient, Readonly<ClockOffset>>();

/**
 * Compares our clock with that of the service at each answer that a client gets from now on. The SDK
 * does so too, but only minds five minutes.
 *
 * @param client the client
 */
export function watchClock(client: IAMClient): void {
  if (offsets.has(client)) return;
  offsets.set(client, NONE);
  client.middlewareStack.add(
    (next) => async (args) => {
      const sent = Date.now();
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Record<string, string> };
      const date = Date.parse(headers.date ?? "");
      if (!Number.isNaN(date)) {
        offsets.set(client, narrowed(clockOffset(client), offsetFrom(date, sent, Date.now())));
      }
      return result;
    },
    { step: "deserialize", name: "watchClock" },
  );
}

/**
 * How far the clock of a service is from ours.
 *
 * @param client a client that {@linkcode watchClock} was told of
 * @returns what fits all its answers; the same as ours where there was none
 */
export function clockOffset(client: IAMClient): Readonly<ClockOffset> {
  return offsets.get(client) ?? NONE;
}

/**
 * What an answer tells about the clock of a service.
 *
 * @param date its time, in whole seconds
 * @param sent our time when the request was sent
 * @param received our time when the answer came
 * @returns how far the clock of the service is before ours
 *
 * @example A clock that may be right, and one before which ours is five seconds
 * ```ts
 * import assert from "node:assert/strict";
 * import { offsetFrom } from "./server_clock.ts";
 *
 * assert.deepEqual(offsetFrom(7_000, 7_500, 7_600), { least: -600, most: 500 });
 * assert.deepEqual(offsetFrom(2_000, 7_500, 7_600), { least: -5_600, most: -4_500 });
 * ```
 */
export function offsetFrom(date: number, sent: number, received: number): ClockOffset {
  return { least: date - received, most: date + SECOND_MS - sent };
}

/**
 * What fits two answers; where nothing does, a clock has been set meanwhile, and the later one counts.
 *
 * @param earlier what was known
 * @param later what another answer tells
 * @returns what is known now
 *
 * @example Two answers, and a clock that has been set
 * ```ts
 * import assert from "node:assert/strict";
 * import { narrowed } from "./server_clock.ts";
 *
 * const known = { least: -600, most: 500 };
 * assert.deepEqual(narrowed(known, { least: 100, most: 900 }), { least: 100, most: 500 });
 * assert.deepEqual(narrowed(known, { least: 700, most: 900 }), { least: 700, most: 900 });
 * ```
 */
export function narrowed(earlier: Readonly<ClockOffset>, later: ClockOffset): ClockOffset {
  if (earlier === NONE) return later;
  const least = Math.max(earlier.least, later.least);
  const most = Math.min(earlier.most, later.most);
  return least <= most ? { least, most } : later;
}
