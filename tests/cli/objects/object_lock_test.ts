/**
 * Buckets that retain their new objects: S3, and servers like it, refuse content without a digest there.
 */
import assert from "node:assert/strict";
import { BUCKET, noise, type Stage, stage } from "../../support/objects.ts";

async function lockedStage(): Promise<Stage> {
  const st = await stage();
  const bucket = st.sandbox.account.buckets.get(BUCKET)!;
  bucket.versioning = "Enabled";
  bucket.objectLock = true;
  bucket.defaultRetention = { mode: "GOVERNANCE", unit: "Days", count: 1 };
  return st;
}

const SILENCE = { code: 0, stdout: "", stderr: "" };
const LARGE = 9 * 2 ** 20;

Deno.test("put-object: sends a digest to a bucket that retains its objects", async () => {
  await using st = await lockedStage();
  await Deno.writeTextFile(st.path("small"), "small");
  await Deno.writeFile(st.path("large"), noise(LARGE));
  for (const name of ["small", "large"]) {
    assert.deepEqual(await st.run(["put-object", "-s", BUCKET, name, st.path(name)]), SILENCE);
    const stdin = await Deno.readFile(st.path(name));
    const piped = await st.run(["put-object", "-s", BUCKET, `${name}-piped`, "-"], { stdin });
    assert.deepEqual(piped, SILENCE);
    for (const key of [name, `${name}-piped`]) {
      const { body, retention } = st.objects().get(key)!;
      assert.equal(retention?.mode, "GOVERNANCE");
      assert.deepEqual(body.length, stdin.length);
    }
  }
});

Deno.test("put-objects: is refused once without a digest, and remembers it", async () => {
  await using st = await lockedStage();
  await Deno.mkdir(st.path("in"));
  for (let at = 0; at < 50; at++) await Deno.writeTextFile(st.path("in", `${at}`), `<${at}>`);
  const put = await st.run(["put-objects", "-s", "--concurrency", "1", BUCKET, st.path("in")]);
  assert.deepEqual(put, SILENCE);
  assert.equal(st.objects().size, 50);
  const refused = st.sandbox.requests.filter(({ status }) => status === 400);
  assert.equal(refused.length, 1);
  const all = await st.run(["put-objects", "-s", BUCKET, st.path("in")]);
  assert.deepEqual(all, SILENCE);
  const deleted = await st.run(["delete-objects", "-s", BUCKET, "--prefix", "in/"]);
  assert.deepEqual(deleted, SILENCE);
  assert.equal(st.objects().size, 0);
});
