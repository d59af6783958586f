import type { AccessControlPolicy, ObjectCannedACL, S3 } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { allow, deny, refusal, userWithKey } from "../helpers.ts";
import { bucketIn, keysOf, type S3Room, s3Room } from "./helpers.ts";

const Bucket = "mine";
const GROUPS = "http://acs.amazonaws.com/groups/global/";

/** A sandbox with a bucket that has its ACLs on, and lets them be public. */
async function roomWithAcls(): Promise<S3Room> {
  const room = await s3Room({ buckets: [Bucket] });
  const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
  await room.s3.putBucketOwnershipControls({ Bucket, OwnershipControls });
  await room.s3.deletePublicAccessBlock({ Bucket });
  return room;
}

function anonymousIn(room: S3Room): S3 {
  return room.s3As({ accessKeyId: "", secretAccessKey: "" }, {
    signer: { sign: (request) => Promise.resolve(request) },
  });
}

/** A client of a user without any policy. */
async function nobodyIn(room: S3Room): Promise<S3> {
  return room.s3As(await userWithKey(room.iam, "nobody"));
}

async function put(room: S3Room, Key: string, ACL?: ObjectCannedACL): Promise<void> {
  await room.s3.putObject({ Bucket, Key, Body: "x", ACL });
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const { status, code } = await refusal(call);
  return `${status} ${code}`;
}

const DENIED = "403 AccessDenied";

Deno.test("ACL of an object: public-read lets everyone read that object and no other", async () => {
  await using room = await roomWithAcls();
  await put(room, "open", "public-read");
  await put(room, "closed");
  const anonymous = anonymousIn(room);
  const { Body } = await anonymous.getObject({ Bucket, Key: "open" });
  assert.equal(await Body?.transformToString(), "x");
  assert.equal(await codeOf(anonymous.getObject({ Bucket, Key: "closed" })), DENIED);
  assert.equal(await codeOf(anonymous.getObjectAcl({ Bucket, Key: "open" })), DENIED);
  assert.equal(await codeOf(anonymous.listObjectsV2({ Bucket })), DENIED);
  assert.equal(await codeOf(anonymous.putObject({ Bucket, Key: "open", Body: "" })), DENIED);
});

Deno.test("ACL of an object: authenticated-read is for those who sign", async () => {
  await using room = await roomWithAcls();
  await put(room, "a", "authenticated-read");
  assert.equal(await codeOf(anonymousIn(room).getObject({ Bucket, Key: "a" })), DENIED);
  const { ContentLength } = await (await nobodyIn(room)).headObject({ Bucket, Key: "a" });
  assert.equal(ContentLength, 1);
});

Deno.test("ACL of a bucket: READ lists its objects, WRITE creates some", async () => {
  await using room = await roomWithAcls();
  await put(room, "a");
  const anonymous = anonymousIn(room);
  await room.s3.putBucketAcl({ Bucket, ACL: "public-read" });
  assert.deepEqual(keysOf((await anonymous.listObjectsV2({ Bucket })).Contents), ["a"]);
  assert.equal(await codeOf(anonymous.putObject({ Bucket, Key: "b", Body: "" })), DENIED);
  await room.s3.putBucketAcl({ Bucket, ACL: "public-read-write" });
  await anonymous.putObject({ Bucket, Key: "b", Body: "" });
  assert.equal(await codeOf(anonymous.getObject({ Bucket, Key: "a" })), DENIED);
  assert.equal(await codeOf(anonymous.getObject({ Bucket, Key: "none" })), "404 NoSuchKey");
  assert.equal(await codeOf(anonymous.getBucketAcl({ Bucket })), DENIED);
  const open = { Bucket, Key: "open", Body: "x", ACL: "public-read" as const };
  await anonymous.putObject(open);
  const { Contents = [] } = await room.s3.listObjects({ Bucket, Prefix: "open" });
  assert.equal(Contents[0]?.Owner?.ID, "65a011a29cdf8ec533ec3d1ccaae921c");
  await anonymous.headObject({ Bucket, Key: "open" });
});

