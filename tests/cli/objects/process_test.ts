/**
 * Objects with the program as a process of its own: pipes, Ctrl-C, and a tree of many files.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { connect, getObject } from "@s3creds/cli";
import { RUNS } from "../../support/arbitraries.ts";
import {
  BUCKET,
  INTERRUPTED,
  noise,
  type Stage,
  stage,
  THREE_PARTS,
  tree,
  until,
} from "../../support/objects.ts";
import { type Ran, sandboxEnv } from "../../support/run.ts";
import { runSequences } from "../../support/several_runs.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function program(st: Stage, args: string[], stdin: "null" | "piped" = "null") {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", ...args],
    env: sandboxEnv(st.sandbox),
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("get-object: ends quietly when the reader closes the pipe", async () => {
  await using st = await stage();
  await st.put("large", noise(THREE_PARTS));
  const child = program(st, ["get-object", BUCKET, "large"]);
  const reader = child.stdout.getReader();
  assert.ok((await reader.read()).value!.length > 0);
  await reader.cancel();
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assert.deepEqual([code, stderr], [0, ""]);
});

const TRANSFERS = ["put-object", "put-objects", "get-objects"].flatMap((command) => [
  { command, signal: "SIGINT", exitCode: 130 } as const,
  { command, signal: "SIGHUP", exitCode: 129 } as const,
]);

for (const { command, signal, exitCode } of TRANSFERS) {
  Deno.test({
    name: `${command}: ends at ${signal} without waiting for answers, and leaves nothing half-done`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using st = await stage();
      const isPut = command.startsWith("put");
      await Deno.mkdir(st.path("in"));
      if (isPut) await Deno.writeFile(st.path("in", "large"), noise(THREE_PARTS));
      else await st.put("large", noise(THREE_PARTS));
      const operation = isPut ? "UploadPart" : "GetObject";
      st.sandbox.fail({ operation, occurrence: 2, times: Infinity, delayMs: 60_000 });
      const args: Record<string, string[]> = {
        "put-object": ["large", "-"],
        "put-objects": [st.path("in")],
        "get-objects": ["-o", st.path("out")],
      };
      const child = program(st, [command, BUCKET, ...args[command]!], "piped");
      const writer = child.stdin.getWriter();
      // Standard input stays open: an interruption must not wait for its end.
      if (command === "put-object") writer.write(noise(THREE_PARTS)).catch(() => {});
      const sent = () => st.sandbox.requests.filter((one) => one.operation === operation);
      await until(() => sent().length >= 2 && sent().some(({ status }) => status > 0));
      child.kill(signal);
      const [{ code }, stderr] = await Promise.all([
        child.status,
        new Response(child.stderr).text(),
        new Response(child.stdout).text(),
      ]);
      assert.equal(code, exitCode);
      assert.match(stderr, INTERRUPTED);
      assert.ok(sent().some(({ status }) => status === 0), "it does not wait for the answers");
      assert.equal(st.openUploads(), 0);
      if (isPut) assert.equal(st.objects().size, 0);
      else assert.deepEqual(tree(st.path("out")), {});
      await writer.close().catch(() => {});
    },
  });
}

/** How many directories of 100 files there are. */
const DIRECTORIES = 2 * RUNS;

Deno.test(`put-objects, get-objects: round trip of a tree of ${DIRECTORIES}00 files`, async () => {
  await using st = await stage();
  for (let directory = 0; directory < DIRECTORIES; directory++) {
    await Deno.mkdir(st.path("in", String(directory)), { recursive: true });
    for (let file = 0; file < 100; file++) {
      const name = `${file} ' " % + \r 😀`;
      await Deno.writeFile(st.path("in", String(directory), name), noise(100 + file, file + 1));
    }
  }
  for (
    const args of [["put-objects", "-s", BUCKET, st.path("in")], [
      "get-objects",
      BUCKET,
      "-o",
      st.path("out"),
    ]]
  ) {
    const { code, stdout, stderr } = await program(st, args).output();
    assert.deepEqual([code, decode(stdout), decode(stderr)], [0, "", ""]);
  }
  assert.deepEqual(tree(st.path("out", "in")), tree(st.path("in")));
});

Deno.test("getObject: goes on from where the connection was cut", async () => {
  const content = noise(1_000_000);
  const ranges: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    ranges.push(request.headers.range);
    response.writeHead(from > 0 ? 206 : 200, {
      etag: '"some-1"',
      "content-length": content.length - from,
      ...(from > 0 && {
        "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
      }),
    });
    const end = Math.min(from + 300_000, content.length);
    response.write(content.subarray(from, end), () => {
      if (end < content.length) response.destroy();
      else response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const aws = connect({
    endpointUrl: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  try {
    const { body } = await getObject(aws, BUCKET, "key");
    const got = new Uint8Array(await new Response(body).arrayBuffer());
    assert.equal(Buffer.compare(got, content), 0);
    assert.equal(ranges[0], undefined);
    assert.ok(
      ranges.length >= 4 && ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range!)),
    );
  } finally {
    aws.close();
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("getObject: closes its connection when the stream is cancelled", async () => {
  await using st = await stage();
  await st.put("large", noise(THREE_PARTS));
  const aws = connect({ endpointUrl: st.sandbox.url, credentials: st.sandbox.credentials });
  const { body, size } = await getObject(aws, BUCKET, "large");
  assert.equal(size, THREE_PARTS);
  await body.cancel();
  aws.close();
});

const WITHOUT_NET = ["--no-prompt", "--allow-env", "--allow-read", "--allow-sys"];
const CALLS = [
  ["list-bucket", BUCKET],
  ["get-object", BUCKET, "a"],
  ["put-object", BUCKET, "a", "LICENSE"],
  ["delete-objects", BUCKET, "a", "--silent"],
];

let withoutNet: Promise<Ran[]> | undefined;

/** Runs all of them without the permission to call AWS. */
async function runWithoutNet(): Promise<Ran[]> {
  await using st = await stage();
  const place = { cwd: Deno.cwd(), env: sandboxEnv(st.sandbox) };
  const sequences = CALLS.map((words) => ({ ...place, commands: [words] }));
  return await runSequences(sequences, { denoOptions: WITHOUT_NET });
}

for (const [n, args] of CALLS.entries()) {
  Deno.test(`${args[0]}: says at once that Deno's permission to call AWS is missing`, async () => {
    const { code, stdout, stderr } = (await (withoutNet ??= runWithoutNet()))[n]!;
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /Deno was not allowed to do .*--allow-net/);
    assert.doesNotMatch(stderr, /connection|bug/);
  });
}

for (
  const [args, kinds] of [
    [["get-object", BUCKET, "a"], []],
    [["get-object", BUCKET, "a", "--output", "FILE"], ["write"]],
    [["get-objects", BUCKET, "a", "--output", "FILE"], ["write"]],
    [["put-object", BUCKET, "b", "LICENSE"], []],
  ] as const
) {
  Deno.test(`${args.join(" ")}: requests Deno's permission to write: ${kinds.length > 0}`, async () => {
    await using st = await stage();
    await st.put("a", "hello");
    const requested: string[] = [];
    const words = args.map((word) => word === "FILE" ? st.path("out") : word);
    const onPermit = (more: readonly string[]) => requested.push(...more);
    assert.equal((await st.run(words, { onPermit })).code, 0);
    assert.deepEqual(requested.filter((kind) => kind === "write"), kinds);
  });
}
