import assert from "node:assert/strict";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { s3Room } from "./helpers.ts";

const Bucket = "mine";
const object = { Bucket, Key: "a" };
const HOUR = 3_600_000;

for (const StorageClass of ["GLACIER", "DEEP_ARCHIVE"] as const) {
  Deno.test(`objects of ${StorageClass}: their content can be neither read nor copied`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    const { s3 } = room;
    await s3.putObject({ ...object, Body: "x", StorageClass });
    assert.equal((await s3.headObject(object)).StorageClass, StorageClass);
    const copy = { Bucket, Key: "b", CopySource: `${Bucket}/a` };
    const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: "c" });
    const calls = [
      () => s3.getObject(object),
      () => s3.copyObject(copy),
      () => s3.copyObject({ ...copy, Key: "a", StorageClass: "STANDARD" }),
      () => s3.uploadPartCopy({ ...copy, Key: "c", UploadId, PartNumber: 1 }),
    ];
    for (const call of calls) {
      await assert.rejects(call, { name: "InvalidObjectState", StorageClass });
    }
    await s3.putObject({ ...object, Body: "x", StorageClass: "GLACIER_IR" });
    await s3.getObject(object);
  });
}

Deno.test("RestoreObject: the content can be read after some hours, for some days", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { s3, sandbox: { clock } } = room;
  const wait = (time: number) => {
    clock.advance(time);
    s3.config.systemClockOffset += time;
  };
  await s3.putObject({ ...object, Body: "x", StorageClass: "GLACIER" });
  const restore = (Days: number) => s3.restoreObject({ ...object, RestoreRequest: { Days } });
  const state = async () => (await s3.headObject(object)).Restore;
  assert.equal((await restore(2)).$metadata.httpStatusCode, 202);
  assert.equal(await state(), 'ongoing-request="true"');
  const again = await refusal(restore(2));
  assert.deepEqual([again.status, again.code], [409, "RestoreAlreadyInProgress"]);
  assert.equal((await refusal(s3.getObject(object))).code, "InvalidObjectState");
  wait(6 * HOUR);
  assert.match(await state() ?? "", /^ongoing-request="false", expiry-date=".* 00:00:00 GMT"$/);
  await s3.getObject(object);
  await s3.copyObject({ Bucket, Key: "b", CopySource: `${Bucket}/a` });
  assert.equal((await s3.headObject({ Bucket, Key: "b" })).Restore, undefined);
  assert.equal((await restore(5)).$metadata.httpStatusCode, 200);
  wait(4 * 24 * HOUR);
  await s3.getObject(object);
  wait(3 * 24 * HOUR);
  assert.equal(await state(), undefined);
  assert.equal((await refusal(s3.getObject(object))).code, "InvalidObjectState");
});

Deno.test("RestoreObject: refuses other storage classes, tiers and days", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const { s3 } = room;
  await s3.putObject({ ...object, Body: "x", StorageClass: "DEEP_ARCHIVE" });
  await s3.putObject({ Bucket, Key: "b", Body: "x" });
  const restore = (Key: string, Days: number, Tier: "Expedited" | "Bulk") =>
    refusal(
      s3.restoreObject({ Bucket, Key, RestoreRequest: { Days, GlacierJobParameters: { Tier } } }),
    );
  assert.equal((await restore("b", 1, "Bulk")).code, "InvalidObjectState");
  assert.equal((await restore("a", 1, "Expedited")).code, "MalformedXML");
  assert.equal((await restore("a", 0, "Bulk")).code, "MalformedXML");
  assert.equal((await restore("missing", 1, "Bulk")).code, "NoSuchKey");
});

Deno.test("permissions: a restoration needs s3:RestoreObject", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ ...object, Body: "x", StorageClass: "GLACIER" });
  const resource = `arn:aws:s3:::${Bucket}/*`;
  for (const action of ["s3:GetObject", "s3:RestoreObject"]) {
    const keys = await userWithKey(room.iam, action.slice(3), allow(action, resource));
    const s3 = room.s3As(keys);
    const restore = () => s3.restoreObject({ ...object, RestoreRequest: { Days: 1 } });
    if (action === "s3:RestoreObject") await restore();
    else assert.equal((await refusal(restore())).code, "AccessDenied");
  }
});
