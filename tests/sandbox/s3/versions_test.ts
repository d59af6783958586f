import assert from "node:assert/strict";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { bucketIn, type S3Room, s3Room } from "./helpers.ts";

const Bucket = "mine";
const object = { Bucket, Key: "k" };

async function versionedRoom(): Promise<S3Room> {
  const r = await s3Room({ buckets: [Bucket] });
  await setVersioning(r, "Enabled");
  return r;
}

async function setVersioning(r: S3Room, Status: "Enabled" | "Suspended"): Promise<void> {
  await r.s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status } });
}

async function put(r: S3Room, Body: string, Key = "k"): Promise<string> {
  const { VersionId } = await r.s3.putObject({ Bucket, Key, Body });
  assert.ok(VersionId);
  return VersionId;
}

async function content(r: S3Room, VersionId?: string): Promise<string> {
  const { Body } = await r.s3.getObject({ ...object, VersionId });
  return await Body!.transformToString();
}

/** All versions and markers of a listing: key, id, whether it is the latest. */
async function listed(r: S3Room): Promise<unknown[]> {
  const { Versions = [], DeleteMarkers = [] } = await r.s3.listObjectVersions({ Bucket });
  return [
    ...Versions.map((one) => [one.Key, one.VersionId, one.IsLatest]),
    ...DeleteMarkers.map((one) => ["deleted", one.Key, one.VersionId, one.IsLatest]),
  ];
}

Deno.test("versions: each put makes one, and each can be read and copied by its id", async () => {
  await using r = await versionedRoom();
  const first = await put(r, "one");
  const second = await put(r, "two");
  assert.notEqual(first, second);
  assert.equal(await content(r), "two");
  assert.equal(await content(r, first), "one");
  const head = await r.s3.headObject({ ...object, VersionId: first });
  assert.deepEqual([head.VersionId, head.ContentLength], [first, 3]);
  assert.deepEqual(await listed(r), [["k", second, true], ["k", first, false]]);
  const CopySource = `${Bucket}/k?versionId=${first}`;
  const copied = await r.s3.copyObject({ ...object, CopySource });
  assert.equal(copied.CopySourceVersionId, first);
  assert.equal(await content(r), "one");
  assert.equal((await listed(r)).length, 3);
});

Deno.test("versions: a deletion leaves a marker; deleting that brings the object back", async () => {
  await using r = await versionedRoom();
  const first = await put(r, "one");
  const gone = await r.s3.deleteObject(object);
  assert.equal(gone.DeleteMarker, true);
  const missing = await refusal(r.s3.getObject(object));
  assert.deepEqual([missing.status, missing.code], [404, "NoSuchKey"]);
  const marker = r.s3.getObject({ ...object, VersionId: gone.VersionId });
  const refused = await refusal(marker);
  assert.deepEqual([refused.status, refused.code], [405, "MethodNotAllowed"]);
  assert.equal(await content(r, first), "one");
  assert.equal((await r.s3.listObjectsV2({ Bucket })).KeyCount, 0);
  assert.deepEqual(await listed(r), [["k", first, false], ["deleted", "k", gone.VersionId, true]]);
  const undone = await r.s3.deleteObject({ ...object, VersionId: gone.VersionId });
  assert.deepEqual([undone.DeleteMarker, undone.VersionId], [true, gone.VersionId]);
  assert.equal(await content(r), "one");
});

Deno.test("versions: deleting the current one by its id makes the one before it current", async () => {
  await using r = await versionedRoom();
  const first = await put(r, "one");
  const second = await put(r, "two");
  await r.s3.deleteObject({ ...object, VersionId: second });
  assert.equal(await content(r), "one");
  await r.s3.deleteObject({ ...object, VersionId: first });
  assert.equal((await refusal(r.s3.getObject(object))).code, "NoSuchKey");
  assert.deepEqual(await listed(r), []);
  const again = await r.s3.deleteObject({ ...object, VersionId: first });
  assert.equal(again.$metadata.httpStatusCode, 204);
  await r.s3.deleteBucket({ Bucket });
});

Deno.test("versions: ids that are none, and ids of nothing", async () => {
  await using r = await versionedRoom();
  const id = await put(r, "one");
  await r.s3.deleteObject({ ...object, VersionId: id });
  const gone = await refusal(r.s3.getObject({ ...object, VersionId: id }));
  assert.deepEqual([gone.status, gone.code], [404, "NoSuchVersion"]);
  for (const VersionId of ["wrong", "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"]) {
    const version = { ...object, VersionId };
    for (const call of [() => r.s3.getObject(version), () => r.s3.deleteObject(version)]) {
      const wrong = await refusal(call());
      assert.deepEqual([wrong.status, wrong.code], [400, "InvalidArgument"]);
    }
    const Delete = { Objects: [{ Key: "k", VersionId }, { Key: "k", VersionId: id }] };
    const { Errors, Deleted } = await r.s3.deleteObjects({ Bucket, Delete });
    assert.deepEqual(Errors?.map(({ Code }) => Code), ["NoSuchVersion"]);
    assert.deepEqual(Deleted?.map((one) => one.VersionId), [id]);
  }
});

