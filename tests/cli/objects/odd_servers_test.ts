/**
 * Servers, and files, that behave in ways which people report: none of it may pass for success, and the
 * trouble of one object is not that of the others.
 */
import assert from "node:assert/strict";
import { hostileServer } from "../../attacks/hostile_server.ts";
import { BUCKET, noise, type Stage, stage, tree, until } from "../../support/objects.ts";

const PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>";
const COMMANDS: string[][] = [
  ["put-object", BUCKET, "a", "LICENSE"],
  ["put-objects", BUCKET, "LICENSE", "CHANGELOG.md"],
  ["get-object", BUCKET, "a"],
  ["get-objects", BUCKET, "a", "b", "-o", "OUT"],
  ["delete-objects", BUCKET, "a"],
  ["list-bucket", BUCKET],
];

for (const [command = "", ...args] of COMMANDS) {
  Deno.test(`${command} ${args.join(" ")}: an endpoint that answers a web page to everything`, async () => {
    const directory = await Deno.makeTempDir();
    await using server = hostileServer(() =>
      new Response(PAGE, { headers: { "content-type": "text/html; charset=utf-8" } })
    );
    const words = args.map((word) => word === "OUT" ? directory : word);
    const { code, stdout, stderr } = await server.run([command, ...words]);
    assert.deepEqual([code, stdout.includes("Sign in")], [1, false]);
    assert.match(
      stderr,
      /the endpoint http:\/\/127\.0\.0\.1:\d+ answers with a web page, not as S3 does/,
    );
    assert.match(stderr, /Check --endpoint-url: it may be the port of a console/);
    assert.deepEqual(tree(directory), {});
    assert.ok(server.requests <= 2);
    await Deno.remove(directory);
  });
}

Deno.test("put-object: a server that answers 200 to everything has not stored the object", async () => {
  await using server = hostileServer(() => new Response("OK"));
  const { code, stderr } = await server.run(["put-object", BUCKET, "a", "LICENSE"]);
  assert.equal(code, 1);
  assert.match(stderr, /not as S3 does/);
});

Deno.test("put-object: a web page creates no upload that could be left", async () => {
  await using server = hostileServer(() =>
    new Response(PAGE, { headers: { "content-type": "text/html" } })
  );
  const { code, stderr } = await server.run(["put-object", BUCKET, "a", "-"], {
    stdin: noise(8 * 2 ** 20),
  });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: .* answers with a web page/);
});

Deno.test("put-object: sends again what a proxy gave up as it came", async () => {
  await using server = hostileServer(() =>
    server.requests === 1
      ? new Response(null, { status: 408 })
      : new Response(null, { headers: { etag: '"0"' } })
  );
  const { code, stderr } = await server.run(["put-object", BUCKET, "a", "LICENSE", "-s"]);
  assert.deepEqual([code, stderr], [0, ""]);
});

Deno.test("get-object: an object that is itself a web page is downloaded", async () => {
  await using st = await stage();
  await st.run(["put-object", BUCKET, "index.html", "-", "--content-type", "text/html"], {
    stdin: PAGE,
  });
  const { code, stdout } = await st.run(["get-object", BUCKET, "index.html"]);
  assert.deepEqual([code, stdout], [0, PAGE]);
});

/** A bucket whose keys are those of the others, but for one that the server treats otherwise. */
function serverWithout(special: string, answer: () => Response | Promise<Response>) {
  return hostileServer((request) => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith(`/${special}`)) return answer();
    const headers = { etag: '"00000000000000000000000000000000-1"' };
    return new Response(request.method === "GET" ? "content" : null, { headers });
  });
}

function errorAnswer(status: number, code: string): Response {
  const body = `<Error><Code>${code}</Code><Message>says the server</Message></Error>`;
  return new Response(body, { status, headers: { "content-type": "application/xml" } });
}

