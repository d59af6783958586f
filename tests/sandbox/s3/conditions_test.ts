/** Requests for objects under conditions, and for ranges of them. */
import type { GetObjectCommandInput } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { refusal } from "../helpers.ts";
import { send, sign } from "../auth/sign.ts";
import { bucketIn, s3Room } from "./helpers.ts";

const Bucket = "mine";

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
