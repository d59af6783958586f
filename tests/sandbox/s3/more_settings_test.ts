import assert from "node:assert/strict";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { s3Room } from "./helpers.ts";

const Bucket = "mine";

Deno.test("request payment: others must say that they pay, the owner's own account need not", async () => {
  await using r = await s3Room({ accounts: { "444455556666": { buckets: [Bucket] } } });
  const owner = r.s3As(r.sandbox.accounts["444455556666"]!.credentials);
  const policy = {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: "123456789012" },
      Action: ["s3:GetObject", "s3:ListBucket"],
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
    }],
  };
  await owner.putBucketPolicy({ Bucket, Policy: JSON.stringify(policy) });
  await owner.putObject({ Bucket, Key: "k", Body: "x" });
  assert.equal((await owner.getBucketRequestPayment({ Bucket })).Payer, "BucketOwner");
  await r.s3.getObject({ Bucket, Key: "k" });

  const pays = (Payer: "Requester" | "BucketOwner") =>
    owner.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer } });
  await pays("Requester");
  assert.equal((await owner.getBucketRequestPayment({ Bucket })).Payer, "Requester");
  assert.equal((await owner.getObject({ Bucket, Key: "k" })).RequestCharged, undefined);
  const reads = [
    () => r.s3.getObject({ Bucket, Key: "k" }),
    () => r.s3.listObjectsV2({ Bucket }),
  ];
  for (const silent of reads) {
    const denied = await refusal(silent());
    assert.deepEqual([denied.status, denied.code], [403, "AccessDenied"]);
  }
  const RequestPayer = "requester";
  const got = await r.s3.getObject({ Bucket, Key: "k", RequestPayer });
  assert.equal(got.RequestCharged, "requester");
  // To pay is no permission.
  const put = await refusal(r.s3.putObject({ Bucket, Key: "new", Body: "x", RequestPayer }));
  assert.equal(put.code, "AccessDenied");
  await pays("BucketOwner");
  await r.s3.getObject({ Bucket, Key: "k" });
});

Deno.test("request payment: who is nobody can't pay", async () => {
  await using r = await s3Room();
  await r.s3.createBucket({ Bucket, ObjectOwnership: "ObjectWriter" });
  await r.s3.deletePublicAccessBlock({ Bucket });
  await r.s3.putObject({ Bucket, Key: "k", Body: "x", ACL: "public-read" });
  const url = `${r.sandbox.url}/${Bucket}/k`;
  const status = async (headers = {}) => {
    const response = await fetch(url, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status(), 200);
  const RequestPaymentConfiguration = { Payer: "Requester" } as const;
  await r.s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration });
  assert.equal(await status(), 403);
  assert.equal(await status({ "x-amz-request-payer": "requester" }), 403);
});

Deno.test("acceleration: unset, enabled and suspended, not with a dot in the bucket's name", async () => {
  await using r = await s3Room({ buckets: [Bucket, "my.bucket"] });
  const status = async () => (await r.s3.getBucketAccelerateConfiguration({ Bucket })).Status;
  assert.equal(await status(), undefined);
  for (const Status of ["Enabled", "Suspended"] as const) {
    const AccelerateConfiguration = { Status };
    await r.s3.putBucketAccelerateConfiguration({ Bucket, AccelerateConfiguration });
    assert.equal(await status(), Status);
  }
  const dotted = await refusal(r.s3.putBucketAccelerateConfiguration({
    Bucket: "my.bucket",
    AccelerateConfiguration: { Status: "Enabled" },
  }));
  assert.deepEqual([dotted.status, dotted.code], [400, "InvalidRequest"]);
});

