/**
 * Durations as they are typed.
 */
import { checkDuration, formatStart, formatTime, parseDuration, parseWait } from "../lib/time.ts";
import assert from "node:assert/strict";

for (
  const [text, seconds] of [
    ["3600", 3600],
    ["3600s", 3600],
    ["15m", 900],
    ["2h", 7200],
    ["1h30m", 5400],
    ["1h15m30s", 4530],
    ["0d1h", 3600],
    ["90m", 5400],
    ["12h", 43_200],
  ] as const
) {
  Deno.test(`parseDuration: ${text}`, () => assert.equal(parseDuration(text), seconds));
}

for (const text of ["14m59s", "12h1s", "1d", "0", "899"]) {
  Deno.test(`parseDuration: ${text} is out of bounds`, () => {
    const given = /\D/.test(text) ? text : `${text} seconds`;
    const message = `Duration must be between 15 minutes and 12 hours, not ${given}`;
    assert.throws(() => parseDuration(text), { message });
  });
}

for (const text of ["", "h", "s30", "30m1h", "1h30", "1 h", "+1h", "-1h", "1.5h", "1H", "1h1h"]) {
  Deno.test(`parseDuration: "${text}" is no duration`, () => {
    const message = `Duration must be of form 3600s or 15m or 2h, not "${text}"`;
    assert.throws(() => parseDuration(text), { message });
  });
}

Deno.test("parseWait: from a second to an hour", () => {
  assert.deepEqual(["1", "90s", "1m30s", "1h"].map(parseWait), [1, 90, 90, 3600]);
  for (const text of ["0", "61m"]) assert.throws(() => parseWait(text), /1 second and 1 hour/);
});

Deno.test("formatTime: UTC, with a fraction only if it isn't zero", () => {
  assert.equal(formatTime(new Date("2021-11-03T01:38:24Z")), "2021-11-03 01:38:24+00:00");
  assert.equal(formatTime(new Date("2021-11-03T01:38:24.5Z")), "2021-11-03 01:38:24.500000+00:00");
});

Deno.test("formatStart: to the second, and never too early", () => {
  assert.equal(formatStart(new Date("2021-11-03T01:38:24Z")), "2021-11-03 01:38:24+00:00");
  assert.equal(formatStart(new Date("2021-11-03T01:38:24.001Z")), "2021-11-03 01:38:25+00:00");
});

Deno.test("checkDuration: a text in place of a number is said to be wrong as such", () => {
  assert.throws(() => checkDuration("15m" as unknown as number), {
    message:
      'Duration must be between 15 minutes and 12 hours, not "15m": expected a number of seconds',
  });
});
