import { S3 } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { unframe } from "../../lib/sandbox/chunked.ts";
import {
  hmacHex,
  readClaim,
  signingKey,
  stringToSign,
  type WireRequest,
} from "../../lib/sandbox/signature.ts";
import { allow, type Keys, refusal, room, trust } from "./helpers.ts";
import { hex, macHex, sign, type Signed, type SignOptions } from "./sign.ts";

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
  Deno.test(`AWS's example: ${example.name}`, () => {
    const names = Object.keys(example.headers).map((name) => name.toLowerCase()).sort();
    const authorization = `AWS4-HMAC-SHA256 Credential=${example.credential},` +
      `SignedHeaders=${names.join(";")},Signature=${example.signature}`;
    const request: WireRequest = {
      method: example.method,
      rawPath: example.rawPath,
      rawHeaders: [...Object.entries(example.headers), ["Authorization", authorization]],
      body: new TextEncoder().encode(example.body ?? ""),
    };
    assert.equal(computed(request, example.secret), example.signature);
    assert.equal(readClaim(request)!.signature, example.signature);
  });
}

Deno.test("AWS's example: presigned URL", () => {
  const signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  const request: WireRequest = {
    method: "GET",
    rawPath: "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
      `${encodeURIComponent(S3_SCOPE)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400` +
      `&X-Amz-SignedHeaders=host&X-Amz-Signature=${signature}`,
    rawHeaders: [["Host", "examplebucket.s3.amazonaws.com"]],
    body: new Uint8Array(),
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
    rawHeaders: [...Object.entries(headers), ["authorization", authorization]],
    body: new TextEncoder().encode(framed.join("")),
  };
  return { request, seed };
}

Deno.test("AWS's example: upload in signed chunks", () => {
  const { request, seed } = exampleUpload();
  assert.equal(request.body.length, 66_824);
  assert.equal(computed(request, S3_SECRET), seed);
  const claim = readClaim(request)!;
  const { body } = unframe(request.body, { key: signingKey(S3_SECRET, claim), claim });
  assert.equal(new TextDecoder().decode(body), "a".repeat(66_560));
});

Deno.test("a byte changed in a signed chunk is noticed", () => {
  const { request } = exampleUpload();
  const claim = readClaim(request)!;
  request.body[1000] = 0x62;
  assert.throws(() => unframe(request.body, { key: signingKey(S3_SECRET, claim), claim }), {
    name: "ChunkError",
    signature: true,
  });
});

// The rest goes over HTTP.

interface Answer {
  status: number;
  code: string | undefined;
  body: string;
  headers: Headers;
}

async function send({ url, init }: Pick<Signed, "url" | "init">): Promise<Answer> {
  const response = await fetch(url, init);
  const body = await response.text();
  const code = /<Code>(.*?)<\/Code>/.exec(body)?.[1];
  return { status: response.status, code, body, headers: response.headers };
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const WHO_AM_I = "Action=GetCallerIdentity&Version=2011-06-15";
const LIST_USERS = "Action=ListUsers&Version=2010-05-08";

function requestTo(service: "iam" | "sts" | "s3", url: string, more: Partial<SignOptions>): Signed {
  const keys = more.keys!;
  if (service === "s3") return sign(`${url}/`, { service, ...more, keys });
  const body = service === "iam" ? LIST_USERS : WHO_AM_I;
  return sign(`${url}/`, { service, method: "POST", headers: FORM, body, ...more, keys });
}

Deno.test("a request signed by hand is accepted by all three services", async () => {
  await using sandbox = await startSandbox();
  for (const service of ["iam", "sts", "s3"] as const) {
    const { status, body } = await send(
      requestTo(service, sandbox.url, { keys: sandbox.credentials }),
    );
    assert.equal(status, 200, body);
  }
});

const UNKNOWN: Keys = { accessKeyId: "AKIAUNKNOWNUNKNOWN00", secretAccessKey: "x" };
type Expected = [status: number, code: string];
const REFUSED: {
  name: string;
  keys: (scene: { admin: Keys; inactive: Keys; session: Keys; expired: Keys }) => Keys;
  date?: () => Date;
  query: Expected;
  s3: Expected;
}[] = [
  {
    name: "an unknown key",
    keys: () => UNKNOWN,
    query: [403, "InvalidClientTokenId"],
    s3: [403, "InvalidAccessKeyId"],
  },
  {
    name: "an inactive key",
    keys: ({ inactive }) => inactive,
    query: [403, "InvalidClientTokenId"],
    s3: [403, "InvalidAccessKeyId"],
  },
  {
    name: "a wrong secret",
    keys: ({ admin }) => ({ ...admin, secretAccessKey: "wrong" }),
    query: [403, "SignatureDoesNotMatch"],
    s3: [403, "SignatureDoesNotMatch"],
  },
  {
    name: "a session without its token",
    keys: ({ session }) => ({ ...session, sessionToken: undefined! }),
    query: [403, "InvalidClientTokenId"],
    s3: [400, "InvalidToken"],
  },
  {
    name: "a session with another token",
    keys: ({ session }) => ({ ...session, sessionToken: "other" }),
    query: [403, "InvalidClientTokenId"],
    s3: [400, "InvalidToken"],
  },
  {
    name: "a token with a key of a user",
    keys: ({ admin }) => ({ ...admin, sessionToken: "other" }),
    query: [403, "InvalidClientTokenId"],
    s3: [400, "InvalidToken"],
  },
  {
    name: "a session that has expired",
    keys: ({ expired }) => expired,
    query: [403, "ExpiredToken"],
    s3: [400, "ExpiredToken"],
  },
  {
    name: "a clock that is late",
    keys: ({ admin }) => admin,
    date: () => new Date(Date.now() - 16 * 60_000),
    query: [403, "SignatureDoesNotMatch"],
    s3: [403, "RequestTimeTooSkewed"],
  },
  {
    name: "a clock that is early",
    keys: ({ admin }) => admin,
    date: () => new Date(Date.now() + 16 * 60_000),
    query: [403, "SignatureDoesNotMatch"],
    s3: [403, "RequestTimeTooSkewed"],
  },
];

for (const { name, keys, date, query, s3 } of REFUSED) {
  Deno.test(`refused: ${name}`, async () => {
    await using r = await room();
    const { iam, sts, sandbox } = r;
    await iam.createUser({ UserName: "sleeper" });
    const { AccessKey } = await iam.createAccessKey({ UserName: "sleeper" });
    const inactive = {
      accessKeyId: AccessKey!.AccessKeyId!,
      secretAccessKey: AccessKey!.SecretAccessKey!,
    };
    await iam.updateAccessKey({
      UserName: "sleeper",
      AccessKeyId: inactive.accessKeyId,
      Status: "Inactive",
    });
    await iam.createRole({
      RoleName: "r",
      AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:root"),
    });
    const assume = async (RoleSessionName: string): Promise<Keys> => {
      const RoleArn = "arn:aws:iam::123456789012:role/r";
      const { Credentials } = await sts.assumeRole({ RoleArn, RoleSessionName });
      return {
        accessKeyId: Credentials!.AccessKeyId!,
        secretAccessKey: Credentials!.SecretAccessKey!,
        sessionToken: Credentials!.SessionToken!,
      };
    };
    const expired = await assume("expired");
    sandbox.account.sessions.get(expired.accessKeyId)!.expiration = new Date(Date.now() - 1000);
    const session = await assume("session");
    const used = keys({ admin: sandbox.credentials, inactive, session, expired });
    for (const service of ["iam", "sts", "s3"] as const) {
      const more = { keys: used, ...(date && { date: date() }) };
      const { status, code } = await send(requestTo(service, sandbox.url, more));
      assert.deepEqual([service, status, code], [service, ...(service === "s3" ? s3 : query)]);
    }
  });
}

const TAMPERED: [name: string, change: (signed: Signed) => void][] = [
  ["a signed header", ({ init }) => init.headers["x-amz-meta-a"] = "2"],
  ["the method", ({ init }) => init.method = "POST"],
  ["the path", (signed) => signed.url = signed.url.replace("/b/k", "/b/other")],
  ["the query", (signed) => signed.url += "?acl"],
  [
    "the declared payload",
    ({ init }) => init.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD",
  ],
  ["the date", ({ init, timestamp }) => {
    const seconds = Number(timestamp.slice(13, 15));
    const other = String((seconds + 1) % 60).padStart(2, "0");
    init.headers["x-amz-date"] = `${timestamp.slice(0, 13)}${other}Z`;
  }],
];

for (const [name, change] of TAMPERED) {
  Deno.test(`refused: ${name} changed after signing`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const signed = sign(`${sandbox.url}/b/k`, {
      service: "s3",
      keys: sandbox.credentials,
      method: "PUT",
      headers: { "x-amz-meta-a": "1" },
      body: "content",
    });
    const original = {
      url: signed.url,
      init: { ...signed.init, headers: { ...signed.init.headers } },
    };
    change(signed);
    const { status, code } = await send(signed);
    assert.deepEqual([status, code], [403, "SignatureDoesNotMatch"]);
    assert.equal(sandbox.account.buckets.get("b")!.objects.size, 0);
    assert.equal((await send(original)).status, 200);
  });
}

Deno.test("refused: a body changed after signing", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const keys = sandbox.credentials;
  const put = sign(`${sandbox.url}/b/k`, { service: "s3", keys, method: "PUT", body: "content" });
  put.init.body = "CONTENT";
  assert.equal((await send(put)).code, "XAmzContentSHA256Mismatch");
  const call = requestTo("iam", sandbox.url, { keys });
  call.init.body = `${LIST_USERS}&MaxItems=1`;
  assert.equal((await send(call)).code, "SignatureDoesNotMatch");
});

