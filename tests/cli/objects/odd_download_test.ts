/**
 * Downloads from servers that send less, more or something else than was requested.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { latin1, noise, THREE_PARTS, tree } from "../../support/objects.ts";
import { run } from "../../support/run.ts";

interface Answer {
  status?: number;
  headers?: Record<string, string | number>;
  body?: Uint8Array | string;
}

/** A server that sends just these bytes, and ends the connection; and a directory. */
async function serve(answerTo: (request: { target: string; range: string | undefined }) => Answer) {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answer = async (connection: Deno.Conn) => {
    using open = connection;
    const buffer = new Uint8Array(16_384);
    const count = await open.read(buffer) ?? 0;
    const request = new TextDecoder().decode(buffer.subarray(0, count));
    const { status = 200, headers = {}, body = "" } = answerTo({
      target: request.split(" ")[1] ?? "",
      range: /^range: *(.*?)\r$/im.exec(request)?.[1],
    });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    await open.write(new TextEncoder().encode(`HTTP/1.1 ${status} Odd\r\n${lines.join("")}\r\n`));
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await open.write(rest));
  };
  const answers = (async () => {
    for await (const connection of listener) answer(connection).catch(() => {});
  })();
  const env = {
    ...{ AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" },
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
  };
  return {
    run: (...args: string[]) => run([...args, "-o", join(directory, "out")], { env }),
    runToStdout: (...args: string[]) => run(args, { env }),
    got: () => tree(directory),
    clear: () => Deno.remove(join(directory, "out"), { recursive: true }),
    async [Symbol.asyncDispose]() {
      listener.close();
      await answers;
      await Deno.remove(directory, { recursive: true });
    },
  };
}

const ETAG = '"0123456789abcdef0123456789abcdef-2"';
const isListing = (target: string) => target.includes("list-type");

const listing = (size: number, etag = ETAG): Answer => ({
  body: "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key>" +
    `<Size>${size}</Size><ETag>${etag}</ETag></Contents></ListBucketResult>`,
});

Deno.test("get-objects: compares content without a length with the listing", async () => {
  await using server = await serve(({ target }) =>
    isListing(target) ? listing(100) : { headers: { etag: ETAG }, body: noise(40) }
  );
  const { code, stderr } = await server.run("get-objects", "my-bucket");
  assert.equal(
    stderr,
    "Error: Could not get a: what arrived is not what the server holds\n" +
      "Try again; 40 bytes arrived instead of 100\n",
  );
  assert.equal(code, 1);
  assert.deepEqual(server.got(), { out: null });
});

Deno.test("get-objects: compares a length that the answer states with the listing, if the ETag is the same", async () => {
  const cached = { headers: { etag: ETAG, "content-length": 40 }, body: noise(40) };
  await using server = await serve(({ target }) => isListing(target) ? listing(100) : cached);
  const { code, stderr } = await server.run("get-objects", "my-bucket");
  assert.match(stderr, /; 40 bytes arrived instead of 100$/m);
  assert.equal(code, 1);
  assert.deepEqual(server.got(), { out: null });
});

Deno.test("get-objects: saves complete content without a length", async () => {
  await using server = await serve(({ target }) =>
    isListing(target) ? listing(5) : { headers: { etag: ETAG }, body: "hello" }
  );
  assert.deepEqual(await server.run("get-objects", "my-bucket"), {
    ...{ code: 0, stdout: "", stderr: "" },
  });
  assert.deepEqual(server.got(), { "out": null, "out/a": "hello" });
});

const CONTENT = noise(20);
const cut = { headers: { etag: ETAG, "content-length": 20 }, body: CONTENT.subarray(0, 10) };

const again = { etag: ETAG, "content-length": 20 };
const RESTS: Record<string, Answer> = {
  "another range": {
    status: 206,
    headers: { ...again, "content-range": "bytes 0-19/20" },
    body: CONTENT,
  },
  "a longer range without saying which": { status: 206, headers: again, body: CONTENT },
};

for (const [what, rest] of Object.entries(RESTS)) {
  Deno.test(`get-object: refuses a server that goes on with ${what}, and leaves no file`, async () => {
    await using server = await serve(({ range }) => range === undefined ? cut : rest);
    const { code, stderr } = await server.run("get-object", "my-bucket", "a");
    assert.match(stderr, /^Error: Could not get a: what arrived is not what the server holds$/m);
    assert.equal(code, 1);
    assert.deepEqual(server.got(), {});
  });
}

const OTHER_ETAG = '"fedcba9876543210fedcba9876543210-2"';
const CHANGED = "Error: Could not get a: it changed while it was being read\nTry again\n";

