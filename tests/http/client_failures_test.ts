/**
 * The HTTP client where the server, the network or the caller gives up.
 */
import assert from "node:assert/strict";
import { type Peer, rawServer } from "./raw_server.ts";
import { answer, clientOf, get, put, serveAll, silence } from "./client_helpers.ts";

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

Deno.test("HttpClient: a success that comes before the whole body has gone is none if the rest can't go", async () => {
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send(`HTTP/1.1 100 Continue\r\n\r\n${answer("stored")}`);
  });
  using client = clientOf();
  // More than the system takes on the way.
  await assert.rejects(client.exchange(put(server, new Uint8Array(30_000_000))), {
    code: /^(ECONNRESET|EPIPE)$/,
  });
});

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

for (const proxy of ["", "http", "https"]) {
  const way = proxy && ` behind a proxy by ${proxy}`;
  Deno.test({
    name: `HttpClient: gives up a server${way} that is silent when TLS begins`,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const { promise, resolve } = Promise.withResolvers<void>();
      await using server = rawServer(async (peer) => {
        if (proxy === "http") {
          await peer.readHead();
          await peer.send("HTTP/1.1 200 OK\r\n\r\n");
        }
        await promise;
      });
      const { host } = server.origin;
      const network = proxy === "" ? {} : { proxyEnv: { https_proxy: `${proxy}://${host}` } };
      using client = clientOf(200, network);
      const request = get(server);
      request.origin = new URL(proxy === "" ? `https://${host}` : "https://aws.invalid");
      await assert.rejects(client.exchange(request), { code: "ETIMEDOUT" });
      resolve();
    },
  });
}

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
