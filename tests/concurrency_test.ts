/**
 * Calls that run at the same time: their order, their limits and their errors.
 */
import assert from "node:assert/strict";
import { Limiter, mapOrdered, mapUnordered } from "../lib/concurrency.ts";

Deno.test("Limiter: limits calls and bytes, first come, first served", async () => {
  const limiter = new Limiter(2, 10);
  const order: number[] = [];
  const releases = [await limiter.acquire(4), await limiter.acquire(4)];
  const waiting = [9, 1].map((bytes, index) =>
    limiter.acquire(bytes).then((release) => (order.push(index), release))
  );
  await Promise.resolve();
  assert.deepEqual(order, []);
  releases[0]!();
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(order, [], "nine bytes don't fit beside four");
  releases[1]!();
  for (const release of await Promise.all(waiting)) release();
  assert.deepEqual(order, [0, 1]);
  assert.equal(await limiter.run(() => Promise.resolve("alone"), 1000), "alone");
});

/** Calls that end when the test says so. */
class Calls<T> {
  readonly started: T[] = [];
  readonly #pending = new Map<T, PromiseWithResolvers<T>>();

  readonly call = (item: T): Promise<T> => {
    this.started.push(item);
    const pending = Promise.withResolvers<T>();
    this.#pending.set(item, pending);
    return pending.promise;
  };

  /** Ends a call, and lets everything happen that follows from it. */
  async end(item: T, error?: Error): Promise<void> {
    const { resolve, reject } = this.#pending.get(item)!;
    if (error === undefined) resolve(item);
    else reject(error);
    await settled();
  }
}

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

for (const map of [mapOrdered, mapUnordered]) {
  Deno.test(`${map.name}: yields in its order, with no more calls than the limit`, async () => {
    const calls = new Calls<number>();
    const results: number[] = [];
    const reading = (async () => {
      for await (const result of map([1, 2, 3, 4], calls.call, 2)) results.push(result);
    })();
    await settled();
    assert.deepEqual(calls.started, [1, 2]);
    await calls.end(2);
    assert.deepEqual(results, map === mapOrdered ? [] : [2]);
    await calls.end(1);
    assert.deepEqual(results, map === mapOrdered ? [1, 2] : [2, 1]);
    assert.deepEqual(calls.started, [1, 2, 3, 4]);
    await calls.end(4);
    await calls.end(3);
    await reading;
    assert.deepEqual(results, map === mapOrdered ? [1, 2, 3, 4] : [2, 1, 4, 3]);
  });

  Deno.test(`${map.name}: throws the first error when the calls that were running have ended`, async () => {
    const calls = new Calls<number>();
    const messages: string[] = [];
    const reading = Array.fromAsync(map([1, 2, 3, 4], calls.call, 2))
      .catch(({ message }) => void messages.push(message));
    await settled();
    await calls.end(1, new Error("unlucky"));
    assert.deepEqual(messages, [], "2 is still running");
    await calls.end(2);
    await reading;
    assert.deepEqual(messages, ["unlucky"]);
    assert.deepEqual(calls.started, [1, 2]);
  });
}

Deno.test("mapUnordered: tells of an early end once, and not of an ordinary one", async () => {
  let ends = 0;
  const onEarlyEnd = () => void ends++;
  const call = (item: number) => Promise.resolve(item);
  await Array.fromAsync(mapUnordered([1, 2, 3], call, 2, onEarlyEnd));
  assert.equal(ends, 0);
  for await (const _ of mapUnordered([1, 2, 3], call, 1, onEarlyEnd)) break;
  assert.equal(ends, 1);
  const fail = () => Promise.reject(new Error("unlucky"));
  await assert.rejects(Array.fromAsync(mapUnordered([1, 2, 3], fail, 2, onEarlyEnd)), /unlucky/);
  assert.equal(ends, 2);
});

Deno.test("mapUnordered: takes items of a slow source one by one, with several workers", async () => {
  async function* items() {
    for (const item of [1, 2, 3, 4, 5]) {
      await settled();
      yield item;
    }
  }
  const results = mapUnordered(items(), (item) => Promise.resolve(item), 3);
  assert.deepEqual((await Array.fromAsync(results)).sort(), [1, 2, 3, 4, 5]);
});