const OTHER_VERSIONS: Record<string, Answer> = {
  "another ETag": {
    status: 206,
    headers: { etag: OTHER_ETAG, "content-length": 10, "content-range": "bytes 10-19/20" },
    body: CONTENT.subarray(10),
  },
  "another total": {
    status: 206,
    headers: { "content-length": 10, "content-range": "bytes 10-19/500" },
    body: CONTENT.subarray(10),
  },
};

for (const [what, rest] of Object.entries(OTHER_VERSIONS)) {
  Deno.test(`get-object: does not join a cut answer with a range of ${what}`, async () => {
    await using server = await serve(({ range }) => range === undefined ? cut : rest);
    const toFile = await server.run("get-object", "my-bucket", "a");
    assert.deepEqual(toFile, { code: 1, stdout: "", stderr: CHANGED });
    assert.deepEqual(server.got(), {});
    const { code, stdout, stderr } = await server.runToStdout("get-object", "my-bucket", "a");
    assert.deepEqual([code, stderr], [1, CHANGED]);
    assert.equal(stdout, new TextDecoder().decode(CONTENT.subarray(0, 10)));
  });
}

Deno.test("get-object: resumes with a range that has no ETag but the same total", async () => {
  const rest = {
    status: 206,
    headers: { "content-length": 10, "content-range": "bytes 10-19/20" },
    body: CONTENT.subarray(10),
  };
  await using server = await serve(({ range }) => range === undefined ? cut : rest);
  const { code, stderr } = await server.run("get-object", "my-bucket", "a");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(server.got(), { out: latin1(CONTENT) });
});

Deno.test("get-object: does not join ranges whose ETags differ, and leaves no file", async () => {
  const size = THREE_PARTS;
  await using server = await serve(({ range }) => {
    if (range === undefined) return { headers: { etag: ETAG, "content-length": size } };
    const [first, last] = /(\d+)-(\d+)/.exec(range)!.slice(1).map(Number) as [number, number];
    const headers = {
      etag: first === 0 ? ETAG : OTHER_ETAG,
      "content-length": last - first + 1,
      "content-range": `bytes ${first}-${last}/${size}`,
    };
    return { status: 206, headers, body: new Uint8Array(last - first + 1) };
  });
  const ran = await server.run("get-object", "my-bucket", "a");
  assert.deepEqual(ran, { code: 1, stdout: "", stderr: CHANGED });
  assert.deepEqual(server.got(), {});
});

Deno.test("get-object: refuses a range that was not requested, and leaves no file", async () => {
  const headers = { etag: ETAG, "content-length": 5, "content-range": "bytes 5-9/100" };
  await using server = await serve(() => ({ status: 206, headers, body: "hello" }));
  const stderr = "Error: Could not get a: what arrived is not what the server holds\n" +
    "Try again; the server sent a range, but the whole object was requested\n";
  for (const ran of [server.run, server.runToStdout]) {
    assert.deepEqual(await ran("get-object", "my-bucket", "a"), { code: 1, stdout: "", stderr });
  }
  assert.deepEqual(server.got(), {});
});

Deno.test("get-object: takes no other status of success for the object", async () => {
  for (const status of [202, 203, 204]) {
    await using server = await serve(() => ({ status, headers: { etag: ETAG } }));
    const stderr = "Error: Could not get a: what arrived is not what the server holds\n" +
      `Try again; the server sent status ${status}, but the whole object was requested\n`;
    const ran = await server.run("get-object", "my-bucket", "a");
    assert.deepEqual(ran, { code: 1, stdout: "", stderr });
    assert.deepEqual(server.got(), {});
  }
});

for (const etag of [`W/${ETAG}`, '"caf\u00e9"']) {
  Deno.test(`get-object, get-objects: read a long object whole whose ETag is ${etag}`, async () => {
    const body = noise(9_000_000);
    const ranges: (string | undefined)[] = [];
    await using server = await serve(({ target, range }) => {
      if (isListing(target)) return listing(body.length, etag);
      ranges.push(range);
      return { headers: { etag, "content-length": body.length }, body };
    });
    for (const command of [["get-object", "my-bucket", "a"], ["get-objects", "my-bucket"]]) {
      const { code, stderr } = await server.run(...command);
      assert.deepEqual([code, stderr], [0, ""]);
      await server.clear();
    }
    assert.deepEqual(ranges, [undefined, undefined]);
  });
}

/** Answers without an ETag: each is another version, and only that of this number is not cut. */
const serveWithoutEtag = (complete: number) => {
  const ranges: (string | undefined)[] = [];
  const answerTo = ({ range }: { range: string | undefined }): Answer => {
    const version = ranges.push(range);
    const body = String(version).repeat(version === complete ? 20 : 10);
    return { headers: { "content-length": 20 }, body };
  };
  return { ranges, answerTo };
};

