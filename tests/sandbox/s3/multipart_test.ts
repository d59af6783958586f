import type { S3 } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { bucketIn, fill, s3Room } from "./helpers.ts";

const Bucket = "mine";
const Key = "big file";
const MIB = 1024 * 1024;
const FIRST = new Uint8Array(5 * MIB).fill(1);
const SECOND = new TextEncoder().encode("the end");

interface Part {
  PartNumber: number;
  ETag: string | undefined;
  ChecksumCRC32: string | undefined;
}

async function start(s3: S3): Promise<string> {
  const { UploadId } = await s3.createMultipartUpload({
    Bucket,
    Key,
    ChecksumAlgorithm: "CRC32",
    ContentType: "text/plain",
    Metadata: { colour: "red" },
  });
  assert.ok(UploadId);
  return UploadId;
}

async function upload(s3: S3, UploadId: string, bodies: Uint8Array[]): Promise<Part[]> {
  const parts: Part[] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { ETag, ChecksumCRC32 } = await s3.uploadPart({
      Bucket,
      Key,
      UploadId,
      PartNumber,
      Body,
    });
    parts.push({ PartNumber, ETag, ChecksumCRC32 });
  }
  return parts;
}

function md5(body: Uint8Array): Uint8Array {
  return createHash("md5").update(body).digest();
}

Deno.test("CompleteMultipartUpload: makes one object with the ETag of a multipart upload", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  const Parts = await upload(room.s3, UploadId, [FIRST, SECOND]);
  const done = await room.s3.completeMultipartUpload({
    Bucket,
    Key,
    UploadId,
    MultipartUpload: { Parts },
  });
  const digest = createHash("md5").update(md5(FIRST)).update(md5(SECOND)).digest("hex");
  assert.equal(done.ETag, `"${digest}-2"`);
  assert.match(done.ChecksumCRC32 ?? "", /^[\w+/]{6}==-2$/);
  const object = await room.s3.getObject({ Bucket, Key });
  const body = await object.Body?.transformToByteArray();
  assert.ok(body);
  assert.equal(body.length, FIRST.length + SECOND.length);
  assert.deepEqual(body.subarray(FIRST.length), SECOND);
  assert.deepEqual([object.ContentType, object.Metadata], ["text/plain", { colour: "red" }]);
  const { Uploads } = await room.s3.listMultipartUploads({ Bucket });
  assert.equal(Uploads, undefined);
});

Deno.test("GetObject: reads a part by its number", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  const Parts = await upload(room.s3, UploadId, [FIRST, SECOND]);
  await room.s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
  const { Body, PartsCount, ContentRange } = await room.s3.getObject({
    Bucket,
    Key,
    PartNumber: 2,
  });
  assert.equal(await Body?.transformToString(), "the end");
  assert.equal(PartsCount, 2);
  assert.equal(ContentRange, `bytes ${5 * MIB}-${5 * MIB + 6}/${5 * MIB + 7}`);
});

Deno.test("CompleteMultipartUpload: all parts but the last need five mebibytes", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  const Parts = await upload(room.s3, UploadId, [SECOND, SECOND]);
  const error = await refusal(
    room.s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );
  assert.deepEqual([error.status, error.code], [400, "EntityTooSmall"]);
  assert.ok(bucketIn(room, Bucket).uploads?.has(UploadId));
});

Deno.test("CompleteMultipartUpload: refuses a wrong ETag, an unknown part or a wrong order", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  const [first, second] = await upload(room.s3, UploadId, [FIRST, SECOND]);
  assert.ok(first && second);
  const lists: [Part[], string][] = [
    [[first, { ...second, ETag: first.ETag }], "InvalidPart"],
    [[first, { ...second, PartNumber: 3 }], "InvalidPart"],
    [[first, { ...second, ChecksumCRC32: first.ChecksumCRC32 }], "InvalidPart"],
    [[second, first], "InvalidPartOrder"],
    [[first, first], "InvalidPartOrder"],
    [[first, { ...second, ChecksumCRC32: undefined }], "InvalidRequest"],
    [[], "MalformedXML"],
  ];
  for (const [Parts, expected] of lists) {
    const { status, code } = await refusal(
      room.s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    assert.deepEqual([status, code], [400, expected]);
  }
  assert.equal(bucketIn(room, Bucket).objects.size, 0);
});

Deno.test("UploadPart: replaces a part that was sent before", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  await upload(room.s3, UploadId, [FIRST]);
  const Parts = await upload(room.s3, UploadId, [SECOND]);
  await room.s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
  assert.deepEqual(bucketIn(room, Bucket).objects.get(Key)?.body.bytes(), SECOND);
});

Deno.test("AbortMultipartUpload: refuses an upload that isn't there where there never was one", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const abort = room.s3.abortMultipartUpload({ Bucket, Key, UploadId: "none" });
  const { status, code } = await refusal(abort);
  assert.deepEqual([status, code], [404, "NoSuchUpload"]);
});

