import assert from "node:assert/strict";
import { unframe } from "../../../lib/sandbox/auth/chunked.ts";
import {
  hmacHex,
  readClaim,
  signingKey,
  stringToSign,
} from "../../../lib/sandbox/auth/signature.ts";
import { Content } from "../../../lib/sandbox/content.ts";
import { headersOf, type WireRequest } from "../../../lib/sandbox/wire.ts";

// AWS publishes worked examples of Signature Version 4; these are their requests and signatures.

const S3_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const IAM_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const S3_SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request";

interface Example {
  name: string;
  secret: string;
  method: string;
  rawPath: string;
  headers: Record<string, string>;
  body?: string;
  credential: string;
  signature: string;
}

const EXAMPLES: Example[] = [
  {
    name: "GET object",
    secret: S3_SECRET,
    method: "GET",
    rawPath: "/test.txt",
    headers: {
      Host: "examplebucket.s3.amazonaws.com",
      Range: "bytes=0-9",
      "x-amz-content-sha256": EMPTY,
      "x-amz-date": "20130524T000000Z",
    },
    credential: S3_SCOPE,
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    name: "PUT object",
    secret: S3_SECRET,
    method: "PUT",
    rawPath: "/test%24file.text",
    headers: {
      Date: "Fri, 24 May 2013 00:00:00 GMT",
      Host: "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "x-amz-date": "20130524T000000Z",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    },
    body: "Welcome to Amazon S3.",
    credential: S3_SCOPE,
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    name: "GET bucket lifecycle",
    secret: S3_SECRET,
    method: "GET",
    rawPath: "/?lifecycle",
    headers: {
      Host: "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": EMPTY,
      "x-amz-date": "20130524T000000Z",
    },
    credential: S3_SCOPE,
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  {
    name: "list objects",
    secret: S3_SECRET,
    method: "GET",
    rawPath: "/?max-keys=2&prefix=J",
    headers: {
      Host: "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": EMPTY,
      "x-amz-date": "20130524T000000Z",
    },
    credential: S3_SCOPE,
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
  {
    name: "IAM ListUsers",
    secret: IAM_SECRET,
    method: "GET",
    rawPath: "/?Action=ListUsers&Version=2010-05-08",
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      host: "iam.amazonaws.com",
      "x-amz-date": "20150830T123600Z",
    },
    credential: "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request",
    signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  },
];

function computed(request: WireRequest, secret: string): string {
  const claim = readClaim(request)!;
  return hmacHex(signingKey(secret, claim), stringToSign(request, claim));
}

for (const example of EXAMPLES) {
  Deno.test(`stringToSign: AWS's example, ${example.name}`, () => {
    const names = Object.keys(example.headers).map((name) => name.toLowerCase()).sort();
    const authorization = `AWS4-HMAC-SHA256 Credential=${example.credential},` +
      `SignedHeaders=${names.join(";")},Signature=${example.signature}`;
    const request: WireRequest = {
      method: example.method,
      rawPath: example.rawPath,
      headers: headersOf([
        ...Object.entries(example.headers).flat(),
        "Authorization",
        authorization,
      ]),
      body: Content.of(example.body ?? ""),
    };
    assert.equal(computed(request, example.secret), example.signature);
    assert.equal(readClaim(request)!.signature, example.signature);
  });
}

Deno.test("stringToSign: AWS's example, presigned URL", () => {
  const signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  const request: WireRequest = {
    method: "GET",
    rawPath: "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
      `${encodeURIComponent(S3_SCOPE)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400` +
      `&X-Amz-SignedHeaders=host&X-Amz-Signature=${signature}`,
    headers: new Map([["host", "examplebucket.s3.amazonaws.com"]]),
    body: new Content([]),
  };
  assert.equal(computed(request, S3_SECRET), signature);
});

const CHUNK_SIGNATURES = [
  "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
  "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
  "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];

function exampleUpload(): { request: WireRequest; seed: string } {
  const seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  const headers = {
    "content-encoding": "aws-chunked",
    "content-length": "66824",
    host: "s3.amazonaws.com",
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "x-amz-date": "20130524T000000Z",
    "x-amz-decoded-content-length": "66560",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
  };
  const authorization = `AWS4-HMAC-SHA256 Credential=${S3_SCOPE},` +
    `SignedHeaders=${Object.keys(headers).join(";")},Signature=${seed}`;
  const framed = [65_536, 1024, 0].map((size, index) =>
    `${size.toString(16)};chunk-signature=${CHUNK_SIGNATURES[index]}\r\n${"a".repeat(size)}\r\n`
  );
  const request: WireRequest = {
    method: "PUT",
    rawPath: "/examplebucket/chunkObject.txt",
    headers: new Map([...Object.entries(headers), ["authorization", authorization]]),
    body: Content.of(framed.join("")),
  };
  return { request, seed };
}

Deno.test("unframe: AWS's example, upload in signed chunks", () => {
  const { request, seed } = exampleUpload();
  assert.equal(request.body.length, 66_824);
  assert.equal(computed(request, S3_SECRET), seed);
  const claim = readClaim(request)!;
  const { body } = unframe(request.body, {
    key: signingKey(S3_SECRET, claim),
    claim,
    hasTrailer: false,
  });
  assert.equal(body.text(), "a".repeat(66_560));
});

Deno.test("unframe: refuses a signed chunk with a changed byte", () => {
  const { request } = exampleUpload();
  const claim = readClaim(request)!;
  request.body.bytes()[1000] = 0x62;
  assert.throws(
    () => unframe(request.body, { key: signingKey(S3_SECRET, claim), claim, hasTrailer: false }),
    {
      name: "ChunkError",
      problem: "chunkSignature",
    },
  );
});
