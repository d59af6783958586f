/**
 * The limiter of a run on servers that are models of those that ask for fewer requests, in a time of
 * their own.
 */
import assert from "node:assert/strict";
import { setImmediate as settled } from "node:timers/promises";
import fc from "fast-check";
import {
  AdaptiveLimiter,
  type Clock,
  readRetryAfter,
  type Refusal,
} from "../../lib/http/adaptive_limiter.ts";
import { mapUnordered } from "../../lib/concurrency.ts";

/** A time that passes when nothing else happens. */
class TestClock implements Clock {
  #time = 0;
  readonly #sleepers: { at: number; wake(): void }[] = [];

  now(): number {
    return this.#time;
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.#time + milliseconds, wake }));
  }

  /** Lets time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    work.finally(() => isDone = true).catch(() => {});
    for (await settled(); !isDone; await settled()) {
      const at = Math.min(...this.#sleepers.map((one) => one.at));
      assert.ok(at < Infinity, "everything waits, and nothing will wake it");
      this.#time = at;
      const due = this.#sleepers.findIndex((one) => one.at === at);
      this.#sleepers.splice(due, 1)[0]!.wake();
    }
    return await work;
  }
}

class Refused extends Error implements Refusal {
  constructor(readonly retryAfterMs?: number) {
    super("503");
  }
}

const refusalOf = (error: unknown) => error instanceof Refused ? error : undefined;

/** Sends requests as a run does: so many calls at a time, each by the limiter. */
async function sendAll(
  count: number,
  concurrency: number,
  send: (request: number, clock: Clock) => Promise<void>,
): Promise<{ lost: number[]; elapsedMs: number }> {
  const clock = new TestClock();
  const limiter = new AdaptiveLimiter(clock);
  const lost: number[] = [];
  const call = (request: number) =>
    limiter.run(() => send(request, clock), refusalOf).catch(() => void lost.push(request));
  const requests = Array.from({ length: count }, (_, at) => at);
  await clock.run(Array.fromAsync(mapUnordered(requests, call, concurrency)));
  return { lost, elapsedMs: clock.now() };
}

/** Whether a server takes a request at a time. */
type Taking = (now: number) => boolean;

const SERVERS: Record<string, (rate: number) => Taking> = {
  "so many in each second": (rate) => {
    let second = 0;
    let taken = 0;
    return (now) => {
      if (Math.floor(now / 1000) > second) [second, taken] = [Math.floor(now / 1000), 0];
      return taken++ < rate;
    };
  },
  "one every so often": (rate) => {
    let next = 0;
    return (now) => {
      if (now < next) return false;
      next = now + 1000 / rate;
      return true;
    };
  },
  "so many in the last second, refused ones too": (rate) => {
    const times: number[] = [];
    return (now) => {
      while (times.length > 0 && times[0]! <= now - 1000) times.shift();
      times.push(now);
      return times.length <= rate;
    };
  },
};

for (const [what, serverOf] of Object.entries(SERVERS)) {
  Deno.test(`AdaptiveLimiter: loses nothing on a server that takes ${what}`, async () => {
    const numbers = fc.record({
      rate: fc.integer({ min: 2, max: 200 }),
      concurrency: fc.constantFrom(1, 2, 8, 32, 64, 200),
      latencyMs: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(numbers, async ({ rate, concurrency, latencyMs }) => {
        const takes = serverOf(rate);
        const { lost } = await sendAll(300, concurrency, async (_, clock) => {
          const isTaken = takes(clock.now());
          await clock.pause(isTaken ? latencyMs : 1);
          if (!isTaken) throw new Refused();
        });
        assert.deepEqual(lost, []);
      }),
      { numRuns: 20, examples: [[{ rate: 20, concurrency: 64, latencyMs: 2 }]] },
    );
  });
}

Deno.test("AdaptiveLimiter: gives up a server that refuses everything, without asking it for ever", async () => {
  let sent = 0;
  const { lost } = await sendAll(600, 32, () => {
    sent++;
    return Promise.reject(new Refused());
  });
  assert.equal(lost.length, 600);
  assert.ok(sent < 600 + 32 * 10, String(sent));
});

Deno.test("AdaptiveLimiter: gives up the one request that is always refused, and does the others", async () => {
  const { lost } = await sendAll(300, 8, async (request, clock) => {
    await clock.pause(10);
    if (request === 7) throw new Refused();
  });
  assert.deepEqual(lost, [7]);
});

Deno.test("AdaptiveLimiter: throws other errors at once, and loses no place by them", async () => {
  let sent = 0;
  const { lost } = await sendAll(100, 4, () => {
    sent++;
    return Promise.reject(new Error("404"));
  });
  assert.deepEqual([lost.length, sent], [100, 100]);
});

Deno.test("AdaptiveLimiter: sends what was refused before what came later", async () => {
  const sent: number[] = [];
  await sendAll(12, 6, async (request, clock) => {
    sent.push(request);
    await clock.pause(10);
    if (sent.length <= 4) throw new Refused();
  });
  const again = [0, 1, 2, 3].map((request) => sent.lastIndexOf(request));
  assert.deepEqual(sent.slice(0, 6), [0, 1, 2, 3, 4, 5]);
  assert.ok(Math.max(...again) < sent.indexOf(6), String(sent));
});

Deno.test("AdaptiveLimiter: halves the requests at a time after a refusal, and adds to them with success", async () => {
  let running = 0;
  const atATime: number[] = [];
  let isFirst = true;
  await sendAll(400, 16, async (_, clock) => {
    running++;
    await clock.pause(10);
    const isRefused = isFirst && running === 16;
    if (isRefused) isFirst = false;
    else atATime.push(running);
    running--;
    if (isRefused) throw new Refused();
  });
  const after = atATime.slice(16);
  assert.ok(Math.max(...after.slice(0, 8)) < 10, String(after));
  assert.equal(Math.max(...after), 16);
});

for (const [asked, waited] of [[3_000, 3_000], [120_000, 10_000]] as const) {
  Deno.test(`AdaptiveLimiter: sends nothing for ${waited} ms after Retry-After: ${asked / 1000}`, async () => {
    const times: number[] = [];
    await sendAll(20, 4, async (request, clock) => {
      times.push(clock.now());
      await clock.pause(1);
      if (request === 0 && times.length <= 4) throw new Refused(asked);
    });
    assert.deepEqual(times.slice(0, 4), [0, 0, 0, 0]);
    assert.ok(times.slice(4).every((time) => time > waited), String(times));
    assert.ok(times[4]! < waited + 1_000, String(times));
  });
}

Deno.test("AdaptiveLimiter: ends the waiting when the signal is aborted", async () => {
  const stop = new AbortController();
  const clock = new TestClock();
  const limiter = new AdaptiveLimiter(clock, stop.signal);
  let count = 0;
  const refused = limiter.run(async () => {
    if (count++ === 0) throw new Refused();
    await clock.pause(1);
  }, refusalOf);
  await settled();
  const order: string[] = [];
  const [first, second] = ["first", "second"].map((name) =>
    limiter.run(() => Promise.resolve(order.push(name)), refusalOf)
  );
  await settled();
  stop.abort(new Error("stopped"));
  for (const waiting of [first!, second!]) await assert.rejects(waiting, { message: "stopped" });
  await clock.run(refused);
  assert.deepEqual([order, count], [[], 2]);
});

Deno.test("readRetryAfter: reads seconds and dates, and nothing else", () => {
  const now = Date.parse("2026-11-26T12:00:00Z");
  const headers = [
    "3",
    "Thu, 26 Nov 2026 12:00:05 GMT",
    "0",
    "Thu, 26 Nov 2026 11:00:00 GMT",
    "soon",
  ];
  const read = headers.map((header) => readRetryAfter(header, now));
  assert.deepEqual(read, [3_000, 5_000, undefined, undefined, undefined]);
  assert.equal(readRetryAfter(undefined, now), undefined);
});
