/**
 * What libraries for JavaScript do with a bucket: `node applications.cjs NAME BUCKET PREFIX`, with the
 * packages in the directory that `S3CREDS_JAVASCRIPT` names.
 */
const assert = require("node:assert/strict");
const { createRequire } = require("node:module");
const { text } = require("node:stream/consumers");

const load = createRequire(`${process.env.S3CREDS_JAVASCRIPT}/package.json`);
const ENDPOINT = new URL(process.env.AWS_ENDPOINT_URL);
const TEXT = "what is to be kept";
const MEGABYTE = 1024 * 1024;

async function minio(bucket, prefix) {
  const { Client } = load("minio");
  const client = new Client({
    endPoint: ENDPOINT.hostname,
    port: Number(ENDPOINT.port),
    useSSL: false,
    accessKey: process.env.AWS_ACCESS_KEY_ID,
    secretKey: process.env.AWS_SECRET_ACCESS_KEY,
    partSize: 5 * MEGABYTE,
  });
  const [small, large] = [`${prefix}report.txt`, `${prefix}video.bin`];
  await client.putObject(bucket, small, TEXT);
  assert.equal(await text(await client.getObject(bucket, small)), TEXT);
  await client.initiateNewMultipartUpload(bucket, large, {});
  // It goes on with the upload that it finds.
  await client.putObject(bucket, large, Buffer.alloc(6 * MEGABYTE));
  const keys = [];
  for await (const { name } of client.listObjectsV2(bucket, prefix, true)) keys.push(name);
  assert.deepEqual(keys, [small, large]);
  for (const key of keys) await client.removeObject(bucket, key);
}

const NAMES = { minio };
const [name, bucket, prefix] = process.argv.slice(2);

NAMES[name](bucket, prefix).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