Deno.test("metrics: are put by their id, listed in pages and deleted once", async () => {
  await using r = await s3Room({ buckets: [Bucket] });
  const { s3 } = r;
  const put = (Id: string, Prefix: string, inside = Id) =>
    s3.putBucketMetricsConfiguration({
      Bucket,
      Id,
      MetricsConfiguration: { Id: inside, Filter: { Prefix } },
    });
  assert.equal((await put("logs", "a/")).$metadata.httpStatusCode, 204);
  await put("logs", "b/");
  const { MetricsConfiguration } = await s3.getBucketMetricsConfiguration({ Bucket, Id: "logs" });
  assert.deepEqual(MetricsConfiguration, { Id: "logs", Filter: { Prefix: "b/" } });
  assert.equal((await refusal(put("other", "a/", "another"))).code, "IdMismatch");
  const filter = {
    Id: "two",
    Filter: { And: { Prefix: "a/", Tags: [{ Key: "k", Value: "v" }] } },
  };
  await s3.putBucketMetricsConfiguration({ Bucket, Id: "two", MetricsConfiguration: filter });
  const got = await s3.getBucketMetricsConfiguration({ Bucket, Id: "two" });
  assert.deepEqual(got.MetricsConfiguration, filter);

  for (let n = 0; n < 99; n++) await put(`n${String(n).padStart(2, "0")}`, "n/");
  const first = await s3.listBucketMetricsConfigurations({ Bucket });
  assert.deepEqual([first.IsTruncated, first.MetricsConfigurationList?.length], [true, 100]);
  const { NextContinuationToken: ContinuationToken } = first;
  const rest = await s3.listBucketMetricsConfigurations({ Bucket, ContinuationToken });
  assert.equal(rest.IsTruncated, false);
  assert.deepEqual(rest.MetricsConfigurationList?.map(({ Id }) => Id), ["two"]);

  await s3.deleteBucketMetricsConfiguration({ Bucket, Id: "logs" });
  const again = await refusal(s3.deleteBucketMetricsConfiguration({ Bucket, Id: "logs" }));
  assert.deepEqual([again.status, again.code], [404, "NoSuchConfiguration"]);
});

Deno.test("settings that can't be made: are read as S3 says that there are none", async () => {
  await using r = await s3Room({ buckets: [Bucket] });
  const { s3 } = r;
  assert.equal((await s3.getBucketLogging({ Bucket })).LoggingEnabled, undefined);
  await s3.putBucketLogging({ Bucket, BucketLoggingStatus: {} });
  const { $metadata: _, ...notification } = await s3.getBucketNotificationConfiguration({ Bucket });
  assert.deepEqual(notification, {});
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: {} });
  assert.deepEqual(
    (await refusal(s3.getBucketReplication({ Bucket }))).code,
    "ReplicationConfigurationNotFoundError",
  );
  await s3.deleteBucketReplication({ Bucket });
  const { InventoryConfigurationList, IsTruncated } = await s3.listBucketInventoryConfigurations({
    Bucket,
  });
  assert.deepEqual([InventoryConfigurationList, IsTruncated], [undefined, false]);
  await s3.listBucketAnalyticsConfigurations({ Bucket });
  await s3.listBucketIntelligentTieringConfigurations({ Bucket });
  const absent = await refusal(s3.getBucketInventoryConfiguration({ Bucket, Id: "i" }));
  assert.deepEqual([absent.status, absent.code], [404, "NoSuchConfiguration"]);
  const logging = { LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: "log/" } };
  const refused = await refusal(s3.putBucketLogging({ Bucket, BucketLoggingStatus: logging }));
  assert.deepEqual([refused.status, refused.code], [501, "NotImplemented"]);
  const EventBridgeConfiguration = {};
  const events = s3.putBucketNotificationConfiguration({
    Bucket,
    NotificationConfiguration: { EventBridgeConfiguration },
  });
  assert.equal((await refusal(events)).code, "NotImplemented");
});

