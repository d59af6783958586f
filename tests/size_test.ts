/**
 * Accounts and buckets of a size that nobody can hold in memory: the command runs with a heap that is
 * far too small for all of it.
 */
import assert from "node:assert/strict";
import { RUNS } from "./support/arbitraries.ts";
import { startEndless } from "./support/endless.ts";

const CLI = new URL("../cli.ts", import.meta.url).href;
/** How many keys are listed; `S3CREDS_RUNS=10` makes it a million. */
const KEYS = 100_000 * RUNS;

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
  mebibytes: number,
): Promise<Listed> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--v8-flags=--max-old-space-size=${mebibytes}`, CLI, ...args],
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

Deno.test("list-users: 50,000 users in a small heap", async () => {
  await using server = startEndless({ users: 50_000, objects: 0 });
  const { rows, first, last } = await withSmallHeap(["list-users", "--nl"], server.env, 24);
  assert.equal(rows, 50_000);
  assert.equal(JSON.parse(first).UserName, "user-0000000");
  assert.equal(JSON.parse(last).UserName, "user-0049999");
});

Deno.test(`list-bucket: ${KEYS} keys in a small heap`, async () => {
  await using server = startEndless({ users: 0, objects: KEYS });
  const args = ["list-bucket", "my-bucket", "--nl"];
  const { rows, first, last } = await withSmallHeap(args, server.env, 36);
  assert.equal(rows, KEYS);
  assert.equal(JSON.parse(first).Key, "object-0000000");
  assert.equal(JSON.parse(last).Key, `object-${String(KEYS - 1).padStart(7, "0")}`);
});

Deno.test("delete-objects: 50,000 keys in a small heap", async () => {
  await using server = startEndless({ users: 0, objects: 50_000 });
  const args = ["delete-objects", "my-bucket", "--prefix", "object-", "--silent"];
  assert.equal((await withSmallHeap(args, server.env, 32)).rows, 0);
  assert.equal(server.deleted(), 50_000);
});
