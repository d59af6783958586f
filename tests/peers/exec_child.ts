/** A command of `exec`: reads and writes a bucket by AWS's SDK for JavaScript, and prints what came of it. */
// deno-lint-ignore-file no-console
import { S3 } from "@aws-sdk/client-s3";

const s3 = new S3({ forcePathStyle: true });
const [bucket = ""] = Deno.args;

function attempt(call: Promise<unknown>): Promise<string> {
  return call.then(() => "allowed", (error) => error.name);
}

async function read(key: string): Promise<string> {
  const { Body } = await s3.getObject({ Bucket: bucket, Key: key });
  // What is not read keeps the process from ending.
  return await Body!.transformToString();
}

console.log(JSON.stringify({
  list: await attempt(s3.listObjectsV2({ Bucket: bucket })),
  get: await attempt(read("a.txt")),
  put: await attempt(s3.putObject({ Bucket: bucket, Key: "b.txt", Body: "x" })),
  other: await attempt(s3.listObjectsV2({ Bucket: "other-bucket" })),
  region: await s3.config.region(),
}));
s3.destroy();