Deno.test("more settings: each needs its own permission on the bucket", async () => {
  await using r = await s3Room({ buckets: [Bucket] });
  const Id = "i";
  type Client = typeof r.s3;
  const calls: Record<string, (s3: Client) => Promise<unknown>> = {
    GetBucketRequestPayment: (s3) => s3.getBucketRequestPayment({ Bucket }),
    PutBucketRequestPayment: (s3) =>
      s3.putBucketRequestPayment({
        Bucket,
        RequestPaymentConfiguration: { Payer: "BucketOwner" },
      }),
    GetAccelerateConfiguration: (s3) => s3.getBucketAccelerateConfiguration({ Bucket }),
    PutAccelerateConfiguration: (s3) =>
      s3.putBucketAccelerateConfiguration({
        Bucket,
        AccelerateConfiguration: { Status: "Enabled" },
      }),
    PutMetricsConfiguration: (s3) =>
      s3.putBucketMetricsConfiguration({ Bucket, Id, MetricsConfiguration: { Id } }),
    GetMetricsConfiguration: (s3) => s3.listBucketMetricsConfigurations({ Bucket }),
    GetAnalyticsConfiguration: (s3) => s3.listBucketAnalyticsConfigurations({ Bucket }),
    GetInventoryConfiguration: (s3) => s3.listBucketInventoryConfigurations({ Bucket }),
    GetIntelligentTieringConfiguration: (s3) =>
      s3.listBucketIntelligentTieringConfigurations({ Bucket }),
    GetBucketLogging: (s3) => s3.getBucketLogging({ Bucket }),
    GetBucketNotification: (s3) => s3.getBucketNotificationConfiguration({ Bucket }),
    PutReplicationConfiguration: (s3) => s3.deleteBucketReplication({ Bucket }),
  };
  const nobody = r.s3As(await userWithKey(r.iam, "nobody", allow("s3:ListBucket")));
  for (const [name, call] of Object.entries(calls)) {
    const { code, message } = await refusal(call(nobody));
    assert.equal(code, "AccessDenied", name);
    assert.match(message, new RegExp(`s3:${name} `));
    const policy = allow(`s3:${name}`, `arn:aws:s3:::${Bucket}`);
    await call(r.s3As(await userWithKey(r.iam, name, policy)));
  }
});

Deno.test("lifecycle: uploads and reads tell when an object expires, unless a version is named", async () => {
  await using r = await s3Room({ buckets: [Bucket] });
  const rule = (ID: string, Prefix: string, Days: number, Status: "Enabled" | "Disabled") => ({
    ID,
    Filter: { Prefix },
    Status,
    Expiration: { Days },
  });
  const Rules = [
    rule("all of it", "", 9, "Enabled"),
    rule("soon", "logs/", 2, "Enabled"),
    rule("off", "", 1, "Disabled"),
  ];
  const put = (more: object = {}) =>
    r.s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules }, ...more });
  const minimum = { TransitionDefaultMinimumObjectSize: "varies_by_storage_class" };
  assert.deepEqual(
    (await put(minimum)).TransitionDefaultMinimumObjectSize,
    Object.values(minimum)[0],
  );
  const read = await r.s3.getBucketLifecycleConfiguration({ Bucket });
  assert.equal(read.TransitionDefaultMinimumObjectSize, "varies_by_storage_class");
  await put();
  const again = await r.s3.getBucketLifecycleConfiguration({ Bucket });
  assert.equal(again.TransitionDefaultMinimumObjectSize, "all_storage_classes_128K");
  assert.equal(
    (await refusal(put({ TransitionDefaultMinimumObjectSize: "x" }))).code,
    "InvalidRequest",
  );

  for (const [Key, id] of [["logs/1", "soon"], ["a", "all%20of%20it"]]) {
    const form = new RegExp(`^expiry-date="\\w+, .* 00:00:00 GMT", rule-id="${id}"$`);
    assert.match((await r.s3.putObject({ Bucket, Key, Body: "x" })).Expiration ?? "", form);
    assert.match((await r.s3.headObject({ Bucket, Key })).Expiration ?? "", form);
    const version = await r.s3.headObject({ Bucket, Key, VersionId: "null" });
    assert.equal(version.Expiration, undefined);
  }
});

Deno.test("lifecycle: refuses dates that are no midnight, and rules for old versions that say nothing", async () => {
  await using r = await s3Room({ buckets: [Bucket] });
  const put = (more: object) => {
    const Rules = [{ Filter: { Prefix: "" }, Status: "Enabled" as const, ...more }];
    return r.s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
  };
  const noon = await refusal(put({ Expiration: { Date: new Date("2031-01-01T12:00:00Z") } }));
  assert.equal(noon.message, "'Date' must be at midnight GMT");
  const empty = { Expiration: { Days: 1 }, NoncurrentVersionExpiration: {} };
  assert.equal((await refusal(put(empty))).code, "MalformedXML");
  await put({ Expiration: { Date: new Date("2031-01-01T00:00:00Z") } });
});
