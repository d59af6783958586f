import type { CreateBucketCommandInput } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { allow, refusal, userWithKey } from "../helpers.ts";
import { bucketIn, fill, s3Room } from "./helpers.ts";

const CONFIGURATION = "CreateBucketConfiguration";
Deno.test("ListBuckets: lists in pages", async () => {
  await using room = await s3Room({ buckets: ["log-c", "log-a", "log-b", "other"] });
  const first = await room.s3.listBuckets({ MaxBuckets: 2, Prefix: "log-" });
  assert.deepEqual(first.Buckets?.map(({ Name }) => Name), ["log-a", "log-b"]);
  assert.equal(first.Buckets?.[0]?.BucketRegion, "us-east-1");
  const { ContinuationToken } = first;
  const second = await room.s3.listBuckets({ MaxBuckets: 2, Prefix: "log-", ContinuationToken });
  assert.deepEqual(second.Buckets?.map(({ Name }) => Name), ["log-c"]);
  assert.equal(second.ContinuationToken, undefined);
});

Deno.test("ListBuckets: names region and ARN where it is asked for a part", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const { Buckets: [part] = [] } = await room.s3.listBuckets({ Prefix: "mi" });
  assert.deepEqual([part?.BucketRegion, part?.BucketArn], ["us-east-1", "arn:aws:s3:::mine"]);
  const { Buckets: [whole] = [] } = await room.s3.listBuckets({});
  assert.equal(whole?.BucketRegion, undefined);
});

Deno.test("ListBuckets: lists the account's buckets only", async () => {
  await using room = await s3Room({ buckets: ["mine", "theirs"] });
  bucketIn(room, "theirs").ownerAccountId = "999999999999";
  const { Buckets } = await room.s3.listBuckets({});
  assert.deepEqual(Buckets?.map(({ Name }) => Name), ["mine"]);
});

Deno.test("CreateBucket: a new bucket blocks public access, has ACLs off and the requested region", async () => {
  await using room = await s3Room();
  const { Location } = await room.s3.createBucket({
    Bucket: "fresh",
    CreateBucketConfiguration: { LocationConstraint: "eu-central-1" },
  });
  assert.equal(Location, "http://fresh.s3.amazonaws.com/");
  const europe = room.s3As(room.sandbox.credentials, { region: "eu-central-1" });
  const { PublicAccessBlockConfiguration } = await europe.getPublicAccessBlock({ Bucket: "fresh" });
  assert.deepEqual(PublicAccessBlockConfiguration, {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  });
  const { OwnershipControls } = await europe.getBucketOwnershipControls({ Bucket: "fresh" });
  assert.equal(OwnershipControls?.Rules?.[0]?.ObjectOwnership, "BucketOwnerEnforced");
  const { LocationConstraint } = await room.s3.getBucketLocation({ Bucket: "fresh" });
  assert.equal(LocationConstraint, "eu-central-1");
});

Deno.test("openBuckets: new buckets have ACLs and no block, as before April 2023", async () => {
  await using room = await s3Room({ openBuckets: true, buckets: ["first"] });
  await room.s3.putBucketAcl({ Bucket: "first", ACL: "public-read" });
  await room.s3.createBucket({ Bucket: "open", ACL: "public-read" });
  const { Grants } = await room.s3.getBucketAcl({ Bucket: "open" });
  assert.equal(Grants?.length, 2);
  const { code } = await refusal(room.s3.getPublicAccessBlock({ Bucket: "open" }));
  assert.equal(code, "NoSuchPublicAccessBlockConfiguration");
  const ObjectOwnership = "BucketOwnerEnforced" as const;
  await room.s3.createBucket({ Bucket: "closed", ObjectOwnership });
  const acl = room.s3.putBucketAcl({ Bucket: "closed", ACL: "private" });
  assert.equal((await refusal(acl)).code, "AccessControlListNotSupported");
});

Deno.test("GetBucketLocation: is empty for us-east-1", async () => {
  await using room = await s3Room({ buckets: ["home"] });
  const { LocationConstraint } = await room.s3.getBucketLocation({ Bucket: "home" });
  assert.equal(LocationConstraint || undefined, undefined);
});

