/** Waiting, and no longer than it makes sense. */
import assert from "node:assert/strict";
import { delay } from "../lib/abortable.ts";
import { startTimer } from "../lib/timer.ts";

Deno.test("startTimer: calls once the time is over, unless stopped", async () => {
  const calls: string[] = [];
  const after = (milliseconds: number, name: string) =>
    new Promise<void>((resolve) => {
      startTimer(milliseconds, () => {
        calls.push(name);
        resolve();
      });
    });
  const stop = startTimer(1, () => calls.push("stopped"));
  stop();
  await after(1, "early");
  await after(20, "late");
  stop();
  assert.deepEqual(calls, ["early", "late"]);
});

Deno.test("startTimer: a time without end does not end at once", async () => {
  for (const never of [2 ** 31, Number.MAX_SAFE_INTEGER, Infinity]) {
    let isOver = false;
    const stop = startTimer(never, () => isOver = true);
    await delay(5);
    stop();
    assert.equal(isOver, false, String(never));
  }
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
