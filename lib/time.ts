/**
 * Durations and times as people write and read them on a command line.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";

const MAX_WAIT_SECONDS = 3600;
/** How long to wait until credentials work, if not stated. */
export const DEFAULT_WAIT_SECONDS = 60;
/** How long the old key of a rotation is inactive before it is deleted, if not stated. */
export const DEFAULT_GRACE_SECONDS = 86_400;
const MIN_SECONDS = 15 * 60;
const MAX_SECONDS = 12 * 60 * 60;

/**
 * Parses how long temporary credentials will last: 15 minutes to 12 hours, in seconds, see
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function parseDuration(text: string): number {
  const seconds = parseSeconds(text);
  checkDuration(seconds, text);
  return seconds;
}

/** Throws `InvalidInput` unless it is a whole number of seconds that STS allows. */
export function checkDuration(seconds: number, text?: string): void {
  if (Number.isInteger(seconds) && seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) return;
  throw new InvalidInput(
    `Duration must be between 15 minutes and 12 hours, not ${given(seconds, text)}`,
  );
}

/** What was given for a duration, with its unit. */
function given(seconds: unknown, text: string | undefined): string {
  if (text !== undefined && /\D/.test(text)) return text;
  return typeof seconds === "number"
    ? `${seconds} seconds`
    : `${JSON.stringify(seconds)}: expected a number of seconds`;
}

/** Parses how long to wait, in the form of a duration: from 1 second to 1 hour. */
export function parseWait(text: string): number {
  const seconds = parseSeconds(text);
  if (seconds >= 1 && seconds <= MAX_WAIT_SECONDS) return seconds;
  throw new InvalidInput(
    `Duration must be between 1 second and 1 hour, not ${given(seconds, text)}`,
  );
}

const MAX_URL_SECONDS = 7 * 24 * 60 * 60;

/** Parses how long a presigned URL will work: from 1 second to 7 days. */
export function parseUrlDuration(text: string): number {
  const seconds = parseSeconds(text);
  checkUrlDuration(seconds, text);
  return seconds;
}

/** Throws `InvalidInput` unless it is a whole number of seconds that S3 allows for a URL. */
export function checkUrlDuration(seconds: number, text?: string): void {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_URL_SECONDS) return;
  throw new InvalidInput(
    `Duration must be between 1 second and 7 days, not ${given(seconds, text)}`,
  );
}

const DURATION = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/** Parses a duration such as `3600`, `90s`, `15m`, `1h30m` or `30d`; returns seconds. */
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

/** Parses an age, which must have a unit: a number alone would be read as seconds. */
export function parseAge(text: string, example = "90d or 12h"): number {
  if (/\D/.test(text) && DURATION.test(text)) return parseSeconds(text);
  throw new InvalidInput(`expected a time such as ${example}, not ${JSON.stringify(text)}`);
}

const MIN_UNUSED_SECONDS = 86_400;

/** Throws `InvalidInput` unless it is long enough that AWS would have recorded a use of a key. */
export function checkUnusedFor(seconds: number): void {
  if (seconds >= MIN_UNUSED_SECONDS) return;
  throw new InvalidInput(
    "expected a day or more: AWS records the last use of a key only some time later",
  );
}

/**
 * Parses when keys expire: in a time such as `30d` or `12h`, or at a date or time such as `2027-01-31` or
 * `2027-01-31T17:00+01:00`; without an offset it is UTC. To the second.
 */
export function parseExpiry(text: string, now: Date): Date {
  if (DURATION.test(text)) {
    return wholeSecond(now.getTime() + 1000 * parseSeconds(text));
  }
  return parseTime(text, "30d, 12h, 2027-01-31 or 2027-01-31T17:00Z");
}

/** Parses a date or time such as `2027-01-31T17:00+01:00`; without an offset it is UTC. To the second. */
export function parseTime(text: string, examples = "2027-01-31 or 2027-01-31T17:00Z"): Date {
  const form = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(
    text,
  );
  const utc = text.length > 10 && form?.[1] === undefined ? "Z" : "";
  const time = form === null ? NaN : Date.parse(text.replace(" ", "T") + utc);
  if (Number.isNaN(time) || !isDay(text.slice(0, 10))) {
    throw new InvalidInput(`expected a time such as ${examples}, not ${JSON.stringify(text)}`);
  }
  return wholeSecond(time);
}

/** A day that its month doesn't have would be taken for one of the next month. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function wholeSecond(milliseconds: number): Date {
  return new Date(1000 * Math.floor(milliseconds / 1000));
}

/** A time in ISO 8601, to the second, such as `2027-01-31T17:00:00Z`. */
export function isoSeconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** A time as the Python tool writes it: UTC, to the second, with a fraction only if it isn't zero. */
export function formatTime(time: Date): string {
  const [date = "", clock = ""] = time.toISOString().slice(0, -1).split("T");
  const [second = "", fraction = ""] = clock.split(".");
  const microseconds = Number(fraction) === 0 ? "" : `.${fraction}000`;
  return `${date} ${second}${microseconds}+00:00`;
}

/** The first whole second at or after a time, in the same form. */
export function formatStart(time: Date): string {
  return formatTime(new Date(1000 * Math.ceil(time.getTime() / 1000)));
}
