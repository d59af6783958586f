import type { CompletedPart, ObjectLockMode, PutObjectCommandInput } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { refusal } from "../helpers.ts";
import { send, sign } from "../auth/sign.ts";
import { bucketIn, s3Room } from "./helpers.ts";

const Bucket = "mine";
const FUTURE = new Date("2100-01-01");

Deno.test("object lock: needs a bucket with object lock", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x" });
  const object = { Bucket, Key: "a" };
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate: FUTURE } as const;
  const calls = [
    () => room.s3.putObjectLegalHold({ ...object, LegalHold: { Status: "ON" } }),
    () => room.s3.getObjectLegalHold(object),
    () => room.s3.putObjectRetention({ ...object, Retention }),
    () => room.s3.getObjectRetention(object),
  ];
  for (const call of calls) {
    const { status, code, message } = await refusal(call());
    assert.deepEqual([status, code], [400, "InvalidRequest"]);
    assert.equal(message, "Bucket is missing Object Lock Configuration");
  }
});

Deno.test("deletions: a bypass of governance changes nothing in a bucket without object lock", async () => {
  await using r = await s3Room({ buckets: ["open"] });
  const object = { Bucket: "open", Key: "k" };
  const Delete = { Objects: [{ Key: "k" }] };
  const bypass = { BypassGovernanceRetention: true };
  for (
    const call of [
      () => r.s3.deleteObject({ ...object, ...bypass }),
      () => r.s3.deleteObjects({ Bucket: "open", Delete, ...bypass }),
    ]
  ) {
    await r.s3.putObject(object);
    await call();
    assert.equal((await refusal(r.s3.headObject(object))).status, 404);
  }
});

Deno.test("PutObjectLegalHold: protects an object until it is removed", async () => {
  await using room = await s3Room();
  await room.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const call = { Bucket, Key: "a" };
  const { VersionId } = await room.s3.putObject({ ...call, Body: "x" });
  const version = { ...call, VersionId };
  await room.s3.putObjectLegalHold({ ...call, LegalHold: { Status: "ON" } });
  assert.deepEqual((await room.s3.getObjectLegalHold(call)).LegalHold, { Status: "ON" });
  assert.equal((await refusal(room.s3.deleteObject(version))).code, "AccessDenied");
  await room.s3.putObjectLegalHold({ ...call, LegalHold: { Status: "OFF" } });
  await room.s3.deleteObject(version);
  assert.equal(bucketIn(room, Bucket).objects.size, 0);
});

Deno.test("PutObjectRetention: governance mode can only be bypassed with permission", async () => {
  await using room = await s3Room();
  await room.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const call = { Bucket, Key: "a" };
  await room.s3.putObject({ ...call, Body: "x" });
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate: FUTURE } as const;
  await room.s3.putObjectRetention({ ...call, Retention });
  const sooner = { ...call, Retention: { ...Retention, RetainUntilDate: new Date("2099-01-01") } };
  assert.equal((await refusal(room.s3.putObjectRetention(sooner))).code, "AccessDenied");
  await room.s3.putObjectRetention({ ...sooner, BypassGovernanceRetention: true });
  const { Retention: stored } = await room.s3.getObjectRetention(call);
  assert.deepEqual(stored, sooner.Retention);
});

Deno.test("PutObjectLockConfiguration: new objects are retained, and need a digest", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  assert.equal(
    (await refusal(room.s3.getObjectLockConfiguration({ Bucket }))).code,
    "ObjectLockConfigurationNotFoundError",
  );
  const ObjectLockConfiguration = {
    ObjectLockEnabled: "Enabled",
    Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 2 } },
  } as const;
  const put = () => room.s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration });
  assert.equal((await refusal(put())).code, "InvalidBucketState");
  await room.s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  await put();
  const found = await room.s3.getObjectLockConfiguration({ Bucket });
  assert.deepEqual(found.ObjectLockConfiguration, ObjectLockConfiguration);
  const call = { Bucket, Key: "a" };
  const { VersionId } = await room.s3.putObject({ ...call, Body: "x" });
  const { Retention } = await room.s3.getObjectRetention(call);
  const days = (Retention!.RetainUntilDate!.getTime() - Date.now()) / 86_400_000;
  assert.ok(days > 1.9 && days <= 2, `${days} days`);
  assert.equal((await refusal(room.s3.deleteObject({ ...call, VersionId }))).code, "AccessDenied");
  const { status, message } = await refusal(
    room.s3As(room.sandbox.credentials, { requestChecksumCalculation: "WHEN_REQUIRED" })
      .putObject({ ...call, Body: "x" }),
  );
  assert.equal(status, 400);
  assert.match(message, /^Content-MD5 OR x-amz-checksum- HTTP header is required/);
});

Deno.test("PutObjectRetention: another mode takes a bypass of governance, and none helps out of compliance", async () => {
  await using room = await s3Room();
  await room.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const call = { Bucket, Key: "a" };
  await room.s3.putObject({ ...call, Body: "x" });
  const retain = (Mode: ObjectLockMode, BypassGovernanceRetention: boolean) =>
    room.s3.putObjectRetention({
      ...call,
      Retention: { Mode, RetainUntilDate: FUTURE },
      BypassGovernanceRetention,
    });
  await retain("GOVERNANCE", false);
  assert.equal((await refusal(retain("COMPLIANCE", false))).code, "AccessDenied");
  await retain("GOVERNANCE", false);
  await retain("COMPLIANCE", true);
  assert.equal((await refusal(retain("GOVERNANCE", true))).code, "AccessDenied");
});

