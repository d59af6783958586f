/** The temporary keys that `create` gets from MinIO, in the hands of clients that we did not write. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createdEnv, createTemporary, hasMinio, minioTest, startMinio } from "./minio.ts";
import { awsEnv, peerPath, runPeer, runProgram } from "./support.ts";

const BUCKET = "team-data";
const CONTENT = "content of the report";

const RCLONE = join(Deno.env.get("S3CREDS_MINIO_BIN") ?? "", "rclone");
const hasRclone = hasMinio &&
  await runProgram(RCLONE, ["version"]).then(({ code }) => code === 0, () => false);

const minio = hasMinio ? await startMinio() : undefined as never;
let env: Record<string, string> = {};
if (hasMinio) {
  Deno.test.afterAll(() => minio.stop());
  const owner = { env: awsEnv(minio.url, minio.user) };
  const made = await runPeer("aws", ["s3", "mb", `s3://${BUCKET}`], owner);
  assert.equal(made.code, 0, made.stderr);
  for (const key of ["reports/kept.txt", "secret.txt"]) {
    const put = await runPeer("aws", ["s3", "cp", "-", `s3://${BUCKET}/${key}`], {
      ...owner,
      stdin: CONTENT,
    });
    assert.equal(put.code, 0, put.stderr);
  }
  const keys = await createTemporary(minio, BUCKET, ["--read-only", "--prefix", "reports/"]);
  env = createdEnv(minio, keys);
}

minioTest(
  "the aws CLI with temporary keys of MinIO: reads what it may, and nothing else",
  async () => {
    const copy = (from: string, to: string) =>
      runPeer("aws", ["s3", "cp", from, to], { env, stdin: "new" });
    const read = await copy(`s3://${BUCKET}/reports/kept.txt`, "-");
    assert.deepEqual([read.code, read.stdout], [0, CONTENT], read.stderr);
    const written = await copy("-", `s3://${BUCKET}/reports/new.txt`);
    assert.equal(written.code, 1);
    assert.match(written.stderr, /AccessDenied/);
    const beside = await copy(`s3://${BUCKET}/secret.txt`, "-");
    assert.equal(beside.code, 1);
    assert.match(beside.stderr, /Forbidden|AccessDenied/);
  },
);

const BOTO3 = `
import boto3, sys
from botocore.exceptions import ClientError
s3 = boto3.client("s3")
bucket = sys.argv[1]
print(s3.get_object(Bucket=bucket, Key="reports/kept.txt")["Body"].read().decode())
print([item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="reports/")["Contents"]])
for call in (
    lambda: s3.put_object(Bucket=bucket, Key="reports/new.txt", Body=b"new"),
    lambda: s3.get_object(Bucket=bucket, Key="secret.txt"),
    lambda: s3.list_objects_v2(Bucket=bucket),
):
    try:
        call()
        print("allowed")
    except ClientError as error:
        print(error.response["Error"]["Code"])
`;

minioTest("boto3 with temporary keys of MinIO: reads what it may, and nothing else", async () => {
  const ran = await runProgram(peerPath("python"), ["-c", BOTO3, BUCKET], { env });
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual(ran.stdout.trimEnd().split("\n"), [
    CONTENT,
    "['reports/kept.txt']",
    "AccessDenied",
    "AccessDenied",
    "AccessDenied",
  ]);
});

const rcloneTest = hasRclone || !hasMinio
  ? minioTest
  : (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${name} (skipped: there is no rclone)`, ignore: true, fn });

rcloneTest("rclone with temporary keys of MinIO: reads what it may, and nothing else", async () => {
  const rclone = (args: string[]) =>
    runProgram(RCLONE, ["--retries", "1", "--config", "", ...args], {
      stdin: "new",
      env: {
        ...env,
        RCLONE_CONFIG_PEER_TYPE: "s3",
        RCLONE_CONFIG_PEER_PROVIDER: "Minio",
        RCLONE_CONFIG_PEER_ENV_AUTH: "true",
        RCLONE_CONFIG_PEER_ENDPOINT: minio.url,
        RCLONE_CONFIG_PEER_NO_CHECK_BUCKET: "true",
      },
    });
  const read = await rclone(["cat", `peer:${BUCKET}/reports/kept.txt`]);
  assert.deepEqual([read.code, read.stdout], [0, CONTENT], read.stderr);
  const written = await rclone(["rcat", `peer:${BUCKET}/reports/new.txt`]);
  assert.notEqual(written.code, 0);
  assert.match(written.stderr, /AccessDenied|Access Denied|403/);
});