Deno.test("CompleteMultipartUpload: without a list of parts, is refused", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  const complete = (more: object) =>
    refusal(room.s3.completeMultipartUpload({ Bucket, Key, UploadId, ...more }));
  assert.equal((await complete({})).message, "You must specify at least one part");
  assert.equal((await complete({ MultipartUpload: { Parts: [] } })).code, "MalformedXML");
});

Deno.test("AbortMultipartUpload: removes the upload", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  await room.s3.abortMultipartUpload({ Bucket, Key, UploadId });
  for (
    const call of [
      () => room.s3.abortMultipartUpload({ Bucket, Key, UploadId }),
      () => room.s3.listParts({ Bucket, Key, UploadId }),
      () => room.s3.uploadPart({ Bucket, Key, UploadId, PartNumber: 1, Body: SECOND }),
    ]
  ) {
    const { status, code } = await refusal(call());
    assert.deepEqual([status, code], [404, "NoSuchUpload"]);
  }
});

Deno.test("UploadPart: refuses an upload of another key", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  const { code } = await refusal(room.s3.listParts({ Bucket, Key: "other", UploadId }));
  assert.equal(code, "NoSuchUpload");
});

for (const PartNumber of [0, 10_001]) {
  Deno.test(`UploadPart: refuses part number ${PartNumber}`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    const UploadId = await start(room.s3);
    const call = room.s3.uploadPart({ Bucket, Key, UploadId, PartNumber, Body: SECOND });
    const { status, code } = await refusal(call);
    assert.deepEqual([status, code], [400, "InvalidArgument"]);
  });
}

Deno.test("ListParts: lists the parts in pages", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const UploadId = await start(room.s3);
  await upload(room.s3, UploadId, [SECOND, SECOND, SECOND]);
  const first = await room.s3.listParts({ Bucket, Key, UploadId, MaxParts: 2 });
  assert.deepEqual(first.Parts?.map(({ PartNumber }) => PartNumber), [1, 2]);
  assert.equal(first.IsTruncated, true);
  const PartNumberMarker = first.NextPartNumberMarker;
  const second = await room.s3.listParts({ Bucket, Key, UploadId, PartNumberMarker });
  assert.deepEqual(second.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]), [[3, 7]]);
  assert.deepEqual([second.IsTruncated, second.NextPartNumberMarker], [false, "3"]);
  const beyond = await room.s3.listParts({ Bucket, Key, UploadId, PartNumberMarker: "3" });
  assert.deepEqual([beyond.Parts, beyond.NextPartNumberMarker], [undefined, "0"]);
});

Deno.test("ListParts: has checksums where the upload was started with an algorithm", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  for (const [ChecksumAlgorithm, checksum] of [[undefined, undefined], ["SHA256", "string"]]) {
    const settings = ChecksumAlgorithm ? { ChecksumAlgorithm: "SHA256" as const } : {};
    const { UploadId } = await room.s3.createMultipartUpload({ Bucket, Key, ...settings });
    const part = { Bucket, Key, UploadId, PartNumber: 1, Body: SECOND, ...settings };
    assert.ok((await room.s3.uploadPart(part)).$metadata.httpStatusCode === 200);
    const { Parts } = await room.s3.listParts({ Bucket, Key, UploadId });
    assert.equal(Parts![0]!.ChecksumCRC32, undefined);
    assert.equal(typeof Parts![0]!.ChecksumSHA256, checksum ?? "undefined");
  }
});

Deno.test("ListMultipartUploads: lists keys and their uploads in pages", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const started: string[] = [];
  for (const key of ["b", "a", "b", "b", "c/1", "c/2"]) {
    const { UploadId } = await room.s3.createMultipartUpload({ Bucket, Key: key });
    started.push(`${key} ${UploadId}`);
  }
  const seen: string[] = [];
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  let IsTruncated: boolean | undefined;
  do {
    const page = await room.s3.listMultipartUploads({
      Bucket,
      Delimiter: "/",
      MaxUploads: 1,
      KeyMarker,
      UploadIdMarker,
    });
    seen.push(...(page.Uploads ?? []).map(({ Key, UploadId }) => `${Key} ${UploadId}`));
    seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!));
    ({ NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker, IsTruncated } = page);
  } while (IsTruncated);
  const [b1, a, b2, b3] = started;
  assert.deepEqual(seen, [a, b1, b2, b3, "c/"]);
});