const WRONG_LOCKS: [more: Partial<PutObjectCommandInput>, message: RegExp][] = [
  [{ ObjectLockMode: "GOVERNANCE" }, /must both be supplied/],
  [{ ObjectLockRetainUntilDate: FUTURE }, /must both be supplied/],
  [
    { ObjectLockMode: "STRICT" as ObjectLockMode, ObjectLockRetainUntilDate: FUTURE },
    /wormMode/,
  ],
  [
    { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: new Date("2001-01-01") },
    /must be in the future/,
  ],
  [{ ObjectLockLegalHoldStatus: "MAYBE" as "ON" }, /either of 'ON' or 'OFF'/],
];
for (const [more, words] of WRONG_LOCKS) {
  Deno.test(`uploads: refuse the lock ${JSON.stringify(more)}`, async () => {
    await using room = await s3Room();
    await room.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
    const call = { Bucket, Key: "a", ...more };
    await room.s3.putObject({ Bucket, Key: "source", Body: "x" });
    for (
      const upload of [
        () => room.s3.putObject({ ...call, Body: "x" }),
        () => room.s3.createMultipartUpload(call),
        () => room.s3.copyObject({ ...call, CopySource: `${Bucket}/source` }),
      ]
    ) {
      const { status, code, message } = await refusal(upload());
      assert.deepEqual([status, code], [400, "InvalidArgument"]);
      assert.match(message, words);
    }
  });
}

Deno.test("multipart uploads: the finished object has the lock that was asked for at the start", async () => {
  await using room = await s3Room();
  await room.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const call = { Bucket, Key: "a" };
  const { UploadId } = await room.s3.createMultipartUpload({
    ...call,
    ObjectLockMode: "GOVERNANCE",
    ObjectLockRetainUntilDate: FUTURE,
    ObjectLockLegalHoldStatus: "ON",
  });
  const part = { ...call, UploadId, PartNumber: 1, Body: "x" };
  const { ETag } = await room.s3.uploadPart(part);
  const Parts: CompletedPart[] = [{ ETag, PartNumber: 1 }];
  const { VersionId } = await room.s3.completeMultipartUpload({
    ...call,
    UploadId,
    MultipartUpload: { Parts },
  });
  const head = await room.s3.headObject(call);
  assert.deepEqual(
    [head.ObjectLockMode, head.ObjectLockRetainUntilDate, head.ObjectLockLegalHoldStatus],
    ["GOVERNANCE", FUTURE, "ON"],
  );
  assert.equal((await refusal(room.s3.deleteObject({ ...call, VersionId }))).code, "AccessDenied");
});

Deno.test("object lock: a document that can't be right is refused before the key is looked for", async () => {
  await using room = await s3Room();
  await room.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const missing = { Bucket, Key: "missing" };
  const Retention = { Mode: "STRICT" as "GOVERNANCE", RetainUntilDate: FUTURE };
  for (
    const call of [
      () => room.s3.putObjectRetention({ ...missing, Retention }),
      () => room.s3.putObjectLegalHold({ ...missing, LegalHold: { Status: "MAYBE" as "ON" } }),
    ]
  ) {
    assert.equal((await refusal(call())).code, "MalformedXML");
  }
});

const WRONG_RULES: [rule: object, code: string][] = [
  [{ Days: 0 }, "InvalidArgument"],
  [{ Years: -1 }, "InvalidArgument"],
  [{ Days: 36_501 }, "InvalidArgument"],
  [{ Years: 101 }, "InvalidArgument"],
  [{ Days: 1, Years: 1 }, "MalformedXML"],
  [{}, "MalformedXML"],
];
for (const [rule, code] of WRONG_RULES) {
  Deno.test(`PutObjectLockConfiguration: refuses ${JSON.stringify(rule)}`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    const put = (DefaultRetention: object) =>
      room.s3.putObjectLockConfiguration({
        Bucket,
        ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } },
      });
    const refused = await refusal(put({ Mode: "COMPLIANCE", ...rule }));
    assert.deepEqual([refused.status, refused.code], [400, code]);
    const possible = await refusal(put({ Mode: "COMPLIANCE", Years: 100 }));
    assert.equal(possible.code, "InvalidBucketState");
  });
}

Deno.test("object lock: a presigned URL has the lock and the checksum in its parameters", async () => {
  await using room = await s3Room();
  await room.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const { url, credentials: keys } = room.sandbox;
  const put = async (parameters: Record<string, string>) => {
    const query = new URLSearchParams({ "x-amz-object-lock-legal-hold": "ON", ...parameters });
    const address = `${url}/${Bucket}/a?${query}`;
    const signed = sign(address, { service: "s3", keys, method: "PUT", expires: 60 });
    return await send({ ...signed, init: { method: "PUT", headers: {}, body: "123456789" } });
  };
  assert.equal((await put({})).code, "InvalidRequest");
  assert.equal((await put({ "x-amz-checksum-crc32": "y/Q5Jg==" })).status, 200);
  const { LegalHold } = await room.s3.getObjectLegalHold({ Bucket, Key: "a" });
  assert.equal(LegalHold?.Status, "ON");
});
