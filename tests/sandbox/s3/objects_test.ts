import { type GetObjectCommandInput, S3 } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { send, sign } from "../auth/sign.ts";
import { bucketIn, fill, keysOf, s3Room } from "./helpers.ts";

const Bucket = "mine";

Deno.test("GetObject: returns the bytes, headers and metadata of the upload", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const Body = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);
  const { ETag } = await room.s3.putObject({
    Bucket,
    Key: "a",
    Body,
    ContentType: "image/png",
    CacheControl: "no-store",
    ContentEncoding: "identity",
    Metadata: { colour: "red" },
  });
  assert.equal(ETag, `"${createHash("md5").update(Body).digest("hex")}"`);
  const object = await room.s3.getObject({ Bucket, Key: "a" });
  assert.deepEqual(await object.Body?.transformToByteArray(), Body);
  const { ContentType, CacheControl, ContentEncoding, Metadata, ContentLength } = object;
  assert.deepEqual({ ContentType, CacheControl, ContentEncoding, Metadata, ContentLength }, {
    ContentType: "image/png",
    CacheControl: "no-store",
    ContentEncoding: "identity",
    Metadata: { colour: "red" },
    ContentLength: 1000,
  });
});

Deno.test("metadata: words of RFC 2047 are read, and written by the shorter encoding", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const given = {
    base64: "=?UTF-8?B?YWJj?=",
    quoted: "=?utf-8?q?a_=C3=A9=3F?= z",
    mostly: "=?UTF-8?B?w4TDlsOc?=",
    other: "=?latin1?Q?a?=",
  };
  await room.s3.putObject({ Bucket, Key: "a", Body: "x", Metadata: given });
  const { Metadata } = await room.s3.headObject({ Bucket, Key: "a" });
  assert.deepEqual(Metadata, {
    base64: "abc",
    quoted: "=?UTF-8?Q?a_=C3=A9=3F_z?=",
    mostly: "=?UTF-8?B?w4TDlsOc?=",
    other: "=?latin1?Q?a?=",
  });
});

Deno.test("headers: the bytes of UTF-8 can be signed, and come back", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { url, credentials: keys } = room.sandbox;
  const text = 'attachment; filename="é—.txt"';
  const wire = Buffer.from(text).toString("latin1");
  const request = sign(`${url}/${Bucket}/a`, {
    service: "s3",
    keys,
    method: "PUT",
    headers: { "content-disposition": text },
  });
  const headers = { ...request.init.headers, "content-disposition": wire };
  assert.equal((await send({ ...request, init: { ...request.init, headers } })).status, 200);
  const { ContentDisposition } = await room.s3.headObject({ Bucket, Key: "a" });
  assert.equal(ContentDisposition, wire);
});

Deno.test("presigned URLs: that the payload is unsigned needn't be signed, all else has to be", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { url, credentials: keys } = room.sandbox;
  const signed = sign(`${url}/${Bucket}/a`, { service: "s3", keys, method: "PUT", expires: 60 });
  const put = (value: string) => {
    const headers = { ...signed.init.headers, "x-amz-content-sha256": value };
    return send({ ...signed, init: { ...signed.init, headers } });
  };
  assert.equal((await put("UNSIGNED-PAYLOAD")).status, 200);
  for (const value of ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0".repeat(64)]) {
    assert.equal((await put(value)).code, "AccessDenied");
  }
});

Deno.test("HeadObject: returns the length and no body", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "four" });
  const { ContentLength, LastModified } = await room.s3.headObject({ Bucket, Key: "a" });
  assert.equal(ContentLength, 4);
  assert.equal(LastModified?.getMilliseconds(), 0);
});

Deno.test("PutObject: stores a stream without its framing", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const chunk = new Uint8Array(70_000).fill(7);
  await room.s3.putObject({
    Bucket,
    Key: "a",
    Body: Readable.from([chunk, chunk]),
    ContentLength: 140_000,
  });
  const stored = bucketIn(room, Bucket).objects.get("a");
  assert.deepEqual(stored?.body.bytes(), new Uint8Array(140_000).fill(7));
  assert.equal(stored?.headers["content-encoding"], undefined);
  assert.match(stored?.headers["x-amz-checksum-crc32"] ?? "", /^[\w+/]{6}==$/);
});

Deno.test("PutObject: refuses a wrong Content-MD5", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const ContentMD5 = createHash("md5").update("other").digest("base64");
  const error = await refusal(room.s3.putObject({ Bucket, Key: "a", Body: "x", ContentMD5 }));
  assert.deepEqual([error.status, error.code], [400, "BadDigest"]);
  assert.equal(bucketIn(room, Bucket).objects.size, 0);
});