Deno.test("refused: an x-amz- header that was added after signing", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const keys = sandbox.credentials;
  const put = sign(`${sandbox.url}/b/k`, { service: "s3", keys, method: "PUT", body: "content" });
  put.init.headers["x-amz-acl"] = "public-read";
  const { status, body } = await send(put);
  assert.equal(status, 403);
  assert.match(body, /<HeadersNotSigned>x-amz-acl<\/HeadersNotSigned>/);
});

const MALFORMED: [name: string, authorization: string, s3: string, query: string][] = [
  ["no fields", "AWS4-HMAC-SHA256", "AuthorizationHeaderMalformed", "IncompleteSignature"],
  ["another scheme", "Basic YTpi", "AuthorizationHeaderMalformed", "IncompleteSignature"],
  ["Version 2", "AWS AKIA:abc=", "AuthorizationHeaderMalformed", "IncompleteSignature"],
  [
    "a short scope",
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/s3, SignedHeaders=host, Signature=00",
    "AuthorizationHeaderMalformed",
    "IncompleteSignature",
  ],
];

for (const [name, authorization, s3, query] of MALFORMED) {
  Deno.test(`refused: an Authorization header with ${name}`, async () => {
    await using sandbox = await startSandbox();
    const toS3 = await send({
      url: sandbox.url,
      init: { method: "GET", headers: { authorization } },
    });
    assert.deepEqual([toS3.status, toS3.code], [400, s3]);
    const init = { method: "POST", headers: { ...FORM, authorization }, body: LIST_USERS };
    const toIam = await send({ url: sandbox.url, init });
    assert.deepEqual([toIam.status, toIam.code], [400, query]);
  });
}

