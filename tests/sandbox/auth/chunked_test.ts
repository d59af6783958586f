import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { unframe } from "../../../lib/sandbox/auth/chunked.ts";
import { Content, startSandbox } from "../../../lib/sandbox/mod.ts";
import { hex, macHex, send, sign, type Signed } from "./sign.ts";

function signedChunks(seed: Signed, parts: string[], trailers: [string, string][]): string {
  let previous = seed.signature;
  const tail = [seed.timestamp, seed.scope];
  const framed = [...parts, ""].map((part) => {
    const text = ["AWS4-HMAC-SHA256-PAYLOAD", ...tail, previous, hex(""), hex(part)].join("\n");
    previous = macHex(seed.key, text);
    const size = new TextEncoder().encode(part).length.toString(16);
    return `${size};chunk-signature=${previous}\r\n${part === "" ? "" : `${part}\r\n`}`;
  }).join("");
  if (trailers.length === 0) return `${framed}\r\n`;
  const canonical = trailers.map(([name, value]) => `${name}:${value}\n`).join("");
  const text = ["AWS4-HMAC-SHA256-TRAILER", ...tail, previous, hex(canonical)].join("\n");
  const lines = trailers.map(([name, value]) => `${name}:${value}\r\n`).join("");
  return `${framed}${lines}x-amz-trailer-signature:${macHex(seed.key, text)}\r\n\r\n`;
}

/** The least that a chunk may have that isn't the last. */
const FULL_CHUNK = "x".repeat(8192);
const CRC32_OF_HELLO: [string, string] = ["x-amz-checksum-crc32", "NhCmhg=="];
const CRC32_OF_BOTH: [string, string] = [
  "x-amz-checksum-crc32",
  Buffer.from(crc32(`${FULL_CHUNK}hello`).toString(16).padStart(8, "0"), "hex").toString("base64"),
];
const STREAMS: [
  name: string,
  contentSha256: string,
  trailers: [string, string][],
  signed: boolean,
][] = [
  ["signed chunks", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", [], true],
  [
    "signed chunks and a signed trailer",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    [CRC32_OF_BOTH],
    true,
  ],
  [
    "unsigned chunks and a trailer",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    [CRC32_OF_BOTH],
    false,
  ],
];

for (const [name, contentSha256, trailers, isSigned] of STREAMS) {
  Deno.test(`aws-chunked: an upload in ${name} is stored without its framing`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const put = sign(`${sandbox.url}/b/k`, {
      service: "s3",
      keys: sandbox.credentials,
      method: "PUT",
      contentSha256,
      headers: {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": String(FULL_CHUNK.length + 5),
        ...(trailers.length > 0 && { "x-amz-trailer": "x-amz-checksum-crc32" }),
      },
    });
    const framed = isSigned
      ? signedChunks(put, [FULL_CHUNK, "hello"], trailers)
      : `2000\r\n${FULL_CHUNK}\r\n5\r\nhello\r\n0\r\n${
        trailers.map(([n, v]) => `${n}:${v}\r\n`).join("")
      }\r\n`;
    put.init.body = framed;
    const { status, body } = await send(put);
    assert.equal(status, 200, body);
    const stored = sandbox.account.buckets.get("b")!.objects.get("k")!;
    assert.equal(stored.body.text(), `${FULL_CHUNK}hello`);
    assert.equal(stored.headers["content-encoding"], undefined);
    put.init.body = framed.replace("llo", "LLO");
    assert.ok([400, 403].includes((await send(put)).status));
  });
}

const DIFFERS: [number, string] = [403, "SignatureDoesNotMatch"];
const INCOMPLETE: [number, string] = [400, "IncompleteBody"];
const SPOILT_TRAILERS: [
  name: string,
  expected: [status: number, code: string],
  spoil: (framed: string) => string,
][] = [
  [
    "another signature",
    DIFFERS,
    (framed) => framed.replace(/(trailer-signature:)\w{8}/, "$100000000"),
  ],
  ["another value", DIFFERS, (framed) => framed.replace("NhCmhg", "AAAAAA")],
  [
    "no signature",
    INCOMPLETE,
    (framed) => framed.replace(/x-amz-trailer-signature:\w+\r\n/, ""),
  ],
  ["no trailer at all", INCOMPLETE, (framed) => framed.replace(/x-amz-checksum[^]*$/, "\r\n")],
  ["no line at its end", INCOMPLETE, (framed) => framed.slice(0, -2)],
  [
    "an empty line before it",
    [400, "MalformedTrailerError"],
    (framed) => framed.replace("x-amz-checksum", "\r\nx-amz-checksum"),
  ],
];

