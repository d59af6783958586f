/**
 * Accounts and buckets of a size that nobody can hold in memory: the command runs with a heap that is
 * far too small for all of it.
 */
import assert from "node:assert/strict";
import { RUNS } from "./support/arbitraries.ts";
import { startEndless } from "./support/endless.ts";

const CLI = new URL("../cli.ts", import.meta.url).href;
/** Enough for the program with two or three pages. */
const HEAP_MEBIBYTES = 24;
/** Of all keys, the batches that are being deleted are held: four of a thousand keys, and their requests. */
const HEAP_OF_BATCHES = 28;
/** So full a heap is cleaned up all the time, which takes half as long with these two. */
const V8_FLAGS = "--single-threaded-gc,--min-semi-space-size=4";
/** More than the heap has room for, since their paths and keys are nearly as long as AWS lets them be. */
const USERS = 10_000 * RUNS;
const KEYS = 20_000 * RUNS;
const LONG_PATH = "x".repeat(500);
const LONG_KEY = "x".repeat(900);
/** A character beyond Latin-1, and each takes two bytes of the heap: so half as many keys fill it. */
const WIDE_KEY = `${LONG_KEY}ж`;
const WIDE_KEYS = KEYS / 2;

interface Listed {
  rows: number;
  first: string;
  last: string;
}

/**
 * Runs a command with a heap that has no room for all that it reads; holds on to no more than the
 * first and the last of its lines.
 */
async function withSmallHeap(
  args: string[],
  env: Record<string, string>,
  mebibytes = HEAP_MEBIBYTES,
): Promise<Listed> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `--v8-flags=--max-old-space-size=${mebibytes},${V8_FLAGS}`,
      CLI,
      ...args,
    ],
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const listed: Listed = { rows: 0, first: "", last: "" };
  let rest = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    if (lines.length === 0) continue;
    if (listed.rows === 0) listed.first = lines[0]!;
    listed.rows += lines.length;
    listed.last = lines.at(-1)!;
  }
  const { code } = await child.status;
  assert.equal(code, 0, (await stderr).slice(-2_000));
  return listed;
}

const digits = (n: number) => String(n).padStart(7, "0");

Deno.test(`list-users: ${USERS} users in a small heap`, async () => {
  await using server = startEndless({ users: USERS, objects: 0, filler: LONG_PATH });
  const { rows, first, last } = await withSmallHeap(["list-users", "--nl"], server.env);
  assert.equal(rows, USERS);
  assert.equal(JSON.parse(first).UserName, `user-${digits(0)}`);
  assert.equal(JSON.parse(last).UserName, `user-${digits(USERS - 1)}`);
});

Deno.test(`list-bucket: ${WIDE_KEYS} keys in a small heap`, async () => {
  await using server = startEndless({ users: 0, objects: WIDE_KEYS, filler: WIDE_KEY });
  const args = ["list-bucket", "my-bucket", "--nl"];
  const { rows, first, last } = await withSmallHeap(args, server.env);
  assert.equal(rows, WIDE_KEYS);
  assert.equal(JSON.parse(first).Key, `object-${digits(0)}${WIDE_KEY}`);
  assert.equal(JSON.parse(last).Key, `object-${digits(WIDE_KEYS - 1)}${WIDE_KEY}`);
});

Deno.test(`delete-objects: ${KEYS} keys in a small heap`, async () => {
  await using server = startEndless({ users: 0, objects: KEYS, filler: LONG_KEY });
  const args = ["delete-objects", "my-bucket", "--prefix", "object-", "--silent"];
  assert.equal((await withSmallHeap(args, server.env, HEAP_OF_BATCHES)).rows, 0);
  assert.equal(server.deleted(), KEYS);
});