Deno.test("get-objects: a signature that is refused for one key is that key's trouble", async () => {
  const directory = await Deno.makeTempDir();
  await using server = serverWithout("odd", () => errorAnswer(403, "SignatureDoesNotMatch"));
  const keys = ["a", "b", "odd", "c", "d"];
  const args = ["get-objects", BUCKET, ...keys, "-o", directory, "--concurrency", "1"];
  const { code, stderr } = await server.run(args);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Could not get odd: the server takes the signature of this request/);
  assert.deepEqual(Object.keys(tree(directory)).sort(), ["a", "b", "c", "d"]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("get-objects: a signature that is refused for all ends the run at once", async () => {
  await using server = hostileServer(() => errorAnswer(403, "SignatureDoesNotMatch"));
  const directory = await Deno.makeTempDir();
  const args = ["get-objects", BUCKET, "a", "b", "c", "-o", directory, "--concurrency", "1"];
  const { code, stderr } = await server.run(args);
  assert.equal(code, 1);
  assert.match(stderr, /the secret key does not belong to the access key/);
  assert.equal(server.requests, 1);
  await Deno.remove(directory);
});

Deno.test("get-objects: one object that is never answered does not keep the others", async () => {
  const directory = await Deno.makeTempDir();
  const { promise, resolve } = Promise.withResolvers<Response>();
  await using server = serverWithout("silent", () => promise);
  const keys = ["silent", ...Array.from({ length: 200 }, (_, index) => `k${index}`)];
  let others = 0;
  const running = server.run(["get-objects", BUCKET, ...keys, "-o", directory], {
    requestTimeoutMs: 300,
  });
  await until(() => (others = Object.keys(tree(directory)).length) >= 200);
  const { code, stderr } = await running;
  resolve(new Response(null, { status: 500 }));
  assert.equal(code, 1);
  assert.ok(others >= 200);
  assert.match(stderr, /^Error: Could not get silent: /);
  assert.equal(stderr.match(/^Error: /gm)!.length, 1);
  await Deno.remove(directory, { recursive: true });
});

for (
  const [status, code] of [[501, "NotImplemented"], [400, "InvalidArgument"], [
    405,
    "MethodNotAllowed",
  ]] as const
) {
  Deno.test(`delete-objects: a server without batches (${status} ${code}) gets one request an object`, async () => {
    const deleted: string[] = [];
    let batches = 0;
    await using server = hostileServer((request) => {
      const { pathname } = new URL(request.url);
      if (request.method !== "DELETE") {
        batches++;
        return errorAnswer(status, code);
      }
      if (pathname.endsWith("/held")) return errorAnswer(403, "AccessDenied");
      deleted.push(decodeURIComponent(pathname.split("/").slice(2).join("/")));
      return new Response(null, { status: 204 });
    });
    const ran = await server.run(["delete-objects", BUCKET, "a", "b c", "held", "d/é", "-s"]);
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /^Error: Could not delete held: AccessDenied/);
    assert.deepEqual(deleted.sort(), ["a", "b c", "d/é"]);
    assert.equal(batches, 1);
  });
}

Deno.test("get-objects: a key that the listing names twice is downloaded once, and no error", async () => {
  const directory = await Deno.makeTempDir();
  let downloads = 0;
  await using server = hostileServer((request) => {
    if (request.url.includes("list-type")) {
      const entry = (key: string) => `<Contents><Key>${key}</Key><Size>5</Size></Contents>`;
      const entries = ["a", "b", "a", "b", "c"].map(entry).join("");
      return new Response(
        `<ListBucketResult><IsTruncated>false</IsTruncated>${entries}</ListBucketResult>`,
      );
    }
    downloads++;
    return new Response("hello", { headers: { etag: '"00000000000000000000000000000000-1"' } });
  });
  const { code, stderr } = await server.run(["get-objects", BUCKET, "-o", directory]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(tree(directory), { a: "hello", b: "hello", c: "hello" });
  assert.equal(downloads, 3);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("get-object, get-objects: an archived object: how to restore it, and the others are there", async () => {
  const directory = await Deno.makeTempDir();
  await using server = serverWithout("cold", () => errorAnswer(403, "InvalidObjectState"));
  const one = await server.run(["get-object", BUCKET, "cold"]);
  assert.equal(one.code, 1);
  assert.match(
    one.stderr,
    /^Error: Could not get cold: the object is archived \(InvalidObjectState\)/,
  );
  assert.match(one.stderr, /\nRestore it first.*aws s3api restore-object/);
  const several = await server.run(["get-objects", BUCKET, "a", "cold", "b", "-o", directory]);
  assert.equal(several.code, 1);
  assert.deepEqual(Object.keys(tree(directory)).sort(), ["a", "b"]);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("list-bucket, put-object: a lasting 200 with an error document says what the error is", async () => {
  const body =
    '<?xml version="1.0"?>\n<Error><Code>Quarantined</Code><Message>by us</Message></Error>';
  await using server = hostileServer(() => new Response(body, { headers: { etag: '"x"' } }));
  for (const args of [["list-bucket", BUCKET], ["put-object", BUCKET, "a", "LICENSE"]]) {
    const { code, stderr } = await server.run(args);
    assert.equal(code, 1);
    assert.match(stderr, /Quarantined: by us/);
  }
});

/** Rewrites a file in place each time when an upload of it has begun, up to a number. */
async function rewriteDuringUpload(st: Stage, path: string, size: number, times: number) {
  const operation = size > 8 * 1024 * 1024 ? "UploadPart" : "PutObject";
  await Deno.writeFile(path, noise(size));
  const begun = () => st.sandbox.requests.filter((one) => one.operation === operation).length;
  (async () => {
    for (let version = 1; version <= times; version++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const before = begun();
      st.sandbox.fail({ operation, until: promise });
      await until(() => begun() > before);
      const file = await Deno.open(path, { write: true });
      await file.write(new TextEncoder().encode(`version ${version}`));
      file.close();
      resolve();
    }
  })();
}

for (const size of [20_000, 9 * 1024 * 1024]) {
  Deno.test(`put-object: a file of ${size} bytes that changes once is uploaded again`, async () => {
    await using st = await stage();
    await rewriteDuringUpload(st, st.path("a"), size, 1);
    const { code, stderr } = await st.run(["put-object", BUCKET, "a", st.path("a")]);
    assert.equal(code, 0, stderr);
    const { body } = st.objects().get("a")!;
    assert.ok(body.length === size);
    assert.equal(body.slice(0, 9).text(), "version 1");
    assert.equal(st.openUploads(), 0);
  });
}

Deno.test("put-object: a file that changes each time is an error that says so", async () => {
  await using st = await stage();
  await rewriteDuringUpload(st, st.path("a"), 20_000, 2);
  const { code, stderr } = await st.run(["put-object", BUCKET, "a", st.path("a")]);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Could not put a: the file changed while it was uploaded\n/);
});