Deno.test("PutObject: with If-None-Match: *, writes a key once", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const put = { Bucket, Key: "a", IfNoneMatch: "*" };
  await room.s3.putObject({ ...put, Body: "first" });
  const error = await refusal(room.s3.putObject({ ...put, Body: "second" }));
  assert.deepEqual([error.status, error.code], [412, "PreconditionFailed"]);
  assert.equal(bucketIn(room, Bucket).objects.get("a")?.body.length, 5);
});

Deno.test("presigned URLs: a condition in the query is kept", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { url, credentials: keys } = room.sandbox;
  const put = (query: string) =>
    send(sign(`${url}/${Bucket}/a?${query}`, { service: "s3", keys, method: "PUT", expires: 60 }));
  const { status, headers } = await put("If-None-Match=%2A");
  assert.equal(status, 200);
  assert.equal((await put("If-None-Match=%2A")).code, "PreconditionFailed");
  assert.equal((await put("If-Match=other")).code, "PreconditionFailed");
  const etag = headers.get("etag")!.replaceAll('"', "");
  assert.equal((await put(`If-Match=${etag}`)).status, 200);
});

Deno.test("writes: conditions that S3 doesn't take are refused, whatever is there", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const object = { Bucket, Key: "a" };
  const { ETag } = await room.s3.putObject({ ...object, Body: "first" });
  for (
    const conditions of [
      { IfNoneMatch: ETag },
      { IfNoneMatch: '"other"' },
      { IfMatch: "*" },
      { IfMatch: ETag, IfNoneMatch: "*" },
    ]
  ) {
    for (const Key of ["a", "missing"]) {
      const put = room.s3.putObject({ Bucket, Key, Body: "second", ...conditions });
      const { status, code } = await refusal(put);
      assert.deepEqual([status, code], [501, "NotImplemented"]);
      const copy = { Bucket, Key, CopySource: `${Bucket}/a`, ...conditions };
      assert.equal((await refusal(room.s3.copyObject(copy))).code, "NotImplemented");
    }
  }
  await room.s3.putObject({ ...object, Body: "second", IfMatch: ETag });
});

Deno.test("PutObject: a redirect leads to a key or to a web page", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const object = { Bucket, Key: "a" };
  const { status, code } = await refusal(
    room.s3.putObject({ ...object, Body: "x", WebsiteRedirectLocation: "elsewhere" }),
  );
  assert.deepEqual([status, code], [400, "InvalidRedirectLocation"]);
  for (const WebsiteRedirectLocation of ["/b", "http://example.com/", "https://example.com/"]) {
    await room.s3.putObject({ ...object, Body: "x", WebsiteRedirectLocation });
    const head = await room.s3.headObject(object);
    assert.equal(head.WebsiteRedirectLocation, WebsiteRedirectLocation);
  }
});

for (const Tagging of ["=value", "a%", "a=1&a=2"]) {
  Deno.test(`PutObject: refuses the tags ${Tagging}`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    const put = room.s3.putObject({ Bucket, Key: "a", Body: "x", Tagging });
    const { status, code } = await refusal(put);
    assert.deepEqual([status, code], [400, "InvalidArgument"]);
  });
}

Deno.test("GetObject, HeadObject: a part number that can't be is refused before the key is looked for", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const missing = { Bucket, Key: "missing" };
  for (const PartNumber of [0, -1, 10_001]) {
    const { status, code } = await refusal(room.s3.getObject({ ...missing, PartNumber }));
    assert.deepEqual([status, code], [400, "InvalidArgument"]);
    assert.equal((await refusal(room.s3.headObject({ ...missing, PartNumber }))).status, 400);
  }
  const copy = { Bucket, Key: "a", UploadId: "x", PartNumber: 0, CopySource: "not-there/k" };
  assert.equal((await refusal(room.s3.uploadPartCopy(copy))).code, "InvalidArgument");
});

Deno.test("CopyObject: what is wrong with the request comes before what is wrong with the source", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const copy = { Bucket, Key: "b", CopySource: `${Bucket}/missing` };
  const cases: [more: object, code: string][] = [
    [{ TaggingDirective: "KEEP" }, "InvalidArgument"],
    [{ MetadataDirective: "KEEP" }, "InvalidArgument"],
    [{ ChecksumAlgorithm: "CRC16" }, "InvalidRequest"],
    [{ Metadata: { long: "x".repeat(2048) } }, "MetadataTooLarge"],
    [{ CopySource: `${Bucket}/100%` }, "InvalidArgument"],
    [{ CopySource: `${Bucket}/missing?versionId=` }, "InvalidArgument"],
    [{}, "NoSuchKey"],
  ];
  for (const [more, expected] of cases) {
    const { code } = await refusal(room.s3.copyObject({ ...copy, ...more }));
    assert.equal(code, expected);
  }
});

