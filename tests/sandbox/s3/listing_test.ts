import fc from "fast-check";
import assert from "node:assert/strict";
import { refusal, userWithKey } from "../helpers.ts";
import { bucketIn, fill, keysOf, s3Room } from "./helpers.ts";
import { anyCharacter } from "../../support/arbitraries.ts";

const Bucket = "mine";

Deno.test("listings: give times to the second", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const { Contents } = await room.s3.listObjectsV2({ Bucket });
  assert.equal(Contents?.[0]?.LastModified?.getMilliseconds(), 0);
});

Deno.test("listings: any key is correct with encoding-type=url", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const bucket = bucketIn(room, Bucket);
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: anyCharacter, minLength: 1, maxLength: 40 }),
      async (key) => {
        bucket.objects.clear();
        fill(bucket, [key]);
        const { Contents } = await room.s3.listObjectsV2({ Bucket, EncodingType: "url" });
        const encoded = Contents?.[0]?.Key ?? "";
        assert.match(encoded, /^[\w%+./*-]+$/);
        assert.equal(decodeURIComponent(encoded.replaceAll("+", "%20")), key);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("ListObjectsV2: groups by delimiter and continues after the last page", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["b/1", "a", "b/2", "c/1", "d", "b/", "e/f/g"]);
  const seen: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await room.s3.listObjectsV2({
      Bucket,
      Delimiter: "/",
      MaxKeys: 2,
      ContinuationToken,
    });
    assert.equal(page.KeyCount, (page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0));
    seen.push(
      ...[
        ...(page.Contents ?? []).map(({ Key }) => Key!),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!),
      ].sort(),
    );
    ContinuationToken = page.NextContinuationToken;
    assert.equal(page.IsTruncated, ContinuationToken !== undefined);
  } while (ContinuationToken !== undefined);
  assert.deepEqual(seen, ["a", "b/", "c/", "d", "e/"]);
});

Deno.test("ListObjectsV2: with a prefix, groups by what follows it", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["a/", "a/b", "a/c/d", "a/c/e", "ab"]);
  const page = await room.s3.listObjectsV2({ Bucket, Prefix: "a/", Delimiter: "/" });
  assert.deepEqual(keysOf(page.Contents), ["a/", "a/b"]);
  assert.deepEqual(page.CommonPrefixes, [{ Prefix: "a/c/" }]);
});

Deno.test("ListObjectsV2: lists all keys in pages, in the order of their bytes", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const bucket = bucketIn(room, Bucket);
  const unit = fc.constantFrom("a", "b", "/", "é", "\ufffd", "😀", "\u{10ffff}");
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 4 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 7 }),
      async (keys, MaxKeys) => {
        bucket.objects.clear();
        fill(bucket, keys);
        const seen: (string | undefined)[] = [];
        let ContinuationToken: string | undefined;
        do {
          const page = await room.s3.listObjectsV2({ Bucket, MaxKeys, ContinuationToken });
          seen.push(...keysOf(page.Contents));
          ContinuationToken = page.NextContinuationToken;
        } while (ContinuationToken !== undefined);
        const bytes = (text: string) => new TextEncoder().encode(text).toString();
        const sorted = [...keys].sort((a, b) => {
          const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
          const index = left.findIndex((byte, at) => byte !== right[at]);
          return index < 0 ? left.length - right.length : left[index]! - (right[index] ?? -1);
        });
        assert.deepEqual(seen.map((key) => bytes(key!)), sorted.map(bytes));
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("ListObjectsV2: starts after a key and lists owners on request", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["a", "b", "c"]);
  const page = await room.s3.listObjectsV2({ Bucket, StartAfter: "a", FetchOwner: true });
  assert.deepEqual(keysOf(page.Contents), ["b", "c"]);
  assert.equal(page.Contents?.[0]?.Owner?.ID, room.sandbox.account.canonicalUserId);
});

Deno.test("ListObjects: has a next marker if there is a delimiter", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["a/1", "a/2", "b", "c"]);
  const first = await room.s3.listObjects({ Bucket, Delimiter: "/", MaxKeys: 1 });
  assert.deepEqual([first.NextMarker, first.CommonPrefixes], ["a/", [{ Prefix: "a/" }]]);
  const Marker = first.NextMarker;
  const second = await room.s3.listObjects({ Bucket, Delimiter: "/", Marker });
  assert.deepEqual(keysOf(second.Contents), ["b", "c"]);
  const plain = await room.s3.listObjects({ Bucket, MaxKeys: 1 });
  assert.deepEqual([plain.NextMarker, plain.IsTruncated], [undefined, true]);
});

Deno.test("listings: an empty one is not truncated", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  fill(bucketIn(room, Bucket), ["a"]);
  const { IsTruncated, KeyCount } = await room.s3.listObjectsV2({ Bucket, MaxKeys: 0 });
  assert.deepEqual([IsTruncated, KeyCount], [false, 0]);
});

Deno.test("s3:prefix: is a condition key of listings with a prefix", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const client = room.s3As(
    await userWithKey(room.iam, "narrow", {
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::mine",
        Condition: { StringLike: { "s3:prefix": "own/*" } },
      }],
    }),
  );
  await client.listObjectsV2({ Bucket, Prefix: "own/" });
  for (const Prefix of [undefined, "", "other/", "own"]) {
    assert.equal((await refusal(client.listObjectsV2({ Bucket, Prefix }))).code, "AccessDenied");
  }
});

Deno.test("listings: a marker inside a common prefix is past all of it", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  fill(bucketIn(room, "mine"), ["a/1", "a/2", "a/3", "b"]);
  const list = { Bucket: "mine", Delimiter: "/" };
  const first = await room.s3.listObjects({ ...list, Marker: "a/2" });
  const second = await room.s3.listObjectsV2({ ...list, StartAfter: "a/2" });
  const versions = await room.s3.listObjectVersions({ ...list, KeyMarker: "a/2" });
  for (const { CommonPrefixes } of [first, second, versions]) {
    assert.equal(CommonPrefixes, undefined);
  }
  assert.deepEqual(keysOf(first.Contents), ["b"]);
  assert.deepEqual(keysOf(second.Contents), ["b"]);
});

Deno.test("ListObjectsV2: a token replaces StartAfter", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  fill(bucketIn(room, "mine"), ["a", "b", "c", "d"]);
  const list = { Bucket: "mine", MaxKeys: 1 };
  const first = await room.s3.listObjectsV2({ ...list, StartAfter: "a" });
  assert.equal(first.StartAfter, "a");
  const ContinuationToken = first.NextContinuationToken;
  const second = await room.s3.listObjectsV2({ ...list, StartAfter: "a", ContinuationToken });
  assert.equal(second.StartAfter, undefined);
  assert.deepEqual(keysOf(second.Contents), ["c"]);
});

Deno.test("listings: refuse an encoding and a token that S3 doesn't have", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Bucket = "mine";
  const encoding = { Bucket, EncodingType: "" as "url" };
  for (
    const call of [
      room.s3.listObjects(encoding),
      room.s3.listObjectsV2(encoding),
      room.s3.listObjectVersions(encoding),
      room.s3.listMultipartUploads(encoding),
      room.s3.listObjectsV2({ Bucket, ContinuationToken: "" }),
      room.s3.listBuckets({ BucketRegion: "eu-east-1" }),
    ]
  ) {
    const { status, code } = await refusal(call);
    assert.deepEqual([status, code], [400, "InvalidArgument"]);
  }
});

Deno.test("ListMultipartUploads: names the last upload, and none for a common prefix", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Bucket = "mine";
  for (const Key of ["a/1", "b"]) await room.s3.createMultipartUpload({ Bucket, Key });
  const all = await room.s3.listMultipartUploads({ Bucket });
  const last = all.Uploads!.at(-1)!;
  assert.deepEqual([all.NextKeyMarker, all.NextUploadIdMarker], ["b", last.UploadId]);
  assert.equal(all.Prefix, undefined);
  const page = await room.s3.listMultipartUploads({ Bucket, Delimiter: "/", MaxUploads: 1 });
  assert.deepEqual([page.IsTruncated, page.NextKeyMarker], [true, ""]);
  const wrong = { Bucket, KeyMarker: "a/1", UploadIdMarker: last.UploadId };
  assert.equal((await refusal(room.s3.listMultipartUploads(wrong))).code, "InvalidArgument");
});
