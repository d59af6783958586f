/**
 * Durations and times as people write and read them on a command line.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";

const SECONDS_PER_UNIT: Record<string, number> = { s: 1, m: 60, h: 3600 };
const LONGEST_WAIT_SECONDS = 3600;
/** For how long to wait until credentials work, where nothing else is asked for. */
export const DEFAULT_WAIT_SECONDS = 60;
const SHORTEST_SECONDS = 15 * 60;
const LONGEST_SECONDS = 12 * 60 * 60;

/**
 * Reads how long temporary credentials shall last.
 *
 * STS allows 15 minutes to 12 hours, see
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 *
 * @param text a whole number of seconds, or one followed by `s`, `m` or `h`
 * @returns seconds, from 900 to 43,200
 * @throws {RangeError} if the text has another form
 * @throws {RangeError} if it is shorter than 15 minutes or longer than 12 hours
 *
 * @example Minutes to seconds
 * ```ts
 * import { parseDuration } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseDuration("15m"), 900);
 * assert.throws(() => parseDuration("13h"), RangeError);
 * ```
 */
export function parseDuration(text: string): number {
  const seconds = parseSeconds(text);
  checkDuration(seconds);
  return seconds;
}

/**
 * Checks how long temporary credentials shall last.
 *
 * @param seconds the duration
 * @throws {RangeError} if it is no whole number from 900 to 43,200
 *
 * @example A minute
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkDuration } from "./time.ts";
 *
 * checkDuration(900);
 * assert.throws(() => checkDuration(60), RangeError);
 * ```
 */
export function checkDuration(seconds: number): void {
  if (
    !Number.isInteger(seconds) || seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS
  ) {
    throw new InvalidInput("Duration must be between 15 minutes and 12 hours");
  }
}

/**
 * Reads how long something may be waited for.
 *
 * @param text a whole number of seconds, or one followed by `s`, `m` or `h`
 * @returns seconds, from 1 to 3,600
 * @throws {RangeError} if the text has another form
 * @throws {RangeError} if it is zero or more than an hour
 *
 * @example A minute
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseWait } from "./time.ts";
 *
 * assert.equal(parseWait("1m"), 60);
 * ```
 */
export function parseWait(text: string): number {
  const seconds = parseSeconds(text);
  if (seconds >= 1 && seconds <= LONGEST_WAIT_SECONDS) return seconds;
  throw new InvalidInput("Duration must be between 1 second and 1 hour");
}

function parseSeconds(text: string): number {
  const match = /^(\d+)([smh]?)$/.exec(text);
  if (match === null) throw new InvalidInput("Duration must be of form 3600s or 15m or 2h");
  return Number(match[1]) * (SECONDS_PER_UNIT[match[2] ?? ""] ?? 1);
}

/**
 * Writes a time as the Python tool does: UTC, to the second, with a fraction only where there is one.
 *
 * @param time the time to write
 * @returns such as `2021-11-03 01:38:24+00:00`
 *
 * @example With and without a fraction
 * ```ts
 * import { formatTime } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatTime(new Date("2021-11-03T01:38:24Z")), "2021-11-03 01:38:24+00:00");
 * assert.equal(formatTime(new Date("2021-11-03T01:38:24.5Z")), "2021-11-03 01:38:24.500000+00:00");
 * ```
 */
export function formatTime(time: Date): string {
  const [date = "", clock = ""] = time.toISOString().slice(0, -1).split("T");
  const [second = "", fraction = ""] = clock.split(".");
  const microseconds = Number(fraction) === 0 ? "" : `.${fraction}000`;
  return `${date} ${second}${microseconds}+00:00`;
}