for (
  const [what, region, constraint, code] of [
    ["us-east-1 by name", "us-east-1", "us-east-1", "InvalidLocationConstraint"],
    ["an unknown region", "us-east-1", "eu-moon-1", "InvalidLocationConstraint"],
    ["an unknown region at its own endpoint", "eu-wst-1", "eu-wst-1", "InvalidLocationConstraint"],
    ["us-east-1 elsewhere", "us-west-1", "us-east-1", "IllegalLocationConstraintException"],
    ["an unknown region elsewhere", "eu-west-1", "bar", "IllegalLocationConstraintException"],
    ["another region's endpoint", "eu-west-1", "eu-west-2", "IllegalLocationConstraintException"],
    [
      "a region's endpoint without constraint",
      "eu-west-1",
      undefined,
      "IllegalLocationConstraintException",
    ],
  ] as const
) {
  Deno.test(`CreateBucket: refuses ${what}`, async () => {
    await using room = await s3Room();
    const client = room.s3As(room.sandbox.credentials, { region });
    client.middlewareStack.add((next) => (args) => {
      // The client fills in its own region where no other is named.
      if (constraint === undefined) delete (args.input as CreateBucketCommandInput)[CONFIGURATION];
      return next(args);
    }, { step: "initialize", priority: "low" });
    const { status, code: actual } = await refusal(client.createBucket({
      Bucket: "fresh",
      ...(constraint && { CreateBucketConfiguration: { LocationConstraint: constraint as "EU" } }),
    }));
    assert.deepEqual([status, actual], [400, code]);
    assert.equal(room.sandbox.account.buckets.size, 0);
  });
}

for (
  const name of [
    "Upper-case",
    "under_score",
    "a..b",
    "192.168.1.1",
    "xn--a",
    "x-s3alias",
    "-a-",
    "dot.",
  ]
) {
  Deno.test(`CreateBucket: refuses the name ${name}`, async () => {
    await using room = await s3Room();
    const { status, code } = await refusal(room.s3.createBucket({ Bucket: name }));
    assert.deepEqual([status, code], [400, "InvalidBucketName"]);
  });
}

Deno.test("CreateBucket: for an existing bucket of the account, succeeds in us-east-1 and keeps its objects", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  fill(bucketIn(room, "mine"), ["kept"]);
  await room.s3.createBucket({ Bucket: "mine" });
  assert.ok(bucketIn(room, "mine").objects.has("kept"));
});

Deno.test("CreateBucket: for an existing bucket of the account, conflicts in us-east-1 too if it has tags", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const create = (Tags: { Key: string; Value: string }[]) =>
    room.s3.createBucket({ Bucket: "mine", CreateBucketConfiguration: { Tags } });
  await create([]);
  assert.equal((await refusal(create([{ Key: "a", Value: "b" }]))).code, "BucketAlreadyOwnedByYou");
});

Deno.test("GetBucketLocation: is EU where that was asked for", async () => {
  await using room = await s3Room();
  const CreateBucketConfiguration = { LocationConstraint: "EU" as const };
  await room.s3.createBucket({ Bucket: "mine", CreateBucketConfiguration });
  assert.equal(bucketIn(room, "mine").region, "eu-west-1");
  const { LocationConstraint } = await room.s3.getBucketLocation({ Bucket: "mine" });
  assert.equal(LocationConstraint, "EU");
});

Deno.test("CreateBucket: for an existing bucket of the account, conflicts outside us-east-1", async () => {
  await using room = await s3Room({ buckets: ["mine"], region: "eu-west-1" });
  const { status, code } = await refusal(room.s3.createBucket({
    Bucket: "mine",
    CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
  }));
  assert.deepEqual([status, code], [409, "BucketAlreadyOwnedByYou"]);
});

Deno.test("CreateBucket: for another account's bucket, conflicts", async () => {
  await using room = await s3Room({ buckets: ["theirs"] });
  bucketIn(room, "theirs").ownerAccountId = "999999999999";
  const { status, code } = await refusal(room.s3.createBucket({ Bucket: "theirs" }));
  assert.deepEqual([status, code], [409, "BucketAlreadyExists"]);
});

