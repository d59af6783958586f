/**
 * The reader of answers: the same result however the bytes are cut, and an error for what is not
 * exactly HTTP, never other bytes than were sent.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { MessageReader } from "../../lib/http/message_reader.ts";

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Gives bytes in pieces of these lengths, again and again. */
function streamOf(bytes: Uint8Array, lengths: readonly number[]) {
  let at = 0;
  let turn = 0;
  return {
    read(buffer: Uint8Array): Promise<number | null> {
      if (at === bytes.length) return Promise.resolve(null);
      const length = lengths[turn++ % lengths.length]!;
      const piece = bytes.subarray(at, at + Math.min(length, buffer.length));
      buffer.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  };
}

/** A byte for each character. */
function latin1(text: string): Uint8Array {
  // The same for ASCII, for which Buffer takes a hundred times as long.
  const utf8 = new TextEncoder().encode(text);
  return utf8.length === text.length ? utf8 : new Uint8Array(Buffer.from(text, "latin1"));
}

/** Reads so many answers; what follows them is an error. */
async function readAll(text: string, lengths: readonly number[], count = 1): Promise<Answer[]> {
  const reader = new MessageReader(streamOf(latin1(text), lengths));
  const answers: Answer[] = [];
  for (let number = 0; number < count; number++) {
    const { status, headers, framing } = await reader.readHead();
    let body = "";
    await reader.readBody(framing, (piece) => {
      body += Buffer.from(piece).toString("latin1");
    });
    answers.push({ status, headers, body });
  }
  await reader.wait();
  if (reader.hasMore) throw new Error("bytes after the end");
  return answers;
}

const lengthsArbitrary = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const bodyArbitrary = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 60 }),
  fc.constantFrom("", "\r\n\r\n", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "x".repeat(5_000)),
);

/** A text in chunks that end at these places. */
function chunked(body: string, places: readonly number[], trailers: string): string {
  const cuts = [...new Set([0, ...places.map((place) => place % (body.length + 1)), body.length])]
    .sort((one, other) => one - other);
  const chunks = cuts.slice(1).map((end, index) => body.slice(cuts[index], end));
  const lines = chunks.filter((chunk) => chunk !== "")
    .map((chunk, index) => {
      const digits = chunk.length.toString(16);
      return `${index % 2 ? digits.toUpperCase() : `00${digits};a="b"`}\r\n${chunk}\r\n`;
    });
  return `${lines.join("")}0\r\n${trailers}\r\n`;
}

/** An answer as text, with where its framing stands, and what it means. */
const answerArbitrary = fc.record({
  status: fc.constantFrom(200, 206, 403, 503),
  body: bodyArbitrary,
  kind: fc.constantFrom("length", "chunked"),
  places: fc.array(fc.nat(100), { maxLength: 5 }),
  trailers: fc.constantFrom("", "X-Checksum: abc\r\n"),
  interim: fc.constantFrom(
    "",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early\r\nA: b\r\n\r\n",
  ),
}).map(({ status, body, kind, places, trailers, interim }) => {
  const framing = kind === "chunked"
    ? "transfer-encoding: chunked"
    : `Content-Length:  ${body.length}\t`;
  const head = `HTTP/1.1 ${status} Any words\r\nETag: "a b"\r\n${framing}\r\n\r\n`;
  const text = interim + head + (kind === "chunked" ? chunked(body, places, trailers) : body);
  return { text, head, interim, kind, answer: { status, body } };
});

