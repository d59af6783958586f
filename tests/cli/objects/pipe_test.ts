/**
 * Named pipes, with the program as a process of its own: a pipe whose other end is silent or isn't
 * there keeps whoever opens, reads or writes it waiting, but not the one who presses Ctrl-C.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { openFound } from "../../../lib/objects/local/open.ts";
import { BUCKET, INTERRUPTED, noise, type Stage, stage } from "../../support/objects.ts";
import { sandboxEnv } from "../../support/run.ts";

const ignore = Deno.build.os === "windows";

async function pipe(st: Stage, name = "pipe"): Promise<string> {
  const path = st.path(name);
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert.ok(success);
  return path;
}

/** Keys on the command line make the program say a word, just before it begins. */
function program(st: Stage, args: string[], stdout: "null" | "piped" = "null") {
  const { accessKeyId, secretAccessKey } = st.sandbox.credentials;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "cli.ts", ...args],
      ...["--access-key", accessKeyId, "--secret-key", secretAccessKey],
    ],
    env: sandboxEnv(st.sandbox),
    stdin: "null",
    stdout,
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let stderr = "";
  const readUntil = async (isEnough: () => boolean) => {
    while (!isEnough()) {
      const { done, value = "" } = await reader.read();
      if (done) break;
      stderr += value;
    }
  };
  const hasBegun = readUntil(() => stderr.includes("\n"));
  return {
    hasBegun,
    /** Standard output, where it is piped. */
    get stdout() {
      return child.stdout;
    },
    /** Presses Ctrl-C and waits for the end; a process that hangs is killed. */
    async interrupt(): Promise<{ code: number; stderr: string }> {
      child.kill("SIGINT");
      const late = setTimeout(() => child.kill("SIGKILL"), 30_000);
      const { code } = await child.status;
      clearTimeout(late);
      await readUntil(() => false);
      const own = stderr.slice(stderr.indexOf("\n") + 1);
      return { code, stderr: own };
    },
  };
}

async function isInterrupted(running: ReturnType<typeof program>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { code, stderr } = await running.interrupt();
  assert.equal(code, 130);
  assert.match(stderr, INTERRUPTED);
}

const COMMANDS: Record<string, (path: string) => string[]> = {
  "put-object": (path) => ["put-object", BUCKET, "key", path],
  "put-objects": (path) => ["put-objects", BUCKET, path],
  "get-object -o": (path) => ["get-object", BUCKET, "large", "-o", path],
};

for (const [name, args] of Object.entries(COMMANDS)) {
  Deno.test({
    name: `${name}: ends at Ctrl-C while nothing has opened the other end of the pipe`,
    ignore,
    async fn() {
      await using st = await stage();
      const running = program(st, args(await pipe(st)));
      await running.hasBegun;
      await isInterrupted(running);
      assert.deepEqual(st.sandbox.requests, []);
    },
  });

  Deno.test({
    name: `${name}: ends at Ctrl-C while the other end of the pipe does nothing`,
    ignore,
    async fn() {
      await using st = await stage();
      await st.put("large", noise(3_000_000));
      const path = await pipe(st);
      const running = program(st, args(path));
      const isPut = name.startsWith("put");
      using _other = await Deno.open(path, isPut ? { write: true } : { read: true });
      await isInterrupted(running);
      assert.deepEqual([...st.objects().keys()], ["large"]);
    },
  });
}

Deno.test({
  name: "get-object: ends at Ctrl-C while nothing reads its output",
  ignore,
  async fn() {
    await using st = await stage();
    await st.put("large", noise(3_000_000));
    const running = program(st, ["get-object", BUCKET, "large"], "piped");
    await running.hasBegun;
    await isInterrupted(running);
    await running.stdout.cancel();
  },
});

Deno.test({
  name: "put-object, get-object: upload from a pipe and download into one",
  ignore,
  async fn() {
    await using st = await stage();
    const path = await pipe(st);
    const content = noise(3_000_000);
    const put = st.run(["put-object", "-s", BUCKET, "a", path]);
    await Deno.writeFile(path, content, { create: false });
    assert.deepEqual(await put, { code: 0, stdout: "", stderr: "" });
    const [got, back] = await Promise.all([
      st.run(["get-object", BUCKET, "a", "-o", path]),
      Deno.readFile(path),
    ]);
    assert.equal(got.code, 0);
    assert.equal(Buffer.compare(back, content), 0);
  },
});

Deno.test({
  name: "put-object, put-objects, get-object: leave no open operation on a pipe after an abort",
  ignore,
  async fn() {
    await using st = await stage();
    for (const [name, args] of Object.entries(COMMANDS)) {
      const path = await pipe(st, name);
      const interruption = new AbortController();
      const running = st.run(args(path), { signal: interruption.signal });
      await new Promise((resolve) => setTimeout(resolve, 200));
      interruption.abort();
      // The test's own watch over unfinished operations sees to the rest.
      assert.equal((await running).code, 130);
    }
  },
});

Deno.test("openFound: refuses what has become another kind of file", async () => {
  await using st = await stage();
  await Deno.writeTextFile(st.path("file"), "content");
  const file = await Deno.stat(st.path("file"));
  const seen = { ...file, isFile: false, isFifo: true };
  await assert.rejects(openFound(st.path("file"), seen, { read: true }), {
    code: "conflict",
    message: `${st.path("file")} changed while it was being opened`,
  });
  using _same = await openFound(st.path("file"), file, { read: true });
});
