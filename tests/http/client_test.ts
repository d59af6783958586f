/**
 * The HTTP client on servers that keep the rules, bend them or break them.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { HttpClient } from "../../lib/http/client.ts";
import type { HttpRequest } from "../../lib/http/connection.ts";
import { type Peer, type RawServer, rawServer } from "./raw_server.ts";

const TIMEOUT_MS = 30_000;

function clientOf(timeoutMs = TIMEOUT_MS): HttpClient & Disposable {
  return Object.assign(new HttpClient(timeoutMs), {
    [Symbol.dispose](this: HttpClient) {
      this.close();
    },
  });
}

function get(server: RawServer, target = "/"): HttpRequest {
  return { method: "GET", origin: server.origin, target, headers: { host: server.origin.host } };
}

function put(server: RawServer, body: Uint8Array): HttpRequest {
  return { ...get(server), method: "PUT", body };
}

const answer = (body: string, more = "") =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;

const REFUSAL = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno";
const REFUSAL_AND_CLOSE = REFUSAL.replace("\r\n", "\r\nconnection: close\r\n");

async function serveAll(peer: Peer, text: (number: number) => string): Promise<void> {
  for (let number = 1; await peer.readHead() !== ""; number++) await peer.send(text(number));
}

Deno.test("HttpClient: uses a connection again for the next request", async () => {
  await using server = rawServer((peer) => serveAll(peer, (number) => answer(`answer ${number}`)));
  using client = clientOf();
  for (const text of ["answer 1", "answer 2", "answer 3"]) {
    assert.equal((await client.exchange(get(server))).text, text);
  }
  assert.equal(server.connections, 1);
});

Deno.test("HttpClient: opens a new connection if that is wanted", async () => {
  await using server = rawServer((peer) => serveAll(peer, () => answer(`${peer.number}`)));
  using client = clientOf();
  await client.exchange(get(server));
  const { text } = await client.exchange(get(server), { isOnNewConnection: true });
  assert.equal(text, "2");
});

const CLOSING: Record<string, string> = {
  "the server says so": answer("a", "Connection: Keep-Alive, close\r\n"),
  "it speaks HTTP/1.0": "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na",
};

for (const [why, text] of Object.entries(CLOSING)) {
  Deno.test(`HttpClient: does not use a connection again when ${why}`, async () => {
    await using server = rawServer((peer) => serveAll(peer, () => text));
    using client = clientOf();
    for (const _ of [1, 2]) assert.equal((await client.exchange(get(server))).text, "a");
    assert.equal(server.connections, 2);
  });
}

Deno.test("HttpClient: notices that the server has closed an idle connection", async () => {
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send(answer(`${peer.number}`));
  });
  using client = clientOf();
  assert.equal((await client.exchange(get(server))).text, "1");
  // The end arrives after the answer.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await client.exchange(get(server))).text, "2");
});

Deno.test("HttpClient: never takes bytes that follow an answer for the next one", async () => {
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send(answer("a"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await peer.send(answer("forged"));
    await serveAll(peer, () => answer("late"));
  });
  using client = clientOf();
  await client.exchange(get(server));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await client.exchange(get(server))).text, "a");
  assert.equal(server.connections, 2);
});

Deno.test("HttpClient: refuses an answer with bytes after its end", async () => {
  await using server = rawServer((peer) => serveAll(peer, () => `${answer("a")}more`));
  using client = clientOf();
  await assert.rejects(client.exchange(get(server)), { code: "EPROTO" });
});

Deno.test("HttpClient: reads a body up to the end of the connection", async () => {
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\n\r\nto the end");
  });
  using client = clientOf();
  assert.equal((await client.exchange(get(server))).text, "to the end");
});

for (
  const [what, method, head] of [
    ["HEAD", "HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"],
    ["HEAD without a length", "HEAD", "HTTP/1.1 404 Not Found\r\n\r\n"],
    ["204", "DELETE", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["304", "GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 100\r\n\r\n"],
  ] as const
) {
  Deno.test(`HttpClient: awaits no body after ${what}`, async () => {
    await using server = rawServer((peer) => serveAll(peer, () => head));
    using client = clientOf();
    for (const _ of [1, 2]) {
      assert.equal((await client.exchange({ ...get(server), method })).text, "");
    }
    assert.equal(server.connections, 1);
  });
}

Deno.test("HttpClient: passes over interim answers", async () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n";
  await using server = rawServer((peer) => serveAll(peer, () => interim + interim + answer("a")));
  using client = clientOf();
  assert.equal((await client.exchange(get(server))).text, "a");
});

Deno.test("HttpClient: sends a body with its length, in whatever pieces the server takes it", async () => {
  const body = Buffer.alloc(700_000, "0123456789abcdef");
  let received = "";
  await using server = rawServer(async (peer) => {
    const head = await peer.readHead();
    received = await peer.readBody(Number(/content-length: (\d+)/.exec(head)![1]));
    await peer.send(answer("a"));
  });
  using client = clientOf();
  assert.equal((await client.exchange(put(server, body))).status, 200);
  assert.ok(received === body.toString("latin1"));
});

for (const length of [1, 1_000, 300_000, 3_000_000]) {
  Deno.test(`HttpClient: sends a body that is read in pieces, ${length} bytes`, async () => {
    const content = Buffer.alloc(length, "0123456789abcdef");
    let received = "";
    await using server = rawServer(async (peer) => {
      await peer.readHead();
      await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      received = await peer.readBody(length);
      await peer.send(answer("a"));
    });
    using client = clientOf();
    const body = {
      length,
      readInto(buffer: Uint8Array, offset: number) {
        const piece = content.subarray(offset, offset + Math.min(buffer.length, 70_000));
        buffer.set(piece);
        return piece.length;
      },
    };
    assert.equal((await client.exchange({ ...get(server), method: "PUT", body })).text, "a");
    assert.ok(received === content.toString("latin1"));
  });
}

Deno.test("HttpClient: throws what the source of a body throws, and waits for no answer", async () => {
  await using server = rawServer((peer) => silence(peer, ""));
  using client = clientOf();
  const error = new Error("the file became shorter");
  for (const length of [10, 500_000, 5_000_000]) {
    let calls = 0;
    const body = {
      length,
      readInto(buffer: Uint8Array) {
        if (++calls === 2 || length === 10) throw error;
        return buffer.length;
      },
    };
    const exchanging = client.exchange({ ...get(server), method: "PUT", body });
    await assert.rejects(exchanging, (thrown) => thrown === error);
  }
});

Deno.test("HttpClient: reads the refusal of a server that does not read the body", async () => {
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send(REFUSAL);
  });
  using client = clientOf();
  // Short of the size from which the server is asked first.
  const { status, text } = await client.exchange(put(server, new Uint8Array(1_000_000)));
  assert.deepEqual([status, text], [403, "no"]);
  assert.equal(server.connections, 1, "nothing is sent again");
});

Deno.test("HttpClient: asks whether a long body is wanted, and sends none that is refused", async () => {
  const heads: string[] = [];
  await using server = rawServer(async (peer) => {
    heads.push(await peer.readHead());
    await peer.send(REFUSAL);
    heads.push(await peer.readBody(1));
  });
  using client = clientOf();
  const { status, text } = await client.exchange(put(server, new Uint8Array(5_000_000)));
  assert.deepEqual([status, text], [403, "no"]);
  assert.match(heads[0]!, /^expect: 100-continue\r$/m);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(heads[1], "", "the connection was closed without the body");
});

Deno.test("HttpClient: sends a long body when the server wants it", async () => {
  let received = 0;
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    received = (await peer.readBody(5_000_000)).length;
    await peer.send(answer("a"));
  });
  using client = clientOf();
  assert.equal((await client.exchange(put(server, new Uint8Array(5_000_000)))).text, "a");
  assert.equal(received, 5_000_000);
});

Deno.test("HttpClient: asks no server again that takes long bodies, until it refuses one", async () => {
  const heads: string[] = [];
  await using server = rawServer(async (peer) => {
    for (let head = await peer.readHead(); head !== ""; head = await peer.readHead()) {
      heads.push(head);
      // It says so, since the whole body may have gone into buffers before the connection ends.
      if (heads.length === 3) return await peer.send(REFUSAL_AND_CLOSE);
      if (/^expect:/m.test(head)) await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      await peer.readBody(5_000_000);
      await peer.send(answer("a"));
    }
  });
  using client = clientOf();
  const exchange = () => client.exchange(put(server, new Uint8Array(5_000_000)));
  for (const _ of [1, 2]) assert.equal((await exchange()).text, "a");
  // Whether its answer or the reset of the connection is seen first is chance.
  await exchange().then(({ status }) => assert.equal(status, 403), () => {});
  for (const _ of [1, 2]) assert.equal((await exchange()).text, "a");
  const asked = heads.map((head) => /^expect:/m.test(head));
  assert.deepEqual(asked, [true, false, false, true, false]);
});

Deno.test("HttpClient: asks again for what was cut off, though the server has taken others since", async () => {
  await using server = rawServer(async (peer) => {
    for (let head = await peer.readHead(); head !== ""; head = await peer.readHead()) {
      const isAsked = /^expect:/m.test(head);
      // The answer to a body is lost.
      if (head.startsWith("PUT /denied")) return isAsked ? await peer.send(REFUSAL) : undefined;
      if (isAsked) await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      await peer.readBody(5_000_000);
      await peer.send(answer("a"));
    }
  });
  using client = clientOf();
  const exchange = (target: string) =>
    client.exchange({ ...put(server, new Uint8Array(5_000_000)), target });
  assert.equal((await exchange("/")).text, "a");
  await assert.rejects(exchange("/denied"), { name: "ConnectionError" });
  assert.equal((await exchange("/")).text, "a");
  assert.equal((await exchange("/denied")).status, 403);
});

Deno.test("HttpClient: sends a long body to a server that refuses the question, and asks once", async () => {
  const heads: string[] = [];
  await using server = rawServer(async (peer) => {
    for (let head = await peer.readHead(); head !== ""; head = await peer.readHead()) {
      heads.push(head);
      if (/^expect:/m.test(head)) {
        return await peer.send("HTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\n\r\n");
      }
      const { length } = await peer.readBody(5_000_000);
      await peer.send(answer(String(length)));
    }
  });
  using client = clientOf();
  for (const _ of [1, 2]) {
    const { status, text } = await client.exchange(put(server, new Uint8Array(5_000_000)));
    assert.deepEqual([status, text], [200, "5000000"]);
  }
  assert.deepEqual(heads.map((head) => /^expect:/m.test(head)), [true, false, false]);
});

Deno.test("HttpClient: gives a 417 to a request without the question as it is", async () => {
  await using server = rawServer((peer) =>
    serveAll(peer, () => "HTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\n\r\n")
  );
  using client = clientOf();
  const statuses = [get(server), put(server, new Uint8Array(5_000_000))]
    .map(async (request) => (await client.exchange(request)).status);
  assert.deepEqual(await Promise.all(statuses), [417, 417]);
  assert.equal(server.requests.filter((line) => line.startsWith("GET")).length, 1);
  assert.equal(server.requests.filter((line) => line.startsWith("PUT")).length, 2);
});

Deno.test("HttpClient: sends a long body to a server that does not answer the question, and asks once", async () => {
  const heads: string[] = [];
  await using server = rawServer(async (peer) => {
    for (let head = await peer.readHead(); head !== ""; head = await peer.readHead()) {
      heads.push(head);
      await peer.readBody(5_000_000);
      await peer.send(answer("a"));
    }
  });
  using client = clientOf();
  for (const _ of [1, 2]) {
    assert.equal((await client.exchange(put(server, new Uint8Array(5_000_000)))).text, "a");
  }
  assert.deepEqual(heads.map((head) => /expect:/.test(head)), [true, false]);
});

const CUTS: Record<string, string> = {
  "without an answer": "",
  "in the middle of the head": "HTTP/1.1 200 O",
  "in the middle of the body": "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc",
  "in the middle of a chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\nabc",
};

Deno.test({
  name: "HttpClient: a body that is held back is given up with its connection",
  // What would wait for the server's word is a timer.
  sanitizeOps: true,
  sanitizeResources: true,
  async fn() {
    await using server = rawServer(async (peer) => void await peer.readHead());
    using client = clientOf();
    await assert.rejects(client.exchange(put(server, new Uint8Array(3_000_000))), {
      name: "ConnectionError",
    });
  },
});

for (const [where, text] of Object.entries(CUTS)) {
  for (const body of [undefined, new Uint8Array(10), new Uint8Array(3_000_000)]) {
    const size = body?.length ?? "no";
    Deno.test(`HttpClient: sends nothing again after a cut ${where}, with a body of ${size} bytes`, async () => {
      await using server = rawServer(async (peer) => {
        await peer.readHead();
        await peer.send(text);
      });
      using client = clientOf();
      const request = body === undefined ? get(server) : put(server, body);
      await assert.rejects(client.exchange(request), {
        name: "ConnectionError",
        code: /^(ECONNRESET|EPIPE)$/,
      });
      assert.equal(server.requests.length, 1);
    });
  }
}

Deno.test("HttpClient: a server that can't be reached, by its code", async () => {
  using client = clientOf();
  const request = (origin: string) => ({
    method: "GET",
    origin: new URL(origin),
    target: "/",
    headers: {},
  });
  await assert.rejects(client.exchange(request("http://127.0.0.1:9")), { code: "ECONNREFUSED" });
  await assert.rejects(client.exchange(request("http://aws.invalid")), {
    code: /^(ENOTFOUND|EAI_AGAIN)$/,
    message: "ENOTFOUND aws.invalid",
  });
});

Deno.test("HttpClient: gives up a silent server, at whatever point it falls silent", async () => {
  for (
    const text of ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"]
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    await using server = rawServer(async (peer) => {
      await peer.readHead();
      await peer.send(text);
      await promise;
    });
    using client = clientOf(200);
    await assert.rejects(client.exchange(get(server)), { code: "ETIMEDOUT" });
    resolve();
  }
});

Deno.test("HttpClient: gives up a server that stops reading the body", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await promise;
  });
  using client = clientOf(300);
  // More than the system holds.
  const body = new Uint8Array(64 * 2 ** 20);
  await assert.rejects(client.exchange(put(server, body)), { code: "ETIMEDOUT" });
  resolve();
});

Deno.test("HttpClient: waits for a slow server as long as something arrives", async () => {
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    const text = answer("0123456789");
    for (let at = 0; at < text.length; at += 4) {
      await peer.send(text.slice(at, at + 4));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
  using client = clientOf(1_500);
  assert.equal((await client.exchange(get(server))).text, "0123456789");
});

Deno.test("HttpClient: waits for a slow receiver however long it takes", async () => {
  await using server = rawServer((peer) => serveAll(peer, () => answer("x".repeat(3_000_000))));
  using client = clientOf(300);
  let received = 0;
  let isFirst = true;
  await client.exchange(get(server), {
    onHead: () => async (piece) => {
      received += piece.length;
      if (isFirst) await new Promise((resolve) => setTimeout(resolve, 1_000));
      isFirst = false;
    },
  });
  assert.equal(received, 3_000_000);
});

const REASON = new Error("the caller has seen enough");
const silence = async (peer: Peer, text: string) => {
  await peer.readHead();
  await peer.send(text);
  await peer.readBody(Infinity);
};

const ABORTED: Record<string, [serve: (peer: Peer) => Promise<void>, body?: Uint8Array]> = {
  "while it waits for the answer": [(peer) => silence(peer, "")],
  "in the middle of the head": [(peer) => silence(peer, "HTTP/1.1 200")],
  "in the middle of the body": [
    (peer) => silence(peer, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"),
  ],
  "while the body is sent": [
    async (peer) => {
      await peer.readHead();
      await new Promise((resolve) => setTimeout(resolve, 500));
    },
    new Uint8Array(64 * 2 ** 20),
  ],
};

for (const [when, [serve, body]] of Object.entries(ABORTED)) {
  Deno.test(`HttpClient: throws the signal's reason when it is aborted ${when}`, async () => {
    await using server = rawServer(serve);
    using client = clientOf();
    const controller = new AbortController();
    const { signal } = controller;
    const request = body === undefined ? get(server) : put(server, body);
    const exchanging = client.exchange(request, { signal });
    exchanging.catch(() => {});
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort(REASON);
    await assert.rejects(exchanging, (error) => error === REASON);
    await assert.rejects(client.exchange(request, { signal }), (error) => error === REASON);
  });
}

Deno.test("HttpClient: throws the signal's reason when it is aborted while the receiver waits", async () => {
  await using server = rawServer((peer) => serveAll(peer, () => answer("abc")));
  using client = clientOf();
  const controller = new AbortController();
  const exchanging = client.exchange(get(server), {
    signal: controller.signal,
    onHead: () => () => {
      controller.abort(REASON);
      return new Promise(() => {});
    },
  });
  await assert.rejects(exchanging, (error) => error === REASON);
});

Deno.test("HttpClient: throws what the receiver throws, as it is", async () => {
  await using server = rawServer((peer) => serveAll(peer, () => answer("abc")));
  using client = clientOf();
  const error = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  const fail = () => {
    throw error;
  };
  for (const onHead of [fail, () => fail, () => () => Promise.reject(error)]) {
    await assert.rejects(client.exchange(get(server), { onHead }), (thrown) => thrown === error);
  }
});

Deno.test("HttpClient: sends no header and no target that could be another request", async () => {
  await using server = rawServer((peer) => serveAll(peer, () => answer("a")));
  using client = clientOf();
  const request = get(server);
  const attempts: Partial<HttpRequest>[] = [
    { headers: { "a": "b\r\nc: d" } },
    { headers: { "a\r\nc": "b" } },
    { headers: { "a b": "c" } },
    { headers: { "a": "\0" } },
    { target: "/ HTTP/1.1\r\na: b" },
    { target: "/a b" },
    { target: "/é" },
  ];
  for (const bad of attempts) {
    await assert.rejects(client.exchange({ ...request, ...bad }), TypeError);
  }
  assert.deepEqual(server.requests, []);
});

Deno.test("HttpClient: refuses an answer of endless text", async () => {
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    for (;;) await peer.send("x".repeat(1_000_000));
  });
  using client = clientOf();
  await assert.rejects(client.exchange(get(server)), new SyntaxError("the answer is too long"));
});

function canListen(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "HttpClient: reaches an address of IPv6",
  ignore: !canListen("::1"),
  async fn() {
    await using server = rawServer(
      (peer) => serveAll(peer, () => answer("a")),
      Deno.listen({ hostname: "::1", port: 0 }),
    );
    using client = clientOf();
    assert.equal((await client.exchange(get(server))).text, "a");
  },
});