for (const [name, expected, spoil] of SPOILT_TRAILERS) {
  Deno.test(`aws-chunked: refuses a signed trailer with ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const put = sign(`${sandbox.url}/b/k`, {
      service: "s3",
      keys: sandbox.credentials,
      method: "PUT",
      contentSha256: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
      headers: {
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
      },
    });
    const framed = signedChunks(put, ["hello"], [CRC32_OF_HELLO]);
    put.init.body = spoil(framed);
    assert.notEqual(put.init.body, framed);
    const { status, code } = await send(put);
    assert.deepEqual([status, code], expected);
    put.init.body = framed;
    assert.equal((await send(put)).status, 200);
    // The form of the line on AWS's page.
    put.init.body = framed.replace("NhCmhg==", "NhCmhg==\n");
    assert.equal((await send(put)).status, 200);
  });
}

Deno.test("aws-chunked: refuses a payload that ends within its framing", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const put = sign(`${sandbox.url}/b/k`, {
    service: "s3",
    keys: sandbox.credentials,
    method: "PUT",
    contentSha256: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    headers: { "x-amz-decoded-content-length": "5" },
  });
  put.init.body = "5\r\nhel";
  const { status, code } = await send(put);
  assert.deepEqual([status, code], [400, "IncompleteBody"]);
});

/** An upload of `hello` in unsigned chunks, with a checksum that follows it. */
const UNSIGNED = { contentSha256: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", length: "5" };
const HELLO = "5\r\nhello\r\n0\r\n";
const CHECKSUM = "x-amz-checksum-crc32:NhCmhg==\r\n";

const REFUSED_STREAMS: {
  name: string;
  contentSha256?: string;
  length?: string;
  trailer?: string;
  body: string;
  expected: [status: number, code: string];
}[] = [
  {
    name: "a trailer that sets tags",
    body: `${HELLO}${CHECKSUM}x-amz-tagging:a=b\r\n\r\n`,
    expected: [400, "MalformedTrailerError"],
  },
  {
    name: "a trailer in place of the announced one",
    body: `${HELLO}x-amz-copy-source:/b/other\r\n\r\n`,
    expected: [400, "MalformedTrailerError"],
  },
  {
    name: "an announced trailer that is no checksum",
    trailer: "x-amz-tagging",
    body: `${HELLO}x-amz-tagging:a=b\r\n\r\n`,
    expected: [400, "InvalidRequest"],
  },
  {
    name: "no trailer where one is announced",
    body: `${HELLO}\r\n`,
    expected: [400, "MalformedTrailerError"],
  },
  {
    name: "data after the trailer",
    body: `${HELLO}${CHECKSUM}\r\njunk`,
    expected: [400, "IncompleteBody"],
  },
  {
    name: "lines that end without CR",
    body: `${HELLO}${CHECKSUM}\r\n`.replaceAll("\r", ""),
    expected: [400, "IncompleteBody"],
  },
  {
    name: "no line after the trailer",
    body: `${HELLO}${CHECKSUM}`,
    expected: [400, "IncompleteBody"],
  },
  {
    name: "a small chunk before the last",
    body: `2\r\nhe\r\n3\r\nllo\r\n0\r\n${CHECKSUM}\r\n`,
    expected: [403, "InvalidChunkSizeError"],
  },
  {
    name: "no decoded length",
    length: "",
    body: `${HELLO}${CHECKSUM}\r\n`,
    expected: [411, "MissingContentLength"],
  },
  {
    name: "a wrong decoded length",
    length: "6",
    body: `${HELLO}${CHECKSUM}\r\n`,
    expected: [400, "IncompleteBody"],
  },
  {
    name: "letters behind the payload's type",
    contentSha256: "STREAMING-UNSIGNED-PAYLOAD-TRAILERS",
    body: `${HELLO}${CHECKSUM}\r\n`,
    expected: [400, "InvalidArgument"],
  },
];

for (const refused of REFUSED_STREAMS) {
  Deno.test(`aws-chunked: refuses ${refused.name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const { contentSha256, length } = { ...UNSIGNED, ...refused };
    const signed = (type: string, more: Record<string, string>) =>
      sign(`${sandbox.url}/b/k`, {
        service: "s3",
        keys: sandbox.credentials,
        method: "PUT",
        contentSha256: type,
        headers: { "x-amz-trailer": refused.trailer ?? "x-amz-checksum-crc32", ...more },
      });
    const put = signed(contentSha256, length ? { "x-amz-decoded-content-length": length } : {});
    put.init.body = refused.body;
    const { status, code } = await send(put);
    assert.deepEqual([status, code], refused.expected);
    assert.equal(sandbox.account.buckets.get("b")!.objects.size, 0);
    const good = signed(UNSIGNED.contentSha256, {
      "x-amz-decoded-content-length": "5",
      "x-amz-trailer": "x-amz-checksum-crc32",
    });
    good.init.body = `${HELLO}${CHECKSUM}\r\n`;
    assert.equal((await send(good)).status, 200);
  });
}

Deno.test("unframe: however a payload arrives, it is stored without its framing", () => {
  const content = `${FULL_CHUNK}hello`;
  const framed = Buffer.from(`2000\r\n${FULL_CHUNK}\r\n5\r\nhello\r\n0\r\n${CHECKSUM}\r\n`);
  const cuts = fc.array(
    fc.oneof(fc.nat(framed.length), fc.integer({ min: 8190, max: framed.length })),
  );
  fc.assert(fc.property(cuts, (positions) => {
    const sorted = [0, ...positions.sort((a, b) => a - b), framed.length];
    const pieces = sorted.map((start, at) => framed.subarray(start, sorted[at + 1]));
    const { body, trailers } = unframe(new Content(pieces), undefined);
    assert.equal(body.text(), content);
    assert.deepEqual(trailers, [CRC32_OF_HELLO]);
  }));
});

Deno.test("aws-chunked: objects and parts are sent in chunks, and no documents", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const put = sign(`${sandbox.url}/b?tagging`, {
    service: "s3",
    keys: sandbox.credentials,
    method: "PUT",
    contentSha256: UNSIGNED.contentSha256,
    headers: { "x-amz-decoded-content-length": "5" },
  });
  put.init.body = `${HELLO}\r\n`;
  const { status, code } = await send(put);
  assert.deepEqual([status, code], [400, "InvalidRequest"]);
});
