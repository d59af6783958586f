import type {
  CompleteMultipartUploadCommandInput,
  CompleteMultipartUploadCommandOutput,
  S3,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { bucketIn, s3Room } from "./helpers.ts";

const object = { Bucket: "b", Key: "k" };

async function uploadOfOne(s3: S3): Promise<{
  complete: (
    more: Partial<CompleteMultipartUploadCommandInput>,
  ) => Promise<CompleteMultipartUploadCommandOutput>;
  checksum: string;
  /** The checksum of the part. */
  part: string | undefined;
}> {
  const { UploadId } = await s3.createMultipartUpload({ ...object, ChecksumAlgorithm: "SHA256" });
  const part = { ...object, UploadId, PartNumber: 1, Body: "content" };
  const { ETag, ChecksumSHA256 } = await s3.uploadPart({ ...part, ChecksumAlgorithm: "SHA256" });
  const Parts = [{ PartNumber: 1, ETag, ChecksumSHA256 }];
  const digest = await crypto.subtle.digest(
    "SHA-256",
    Uint8Array.from(atob(ChecksumSHA256!), (c) => c.charCodeAt(0)),
  );
  const checksum = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return {
    checksum,
    part: ChecksumSHA256,
    complete: (more) =>
      s3.completeMultipartUpload({ ...object, UploadId, MultipartUpload: { Parts }, ...more }),
  };
}

Deno.test("CompleteMultipartUpload: refuses a composite checksum that is another one", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { complete, checksum } = await uploadOfOne(r.s3);
  const wrong = await refusal(complete({ ChecksumSHA256: btoa("x".repeat(32)) }));
  assert.deepEqual([wrong.status, wrong.code], [400, "BadDigest"]);
  assert.equal(bucketIn(r, "b").objects.size, 0);
  await complete({ ChecksumSHA256: checksum, ChecksumType: "COMPOSITE" });
});

Deno.test("CompleteMultipartUpload: refuses another size and another type of checksum", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { complete } = await uploadOfOne(r.s3);
  for (const more of [{ MpuObjectSize: 6 }, { ChecksumType: "FULL_OBJECT" } as const]) {
    const { status, code } = await refusal(complete(more));
    assert.deepEqual([status, code], [400, "InvalidRequest"]);
  }
  const conditional = await refusal(complete({ IfMatch: '"other"' }));
  assert.equal(conditional.code, "NoSuchKey");
  await complete({ MpuObjectSize: 7, IfNoneMatch: "*" });
});

Deno.test("CompleteMultipartUpload: a condition that holds is not enough where the key was written to since", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { ETag: before } = await r.s3.putObject({ ...object, Body: "before" });
  const { complete } = await uploadOfOne(r.s3);
  const { ETag: during } = await r.s3.putObject({ ...object, Body: "during" });
  const failed = await refusal(complete({ IfMatch: before! }));
  assert.deepEqual([failed.status, failed.code], [412, "PreconditionFailed"]);
  const conflict = [409, "ConditionalRequestConflict"];
  const late = await refusal(complete({ IfMatch: during! }));
  assert.deepEqual([late.status, late.code], conflict);
  await r.s3.deleteObject(object);
  const deleted = await refusal(complete({ IfNoneMatch: "*" }));
  assert.deepEqual([deleted.status, deleted.code], conflict);
  const again = await uploadOfOne(r.s3);
  await again.complete({ IfNoneMatch: "*" });
  await complete({});
});

Deno.test("CompleteMultipartUpload: a second time is answered as the first was, while the object is there", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { complete } = await uploadOfOne(r.s3);
  const first = await complete({});
  const again = await complete({});
  assert.deepEqual({ ...again, $metadata: 0 }, { ...first, $metadata: 0 });
  await r.s3.putObject({ ...object, Body: "another" });
  assert.equal((await refusal(complete({}))).code, "NoSuchUpload");
});

Deno.test("GetObjectAttributes: lists the parts of an object whose checksum is made from theirs, in pages", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { complete } = await uploadOfOne(r.s3);
  await complete({});
  const attributes = (more: object) =>
    r.s3.getObjectAttributes({ ...object, ObjectAttributes: ["ObjectParts"], ...more });
  const { ObjectParts } = await attributes({});
  assert.deepEqual([ObjectParts?.TotalPartsCount, ObjectParts?.IsTruncated], [1, false]);
  const [part] = ObjectParts!.Parts!;
  assert.deepEqual([part?.PartNumber, part?.Size], [1, 7]);
  assert.equal(part?.ChecksumSHA256, (await uploadOfOne(r.s3)).part);
  assert.equal((await attributes({ MaxParts: 0 })).ObjectParts?.IsTruncated, true);
  assert.equal((await attributes({ PartNumberMarker: "1" })).ObjectParts?.Parts, undefined);
  assert.equal((await refusal(attributes({ PartNumberMarker: "x" }))).code, "InvalidArgument");
  assert.equal((await refusal(attributes({ ObjectAttributes: [""] }))).code, "InvalidRequest");
  const unknown = attributes({ Key: "missing", ObjectAttributes: ["Colour"] });
  assert.equal((await refusal(unknown)).code, "InvalidArgument");
});

Deno.test("ListParts, ListMultipartUploads: markers that can't be are refused", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { UploadId } = await r.s3.createMultipartUpload(object);
  for (
    const list of [
      () => r.s3.listParts({ ...object, UploadId, PartNumberMarker: "x" }),
      () => r.s3.listParts({ ...object, UploadId, PartNumberMarker: "-1" }),
      () => r.s3.listMultipartUploads({ ...object, KeyMarker: "k", UploadIdMarker: "x" }),
    ]
  ) {
    const { status, code } = await refusal(list());
    assert.deepEqual([status, code], [400, "InvalidArgument"]);
  }
});

Deno.test("CreateBucket: object lock takes two more permissions only if it is switched on", async () => {
  await using r = await s3Room();
  const joe = r.s3As(await userWithKey(r.iam, "joe", allow("s3:CreateBucket")));
  const Bucket = "new-bucket";
  const locked = joe.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  assert.equal((await refusal(locked)).code, "AccessDenied");
  await joe.createBucket({ Bucket, ObjectLockEnabledForBucket: false });
  assert.equal(bucketIn(r, Bucket).objectLock, undefined);
});
