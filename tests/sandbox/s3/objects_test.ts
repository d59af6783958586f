import { S3 } from "@aws-sdk/client-s3";
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