Deno.test("ACL of a bucket: READ_ACP and WRITE_ACP are for the ACL alone", async () => {
  await using room = await roomWithAcls();
  const grant = { GrantReadACP: `uri=${GROUPS}AllUsers`, GrantWriteACP: `uri=${GROUPS}AllUsers` };
  await room.s3.putBucketAcl({ Bucket, ...grant });
  const anonymous = anonymousIn(room);
  assert.equal((await anonymous.getBucketAcl({ Bucket })).Grants?.length, 2);
  assert.equal(await codeOf(anonymous.listObjectsV2({ Bucket })), DENIED);
  await anonymous.putBucketAcl({ Bucket, ACL: "private" });
  assert.equal(await codeOf(anonymous.getBucketAcl({ Bucket })), DENIED);
});

Deno.test("ACL: grants nothing where public ACLs are ignored or ACLs are switched off", async () => {
  await using room = await roomWithAcls();
  await put(room, "a", "public-read");
  const read = () => anonymousIn(room).getObject({ Bucket, Key: "a" });
  await read();
  const PublicAccessBlockConfiguration = { IgnorePublicAcls: true };
  await room.s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
  assert.equal(await codeOf(read()), DENIED);
  await room.s3.deletePublicAccessBlock({ Bucket });
  const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
  await room.s3.putBucketOwnershipControls({ Bucket, OwnershipControls });
  assert.equal(await codeOf(read()), DENIED);
});

Deno.test("ACL: what a policy denies, it can't grant", async () => {
  await using room = await roomWithAcls();
  await put(room, "a", "public-read");
  const keys = await userWithKey(room.iam, "denied", deny("s3:GetObject"));
  assert.equal(await codeOf(room.s3As(keys).getObject({ Bucket, Key: "a" })), DENIED);
});

Deno.test("ACL: the owner's full control takes a policy of the user all the same", async () => {
  await using room = await roomWithAcls();
  await put(room, "a", "private");
  assert.equal(await codeOf((await nobodyIn(room)).getObject({ Bucket, Key: "a" })), DENIED);
  const keys = await userWithKey(room.iam, "reader", allow("s3:GetObject"));
  await room.s3As(keys).headObject({ Bucket, Key: "a" });
});

Deno.test("ACL: the source of a copy may be readable by its ACL", async () => {
  await using room = await roomWithAcls();
  await put(room, "a", "authenticated-read");
  const keys = await userWithKey(room.iam, "writer", allow("s3:PutObject"));
  await room.s3As(keys).copyObject({ Bucket, Key: "b", CopySource: `${Bucket}/a` });
  assert.ok(bucketIn(room, Bucket).objects.has("b"));
  assert.equal(
    await codeOf(room.s3As(keys).copyObject({ Bucket, Key: "c", CopySource: `${Bucket}/b` })),
    DENIED,
  );
});

for (
  const [what, GrantRead, expected] of [
    ["an id that is none", "id=nobody", "400 InvalidArgument"],
    ["an unknown group", `uri=${GROUPS}Nobody`, "400 InvalidArgument"],
    ["an email address", "emailAddress=joe@example.com", "405 MethodNotAllowed"],
  ] as const
) {
  Deno.test(`PutBucketAcl: refuses a grant to ${what}`, async () => {
    await using room = await roomWithAcls();
    assert.equal(await codeOf(room.s3.putBucketAcl({ Bucket, GrantRead })), expected);
    assert.equal((await room.s3.getBucketAcl({ Bucket })).Grants?.length, 1);
  });
}

Deno.test("PutBucketAcl: refuses an email address in the document, too", async () => {
  await using room = await roomWithAcls();
  const { Owner } = await room.s3.getBucketAcl({ Bucket });
  const Grantee = { Type: "AmazonCustomerByEmail" as const, EmailAddress: "joe@example.com" };
  const AccessControlPolicy = { Owner, Grants: [{ Grantee, Permission: "READ" as const }] };
  assert.equal(
    await codeOf(room.s3.putBucketAcl({ Bucket, AccessControlPolicy })),
    "405 MethodNotAllowed",
  );
});