Deno.test("DeleteBucket: requires an empty bucket", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  fill(bucketIn(room, "mine"), ["a"]);
  const { status, code } = await refusal(room.s3.deleteBucket({ Bucket: "mine" }));
  assert.deepEqual([status, code], [409, "BucketNotEmpty"]);
  bucketIn(room, "mine").objects.clear();
  await room.s3.deleteBucket({ Bucket: "mine" });
  assert.equal(room.sandbox.account.buckets.size, 0);
});

Deno.test("HeadBucket: returns the region", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  assert.equal((await room.s3.headBucket({ Bucket: "mine" })).BucketRegion, "us-east-1");
});

for (const status of [301, 403, 404]) {
  Deno.test(`HeadBucket: responds ${status} without a body`, async () => {
    await using room = await s3Room({ buckets: ["mine"] });
    const keys = status === 403 ? await userWithKey(room.iam, "nobody") : room.sandbox.credentials;
    const client = room.s3As(keys, { region: status === 301 ? "eu-west-1" : "us-east-1" });
    const error = await client.headBucket({ Bucket: status === 404 ? "none" : "mine" })
      .then(() => assert.fail(), (error) => error);
    assert.equal(error.$metadata.httpStatusCode, status);
    const region = error.$response.headers["x-amz-bucket-region"];
    assert.equal(region, status === 404 ? undefined : "us-east-1");
  });
}

Deno.test("PermanentRedirect: every call to a bucket of another region", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const { s3As, sandbox: { credentials } } = room;
  const client = s3As(credentials, { region: "ap-south-1" });
  const { status, code } = await refusal(client.listObjectsV2({ Bucket: "mine" }));
  assert.deepEqual([status, code], [301, "PermanentRedirect"]);
});

Deno.test("AuthorizationHeaderMalformed: every call that is signed for what is no region", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const client = room.s3As(room.sandbox.credentials, { region: "US" });
  const error = {
    name: "AuthorizationHeaderMalformed",
    message:
      "The authorization header is malformed; the region 'US' is wrong; expecting 'us-east-1'",
    Region: "us-east-1",
  };
  await assert.rejects(client.putObject({ Bucket: "mine", Key: "a", Body: "a" }), error);
  await assert.rejects(client.createBucket({ Bucket: "new" }), error);
  await assert.rejects(client.listBuckets(), error);
  assert.deepEqual([...room.sandbox.account.buckets.keys()], ["mine"]);
});

Deno.test("addressing: virtual-host style reaches the same bucket", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const { port } = new URL(room.sandbox.url);
  const client = room.s3As(room.sandbox.credentials, {
    endpoint: `http://localhost:${port}`,
    forcePathStyle: false,
  });
  client.middlewareStack.add((next) => (args) => {
    // Signed by now; goes to the loopback address whatever the host's name resolves to.
    (args.request as { hostname: string }).hostname = "127.0.0.1";
    return next(args);
  }, { step: "deserialize", priority: "low" });
  await client.putObject({ Bucket: "mine", Key: "a/b", Body: "x" });
  assert.deepEqual([...bucketIn(room, "mine").objects.keys()], ["a/b"]);
});

Deno.test("NoSuchBucket: names the bucket", async () => {
  await using room = await s3Room();
  const { status, code } = await refusal(room.s3.listObjectsV2({ Bucket: "none" }));
  assert.deepEqual([status, code], [404, "NoSuchBucket"]);
});

Deno.test("x-amz-expected-bucket-owner: refused if it isn't the owner", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const { status, code } = await refusal(
    room.s3.listObjectsV2({ Bucket: "mine", ExpectedBucketOwner: "999999999999" }),
  );
  assert.deepEqual([status, code], [403, "AccessDenied"]);
});

Deno.test("NotImplemented: only if the operation is allowed, otherwise AccessDenied", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const denied = room.s3As(await userWithKey(room.iam, "nobody"));
  const allowed = room.s3As(
    await userWithKey(room.iam, "someone", allow("s3:GetBucketAbac")),
  );
  const call = { Bucket: "mine" };
  const first = await refusal(denied.getBucketAbac(call));
  assert.deepEqual([first.status, first.code], [403, "AccessDenied"]);
  assert.match(first.message, /s3:GetBucketAbac/);
  const second = await refusal(allowed.getBucketAbac(call));
  assert.deepEqual([second.status, second.code], [501, "NotImplemented"]);
});
