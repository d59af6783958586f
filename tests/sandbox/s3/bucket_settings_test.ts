import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { refusal } from "../helpers.ts";
import { send, sign } from "../auth/sign.ts";
import { bucketIn, type S3Room, s3Room } from "./helpers.ts";

const BLOCK_NOTHING = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

const STATEMENT = {
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::123456789012:root" },
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::mine/*",
};

function publicPolicy(bucket: string, Resource = `arn:aws:s3:::${bucket}/*`): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource }],
  });
}

Deno.test("PutPublicAccessBlock: replaces all settings; DeletePublicAccessBlock removes them", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Bucket = "mine";
  await room.s3.putPublicAccessBlock({
    Bucket,
    PublicAccessBlockConfiguration: { BlockPublicAcls: true },
  });
  const { PublicAccessBlockConfiguration: block } = await room.s3.getPublicAccessBlock({ Bucket });
  assert.deepEqual(block, { ...BLOCK_NOTHING, BlockPublicAcls: true });
  await room.s3.deletePublicAccessBlock({ Bucket });
  const { status, code } = await refusal(room.s3.getPublicAccessBlock({ Bucket }));
  assert.deepEqual([status, code], [404, "NoSuchPublicAccessBlockConfiguration"]);
});

Deno.test("PutBucketPolicy: refuses a public policy under a public access block", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const put = { Bucket: "mine", Policy: publicPolicy("mine") };
  const { status, code, message } = await refusal(room.s3.putBucketPolicy(put));
  assert.deepEqual([status, code], [403, "AccessDenied"]);
  assert.match(message, /BlockPublicPolicy/);
  await room.s3.putPublicAccessBlock({
    Bucket: "mine",
    PublicAccessBlockConfiguration: BLOCK_NOTHING,
  });
  await room.s3.putBucketPolicy(put);
  assert.equal((await room.s3.getBucketPolicy({ Bucket: "mine" })).Policy, put.Policy);
  const { PolicyStatus } = await room.s3.getBucketPolicyStatus({ Bucket: "mine" });
  assert.deepEqual(PolicyStatus, { IsPublic: true });
});

Deno.test("PutBucketPolicy: the account's public access block overrides the bucket's", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  bucketIn(room, "mine").publicAccessBlock = BLOCK_NOTHING;
  room.sandbox.account.publicAccessBlock = { ...BLOCK_NOTHING, BlockPublicPolicy: true };
  const { status } = await refusal(
    room.s3.putBucketPolicy({ Bucket: "mine", Policy: publicPolicy("mine") }),
  );
  assert.equal(status, 403);
});

Deno.test("DeleteBucketPolicy: removes the policy", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  bucketIn(room, "mine").policy = publicPolicy("mine");
  await room.s3.deleteBucketPolicy({ Bucket: "mine" });
  const { status, code } = await refusal(room.s3.getBucketPolicy({ Bucket: "mine" }));
  assert.deepEqual([status, code], [404, "NoSuchBucketPolicy"]);
});

for (
  const [what, statement, message] of [
    ["a resource in another bucket", { Resource: "arn:aws:s3:::other/*" }, /invalid resource/],
    [
      "a user who does not exist",
      { Principal: { AWS: "arn:aws:iam::123456789012:user/none" } },
      /Invalid principal/,
    ],
    ["an action of another service", { Action: "iam:GetUser" }, /invalid action/],
    [
      "an action that fits no resource",
      { Action: "s3:ListBucket" },
      /does not apply to any resource/,
    ],
    ["no principal", { Principal: undefined }, /Missing required field Principal/],
    ["an unknown field", { Colour: "red" }, /Unknown field Colour/],
  ] as const
) {
  Deno.test(`PutBucketPolicy: refuses ${what}`, async () => {
    await using room = await s3Room({ buckets: ["mine"] });
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ ...STATEMENT, ...statement }],
    });
    const error = await refusal(room.s3.putBucketPolicy({ Bucket: "mine", Policy }));
    assert.deepEqual([error.status, error.code], [400, "MalformedPolicy"]);
    assert.match(error.message, message);
    assert.equal(bucketIn(room, "mine").policy, undefined);
  });
}

Deno.test("PutBucketPolicy: accepts the account as principal", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [STATEMENT] });
  await room.s3.putBucketPolicy({ Bucket: "mine", Policy });
  assert.equal(bucketIn(room, "mine").policy, Policy);
});

Deno.test("website: put, get and delete", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Bucket = "mine";
  const WebsiteConfiguration = {
    IndexDocument: { Suffix: "index.html" },
    ErrorDocument: { Key: "error.html" },
  };
  await room.s3.putBucketWebsite({ Bucket, WebsiteConfiguration });
  const { IndexDocument, ErrorDocument } = await room.s3.getBucketWebsite({ Bucket });
  assert.deepEqual({ IndexDocument, ErrorDocument }, WebsiteConfiguration);
  await room.s3.deleteBucketWebsite({ Bucket });
  const { status, code } = await refusal(room.s3.getBucketWebsite({ Bucket }));
  assert.deepEqual([status, code], [404, "NoSuchWebsiteConfiguration"]);
});

Deno.test("CORS rules: put, get and delete", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Bucket = "mine";
  const CORSRules = [{
    ID: "one & only",
    AllowedHeaders: ["*"],
    AllowedMethods: ["GET", "HEAD"],
    AllowedOrigins: ["https://a.example", "https://b.example"],
    ExposeHeaders: ["etag"],
    MaxAgeSeconds: 300,
  }];
  await room.s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules } });
  assert.deepEqual((await room.s3.getBucketCors({ Bucket })).CORSRules, CORSRules);
  await room.s3.deleteBucketCors({ Bucket });
  const { status, code } = await refusal(room.s3.getBucketCors({ Bucket }));
  assert.deepEqual([status, code], [404, "NoSuchCORSConfiguration"]);
});

Deno.test("PutBucketCors: refuses a method that S3 doesn't have", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const CORSRules = [{ AllowedMethods: ["PATCH"], AllowedOrigins: ["*"] }];
  const error = await refusal(
    room.s3.putBucketCors({ Bucket: "mine", CORSConfiguration: { CORSRules } }),
  );
  assert.deepEqual([error.status, error.code], [400, "InvalidRequest"]);
});

Deno.test("PutBucketAcl: refused without ACLs; GetBucketAcl returns the owner's", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const error = await refusal(room.s3.putBucketAcl({ Bucket: "mine", ACL: "public-read" }));
  assert.deepEqual([error.status, error.code], [400, "AccessControlListNotSupported"]);
  const { Owner, Grants } = await room.s3.getBucketAcl({ Bucket: "mine" });
  assert.deepEqual(Grants, [{
    Grantee: { ID: Owner?.ID, Type: "CanonicalUser" },
    Permission: "FULL_CONTROL",
  }]);
});

Deno.test("PutBucketAcl: accepts a public ACL if nothing blocks it", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Bucket = "mine";
  await room.s3.putBucketOwnershipControls({
    Bucket,
    OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerPreferred" }] },
  });
  const blocked = await refusal(room.s3.putBucketAcl({ Bucket, ACL: "public-read" }));
  assert.deepEqual([blocked.status, blocked.code], [403, "AccessDenied"]);
  await room.s3.deletePublicAccessBlock({ Bucket });
  await room.s3.putBucketAcl({ Bucket, ACL: "public-read" });
  const { Grants } = await room.s3.getBucketAcl({ Bucket });
  assert.deepEqual(Grants?.[1], {
    Grantee: { Type: "Group", URI: "http://acs.amazonaws.com/groups/global/AllUsers" },
    Permission: "READ",
  });
});

Deno.test("versioning and tags: put and get", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const Bucket = "mine";
  assert.equal((await room.s3.getBucketVersioning({ Bucket })).Status, undefined);
  await room.s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  assert.equal((await room.s3.getBucketVersioning({ Bucket })).Status, "Enabled");
  assert.equal((await refusal(room.s3.getBucketTagging({ Bucket }))).code, "NoSuchTagSet");
  const versioning = (Status: string) =>
    room.s3.putBucketVersioning({
      Bucket,
      VersioningConfiguration: { Status: Status as "Enabled" },
    });
  assert.equal((await refusal(versioning("Paused"))).code, "MalformedXML");
  const withMfa = { Status: "Enabled", MFADelete: "Enabled" } as const;
  const refused = room.s3.putBucketVersioning({ Bucket, VersioningConfiguration: withMfa });
  assert.equal((await refusal(refused)).code, "NotImplemented");
  for (const [Key, Value] of [["team?", "blue"], ["team", "<blue>"], ["team", "one\ntwo"]]) {
    const wrong = room.s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key, Value }] } });
    assert.equal((await refusal(wrong)).code, "InvalidTag");
  }
  const TagSet = [{ Key: "équipe/é +-=._:@", Value: "bleu ciel" }];
  await room.s3.putBucketTagging({ Bucket, Tagging: { TagSet } });
  assert.deepEqual((await room.s3.getBucketTagging({ Bucket })).TagSet, TagSet);
});

Deno.test("S3 Control: puts, gets and deletes the account's public access block", async () => {
  await using room = await s3Room();
  const { account, credentials } = room.sandbox;
  const control = room.s3As(credentials);
  control.middlewareStack.add((next) => (args) => {
    // The client for S3 alone has no such call, but the same bodies.
    const request = args.request as { path: string; query: object; headers: object };
    request.path = "/v20180820/configuration/publicAccessBlock";
    request.query = {};
    request.headers = { ...request.headers, "x-amz-account-id": account.id };
    return next(args);
  }, { step: "build", priority: "low" });
  const Bucket = "unused";
  const PublicAccessBlockConfiguration = { ...BLOCK_NOTHING, BlockPublicPolicy: true };
  await control.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
  assert.deepEqual(account.publicAccessBlock, PublicAccessBlockConfiguration);
  const shown = await control.getPublicAccessBlock({ Bucket });
  assert.deepEqual(shown.PublicAccessBlockConfiguration, PublicAccessBlockConfiguration);
  await control.deletePublicAccessBlock({ Bucket });
  const { status, code } = await refusal(control.getPublicAccessBlock({ Bucket }));
  assert.deepEqual([status, code], [404, "NoSuchPublicAccessBlockConfiguration"]);
});

Deno.test("PutBucketVersioning: refuses a status that is none, and one that is missing", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const put = (Status?: "Enabled") =>
    refusal(
      room.s3.putBucketVersioning({ Bucket: "mine", VersioningConfiguration: { Status } }),
    );
  assert.equal((await put("enabled" as "Enabled")).code, "MalformedXML");
  assert.equal((await put()).code, "IllegalVersioningConfigurationException");
});

Deno.test("PutBucketEncryption: refuses two rules", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const } };
  const ServerSideEncryptionConfiguration = { Rules: [rule, rule] };
  const put = room.s3.putBucketEncryption({ Bucket: "mine", ServerSideEncryptionConfiguration });
  assert.equal((await refusal(put)).code, "MalformedXML");
});

/** A request with this payload, and no checksum unless one is among the headers. */
async function plainPut(
  room: S3Room,
  query: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<string | undefined> {
  const { url, credentials: keys } = room.sandbox;
  const put = sign(`${url}/mine?${query}`, { service: "s3", keys, method: "PUT", body, headers });
  put.init.body = body;
  const { status, code } = await send(put);
  return status === 200 || status === 204 ? undefined : `${status} ${code}`;
}

Deno.test("settings: some take a digest of their document, and a missing document is called so", async () => {
  await using room = await s3Room({ buckets: ["mine"] });
  const tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
  const digest = { "content-md5": createHash("md5").update(tags).digest("base64") };
  assert.equal(await plainPut(room, "tagging", tags), "400 InvalidRequest");
  assert.equal(await plainPut(room, "tagging", tags, digest), undefined);
  const versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  assert.equal(await plainPut(room, "versioning", versioning), undefined);
  assert.equal(await plainPut(room, "versioning", ""), "400 MissingRequestBodyError");
});
