/**
 * The progress line: what it says, and when it is quiet.
 */
import assert from "node:assert/strict";
import { describeProgress, formatBytes } from "../../lib/cli/progress.ts";
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
    "Uploading  50%  ▕██████████          ▏  5.0 MiB of 10.0 MiB  2.5 MiB/s  3 of 10 files  0:02 left",
  );
});

Deno.test("describeProgress: says no share while objects are still being found", () => {
  assert.equal(
    describeProgress("Downloading", { ...HALF, isTotalFinal: false }, 2_000, 120),
    "Downloading  5.0 MiB  2.5 MiB/s  3 of 10+ files",
  );
});

Deno.test("describeProgress: describes a stream of unknown length, and the end", () => {
  const stream = { objects: 0, totalObjects: 1, bytes: 1024, totalBytes: 0, isTotalFinal: false };
  assert.equal(
    describeProgress("Uploading", stream, 1_000, 80),
    "Uploading  1.0 KiB  1.0 KiB/s  0 of 1+ files",
  );
  const done = { ...HALF, objects: 10, bytes: HALF.totalBytes };
  assert.match(describeProgress("Uploading", done, 61_000, 120), /100% .* in 1:01$/);
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
  assert.match(line, /^Uploading {2}100%.*976\.6 KiB of 976\.6 KiB.*\n$/);
  assert.equal((await st.run([...put, "-s"], { isTerminal: true })).stderr, "");
  assert.equal((await st.run(put)).stderr, "");
  st.sandbox.fail({ operation: "GetObject", times: 2, delayMs: 250 });
  const got = await st.run(
    ["get-objects", BUCKET, "nope", "a", "-o", st.path("out"), "--concurrency", "1"],
    { isTerminal: true },
  );
  assert.ok(got.stderr.includes(`${CLEAR_LINE}Error: Not found: nope\n`));
  assert.match(got.stderr, /2 of 2 files.*\n$/);
});