Deno.test("versions: suspended, there is one version null, which new objects replace", async () => {
  await using r = await s3Room({ buckets: [Bucket] });
  const before = await r.s3.putObject({ ...object, Body: "before" });
  assert.equal(before.VersionId, undefined);
  await setVersioning(r, "Enabled");
  const id = await put(r, "enabled");
  assert.equal(await content(r, "null"), "before");
  await setVersioning(r, "Suspended");
  const suspended = await r.s3.putObject({ ...object, Body: "suspended" });
  assert.equal(suspended.VersionId, undefined);
  assert.equal(await content(r, "null"), "suspended");
  assert.deepEqual(await listed(r), [["k", "null", true], ["k", id, false]]);
  const gone = await r.s3.deleteObject(object);
  assert.deepEqual([gone.DeleteMarker, gone.VersionId], [true, "null"]);
  assert.deepEqual(await listed(r), [["k", id, false], ["deleted", "k", "null", true]]);
});

Deno.test("versions: a bucket with old versions or markers is not empty", async () => {
  await using r = await versionedRoom();
  await put(r, "one");
  await r.s3.deleteObject(object);
  const { code, message } = await refusal(r.s3.deleteBucket({ Bucket }));
  assert.equal(code, "BucketNotEmpty");
  assert.match(message, /all versions/);
});

Deno.test("ListObjectVersions: pages go on within a key, and group by a delimiter", async () => {
  await using r = await versionedRoom();
  const ids: string[] = [];
  for (const body of ["one", "two", "three"]) ids.unshift(await put(r, body));
  await put(r, "x", "dir/x");
  const found: (string | undefined)[] = [];
  let markers: { KeyMarker?: string; VersionIdMarker?: string } = { KeyMarker: "dir/x" };
  for (let page = 0; page < 5; page++) {
    const list = await r.s3.listObjectVersions({ Bucket, MaxKeys: 1, ...markers });
    found.push(...(list.Versions ?? []).map(({ VersionId }) => VersionId));
    if (!list.IsTruncated) break;
    markers = { KeyMarker: list.NextKeyMarker!, VersionIdMarker: list.NextVersionIdMarker! };
  }
  assert.deepEqual(found, ids);
  const grouped = await r.s3.listObjectVersions({ Bucket, Delimiter: "/" });
  assert.deepEqual(grouped.CommonPrefixes, [{ Prefix: "dir/" }]);
  assert.equal(grouped.Versions?.length, 3);
  const alone = r.s3.listObjectVersions({ Bucket, VersionIdMarker: ids[0] });
  assert.equal((await refusal(alone)).code, "InvalidArgument");
});

Deno.test("ListObjectVersions: goes on after a version that was deleted since", async () => {
  await using r = await versionedRoom();
  const ids: string[] = [];
  for (const body of ["one", "two", "three", "four"]) ids.unshift(await put(r, body));
  const first = await r.s3.listObjectVersions({ Bucket, MaxKeys: 2 });
  for (const { Key, VersionId } of first.Versions!) {
    await r.s3.deleteObject({ Bucket, Key: Key!, VersionId: VersionId! });
  }
  const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = first;
  const rest = await r.s3.listObjectVersions({ Bucket, KeyMarker, VersionIdMarker });
  assert.deepEqual(rest.Versions?.map(({ VersionId }) => VersionId), ids.slice(2));
});

Deno.test("DeleteObjects: leaves markers, deletes versions and says which", async () => {
  await using r = await versionedRoom();
  const first = await put(r, "one");
  const left = await r.s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "k" }] } });
  const [{ DeleteMarker, DeleteMarkerVersionId }] = left.Deleted as [
    { DeleteMarker: boolean; DeleteMarkerVersionId: string },
  ];
  assert.equal(DeleteMarker, true);
  const Objects = [first, DeleteMarkerVersionId].map((VersionId) => ({ Key: "k", VersionId }));
  const { Deleted } = await r.s3.deleteObjects({ Bucket, Delete: { Objects } });
  assert.deepEqual(Deleted?.map((one) => [one.VersionId, one.DeleteMarker]), [
    [first, undefined],
    [DeleteMarkerVersionId, true],
  ]);
  assert.deepEqual(await listed(r), []);
});