Deno.test("UploadPartCopy: copies a part from an object", async () => {
  await using room = await s3Room({ buckets: [Bucket, "source"] });
  await room.s3.putObject({ Bucket: "source", Key: "a/ü", Body: "0123456789" });
  const UploadId = await start(room.s3);
  const copy = { Bucket, Key, UploadId, CopySource: `source/${encodeURIComponent("a/ü")}` };
  const { CopyPartResult } = await room.s3.uploadPartCopy({
    ...copy,
    PartNumber: 1,
    CopySourceRange: "bytes=2-4",
  });
  for (const [range, code] of [["5-10", "InvalidArgument"], ["10-11", "InvalidRequest"]]) {
    const beyond = { ...copy, PartNumber: 2, CopySourceRange: `bytes=${range}` };
    assert.equal((await refusal(room.s3.uploadPartCopy(beyond))).code, code);
  }
  const { ETag, ChecksumCRC32 } = CopyPartResult ?? {};
  await room.s3.completeMultipartUpload({
    Bucket,
    Key,
    UploadId,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] },
  });
  const { Body } = await room.s3.getObject({ Bucket, Key });
  assert.equal(await Body?.transformToString(), "234");
});

Deno.test("CompleteMultipartUpload: leaves the object that a large part was copied from as it was", async () => {
  await using room = await s3Room({ buckets: [Bucket, "source"] });
  await room.s3.putObject({ Bucket: "source", Key, Body: FIRST });
  const { UploadId } = await room.s3.createMultipartUpload({ Bucket, Key });
  const part = { Bucket, Key, UploadId, PartNumber: 1 };
  const CopySource = `source/${encodeURIComponent(Key)}`;
  const { CopyPartResult } = await room.s3.uploadPartCopy({ ...part, CopySource });
  const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }];
  await room.s3.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
  for (const name of ["source", Bucket]) {
    const stored = bucketIn(room, name).objects.get(Key)!.body;
    assert.ok(Buffer.from(stored.bytes()).equals(FIRST), name);
  }
});

Deno.test("CompleteMultipartUpload: verifies a full-object checksum", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { UploadId } = await room.s3.createMultipartUpload({
    Bucket,
    Key,
    ChecksumAlgorithm: "CRC32",
    ChecksumType: "FULL_OBJECT",
  });
  const Parts = await upload(room.s3, UploadId!, [SECOND]);
  const complete = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  const wrong = { ...complete, ChecksumCRC32: "AAAAAA==" };
  assert.equal((await refusal(room.s3.completeMultipartUpload(wrong))).code, "BadDigest");
  const { ChecksumCRC32, ChecksumType } = await room.s3.completeMultipartUpload({
    ...complete,
    ChecksumCRC32: Parts[0]?.ChecksumCRC32,
  });
  assert.deepEqual([ChecksumCRC32, ChecksumType], [Parts[0]?.ChecksumCRC32, "FULL_OBJECT"]);
});

Deno.test("UploadPart: requires the checksum algorithm of the upload", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { UploadId } = await room.s3.createMultipartUpload({
    Bucket,
    Key,
    ChecksumAlgorithm: "SHA256",
  });
  const error = await refusal(
    room.s3.uploadPart({ Bucket, Key, UploadId, PartNumber: 1, Body: SECOND }),
  );
  assert.deepEqual([error.status, error.code], [400, "InvalidRequest"]);
  assert.match(error.message, /expected checksum Type: sha256, actual checksum Type: crc32/);
});

Deno.test("multipart uploads: each step needs its own permission", async () => {
  await using room = await s3Room({ buckets: [Bucket, "source"] });
  fill(bucketIn(room, "source"), ["a"]);
  const UploadId = await start(room.s3);
  const nobody = room.s3As(await userWithKey(room.iam, "nobody"));
  const call = { Bucket, Key, UploadId };
  const CopySource = "source/a";
  const steps: [() => Promise<unknown>, string][] = [
    [() => nobody.createMultipartUpload({ Bucket, Key }), "s3:PutObject"],
    [() => nobody.uploadPart({ ...call, PartNumber: 1, Body: SECOND }), "s3:PutObject"],
    [() => nobody.uploadPartCopy({ ...call, PartNumber: 1, CopySource }), "s3:GetObject"],
    [() => nobody.completeMultipartUpload({ ...call, MultipartUpload: {} }), "s3:PutObject"],
    [() => nobody.abortMultipartUpload(call), "s3:AbortMultipartUpload"],
    [() => nobody.listParts(call), "s3:ListMultipartUploadParts"],
    [() => nobody.listMultipartUploads({ Bucket }), "s3:ListBucketMultipartUploads"],
  ];
  for (const [step, action] of steps) {
    const { code, message } = await refusal(step());
    assert.equal(code, "AccessDenied");
    assert.ok(message.includes(`perform: ${action} on`), message);
  }
  const writer = room.s3As(await userWithKey(room.iam, "writer", allow("s3:PutObject")));
  const Parts = await upload(writer, UploadId, [SECOND]);
  await writer.completeMultipartUpload({ ...call, MultipartUpload: { Parts } });
  assert.ok(bucketIn(room, Bucket).objects.has(Key));
});