Deno.test("an unsigned call of IAM or STS lacks a token", async () => {
  await using sandbox = await startSandbox();
  for (const body of [LIST_USERS, WHO_AM_I]) {
    const init = { method: "POST", headers: FORM, body };
    const { status, code } = await send({ url: sandbox.url, init });
    assert.deepEqual([status, code], [403, "MissingAuthenticationToken"]);
  }
  const services = sandbox.requests.map(({ service }) => service);
  assert.deepEqual(services, ["iam", "sts"]);
});

Deno.test("an unsigned request to S3 is anonymous", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const url = `${sandbox.url}/b/k`;
  const bucket = sandbox.account.buckets.get("b")!;
  const keys = sandbox.credentials;
  await send(sign(url, { service: "s3", keys, method: "PUT", body: "content" }));
  const get = { url, init: { method: "GET", headers: {} } };
  assert.equal((await send(get)).code, "AccessDenied");
  bucket.publicAccessBlock = undefined;
  bucket.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::b/*",
    }],
  });
  assert.equal((await send(get)).body, "content");
});

Deno.test("a presigned URL works until it expires, and for its own key only", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const keys = sandbox.credentials;
  const url = `${sandbox.url}/b/k`;
  await send(sign(url, { service: "s3", keys, method: "PUT", body: "content" }));
  const presigned = sign(url, { service: "s3", keys, expires: 60 });
  assert.equal((await send(presigned)).body, "content");
  const other = { ...presigned, url: presigned.url.replace("/b/k", "/b/other") };
  assert.equal((await send(other)).code, "SignatureDoesNotMatch");
  const longer = { ...presigned, url: presigned.url.replace("Expires=60", "Expires=61") };
  assert.equal((await send(longer)).code, "SignatureDoesNotMatch");
  const date = new Date(Date.now() - 61_000);
  const late = await send(sign(url, { service: "s3", keys, expires: 60, date }));
  assert.equal(late.status, 403);
  assert.match(late.body, /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
  const tooLong = await send(sign(url, { service: "s3", keys, expires: 604_801 }));
  assert.deepEqual([tooLong.status, tooLong.code], [400, "AuthorizationQueryParametersError"]);
});

Deno.test("a presigned GetCallerIdentity works", async () => {
  await using sandbox = await startSandbox();
  const keys = sandbox.credentials;
  const url = `${sandbox.url}/?${WHO_AM_I}`;
  const { status, body } = await send(sign(url, { service: "sts", keys, expires: 60 }));
  assert.equal(status, 200);
  assert.match(body, /user\/admin/);
});

Deno.test("an error of HEAD has no body", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const response = await send(
    sign(`${sandbox.url}/b`, { service: "s3", keys: UNKNOWN, method: "HEAD" }),
  );
  assert.equal(response.status, 403);
  assert.equal(response.body, "");
  assert.ok(response.headers.get("x-amz-request-id"));
});

function signedChunks(seed: Signed, parts: string[], trailers: [string, string][]): string {
  let previous = seed.signature;
  const tail = [seed.timestamp, seed.scope];
  const framed = [...parts, ""].map((part) => {
    const text = ["AWS4-HMAC-SHA256-PAYLOAD", ...tail, previous, EMPTY, hex(part)].join("\n");
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

const CRC32_OF_HELLO: [string, string] = ["x-amz-checksum-crc32", "NhCmhg=="];
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
    [CRC32_OF_HELLO],
    true,
  ],
  [
    "unsigned chunks and a trailer",
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    [CRC32_OF_HELLO],
    false,
  ],
];

for (const [name, contentSha256, trailers, isSigned] of STREAMS) {
  Deno.test(`an upload in ${name} is unframed`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const put = sign(`${sandbox.url}/b/k`, {
      service: "s3",
      keys: sandbox.credentials,
      method: "PUT",
      contentSha256,
      headers: {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "5",
        ...(trailers.length > 0 && { "x-amz-trailer": "x-amz-checksum-crc32" }),
      },
    });
    const framed = isSigned
      ? signedChunks(put, ["he", "llo"], trailers)
      : `5\r\nhello\r\n0\r\n${trailers.map(([n, v]) => `${n}:${v}\r\n`).join("")}\r\n`;
    put.init.body = framed;
    const { status, body } = await send(put);
    assert.equal(status, 200, body);
    const stored = sandbox.account.buckets.get("b")!.objects.get("k")!;
    assert.equal(new TextDecoder().decode(stored.body), "hello");
    assert.equal(stored.headers["content-encoding"], undefined);
    put.init.body = framed.replace("llo", "LLO");
    assert.ok([400, 403].includes((await send(put)).status));
  });
}

Deno.test("a payload that ends within its framing is refused", async () => {
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

const AWKWARD_KEYS = [
  "a b",
  "a+b",
  "a/../b",
  "./a",
  "//x",
  "é/ü",
  "a%20b",
  "q?x=1&y",
  "*'()!~",
  "\n",
];

for (const key of AWKWARD_KEYS) {
  Deno.test(`the SDK's signature of key ${JSON.stringify(key)} is accepted`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const { url: endpoint, region, credentials } = sandbox;
    const s3 = new S3({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
    try {
      await s3.putObject({ Bucket: "b", Key: key, Body: "x" });
      assert.deepEqual(sandbox.snapshot().buckets[0]!.objects, [key]);
    } finally {
      s3.destroy();
    }
  });
}

Deno.test("a deleted key is refused at once", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createUser({ UserName: "joe" });
  await iam.putUserPolicy({
    UserName: "joe",
    PolicyName: "p",
    PolicyDocument: JSON.stringify(allow("iam:*")),
  });
  const { AccessKey } = await iam.createAccessKey({ UserName: "joe" });
  const { AccessKeyId, SecretAccessKey } = AccessKey!;
  const joe = r.iamAs({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! });
  await joe.getUser({});
  await iam.deleteAccessKey({ UserName: "joe", AccessKeyId });
  assert.equal((await refusal(joe.getUser({}))).code, "InvalidClientTokenId");
});
