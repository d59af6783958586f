/**
 * The HTTP client sends bodies, and asks first whether a long one is wanted.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { rawServer } from "./raw_server.ts";
import {
  answer,
  clientOf,
  get,
  put,
  REFUSAL,
  REFUSAL_AND_CLOSE,
  serveAll,
  silence,
} from "./client_helpers.ts";

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
