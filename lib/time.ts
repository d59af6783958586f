/**
 * Durations and times as people write and read them on a command line.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";

const MAX_WAIT_SECONDS = 3600;
/** How long to wait until credentials work, if not stated. */
export const DEFAULT_WAIT_SECONDS = 60;
const MIN_SECONDS = 15 * 60;
const MAX_SECONDS = 12 * 60 * 60;

/**
 * Parses how long temporary credentials will last.
 *
 * STS allows 15 minutes to 12 hours, see
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 *
 * @param text a whole number of seconds, or numbers with the units `d`, `h`, `m` and `s`
 * @returns seconds, from 900 to 43,200
 * @throws {RangeError} if the text has another form, or is under 15 minutes or over 12 hours
 *
 * @example Minutes to seconds
 * ```ts
 * import { parseDuration } from "./time.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseDuration("15m"), 900);
 * assert.equal(parseDuration("1h30m"), 5400);
 * assert.throws(() => parseDuration("13h"), RangeError);
 * ```
 */
export function parseDuration(text: string): number {
  const seconds = parseSeconds(text);
  checkDuration(seconds, text);
  return seconds;
}

/** Throws `InvalidInput` unless it is a whole number of seconds that STS allows. */
export function checkDuration(seconds: number, text = `${seconds} seconds`): void {
  if (Number.isInteger(seconds) && seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) return;
  throw new InvalidInput(`Duration must be between 15 minutes and 12 hours, not ${text}`);
}

/** Parses how long to wait, in the form of a duration: from 1 second to 1 hour. */
export function parseWait(text: string): number {
  const seconds = parseSeconds(text);
  if (seconds >= 1 && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new InvalidInput(`Duration must be between 1 second and 1 hour, not ${text}`);
}

const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Parses a duration such as `3600`, `90s`, `15m`, `1h30m` or `30d`; gives seconds. */
export function parseSeconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const match = DURATION.exec(text);
  if (match === null) {
    throw new InvalidInput(
      `Duration must be of form 3600s or 15m or 2h, not ${JSON.stringify(text)}`,
    );
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) =>
    Number(part ?? 0)
  );
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/**
 * Writes a time as the Python tool does: UTC, to the second, with a fraction only where there is one.
 *
 * @param time the time to write
 * @returns such as `2021-11-03 01:38:24+00:00`
 *
 * @example With and without a fraction
 * ```ts
 * import { formatTime } from "./time.ts";
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
