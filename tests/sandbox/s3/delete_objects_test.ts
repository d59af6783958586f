/** Objects deleted, one or many. */
import assert from "node:assert/strict";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { bucketIn, fill, s3Room } from "./helpers.ts";

const Bucket = "mine";

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
