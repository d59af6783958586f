/** Default encryption with a key of KMS, and the permissions on the key that S3 needs from the caller. */
import assert from "node:assert/strict";
import { S3 } from "@aws-sdk/client-s3";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { createAccessKey, createKmsKey, createUser } from "../../../lib/sandbox/seed.ts";

interface Stage {
  sandbox: Sandbox;
  key: { arn: string; policy: string };
  admin: S3;
  /** A client of a new user with these policies. */
  as: (policy: unknown[], boundary?: string) => S3;
}

const S3_ONLY = { Effect: "Allow", Action: "s3:*", Resource: "*" };

function test(name: string, work: (stage: Stage) => Promise<void>): void {
  Deno.test(`KMS: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["vault"] });
    const { account } = sandbox;
    const key = createKmsKey(account);
    const clients: S3[] = [];
    const client = (credentials: Sandbox["credentials"]) => {
      const s3 = new S3({
        endpoint: sandbox.url,
        region: sandbox.region,
        credentials,
        forcePathStyle: true,
      });
      clients.push(s3);
      return s3;
    };
    const admin = client(sandbox.credentials);
    await admin.putBucketEncryption({
      Bucket: "vault",
      ServerSideEncryptionConfiguration: {
        Rules: [{
          ApplyServerSideEncryptionByDefault: {
            SSEAlgorithm: "aws:kms",
            KMSMasterKeyID: key.arn,
          },
        }],
      },
    });
    const as: Stage["as"] = (Statement, boundary) => {
      const user = createUser(account.id, `user-${account.users.size}`);
      const accessKey = createAccessKey();
      user.accessKeys.set(accessKey.accessKeyId, accessKey);
      user.inlinePolicies.set("own", JSON.stringify({ Version: "2012-10-17", Statement }));
      user.permissionsBoundary = boundary;
      account.users.set(user.userName, user);
      return client(accessKey);
    };
    try {
      await work({ sandbox, key, admin, as });
    } finally {
      for (const s3 of clients) s3.destroy();
    }
  });
}

const put = (s3: S3, Key = "a") => s3.putObject({ Bucket: "vault", Key, Body: "hello" });
const get = (s3: S3, Key = "a") => s3.getObject({ Bucket: "vault", Key });

test("the default is what was set, and that of S3 again when it is deleted", async ({ admin, key }) => {
  const found = async () => {
    const answer = await admin.getBucketEncryption({ Bucket: "vault" });
    return answer.ServerSideEncryptionConfiguration?.Rules?.[0]
      ?.ApplyServerSideEncryptionByDefault;
  };
  assert.deepEqual(await found(), { SSEAlgorithm: "aws:kms", KMSMasterKeyID: key.arn });
  await admin.deleteBucketEncryption({ Bucket: "vault" });
  assert.deepEqual(await found(), { SSEAlgorithm: "AES256" });
});

test("who may use S3 alone can neither read nor write", async ({ admin, as, key }) => {
  const { ServerSideEncryption } = await put(admin);
  assert.equal(ServerSideEncryption, "aws:kms");
  const { SSEKMSKeyId } = await get(admin);
  assert.equal(SSEKMSKeyId, key.arn);
  const ida = as([S3_ONLY]);
  await assert.rejects(
    put(ida, "b"),
    /not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:123456789012:key\//,
  );
  await assert.rejects(get(ida), /not authorized to perform: kms:Decrypt/);
  await assert.rejects(
    ida.copyObject({ Bucket: "vault", Key: "c", CopySource: "vault/a" }),
    /kms:(Decrypt|GenerateDataKey)/,
  );
});

test("the statement on the key alone is enough, by way of S3 in its region", async ({ admin, as, key }) => {
  await put(admin);
  const use = (region: string, Action: string[]) => ({
    Effect: "Allow",
    Action,
    Resource: key.arn,
    Condition: { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
  });
  const reader = as([S3_ONLY, use("us-east-1", ["kms:Decrypt"])]);
  await get(reader);
  await assert.rejects(put(reader, "b"), /kms:GenerateDataKey/);
  const writer = as([S3_ONLY, use("us-east-1", ["kms:Decrypt", "kms:GenerateDataKey"])]);
  await put(writer, "b");
  const { UploadId } = await writer.createMultipartUpload({ Bucket: "vault", Key: "m" });
  const part = { Bucket: "vault", Key: "m", UploadId, PartNumber: 1, Body: "x" };
  const { ETag } = await writer.uploadPart(part);
  await writer.completeMultipartUpload({
    Bucket: "vault",
    Key: "m",
    UploadId,
    MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] },
  });
  await assert.rejects(get(as([S3_ONLY, use("eu-west-1", ["kms:Decrypt"])])), /kms:Decrypt/);
});

test("a boundary without KMS, and a key policy that allows nobody, refuse", async ({ admin, as, key, sandbox }) => {
  await put(admin);
  const all = { Effect: "Allow", Action: "*", Resource: "*" };
  await get(as([all]));
  const bounded = as([all], "arn:aws:iam::aws:policy/AmazonS3FullAccess");
  await assert.rejects(get(bounded), /no permissions boundary allows the kms:Decrypt action/);
  sandbox.account.kmsKeys.get(key.arn)!.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Deny", Principal: "*", Action: "kms:*", Resource: "*" }],
  });
  await assert.rejects(get(admin), /kms:Decrypt/);
  sandbox.account.kmsKeys.clear();
  await assert.rejects(get(admin), { name: "KMS.NotFoundException" });
});

test("the key that S3 manages for the account needs no permission", async ({ admin, as }) => {
  const SSEAlgorithm = "aws:kms";
  await admin.putBucketEncryption({
    Bucket: "vault",
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm } }],
    },
  });
  const ida = as([S3_ONLY]);
  assert.equal((await put(ida)).ServerSideEncryption, "aws:kms");
  await get(ida);
});

test("with a key of the bucket, it is that which the permission is for", async ({ admin, as, key }) => {
  const KMSMasterKeyID = key.arn;
  const Rules = [{
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID },
    BucketKeyEnabled: true,
  }];
  const ServerSideEncryptionConfiguration = { Rules };
  const plain = await put(admin, "plain");
  assert.equal(plain.BucketKeyEnabled, undefined);
  await admin.putBucketEncryption({ Bucket: "vault", ServerSideEncryptionConfiguration });
  const found = await admin.getBucketEncryption({ Bucket: "vault" });
  assert.deepEqual(found.ServerSideEncryptionConfiguration, ServerSideEncryptionConfiguration);
  const { BucketKeyEnabled, SSEKMSKeyId } = await put(admin);
  assert.deepEqual([BucketKeyEnabled, SSEKMSKeyId], [true, key.arn]);
  const without = { Bucket: "vault", Key: "without", Body: "x", BucketKeyEnabled: false };
  assert.equal((await admin.putObject(without)).BucketKeyEnabled, undefined);
  const reader = as([S3_ONLY, {
    Effect: "Allow",
    Action: "kms:Decrypt",
    Resource: key.arn,
    Condition: { StringEquals: { "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::vault" } },
  }]);
  assert.equal((await get(reader)).BucketKeyEnabled, true);
  await assert.rejects(get(reader, "without"), /kms:Decrypt/);
  await assert.rejects(get(reader, "plain"), /kms:Decrypt/);
});
