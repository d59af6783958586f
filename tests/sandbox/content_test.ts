import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { RUNS } from "../support/arbitraries.ts";
import { Content, startSandbox } from "../../lib/sandbox/mod.ts";
import { sign } from "./auth/sign.ts";

/** Few letters, so that what is looked for is often there, and often across pieces. */
const letters = (maxLength: number) => fc.string({ unit: fc.constantFrom("a", "b"), maxLength });
const piecesArbitrary = fc.array(letters(5), { maxLength: 8 });

function contentOf(pieces: string[]): Content {
  return new Content(pieces.map((piece) => Buffer.from(piece)));
}

Deno.test("Content: however its pieces are cut, it is what they are together", () => {
  const cuts = fc.tuple(fc.nat(45), fc.nat(45), letters(4));
  fc.assert(
    fc.property(piecesArbitrary, cuts, (pieces, [one, other, wanted]) => {
      const content = contentOf(pieces);
      const whole = pieces.join("");
      const [start, end] = [Math.min(one, other), Math.max(one, other)];
      assert.equal(content.text(), whole);
      assert.equal(content.length, whole.length);
      assert.equal(content.digest("md5", "hex"), md5(whole));
      assert.equal(content.slice(start, end).text(), whole.slice(start, end));
      assert.equal(content.slice(start).text(), whole.slice(start));
      if (wanted === "") return;
      assert.equal(content.indexOf(wanted, start), whole.indexOf(wanted, start));
      const within = whole.slice(0, end).indexOf(wanted, start);
      assert.equal(content.indexOf(wanted, start, end), within);
    }),
    { numRuns: 200 * RUNS },
  );
});

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

Deno.test("Content: a slice and a whole of several share the memory of their pieces", () => {
  const content = contentOf(["some", "", "text"]);
  const joined = Content.join([content, content.slice(2, 6)]);
  assert.equal(joined.text(), "sometextmete");
  const memories = new Set(content.pieces.map(({ buffer }) => buffer));
  assert.ok(joined.pieces.every(({ buffer }) => memories.has(buffer)));
  assert.equal(content.pieces.length, 2, "an empty piece is none");
});

Deno.test("PutObject: a large object takes little more memory than it has bytes", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const body = new Uint8Array(3_000_000).map((_, at) => at % 251);
  const keys = sandbox.credentials;
  const put = sign(`${sandbox.url}/b/k`, { service: "s3", keys, method: "PUT", body });
  assert.equal((await fetch(put.url, put.init)).status, 200);
  const { pieces } = sandbox.account.buckets.get("b")!.objects.get("k")!.body;
  const memories = new Set(pieces.map(({ buffer }) => buffer));
  const taken = memories.values().reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(taken < 1.05 * body.length, `${taken} bytes`);
  const get = sign(`${sandbox.url}/b/k`, { service: "s3", keys });
  const stored = await (await fetch(get.url, get.init)).bytes();
  assert.ok(Buffer.from(stored).equals(body));
});

Deno.test("PutObject: of a payload that comes byte by byte, many bytes are put into one piece", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const text = "0123456789".repeat(250);
  const { url, init } = sign(`${sandbox.url}/b/k`, {
    service: "s3",
    keys: sandbox.credentials,
    method: "PUT",
    contentSha256: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    headers: { "x-amz-decoded-content-length": String(text.length) },
  });
  const framed = `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
  const head = Object.entries({ host: new URL(url).host, ...init.headers })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const chunks = [...framed].map((byte) => `1\r\n${byte}\r\n`).join("");
  const request =
    `PUT /b/k HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = new Uint8Array(10_000);
  const length = await connection.read(answer) ?? 0;
  assert.match(new TextDecoder().decode(answer.subarray(0, length)), /^HTTP\/1\.1 200 /);
  const { body } = sandbox.account.buckets.get("b")!.objects.get("k")!;
  assert.equal(body.text(), text);
  assert.ok(body.pieces.length < 1000, `${body.pieces.length} pieces`);
});