for (
  const [Range, text, contentRange] of [
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=5-500", "56789", "bytes 5-9/10"],
    ["bytes=-500", "0123456789", "bytes 0-9/10"],
    ["bytes=4-2", "0123456789", undefined],
    ["bytes=0-1,3-4", "0123456789", undefined],
    ["bytes= -1", "0123456789", undefined],
  ] as const
) {
  Deno.test(`GetObject: Range ${Range}`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    await room.s3.putObject({ Bucket, Key: "a", Body: "0123456789" });
    const object = await room.s3.getObject({ Bucket, Key: "a", Range });
    assert.equal(await object.Body?.transformToString(), text);
    assert.equal(object.ContentRange, contentRange);
    assert.equal(object.$metadata.httpStatusCode, contentRange === undefined ? 200 : 206);
  });
}

for (const Range of ["bytes=10-", "bytes=-0"]) {
  Deno.test(`GetObject: refuses Range ${Range} of ten bytes`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    await room.s3.putObject({ Bucket, Key: "a", Body: "0123456789" });
    const { status, code } = await refusal(room.s3.getObject({ Bucket, Key: "a", Range }));
    assert.deepEqual([status, code], [416, "InvalidRange"]);
  });
}

Deno.test("GetObject: the last bytes of nothing are nothing, all other ranges of it are refused", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const object = { Bucket, Key: "a" };
  await room.s3.putObject({ ...object, Body: "" });
  const { $metadata, ContentRange, Body } = await room.s3.getObject({
    ...object,
    Range: "bytes=-1",
  });
  assert.deepEqual([$metadata.httpStatusCode, ContentRange], [200, undefined]);
  assert.equal(await Body?.transformToString(), "");
  for (const Range of ["bytes=-0", "bytes=0-", "bytes=0-0"]) {
    assert.equal((await refusal(room.s3.getObject({ ...object, Range }))).code, "InvalidRange");
  }
});

const ETAG = `"${createHash("md5").update("x").digest("hex")}"`;
const PAST = new Date("2000-01-01");
const FUTURE = new Date("2100-01-01");
/** After an object that is stored now. */
const NOW = new Date(Date.now() + 5 * 60 * 1000);
const CONDITIONS: [Partial<GetObjectCommandInput>, number][] = [
  [{ IfMatch: ETAG }, 200],
  [{ IfMatch: '"other"' }, 412],
  [{ IfNoneMatch: ETAG }, 304],
  [{ IfNoneMatch: '"other"' }, 200],
  [{ IfModifiedSince: PAST }, 200],
  // The time of the sandbox is ten minutes later when this is asked.
  [{ IfModifiedSince: NOW }, 304],
  [{ IfModifiedSince: FUTURE }, 200],
  [{ IfUnmodifiedSince: PAST }, 412],
  [{ IfUnmodifiedSince: FUTURE }, 200],
  [{ IfMatch: ETAG, IfUnmodifiedSince: PAST }, 200],
  [{ IfNoneMatch: '"other"', IfModifiedSince: FUTURE }, 200],
];
for (const [conditions, expected] of CONDITIONS) {
  Deno.test(`GetObject: responds ${expected} to ${JSON.stringify(conditions)}`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
    room.sandbox.clock.advance(10 * 60 * 1000);
    const status = await room.s3.getObject({ Bucket, Key: "a", ...conditions }).then(
      async ({ $metadata, Body }) => {
        await Body?.transformToByteArray();
        return $metadata.httpStatusCode;
      },
      (error) => error.$metadata.httpStatusCode,
    );
    assert.equal(status, expected);
  });
}

Deno.test("GetObject: a range that is all of an object comes with its checksum", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const put = await room.s3.putObject({ Bucket, Key: "a", Body: "0123456789" });
  for (const [Range, checksum] of [["bytes=0-99", put.ChecksumCRC32], ["bytes=0-8", undefined]]) {
    const got = await room.s3.getObject({ Bucket, Key: "a", Range, ChecksumMode: "ENABLED" });
    await got.Body!.transformToByteArray();
    assert.deepEqual([got.$metadata.httpStatusCode, got.ChecksumCRC32], [206, checksum]);
  }
});