Deno.test("PutBucketAcl: refuses a document that is no ACL, and one beside a canned ACL", async () => {
  await using room = await roomWithAcls();
  const { Owner, Grants } = await room.s3.getBucketAcl({ Bucket });
  const put = (AccessControlPolicy: AccessControlPolicy, ACL?: "private") =>
    codeOf(room.s3.putBucketAcl({ Bucket, AccessControlPolicy, ACL }));
  assert.equal(await put({ Grants }), "400 MalformedACLError");
  const [{ Grantee } = {}] = Grants!;
  const wrong = { Grantee, Permission: "ANY" as "READ" };
  assert.equal(await put({ Owner, Grants: [wrong] }), "400 MalformedACLError");
  assert.equal(await put({ Owner: { ID: "nobody" }, Grants }), "400 InvalidArgument");
  assert.equal(await put({ Owner, Grants }, "private"), "400 UnexpectedContent");
  await room.s3.putBucketAcl({ Bucket, AccessControlPolicy: { Owner, Grants } });
});

Deno.test("PutBucketOwnershipControls: a bucket whose ACL is shared can't do without ACLs", async () => {
  await using room = await roomWithAcls();
  await room.s3.putBucketAcl({ Bucket, ACL: "public-read" });
  const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
  const put = () => room.s3.putBucketOwnershipControls({ Bucket, OwnershipControls });
  assert.equal(await codeOf(put()), "400 InvalidBucketAclWithObjectOwnership");
  await room.s3.putBucketAcl({ Bucket, ACL: "private" });
  await put();
});

Deno.test("DeleteBucketOwnershipControls: afterwards there are none, and ACLs are in effect", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  await room.s3.deleteBucketOwnershipControls({ Bucket });
  const get = () => room.s3.getBucketOwnershipControls({ Bucket });
  assert.equal(await codeOf(get()), "404 OwnershipControlsNotFoundError");
  await room.s3.putBucketAcl({ Bucket, ACL: "private" });
  await room.s3.deleteBucketOwnershipControls({ Bucket });
  const Rules = [{ ObjectOwnership: "ObjectWriter" as const }];
  await room.s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules } });
  assert.deepEqual((await get()).OwnershipControls?.Rules, Rules);
});

Deno.test("CreateBucket: a public ACL is refused, since public access is blocked from the start", async () => {
  await using room = await s3Room();
  const create = { Bucket: "new", ObjectOwnership: "ObjectWriter" as const };
  assert.equal(
    await codeOf(room.s3.createBucket({ ...create, ACL: "public-read" })),
    "400 InvalidBucketAclWithBlockPublicAccessError",
  );
  assert.ok(!room.sandbox.account.buckets.has("new"));
  await room.s3.createBucket({ ...create, ACL: "private" });
});

Deno.test("ACL: a grant to another account is for those who have that account's permission too", async () => {
  const theirs = "444455556666";
  await using room = await s3Room({ buckets: [Bucket], accounts: { [theirs]: {} } });
  const { account, credentials } = room.sandbox.accounts[theirs]!;
  const grantee = `id=${account.canonicalUserId}`;
  const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
  await room.s3.putBucketOwnershipControls({ Bucket, OwnershipControls });
  await room.s3.putObject({ Bucket, Key: "a", Body: "x", GrantRead: grantee });
  await room.s3.putBucketAcl({ Bucket, GrantRead: grantee });
  const administrator = room.s3As(credentials);
  await administrator.headObject({ Bucket, Key: "a" });
  assert.deepEqual(keysOf((await administrator.listObjectsV2({ Bucket })).Contents), ["a"]);
  assert.equal(await codeOf(administrator.getObjectAcl({ Bucket, Key: "a" })), DENIED);
  const powerless = room.s3As(await userWithKey(room.iamAs(credentials), "powerless"));
  assert.equal(await codeOf(powerless.listObjectsV2({ Bucket })), DENIED);
});

const THEIRS = "444455556666";

/** A bucket with that object ownership, in which another account may do anything. */
async function sharedRoom(ObjectOwnership: "BucketOwnerPreferred" | "ObjectWriter") {
  const room = await s3Room({ buckets: [Bucket], accounts: { [THEIRS]: {} } });
  const Rules = [{ ObjectOwnership }];
  await room.s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules } });
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: THEIRS },
      Action: "s3:*",
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
    }],
  });
  await room.s3.putBucketPolicy({ Bucket, Policy });
  const { account, credentials } = room.sandbox.accounts[THEIRS]!;
  return { room, theirs: room.s3As(credentials), theirId: account.canonicalUserId };
}