Deno.test("get-object: starts again when an answer without an ETag is cut", async () => {
  const { ranges, answerTo } = serveWithoutEtag(3);
  await using server = await serve(answerTo);
  const { code, stderr } = await server.run("get-object", "my-bucket", "a");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(server.got(), { out: "3".repeat(20) });
  assert.deepEqual(ranges, [undefined, undefined, undefined]);
});

Deno.test("get-object: fails when every answer without an ETag is cut, and at once to stdout", async () => {
  const stderr = "Error: Could not get a: the connection was cut, and without an ETag the " +
    "download cannot be resumed\nTry again\n";
  const { ranges, answerTo } = serveWithoutEtag(Infinity);
  await using server = await serve(answerTo);
  const toStdout = await server.runToStdout("get-object", "my-bucket", "a");
  assert.deepEqual(toStdout, { code: 1, stdout: "1".repeat(10), stderr });
  const toFile = await server.run("get-object", "my-bucket", "a");
  assert.deepEqual(toFile, { code: 1, stdout: "", stderr });
  assert.deepEqual(server.got(), {});
  assert.deepEqual(ranges, [undefined, undefined, undefined, undefined]);
});

Deno.test("get-object: skips what it has when the server goes on with the whole object", async () => {
  const whole = { headers: { etag: ETAG, "content-length": 20 }, body: CONTENT };
  await using server = await serve(({ range }) => range === undefined ? cut : whole);
  const { code, stderr } = await server.run("get-object", "my-bucket", "a");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(server.got(), { out: latin1(CONTENT) });
});

Deno.test("get-object, get-objects: read a long object whole when the server knows no ranges", async () => {
  const body = noise(9_000_000);
  await using server = await serve(({ target }) =>
    isListing(target)
      ? listing(body.length)
      : { headers: { etag: ETAG, "content-length": body.length }, body }
  );
  for (
    const [args, path] of [[["get-object", "my-bucket", "a"], "out"], [
      ["get-objects", "my-bucket"],
      "out/a",
    ]] as const
  ) {
    const { code, stderr } = await server.run(...args);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(server.got()[path] === latin1(body));
    await server.clear();
  }
});

Deno.test("get-objects: refuses another range than the requested one, and leaves no file", async () => {
  const body = noise(2 * 8 * 2 ** 20);
  const half = body.length / 2;
  await using server = await serve(({ target, range }) => {
    if (isListing(target)) return listing(body.length);
    assert.ok(range);
    const headers = {
      etag: ETAG,
      "content-length": half,
      "content-range": `bytes 0-${half - 1}/${body.length}`,
    };
    return { status: 206, headers, body: body.subarray(0, half) };
  });
  const { code, stderr } = await server.run("get-objects", "my-bucket");
  assert.match(
    stderr,
    /what arrived is not what the server holds\nTry again; the server sent another range/,
  );
  assert.equal(code, 1);
  assert.deepEqual(server.got(), { out: null });
});

const ENDLESS = {
  headers: { etag: ETAG, "transfer-encoding": "chunked" },
  body: "5\r\nhello\r\n",
};

Deno.test("get-object: takes a body in chunks without its end for whole if the server says that no more follows", async () => {
  let total = 5;
  await using server = await serve(({ range }): Answer =>
    range === undefined
      ? ENDLESS
      : { status: 416, headers: { "content-length": 0, "content-range": `bytes */${total}` } }
  );
  assert.equal((await server.run("get-object", "my-bucket", "a")).code, 0);
  assert.deepEqual(server.got(), { out: "hello" });
  total = 4;
  assert.equal((await server.runToStdout("get-object", "my-bucket", "a")).code, 1);
});

Deno.test("get-object: says what came where a body in chunks never ends", async () => {
  await using server = await serve(({ range }): Answer =>
    range === undefined ? ENDLESS : { status: 416 }
  );
  const { code, stderr } = await server.run("get-object", "my-bucket", "a");
  assert.match(stderr, /^Error: Could not get a: the server breaks off after 5 bytes, and has no/);
  assert.equal(code, 1);
  assert.deepEqual(server.got(), {});
});

Deno.test("get-object: says what came where the content is always shorter than its length", async () => {
  await using server = await serve(({ range }): Answer =>
    range === undefined
      ? { headers: { etag: ETAG, "content-length": 100 }, body: noise(40) }
      : { status: 416, headers: { "content-length": 0 } }
  );
  const { code, stderr } = await server.run("get-object", "my-bucket", "a");
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Error: Could not get a: the server sends 40 bytes and states 100\n" +
      "Something is wrong with the server, or with a proxy in front of it\n",
  );
  assert.deepEqual(server.got(), {});
});