Deno.test("MessageReader: reads answers alike, however their bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(answerArbitrary, { minLength: 1, maxLength: 4 }),
      lengthsArbitrary,
      async (answers, lengths) => {
        const text = answers.map(({ text }) => text).join("");
        const read = await readAll(text, lengths, answers.length);
        assert.deepEqual(
          read.map(({ status, body }) => ({ status, body })),
          answers.map(({ answer }) => answer),
        );
        assert.ok(read.every(({ headers }) => headers.etag === '"a b"'));
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("MessageReader: reads a body without a length to the end of the connection", async () => {
  await fc.assert(
    fc.asyncProperty(bodyArbitrary, lengthsArbitrary, async (body, lengths) => {
      const [answer] = await readAll(`HTTP/1.1 200 OK\r\n\r\n${body}`, lengths);
      assert.equal(answer!.body, body);
    }),
    { numRuns: 200 },
  );
});

const damageArbitrary = fc.record({
  kind: fc.constantFrom("replace", "insert", "delete"),
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  byte: fc.oneof(
    fc.nat(255),
    fc.constantFrom(..."\r\n 019afAF:;,\0\t".split("")).map((one) => one.charCodeAt(0)),
  ),
});

function damaged(text: string, kind: string, place: number, byte: number): string {
  const at = Math.floor(place * text.length);
  const letter = String.fromCharCode(byte);
  if (kind === "insert") return text.slice(0, at) + letter + text.slice(at);
  return text.slice(0, at) + (kind === "replace" ? letter : "") + text.slice(at + 1);
}

Deno.test("MessageReader: damage to the framing is an error, or changes nothing", async () => {
  let errors = 0;
  await fc.assert(
    fc.asyncProperty(
      answerArbitrary,
      damageArbitrary,
      lengthsArbitrary,
      async ({ text, head, interim, kind, answer }, { kind: how, place, byte }, lengths) => {
        // The names of headers carry no redundancy: under another name a length is none.
        const [name = ""] = /(content-length|transfer-encoding):/i.exec(text) ?? [];
        const from = text.indexOf(name) + name.length;
        const framing = text.slice(from, interim.length + head.length);
        const isChunked = kind === "chunked";
        const rest = text.slice(interim.length + head.length);
        const broken = text.slice(0, from) +
          (isChunked && place > 0.5
            ? framing + damaged(rest, how, place * 2 - 1, byte)
            : damaged(framing, how, isChunked ? place * 2 : place, byte) + rest);
        let read: Answer[];
        try {
          read = await readAll(broken, lengths);
        } catch (error) {
          assert.match((error as Error).message, /not valid HTTP|was cut|bytes after the end/);
          errors++;
          return;
        }
        // A byte of the content itself may be another one: only its length is kept by HTTP.
        const isContent = isChunked && place > 0.5 && how === "replace";
        if (isContent) assert.equal(read[0]!.body.length, answer.body.length);
        else assert.equal(read[0]!.body, answer.body);
      },
    ),
    { numRuns: 5_000 },
  );
  assert.ok(errors > 1_000, `${errors}`);
});

Deno.test("MessageReader: an answer that ends anywhere before its end is an error", async () => {
  const body = "0123456789".repeat(3);
  for (
    const text of [
      `HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n${body}`,
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunked(body, [7, 20], "")}`,
    ]
  ) {
    for (let length = 0; length < text.length; length++) {
      await assert.rejects(readAll(text.slice(0, length), [11]), { code: "ECONNRESET" });
    }
  }
});

const BAD_HEADS: Record<string, string> = {
  "no HTTP": "SSH-2.0-OpenSSH_9.6\r\n",
  "a page without a head": "<html>",
  "another version": "HTTP/2 200 OK\r\n\r\n",
  "an unknown version": "HTTP/1.2 200 OK\r\n\r\n",
  "no status": "HTTP/1.1 \r\n\r\n",
  "a status of two digits": "HTTP/1.1 20 OK\r\n\r\n",
  "a status that is no number": "HTTP/1.1 2x0 OK\r\n\r\n",
  "a header without a colon": "HTTP/1.1 200 OK\r\nabc\r\n\r\n",
  "a space before the colon": "HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\na",
  "a folded header": "HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 0\r\n\r\n",
  "a bare line feed": "HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n",
  "a bare carriage return": "HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n",
  "a NUL": "HTTP/1.1 200 OK\r\na: b\0\r\n\r\n",
  "two lengths": "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na",
  "two lengths in one header": "HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\na",
  "a negative length": "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
  "a length with a sign": "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na",
  "a hexadecimal length": "HTTP/1.1 200 OK\r\ncontent-length: 0x1\r\n\r\na",
  "an endless length": `HTTP/1.1 200 OK\r\ncontent-length: ${"9".repeat(20)}\r\n\r\na`,
  "a length and chunks":
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  "chunks twice":
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  "a compressed transfer": "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
  "an unknown transfer": "HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
  "chunks by HTTP/1.0": "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  "a chunk without a length": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n",
  "a chunk with a negative length": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
  "a chunk that ends with a bare line feed":
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
  "a chunk longer than its length":
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
  "another protocol": "HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n",
  "a trailer without a colon":
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nabc\r\n\r\n",
  "interim answers without end": "HTTP/1.1 100 Continue\r\n\r\n".repeat(100),
  "a head without end": `HTTP/1.1 200 OK\r\na: ${"b".repeat(100_000)}`,
  "headers without end": `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(50_000)}`,
  "trailers without end": `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${
    "a: b\r\n".repeat(50_000)
  }`,
  "a chunk's length without end": `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${
    "a".repeat(50_000)
  }`,
};

for (const [what, text] of Object.entries(BAD_HEADS)) {
  Deno.test(`MessageReader: refuses ${what}`, async () => {
    for (const lengths of [[1], [1_000_000]]) {
      await assert.rejects(readAll(text, lengths), {
        name: "ConnectionError",
        code: "EPROTO",
        message: /^the answer is not valid HTTP: /,
      });
    }
  });
}

Deno.test("MessageReader: joins headers that come twice, and takes no name of JavaScript's", async () => {
  const [answer] = await readAll(
    "HTTP/1.1 200 OK\r\nVary: a\r\nvary:b\r\n__proto__: c\r\nconstructor: d\r\n" +
      "content-length: 0\r\n\r\n",
    [100],
  );
  assert.deepEqual({ ...answer!.headers }, {
    "vary": "a, b",
    "constructor": "d",
    "content-length": "0",
  });
});

Deno.test("MessageReader: hands a long body on in memory that it uses again", async () => {
  const body = Buffer.alloc(5_000_000, "0123456789abcdef").toString("latin1");
  const text = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const reader = new MessageReader(streamOf(latin1(text), [1_000_000]));
  const { framing } = await reader.readHead();
  const buffers = new Set<ArrayBufferLike>();
  let isWaiting = false;
  let read = "";
  await reader.readBody(framing, async (piece) => {
    assert.ok(!isWaiting, "the next piece waits for the receiver");
    isWaiting = true;
    await Promise.resolve();
    buffers.add(piece.buffer);
    read += Buffer.from(piece).toString("latin1");
    isWaiting = false;
  });
  assert.ok(read === body);
  assert.ok(buffers.size <= 2);
});

Deno.test("MessageReader: takes a quarter of the memory for bodies of which many come at a time", async () => {
  for (const [length, memory] of [[4_000_000, 256 * 1024], [5_000_000, 1024 * 1024]] as const) {
    const text = `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${"x".repeat(length)}`;
    const reader = new MessageReader(streamOf(latin1(text), [10_000_000]));
    const { framing } = await reader.readHead();
    const sizes: number[] = [];
    await reader.readBody(framing, (piece) => void sizes.push(piece.buffer.byteLength));
    assert.equal(Math.max(...sizes), memory, `${length} bytes`);
  }
});
