/**
 * What clients of S3 for JavaScript make of the operations: `node clients.cjs NAME < SCENES`, with
 * the packages in the directory that `S3CREDS_JAVASCRIPT` names. Input and output are those of
 * clients.py.
 */
const assert = require("node:assert/strict");
const { createRequire } = require("node:module");
const { text } = require("node:stream/consumers");

const load = createRequire(`${process.env.S3CREDS_JAVASCRIPT}/package.json`);
const TEXT = "what is kept";
const MEGABYTE = 1024 * 1024;
const LARGE = Buffer.alloc(12 * MEGABYTE);

function minio(endpoint, { bucket, accessKeyId, secretAccessKey }) {
  const { Client, CopyDestinationOptions, CopySourceOptions } = load("minio");
  const client = new Client({
    endPoint: endpoint.hostname,
    port: Number(endpoint.port),
    useSSL: false,
    region: "us-east-1",
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    partSize: 5 * MEGABYTE,
  });
  return {
    put: (key) => client.putObject(bucket, key, TEXT),
    get: async (key) => await text(await client.getObject(bucket, key)),
    list: async (prefix) => {
      const keys = [];
      for await (const { name } of client.listObjectsV2(bucket, prefix, true)) keys.push(name);
      return keys;
    },
    copy: (source, target) =>
      client.copyObject(
        new CopySourceOptions({ Bucket: bucket, Object: source }),
        new CopyDestinationOptions({ Bucket: bucket, Object: target }),
      ),
    multipart: (key) => client.putObject(bucket, key, LARGE),
    presign: (key) => client.presignedGetObject(bucket, key),
    missing: (key) => client.statObject(bucket, key),
    delete: (key) => client.removeObject(bucket, key),
  };
}

function awsSdk(endpoint, { bucket, accessKeyId, secretAccessKey }) {
  const { GetObjectCommand, S3 } = load("@aws-sdk/client-s3");
  const { Upload } = load("@aws-sdk/lib-storage");
  const { getSignedUrl } = load("@aws-sdk/s3-request-presigner");
  const s3 = new S3({
    endpoint: endpoint.href,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
  });
  const of = (Key) => ({ Bucket: bucket, Key });
  return {
    put: (key) => s3.putObject({ ...of(key), Body: TEXT }),
    get: async (key) => (await s3.getObject(of(key))).Body.transformToString(),
    list: async (prefix) => {
      const { Contents = [] } = await s3.listObjectsV2({ Bucket: bucket, Prefix: prefix });
      return Contents.map(({ Key }) => Key);
    },
    copy: (source, target) => s3.copyObject({ ...of(target), CopySource: `${bucket}/${source}` }),
    multipart: (key) =>
      new Upload({ client: s3, params: { ...of(key), Body: LARGE }, partSize: 5 * MEGABYTE })
        .done(),
    presign: (key) => getSignedUrl(s3, new GetObjectCommand(of(key))),
    missing: (key) => s3.headObject(of(key)),
    delete: (key) => s3.deleteObject(of(key)),
  };
}

const CLIENTS = { "minio": minio, "aws-sdk": awsSdk };

/** What is done, by name, in this order. */
function operationsOf(client, prefix) {
  const [kept, unwanted] = [`${prefix}kept.txt`, `${prefix}unwanted.txt`];
  return {
    get: async () => assert.equal(await client.get(kept), TEXT),
    list: async () => assert.deepEqual(await client.list(prefix), [kept, unwanted]),
    put: () => client.put(`${prefix}put.txt`),
    copy: () => client.copy(kept, `${prefix}copy.txt`),
    multipart: () => client.multipart(`${prefix}large.bin`),
    presign: async () => ({ url: await client.presign(kept) }),
    missing: () => client.missing(`${prefix}missing.txt`),
    delete: () => client.delete(unwanted),
  };
}

async function outcomeOf(work) {
  try {
    const { url } = await work() ?? {};
    return url === undefined ? { ok: true } : { url };
  } catch (error) {
    return { error: [error.name, error.code, error.message].filter(Boolean).join(": ") };
  }
}

async function main(name) {
  const { endpoint, scenes } = JSON.parse(await text(process.stdin));
  for (const scene of scenes) {
    const client = CLIENTS[name](new URL(endpoint), scene);
    for (const [operation, work] of Object.entries(operationsOf(client, scene.prefix))) {
      const line = { scene: scene.name, operation, ...await outcomeOf(work) };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
}

main(process.argv[2]);
