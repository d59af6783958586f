import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { bucketIn, fill, keysOf, s3Room } from "./helpers.ts";

const Bucket = "mine";

const ETAG = `"${createHash("md5").update("x").digest("hex")}"`;

Deno.test("CopyObject: keeps metadata or replaces it", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const Metadata = { colour: "red" };
  await room.s3.putObject({ Bucket, Key: "a", Body: "x", ContentType: "text/plain", Metadata });
  const CopySource = `${Bucket}/a`;
  const { CopyObjectResult } = await room.s3.copyObject({ Bucket, Key: "kept", CopySource });
  assert.equal(CopyObjectResult?.ETag, ETAG);
  const kept = await room.s3.headObject({ Bucket, Key: "kept" });
  assert.deepEqual([kept.ContentType, kept.Metadata], ["text/plain", Metadata]);
  await room.s3.copyObject({
    Bucket,
    Key: "replaced",
    CopySource,
    MetadataDirective: "REPLACE",
    Metadata: { size: "small" },
  });
  const replaced = await room.s3.headObject({ Bucket, Key: "replaced" });
  assert.deepEqual(replaced.Metadata, { size: "small" });
});

Deno.test("CopyObject: onto itself requires a change", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const copy = { Bucket, Key: "a", CopySource: `${Bucket}/a` };
  const error = await refusal(room.s3.copyObject(copy));
  assert.deepEqual([error.status, error.code], [400, "InvalidRequest"]);
  await room.s3.copyObject({ ...copy, MetadataDirective: "REPLACE", ContentType: "text/css" });
  assert.equal((await room.s3.headObject({ Bucket, Key: "a" })).ContentType, "text/css");
});

Deno.test("CopyObject: needs to read the source and to write the target", async () => {
  await using room = await s3Room({ buckets: ["from", "to"] });
  fill(bucketIn(room, "from"), ["a"]);
  const copy = { Bucket: "to", Key: "a", CopySource: "from/a" };
  const rights = {
    reads: allow("s3:GetObject", "arn:aws:s3:::from/*"),
    writes: allow("s3:PutObject", "arn:aws:s3:::to/*"),
  };
  for (const [name, policy] of Object.entries(rights)) {
    const client = room.s3As(await userWithKey(room.iam, name, policy));
    assert.equal((await refusal(client.copyObject(copy))).code, "AccessDenied");
  }
  const both = allow(["s3:GetObject", "s3:PutObject"]);
  const client = room.s3As(await userWithKey(room.iam, "both", both));
  await client.copyObject(copy);
  assert.ok(bucketIn(room, "to").objects.has("a"));
});

Deno.test("GetObject: a version needs s3:GetObjectVersion", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const client = room.s3As(await userWithKey(room.iam, "current", allow("s3:GetObject")));
  const call = { Bucket, Key: "a", VersionId: "null" };
  const error = await refusal(client.getObject(call));
  assert.match(error.message, /s3:GetObjectVersion/);
  const { Body } = await room.s3.getObject(call);
  assert.equal(await Body?.transformToString(), "x");
});

Deno.test("object tags: are stored, and are condition keys", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x", Tagging: "level=open&b=1" });
  const { TagSet } = await room.s3.getObjectTagging({ Bucket, Key: "a" });
  assert.deepEqual(TagSet, [{ Key: "b", Value: "1" }, { Key: "level", Value: "open" }]);
  const client = room.s3As(
    await userWithKey(room.iam, "tagged", {
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: "*",
        Condition: { StringEquals: { "s3:ExistingObjectTag/level": "open" } },
      }],
    }),
  );
  await (await client.getObject({ Bucket, Key: "a" })).Body?.transformToByteArray();
  const Tagging = { TagSet: [{ Key: "level", Value: "closed" }] };
  await room.s3.putObjectTagging({ Bucket, Key: "a", Tagging });
  assert.equal((await refusal(client.getObject({ Bucket, Key: "a" }))).code, "AccessDenied");
});

Deno.test("PutObject: tags in another form than that of a query are refused", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  for (const Tagging of ["a=b,c=d", "a=b&a=c"]) {
    const call = room.s3.putObject({ Bucket, Key: "a", Body: "x", Tagging });
    assert.equal((await refusal(call)).code, "InvalidArgument");
  }
});

Deno.test("PutObject: with tags or an ACL needs the permission for these", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const client = room.s3As(await userWithKey(room.iam, "plain", allow("s3:PutObject")));
  await client.putObject({ Bucket, Key: "a", Body: "x" });
  const tagging = await refusal(client.putObject({ Bucket, Key: "a", Body: "x", Tagging: "a=b" }));
  assert.match(tagging.message, /s3:PutObjectTagging/);
  const acl = await refusal(
    client.putObject({ Bucket, Key: "a", Body: "x", ACL: "bucket-owner-full-control" }),
  );
  assert.match(acl.message, /s3:PutObjectAcl/);
});