Deno.test("permissions: versions are read and deleted by permissions of their own", async () => {
  await using r = await versionedRoom();
  const VersionId = await put(r, "one");
  await put(r, "two");
  const plain = r.s3As(
    await userWithKey(r.iam, "joe", allow(["s3:GetObject", "s3:DeleteObject"])),
  );
  await plain.getObject(object);
  assert.equal((await refusal(plain.getObject({ ...object, VersionId }))).code, "AccessDenied");
  assert.equal((await refusal(plain.deleteObject({ ...object, VersionId }))).code, "AccessDenied");
  await plain.deleteObject(object);
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: ["s3:GetObjectVersion", "s3:DeleteObjectVersion"],
      Resource: "*",
      Condition: { StringEquals: { "s3:versionid": VersionId } },
    }],
  });
  await r.iam.putUserPolicy({ UserName: "joe", PolicyName: "own", PolicyDocument });
  await plain.getObject({ ...object, VersionId });
  await plain.deleteObject({ ...object, VersionId });
});

Deno.test("Object Lock: a version stays, while overwriting and deleting without an id go on", async () => {
  await using r = await s3Room();
  await r.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const ObjectLockRetainUntilDate = new Date(Date.now() + 3_600_000);
  const locked = { ...object, Body: "one", ObjectLockRetainUntilDate };
  const { VersionId } = await r.s3.putObject({ ...locked, ObjectLockMode: "GOVERNANCE" });
  await put(r, "two");
  await r.s3.deleteObject(object);
  assert.equal(await content(r, VersionId), "one");
  const version = { ...object, VersionId };
  assert.equal((await refusal(r.s3.deleteObject(version))).code, "AccessDenied");
  const bypass = { BypassGovernanceRetention: true };
  const joe = r.s3As(await userWithKey(r.iam, "joe", allow("s3:DeleteObjectVersion")));
  assert.equal((await refusal(joe.deleteObject({ ...version, ...bypass }))).code, "AccessDenied");
  const Delete = { Objects: [{ Key: "k", VersionId }] };
  const many = await joe.deleteObjects({ Bucket, Delete, ...bypass });
  assert.equal(many.Errors?.[0]?.Code, "AccessDenied");
  await r.s3.deleteObject({ ...version, ...bypass });
  const strict = await r.s3.putObject({ ...locked, ObjectLockMode: "COMPLIANCE" });
  const compliant = { ...object, VersionId: strict.VersionId };
  assert.equal(
    (await refusal(r.s3.deleteObject({ ...compliant, ...bypass }))).code,
    "AccessDenied",
  );
});

Deno.test("multipart uploads: the finished object is a version", async () => {
  await using r = await versionedRoom();
  const first = await put(r, "one");
  const { UploadId } = await r.s3.createMultipartUpload(object);
  const part = { ...object, UploadId, PartNumber: 1 };
  const { ETag } = await r.s3.uploadPart({ ...part, Body: "two" });
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const done = await r.s3.completeMultipartUpload({ ...object, UploadId, MultipartUpload });
  assert.ok(done.VersionId);
  assert.equal(await content(r), "two");
  assert.equal(await content(r, first), "one");
  assert.equal(bucketIn(r, Bucket).objects.size, 1);
});

Deno.test("versions: an id without a text is refused, and a marker can't be copied", async () => {
  await using r = await versionedRoom();
  await put(r, "one");
  const empty = await refusal(r.s3.getObject({ ...object, VersionId: "" }));
  assert.deepEqual([empty.status, empty.code], [400, "InvalidArgument"]);
  assert.match(empty.message, /empty string/);
  const { VersionId } = await r.s3.deleteObject(object);
  const CopySource = `${Bucket}/k?versionId=${VersionId}`;
  const { status, code } = await refusal(r.s3.copyObject({ ...object, CopySource }));
  assert.deepEqual([status, code], [400, "InvalidRequest"]);
});

Deno.test("tags and attributes of a version: the answer names it", async () => {
  await using r = await versionedRoom();
  const VersionId = await put(r, "one");
  const tagged = await r.s3.putObjectTagging({ ...object, Tagging: { TagSet: [] } });
  const ids = [
    tagged.VersionId,
    (await r.s3.getObjectTagging(object)).VersionId,
    (await r.s3.deleteObjectTagging(object)).VersionId,
    (await r.s3.getObjectAttributes({ ...object, ObjectAttributes: ["ETag"] })).VersionId,
  ];
  assert.deepEqual(ids, ids.map(() => VersionId));
});
