/** Waiting, and no longer than it makes sense. */
import assert from "node:assert/strict";
import { delay } from "../lib/abortable.ts";
import { startTimer } from "../lib/timer.ts";

Deno.test("startTimer: calls in the order of the times, unless stopped", async () => {
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  startTimer(30, resolve);
  startTimer(20, () => calls.push("late"));
  startTimer(1, () => calls.push("early"));
  const stop = startTimer(1, () => calls.push("stopped"));
  stop();
  await promise;
  stop();
  assert.deepEqual(calls, ["early", "late"]);
});

Deno.test("delay: ends when the signal is aborted, before or while it waits", async () => {
  const never = 2 ** 31 - 1;
  await delay(never, AbortSignal.abort());
  const controller = new AbortController();
  const waiting = delay(never, controller.signal);
  controller.abort();
  await waiting;
  await delay(1, new AbortController().signal);
});