Deno.test("CopyObject: names the type of the checksum, and the condition that doesn't hold", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const copy = { Bucket, Key: "b", CopySource: `${Bucket}/a` };
  const { CopyObjectResult } = await room.s3.copyObject(copy);
  assert.equal(CopyObjectResult?.ChecksumType, "FULL_OBJECT");
  const conditions = {
    "x-amz-copy-source-If-Match": { CopySourceIfMatch: '"other"' },
    "x-amz-copy-source-If-Unmodified-Since": { CopySourceIfUnmodifiedSince: PAST },
    "x-amz-copy-source-If-None-Match": { CopySourceIfNoneMatch: ETAG },
  };
  for (const [name, condition] of Object.entries(conditions)) {
    const call = room.s3.copyObject({ ...copy, ...condition });
    await assert.rejects(call, { name: "PreconditionFailed", Condition: name });
  }
  await room.s3.copyObject({ ...copy, CopySourceIfModifiedSince: FUTURE });
});

Deno.test("CopyObject: an object onto itself, where the bucket encrypts by a setting of its own", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const copy = () => room.s3.copyObject({ Bucket, Key: "a", CopySource: `${Bucket}/a` });
  assert.equal((await refusal(copy())).code, "InvalidRequest");
  const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: "AES256" as const };
  const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
  await room.s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration });
  await copy();
});

Deno.test("CopyObject: a plus sign in the source stands for a space", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  for (const Key of ["a b", "a+b"]) await room.s3.putObject({ Bucket, Key, Body: Key });
  for (const [source, body] of [["a+b", "a b"], ["a%20b", "a b"], ["a%2Bb", "a+b"]]) {
    await room.s3.copyObject({ Bucket, Key: "copy", CopySource: `${Bucket}/${source}` });
    const { Body } = await room.s3.getObject({ Bucket, Key: "copy" });
    assert.equal(await Body!.transformToString(), body);
  }
});

Deno.test("GetObject: response headers can be overridden", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const { ContentType, ContentDisposition, Body } = await room.s3.getObject({
    Bucket,
    Key: "a",
    ResponseContentType: "text/html",
    ResponseContentDisposition: "attachment",
  });
  await Body?.transformToByteArray();
  assert.deepEqual([ContentType, ContentDisposition], ["text/html", "attachment"]);
});

Deno.test("GetObject: a missing key is NoSuchKey only for callers who may list", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const read = allow("s3:GetObject", "arn:aws:s3:::mine/*");
  const blind = room.s3As(await userWithKey(room.iam, "blind", read));
  const listing = room.s3As(
    await userWithKey(room.iam, "listing", allow(["s3:GetObject", "s3:ListBucket"])),
  );
  const call = { Bucket, Key: "none" };
  const denied = await refusal(blind.getObject(call));
  assert.deepEqual([denied.status, denied.code], [403, "AccessDenied"]);
  const missing = await refusal(listing.getObject(call));
  assert.deepEqual([missing.status, missing.code], [404, "NoSuchKey"]);
  assert.equal((await refusal(blind.headObject(call))).status, 403);
  assert.equal((await refusal(listing.headObject(call))).status, 404);
});

Deno.test("DeleteObject: succeeds for a missing key", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { $metadata } = await room.s3.deleteObject({ Bucket, Key: "none" });
  assert.equal($metadata.httpStatusCode, 204);
});

Deno.test("DeleteObjects: decides on each key", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["mine/a", "mine/b", "yours"]);
  const policy = allow("s3:DeleteObject", "arn:aws:s3:::mine/mine/*");
  const client = room.s3As(await userWithKey(room.iam, "partly", policy));
  const Objects = ["mine/a", "yours", "mine/none"].map((Key) => ({ Key }));
  const { Deleted, Errors } = await client.deleteObjects({ Bucket, Delete: { Objects } });
  assert.deepEqual(Deleted?.map(({ Key }) => Key), ["mine/a", "mine/none"]);
  assert.deepEqual(Errors?.map(({ Key, Code }) => [Key, Code]), [["yours", "AccessDenied"]]);
  assert.deepEqual([...bucketIn(room, Bucket).objects.keys()], ["mine/b", "yours"]);
});

Deno.test("DeleteObjects: in quiet mode, returns failures only", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["a"]);
  const Delete = { Objects: [{ Key: "a" }], Quiet: true };
  const { Deleted, Errors } = await room.s3.deleteObjects({ Bucket, Delete });
  assert.deepEqual([Deleted, Errors], [undefined, undefined]);
  assert.equal(bucketIn(room, Bucket).objects.size, 0);
});