Deno.test("object ownership: what another account has stored is that account's alone", async () => {
  const { room, theirs, theirId } = await sharedRoom("ObjectWriter");
  await using _ = room;
  const object = { Bucket, Key: "a" };
  await theirs.putObject({ ...object, Body: "x" });
  assert.equal((await theirs.getObjectAcl(object)).Owner?.ID, theirId);
  assert.equal((await room.s3.listObjects({ Bucket })).Contents?.[0]?.Owner?.ID, theirId);
  assert.equal(await codeOf(room.s3.getObject(object)), DENIED);
  await theirs.putObjectAcl({ ...object, ACL: "bucket-owner-read" });
  assert.equal((await room.s3.headObject(object)).ContentLength, 1);
  assert.equal(await codeOf(room.s3.getObjectAcl(object)), DENIED);
  await theirs.putObjectAcl({ ...object, ACL: "bucket-owner-full-control" });
  assert.equal((await room.s3.getObjectAcl(object)).Grants?.length, 2);
  await theirs.putObjectAcl({ ...object, ACL: "private" });
  await room.s3.deleteObject(object);
  assert.equal(bucketIn(room, Bucket).objects.size, 0);
});

Deno.test("object ownership: the bucket's policy allows nothing on objects of others, and can deny", async () => {
  const { room, theirs } = await sharedRoom("ObjectWriter");
  await using _ = room;
  const object = { Bucket, Key: "a" };
  await theirs.putObject({ ...object, Body: "x" });
  const nobody = await nobodyIn(room);
  const policyFor = (Effect: string, Principal: unknown) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect, Principal, Action: "s3:GetObject", Resource: `arn:aws:s3:::mine/*` }],
    });
  const toNobody = { AWS: "arn:aws:iam::123456789012:user/nobody" };
  await room.s3.putBucketPolicy({ Bucket, Policy: policyFor("Allow", toNobody) });
  assert.equal(await codeOf(nobody.getObject(object)), DENIED);
  await theirs.headObject(object);
  await room.s3.putBucketPolicy({ Bucket, Policy: policyFor("Deny", "*") });
  assert.equal(await codeOf(theirs.getObject(object)), DENIED);
});

Deno.test("object ownership: BucketOwnerPreferred takes what is offered, BucketOwnerEnforced all", async () => {
  const { room, theirs } = await sharedRoom("BucketOwnerPreferred");
  await using _ = room;
  const ACL = "bucket-owner-full-control";
  await theirs.putObject({ Bucket, Key: "offered", Body: "x", ACL });
  await theirs.putObject({ Bucket, Key: "kept", Body: "x" });
  await room.s3.headObject({ Bucket, Key: "offered" });
  assert.equal(await codeOf(room.s3.getObject({ Bucket, Key: "kept" })), DENIED);
  const Rules = [{ ObjectOwnership: "BucketOwnerEnforced" as const }];
  await room.s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules } });
  await room.s3.headObject({ Bucket, Key: "kept" });
});

Deno.test("object ownership: an upload with an ACL takes the permission for it from its own account", async () => {
  const { room, theirs } = await sharedRoom("BucketOwnerPreferred");
  await using _ = room;
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: THEIRS },
      Action: "s3:PutObject",
      Resource: `arn:aws:s3:::${Bucket}/*`,
      Condition: { StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" } },
    }],
  });
  await room.s3.putBucketPolicy({ Bucket, Policy });
  const upload = { Bucket, Key: "a", Body: "x" };
  await theirs.putObject({ ...upload, ACL: "bucket-owner-full-control" });
  assert.equal(await codeOf(theirs.putObject(upload)), DENIED);
  const iam = room.iamAs(room.sandbox.accounts[THEIRS]!.credentials);
  const writer = room.s3As(await userWithKey(iam, "writer", allow("s3:PutObject")));
  const ACL = "bucket-owner-full-control";
  assert.equal(await codeOf(writer.putObject({ ...upload, ACL })), DENIED);
});
