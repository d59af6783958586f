/** A sandbox in a region of another partition: its ARNs are of that partition, and no others count. */
import assert from "node:assert/strict";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import { startSandbox } from "@s3creds/cli/sandbox";

const policy = (partition: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: `arn:${partition}:s3:::papers/*`,
    }],
  });

for (const [region, partition] of [["cn-north-1", "aws-cn"], ["us-gov-west-1", "aws-us-gov"]]) {
  Deno.test(`sandbox in ${region}: ARNs of ${partition}, and of no other partition`, async () => {
    await using sandbox = await startSandbox({ region, buckets: ["papers"] });
    const config = { endpoint: sandbox.url, region, credentials: sandbox.credentials };
    const iam = new IAM(config);
    const sts = new STS(config);
    const s3 = new S3({ ...config, forcePathStyle: true });
    try {
      const { Arn } = await sts.getCallerIdentity({});
      assert.equal(Arn, `arn:${partition}:iam::123456789012:user/admin`);
      const boundary = (of: string) => `arn:${of}:iam::aws:policy/AmazonS3FullAccess`;
      await assert.rejects(
        iam.createUser({ UserName: "ida", PermissionsBoundary: boundary("aws") }),
        /ARN arn:aws:iam::aws:policy\/AmazonS3FullAccess is not valid/,
      );
      const { User } = await iam.createUser({
        UserName: "ida",
        PermissionsBoundary: boundary(partition!),
      });
      assert.equal(User?.Arn, `arn:${partition}:iam::123456789012:user/ida`);
      const put = (of: string) =>
        iam.putUserPolicy({ UserName: "ida", PolicyName: "read", PolicyDocument: policy(of) });
      await assert.rejects(put("aws"), /Partition "aws" is not valid for resource "arn:aws:s3:::/);
      await put(partition!);
      await s3.putObject({ Bucket: "papers", Key: "a", Body: "hello" });
      const { AccessKey } = await iam.createAccessKey({ UserName: "ida" });
      const credentials = {
        accessKeyId: AccessKey!.AccessKeyId!,
        secretAccessKey: AccessKey!.SecretAccessKey!,
      };
      const asIda = new S3({ ...config, credentials, forcePathStyle: true });
      const { Body } = await asIda.getObject({ Bucket: "papers", Key: "a" });
      assert.equal(await Body?.transformToString(), "hello");
      asIda.destroy();
      await s3.putPublicAccessBlock({ Bucket: "papers", PublicAccessBlockConfiguration: {} });
      const open = (of: string) => ({
        Bucket: "papers",
        Policy: policy(of).replace('"Effect"', '"Principal":"*","Effect"'),
      });
      await assert.rejects(s3.putBucketPolicy(open("aws")), /invalid resource/);
      await s3.putBucketPolicy(open(partition!));
    } finally {
      for (const client of [iam, sts, s3]) client.destroy();
    }
  });
}