Deno.test("DeleteObjects: takes a thousand keys and no more", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const keys = Array.from({ length: 1001 }, (_, index) => `k${index}`);
  fill(bucketIn(room, Bucket), keys);
  const Objects = keys.map((Key) => ({ Key }));
  const error = await refusal(room.s3.deleteObjects({ Bucket, Delete: { Objects } }));
  assert.deepEqual([error.status, error.code], [400, "MalformedXML"]);
  await room.s3.deleteObjects({ Bucket, Delete: { Objects: Objects.slice(0, 1000) } });
  assert.equal(bucketIn(room, Bucket).objects.size, 1);
});

const ODD_KEYS = [
  "../up",
  "./here",
  "a//b",
  "/leading",
  "trailing/",
  "a%2Fb",
  "100%",
  "a+b c",
  "q?x=1&y#z",
  "line\r\nend\r",
  "\ttab ",
  "quote\"'<>&amp;",
  "Grüße/日本/😀",
  "*",
  "${aws:username}",
];
for (const Key of ODD_KEYS) {
  Deno.test(`keys: put, list, get, copy and delete ${JSON.stringify(Key)}`, async () => {
    await using room = await s3Room({ buckets: [Bucket, "copies"] });
    await room.s3.putObject({ Bucket, Key, Body: Key });
    assert.deepEqual(keysOf((await room.s3.listObjectsV2({ Bucket })).Contents), [Key]);
    const { Body } = await room.s3.getObject({ Bucket, Key });
    assert.equal(await Body?.transformToString(), Key);
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    await room.s3.copyObject({ Bucket: "copies", Key, CopySource });
    assert.ok(bucketIn(room, "copies").objects.has(Key));
    const { Deleted } = await room.s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key }] } });
    assert.deepEqual(Deleted?.map((deleted) => deleted.Key), [Key]);
    assert.equal(bucketIn(room, Bucket).objects.size, 0);
  });
}

Deno.test("keys: more than 1,024 bytes is too long", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const error = await refusal(room.s3.putObject({ Bucket, Key: "ü".repeat(513), Body: "x" }));
  assert.deepEqual([error.status, error.code], [400, "KeyTooLongError"]);
});

Deno.test("ListObjectVersions: lists each object as its null version", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["a", "b"]);
  const { Versions } = await room.s3.listObjectVersions({ Bucket });
  assert.deepEqual(Versions?.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest]), [
    ["a", "null", true],
    ["b", "null", true],
  ]);
});

Deno.test("PutObject: accepts uploads without checksums", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { url: endpoint, region, credentials } = room.sandbox;
  const client = new S3({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  await client.putObject({ Bucket, Key: "a", Body: "x" });
  const { Body, ChecksumCRC64NVME } = await client.getObject({ Bucket, Key: "a" });
  assert.equal(await Body?.transformToString(), "x");
  assert.equal(ChecksumCRC64NVME, undefined);
  client.destroy();
});

Deno.test("PutObject: keeps the content encoding as it was sent, but for aws-chunked", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const key = { Bucket: "mine", Key: "a" };
  for (
    const [sent, kept] of [
      ["gzip", "gzip"],
      ["deflate, gzip", "deflate, gzip"],
      ["gzip,aws-chunked", "gzip"],
      ["aws-chunked, gzip", "gzip"],
      ["aws-chunked", undefined],
    ]
  ) {
    await room.s3.putObject({ ...key, ContentEncoding: sent });
    assert.equal((await room.s3.headObject(key)).ContentEncoding, kept);
  }
});

Deno.test("PutObject: a stream whose length nobody knows is refused, as AWS refuses it", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { url, credentials: keys } = room.sandbox;
  const signed = (key: string) =>
    sign(`${url}/${Bucket}/${key}`, { service: "s3", keys, method: "PUT", expires: 60 });
  const body = new Blob(["content"]).stream();
  const { status, code, body: text } = await send({
    ...signed("a"),
    init: { method: "PUT", headers: {}, body },
  });
  assert.deepEqual([status, code], [501, "NotImplemented"]);
  assert.match(text, /<Header>Transfer-Encoding<\/Header>/);
  assert.equal(bucketIn(room, Bucket).objects.size, 0);
  const init = { method: "PUT", headers: {}, body: "content" };
  assert.equal((await send({ ...signed("b"), init })).status, 200);
});
