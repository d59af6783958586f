/**
 * The progress line: what it says, and when it is quiet.
 */
import assert from "node:assert/strict";
import {
  describeProgress,
  describeResult,
  describeStop,
  formatBytes,
} from "../../lib/cli/progress.ts";
import { BUCKET, noise, stage } from "../support/objects.ts";

const CLEAR_LINE = "\r\x1b[K";

const HALF = {
  objects: 3,
  totalObjects: 10,
  bytes: 5 * 2 ** 20,
  totalBytes: 10 * 2 ** 20,
  isTotalFinal: true,
};

Deno.test("describeProgress: says bytes, rate, files and the time left", () => {
  assert.equal(
    describeProgress("Uploading", HALF, 2_000, 120),
    "Uploading  50%  ▕██████████          ▏  5.0/10.0 MiB  2.5 MiB/s  3/10 files  0:02 left",
  );
});

Deno.test("describeProgress: says no share while objects are still being found", () => {
  assert.equal(
    describeProgress("Downloading", { ...HALF, isTotalFinal: false }, 2_000, 120),
    "Downloading  5.0 MiB  2.5 MiB/s  3/10+ files",
  );
});

const STREAM = { objects: 0, totalObjects: 1, bytes: 1024, totalBytes: 0, isTotalFinal: false };

Deno.test("describeProgress: says the size and rate of a stream of unknown length", () => {
  assert.equal(
    describeProgress("Uploading", STREAM, 1_000, 80),
    "Uploading  1.0 KiB  1.0 KiB/s",
  );
});

Deno.test("describeProgress: has a bar for many large files, at 80 columns and at 40", () => {
  const many = { ...HALF, objects: 1000, totalObjects: 2000, bytes: 2 ** 29, totalBytes: 2 ** 30 };
  assert.equal(
    describeProgress("Downloading", many, 2_000, 79),
    "Downloading  50%  ▕████████        ▏  0.5/1.0 GiB  256.0 MiB/s  1000/2000 files",
  );
  for (const columns of [40, 60, 80, 120]) {
    assert.match(describeProgress("Downloading", many, 2_000, columns - 1), /▕█+▌? +▏/);
  }
});

const DONE = { ...HALF, objects: 10, bytes: HALF.totalBytes };
const NONE = { ...DONE, objects: 0, totalObjects: 0, bytes: 0 };

for (
  const [name, progress, failed, milliseconds, expected] of [
    ["all", DONE, 0, 61_000, "Uploaded 10 files, 10.0 MiB in 1:01 (167.9 KiB/s)"],
    ["all, piped", DONE, 0, 0, "Uploaded 10 files, 10.0 MiB"],
    ["all but two", DONE, 2, 0, "Uploaded 8 of 10 files, 10.0 MiB"],
    ["some", HALF, 0, 0, "Uploaded 3 of 10 files, 5.0 MiB"],
    ["one", { ...STREAM, objects: 1, isTotalFinal: true }, 0, 0, "Uploaded 1 file, 1.0 KiB"],
    ["none to do", NONE, 0, 0, "Uploaded 0 files, 0 B"],
    ["none done", DONE, 10, 0, undefined],
  ] as const
) {
  Deno.test(`describeResult: ${name}`, () => {
    assert.equal(describeResult("Uploaded", progress, failed, milliseconds), expected);
  });
}

Deno.test("describeStop: says how much was done", () => {
  assert.equal(describeStop(HALF), "Stopped after 3/10 files, 5.0/10.0 MiB");
  assert.equal(
    describeStop({ ...HALF, totalObjects: 1, objects: 0 }),
    "Stopped after 5.0/10.0 MiB",
  );
  assert.equal(describeStop(STREAM), "Stopped after 1.0 KiB");
  assert.equal(describeStop({ ...STREAM, bytes: 0 }), undefined);
});

Deno.test("describeProgress: is never longer than the terminal is wide", () => {
  for (let columns = 0; columns < 130; columns++) {
    const line = describeProgress("Downloading", HALF, 2_000, columns);
    assert.ok(line.length <= columns);
  }
  assert.match(describeProgress("Downloading", HALF, 2_000, 30), /50%/);
});

Deno.test("formatBytes: writes at most three digits before the point", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 1024 ** 2 - 1, 1024 ** 3].map(formatBytes), [
    ...["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 GiB"],
  ]);
});

Deno.test("progressLine: draws on a terminal only, below its messages, and not if silent", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("a"), noise(1_000_000));
  const put = ["put-object", BUCKET, "a", st.path("a")];
  const shown = await st.run(put, { isTerminal: true });
  const line = shown.stderr.split(CLEAR_LINE).at(-1)!;
  assert.match(line, /^Uploaded 1 file, 976\.6 KiB in 0:0\d \(\d+\.\d .iB\/s\)\n$/);
  assert.equal((await st.run([...put, "-s"], { isTerminal: true })).stderr, "");
  assert.equal((await st.run(put)).stderr, "Uploaded 1 file, 976.6 KiB\n");
  st.sandbox.fail({ operation: "GetObject", times: 2, delayMs: 250 });
  const got = await st.run(
    ["get-objects", BUCKET, "nope", "a", "-o", st.path("out"), "--concurrency", "1"],
    { isTerminal: true },
  );
  assert.ok(got.stderr.includes(`${CLEAR_LINE}Error: Not found: nope\n`));
  assert.match(
    got.stderr.replaceAll(CLEAR_LINE, "\r"),
    /\rDownloaded 1 of 2 files, 976\.6 KiB in .*\n$/,
  );
  assert.match(got.stderr.replaceAll(CLEAR_LINE, "\r"), /\rDownloading .* 1\/2\+ files/);
});

Deno.test("progressLine: draws nothing on a terminal that can't move its cursor", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("a"), noise(1000));
  st.sandbox.fail({ operation: "PutObject", delayMs: 250 });
  const put = ["put-object", BUCKET, "a", st.path("a")];
  const { stderr } = await st.run(put, { isTerminal: true, isDumb: true });
  assert.match(stderr, /^Uploaded 1 file, 1000 B in .*\n$/);
});

Deno.test("progressLine: Ctrl-C says how much was done", async () => {
  await using st = await stage();
  for (const name of ["a", "b"]) await st.put(name, "content");
  const interruption = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let requests = 0;
  const isSecond = () => ++requests === 2;
  st.sandbox.fail({ operation: "GetObject", when: isSecond, until: promise });
  const args = ["get-objects", BUCKET, "a", "b", "-o", st.path("out"), "--concurrency", "1"];
  const running = st.run(args, { signal: interruption.signal });
  while (requests < 2) await new Promise((done) => setTimeout(done, 5));
  interruption.abort();
  const { code, stderr } = await running;
  resolve();
  assert.equal(code, 130);
  assert.equal(stderr, "Stopped after 1/2+ files, 7 B\nError: Interrupted\n");
});
