/**
 * The HTTP client: connections, requests and answers, of servers that keep the rules or bend them.
 */
import assert from "node:assert/strict";
import type { HttpRequest } from "../../lib/http/connection.ts";
import { rawServer } from "./raw_server.ts";
import { answer, clientOf, get, serveAll } from "./client_helpers.ts";

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