Deno.test("PutObject: without ACLs, a bucket accepts the owner's ACL only", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x", ACL: "bucket-owner-full-control" });
  for (const ACL of ["private", "public-read"] as const) {
    const error = await refusal(room.s3.putObject({ Bucket, Key: "a", Body: "x", ACL }));
    assert.deepEqual([error.status, error.code], [400, "AccessControlListNotSupported"]);
  }
  assert.equal((await room.s3.getObjectAcl({ Bucket, Key: "a" })).Grants?.length, 1);
});

Deno.test("GetObjectAttributes: returns the requested attributes", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const { ETag, ObjectSize, StorageClass, Checksum } = await room.s3.getObjectAttributes({
    Bucket,
    Key: "a",
    ObjectAttributes: ["ETag", "ObjectSize", "Checksum"],
  });
  assert.deepEqual([ETag, ObjectSize, StorageClass], [ETAG.replaceAll('"', ""), 1, undefined]);
  assert.equal(Checksum?.ChecksumCRC32, "jNwWgw==");
});

Deno.test("bucket policy: anyone may read what it grants to everyone", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a b", Body: "hello", ContentType: "text/plain" });
  const url = `${room.sandbox.url}/${Bucket}/a%20b`;
  const closed = await fetch(url);
  assert.equal(closed.status, 403);
  assert.match(await closed.text(), /<Code>AccessDenied<\/Code>/);
  await room.s3.deletePublicAccessBlock({ Bucket });
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${Bucket}/*`,
    }],
  });
  await room.s3.putBucketPolicy({ Bucket, Policy });
  const open = await fetch(url);
  assert.equal(await open.text(), "hello");
  assert.equal(open.headers.get("content-type"), "text/plain");
  assert.equal((await fetch(url, { method: "DELETE" })).status, 403);
});

Deno.test("bucket policy: decides on a bucket of another account", async () => {
  await using room = await s3Room({ buckets: ["theirs"] });
  const bucket = bucketIn(room, "theirs");
  bucket.ownerAccountId = "999999999999";
  fill(bucket, ["a"]);
  assert.equal((await refusal(room.s3.headBucket({ Bucket: "theirs" }))).status, 403);
  bucket.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: room.sandbox.account.id },
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::theirs",
    }],
  });
  assert.deepEqual(keysOf((await room.s3.listObjectsV2({ Bucket: "theirs" })).Contents), ["a"]);
});

Deno.test("object tags: are sorted by their keys, and each wrong one is named", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const object = { Bucket, Key: "a" };
  await room.s3.putObject({ ...object, Body: "x", Tagging: "b&a=1" });
  const sorted = [{ Key: "a", Value: "1" }, { Key: "b", Value: "" }];
  assert.deepEqual((await room.s3.getObjectTagging(object)).TagSet, sorted);
  const put = (...TagSet: { Key: string; Value: string }[]) =>
    room.s3.putObjectTagging({ ...object, Tagging: { TagSet } });
  const wrong = { Key: "a,b", Value: "" };
  await assert.rejects(put(wrong), { name: "InvalidTag", TagKey: "a,b" });
  await assert.rejects(put({ Key: "a", Value: "1,2" }), { TagKey: "a", TagValue: "1,2" });
  await assert.rejects(
    put({ Key: "aws:a", Value: "" }),
    /Your TagKey cannot be prefixed with aws:/,
  );
  await assert.rejects(put({ Key: "a", Value: "" }, { Key: "a", Value: "1" }), { TagKey: "a" });
});

Deno.test("a deleted object: its tags and a new ACL are refused for its marker; its ACL isn't there", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const VersioningConfiguration = { Status: "Enabled" as const };
  await room.s3.putBucketVersioning({ Bucket, VersioningConfiguration });
  const object = { Bucket, Key: "a" };
  await room.s3.putObject({ ...object, Body: "x" });
  await room.s3.deleteObject(object);
  for (
    const call of [
      room.s3.getObjectTagging(object),
      room.s3.putObjectTagging({ ...object, Tagging: { TagSet: [] } }),
      room.s3.deleteObjectTagging(object),
      room.s3.putObjectAcl({ ...object, ACL: "private" }),
    ]
  ) {
    const { status, code } = await refusal(call);
    assert.deepEqual([status, code], [405, "MethodNotAllowed"]);
  }
  assert.equal((await refusal(room.s3.getObjectAcl(object))).code, "NoSuchKey");
});
