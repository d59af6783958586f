/**
 * Another user who listens where clients might look for ours.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";

/** Listens on the other loopback address, as another user could; `undefined` without IPv6. */
function listenBeside(port: number, seen: string[]) {
  try {
    return Deno.serve({ hostname: "::1", port, onListen: () => {} }, (request) => {
      seen.push(request.headers.get("authorization") ?? "");
      return Response.json({ AccessKeyId: "EVIL" });
    });
  } catch {
    return undefined;
  }
}

for (const host of [[], ["--host", "localhost"], ["--host", "LOCALHOST"]]) {
  Deno.test(`localserver ${host.join(" ")}: every address that it prints leads to it, whoever listens on ::1`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const stop = new AbortController();
    const { promise: printed, resolve } = Promise.withResolvers<string>();
    let said = "";
    const args = ["localserver", "my-bucket", "-d", "15m", "--port", "0", "--token", ...host];
    const running = run(args, {
      sandbox,
      signal: stop.signal,
      onStderr: (text) => /Ctrl\+C/.test(said += text) && resolve(said),
    });
    const urls = (await printed).match(/http:\/\/\S+/g)!;
    const seen: string[] = [];
    const beside = listenBeside(Number(new URL(urls[0]!).port), seen);
    for (const url of urls) {
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
      const answer = await fetch(url, { headers: { authorization: "wrong" } });
      assert.doesNotMatch(await answer.text(), /EVIL/);
    }
    assert.deepEqual(seen, []);
    stop.abort();
    await running;
    await beside?.shutdown();
  });
}

Deno.test("startSandbox: gives an address and not a name", async () => {
  await using sandbox = await startSandbox();
  assert.match(sandbox.url, /^http:\/\/127\.0\.0\.1:\d+$/);
});

Deno.test("docs: no page leads clients of localserver to a name", () => {
  for (const { name } of Deno.readDirSync("docs")) {
    if (!name.endsWith(".md")) continue;
    assert.doesNotMatch(Deno.readTextFileSync(`docs/${name}`), /http:\/\/localhost:8094/, name);
  }
});
