/**
 * The library's functions for objects, and what is particular to Amazon's own endpoint.
 */
import { Limiter, mapUnordered } from "../../lib/concurrency.ts";
import assert from "node:assert/strict";
import { type Aws, connect, connectionOf } from "../../lib/aws/connect.ts";
import { partSize } from "../../lib/objects/multipart.ts";
import { downloadObject, getObject, getObjects } from "../../lib/objects/get.ts";
import { putObject, putObjects } from "../../lib/objects/put.ts";
import type { TransferProgress } from "../../lib/objects/types.ts";
import { encodePath, Signer } from "../../lib/objects/signature.ts";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { BUCKET, noise, type Stage, stage, tree } from "../support/objects.ts";

function account(st: Stage): Aws {
  return connect({ endpointUrl: st.sandbox.url, credentials: st.sandbox.credentials });
}

/** The same server, taken for Amazon's: with the newer checksums. */
function amazonAccount(st: Stage): Aws {
  const aws = account(st);
  const connection = connectionOf(aws);
  const addressOf = connection.bucketAddress.bind(connection);
  connection.bucketAddress = async (bucket, region) => ({
    ...await addressOf(bucket, region),
    isCustom: false,
  });
  return aws;
}

for (const length of [10, 20_000_000]) {
  Deno.test(`Amazon's endpoint: checksums are sent and compared, ${length} bytes`, async () => {
    await using st = await stage();
    const aws = amazonAccount(st);
    await putObject(aws, BUCKET, "a", new Blob([noise(length)]).stream());
    const stored = st.objects().get("a")!;
    assert.match(stored.headers["x-amz-checksum-sha256"] ?? "", /^[\w+/]{43}=(-3)?$/);
    const { body } = await getObject(aws, BUCKET, "a");
    assert.equal((await new Response(body).arrayBuffer()).byteLength, length);
    aws.close();
  });
}

Deno.test("Amazon's endpoint: a checksum that doesn't fit is found where the ETag can't tell", async () => {
  await using st = await stage();
  const aws = amazonAccount(st);
  await putObject(aws, BUCKET, "a", new Blob(["content"]).stream());
  const stored = st.objects().get("a")!;
  stored.headers["x-amz-server-side-encryption"] = "aws:kms";
  stored.body = new TextEncoder().encode("Content");
  await assert.rejects(
    downloadObject(aws, BUCKET, "a", st.path("a")),
    /what arrived is not what the server holds/,
  );
  assert.deepEqual(tree(st.folder), {});
  aws.close();
});

Deno.test("a bucket in another region is found", async () => {
  await using sandbox = await startSandbox({ region: "eu-west-1", buckets: [BUCKET] });
  const aws = connect({
    endpointUrl: sandbox.url,
    credentials: sandbox.credentials,
    region: "us-east-1",
  });
  await putObject(aws, BUCKET, "a", new Blob(["content"]).stream());
  const { body } = await getObject(aws, BUCKET, "a");
  assert.equal(await new Response(body).text(), "content");
  aws.close();
});

Deno.test("Amazon's host names, with the bucket in front where certificates allow it", async () => {
  const aws = connect({
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    region: "eu-west-1",
    env: () => undefined,
  });
  for (
    const [bucket, region, url] of [
      ["my-bucket", undefined, "https://my-bucket.s3.eu-west-1.amazonaws.com/"],
      ["my.bucket", undefined, "https://s3.eu-west-1.amazonaws.com/my.bucket"],
      ["my-bucket", "cn-north-1", "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/"],
    ] as const
  ) assert.equal((await connectionOf(aws).bucketAddress(bucket, region)).url, url);
  aws.close();
});

Deno.test("progress: grows up to the totals", async () => {
  await using st = await stage();
  const aws = account(st);
  const seen: TransferProgress[] = [];
  const onProgress = (progress: Readonly<TransferProgress>) => void seen.push({ ...progress });
  await Deno.writeFile(st.path("large"), noise(20_000_000));
  await Deno.writeFile(st.path("small"), noise(5));
  const uploads = ["large", "small"].map((key) => ({ path: st.path(key), key, size: 1 }));
  for await (const { error } of putObjects(aws, BUCKET, uploads, { onProgress })) {
    assert.equal(error, undefined);
  }
  const all = {
    objects: 2,
    totalObjects: 2,
    bytes: 20_000_005,
    totalBytes: 20_000_005,
    isTotalFinal: true,
  };
  assert.deepEqual(seen.at(-1), all);
  for await (const { error } of getObjects(aws, BUCKET, st.path("out"), { onProgress })) {
    assert.equal(error, undefined);
  }
  assert.deepEqual(seen.at(-1), all);
  aws.close();
});

Deno.test("getObjects: who no longer wants the rest doesn't wait for it", async () => {
  await using st = await stage();
  const aws = account(st);
  for (const key of ["a", "b", "c"]) await st.put(key, key);
  st.sandbox.fail({ operation: "GetObject", occurrence: 2, times: Infinity, delayMs: 20_000 });
  const started = performance.now();
  for await (const { key } of getObjects(aws, BUCKET, st.path("out"))) {
    assert.ok(key);
    break;
  }
  assert.ok(performance.now() - started < 10_000);
  assert.equal(Object.keys(tree(st.path("out"))).length, 1);
  aws.close();
});

Deno.test("partSize: ten thousand parts suffice for whatever S3 holds", () => {
  const MIB = 2 ** 20;
  assert.equal(partSize(1, 1), 8 * MIB);
  for (const size of [80_000 * MIB, 80_000 * MIB + 1, 5 * MIB * MIB]) {
    const length = partSize(1, size);
    assert.ok(Math.ceil(size / length) <= 10_000 && length % MIB === 0);
  }
  let total = 0;
  for (let number = 1; number <= 10_000; number++) {
    assert.ok(partSize(number + 1) >= partSize(number));
    total += partSize(number);
  }
  assert.ok(total > 500 * 1024 * MIB);
});

Deno.test("putObjects: many uploads in parts share a few buffers", async () => {
  await using st = await stage();
  const aws = account(st);
  const keys = Array.from({ length: 20 }, (_, number) => String(number));
  for (const key of keys) await Deno.writeFile(st.path(key), noise(9 * 2 ** 20));
  const buffers = new Set<ArrayBufferLike>();
  const read = Deno.FsFile.prototype.read;
  Deno.FsFile.prototype.read = function (buffer) {
    buffers.add(buffer.buffer);
    return read.call(this, buffer);
  };
  try {
    const uploads = keys.map((key) => ({ path: st.path(key), key }));
    for await (const { error } of putObjects(aws, BUCKET, uploads)) assert.equal(error, undefined);
  } finally {
    Deno.FsFile.prototype.read = read;
  }
  const bytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(bytes > 0 && bytes <= 64 * 2 ** 20, `${bytes} bytes`);
  aws.close();
});

Deno.test("Limiter: bounds requests and bytes, first come, first served", async () => {
  const gate = new Limiter(2, 10);
  const order: number[] = [];
  const leaves = [await gate.enter(4), await gate.enter(4)];
  const waiting = [9, 1].map((bytes, index) =>
    gate.enter(bytes).then((leave) => (order.push(index), leave))
  );
  await Promise.resolve();
  assert.deepEqual(order, []);
  leaves[0]!();
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(order, [], "nine bytes don't fit beside four");
  leaves[1]!();
  for (const leave of await Promise.all(waiting)) leave();
  assert.deepEqual(order, [0, 1]);
  assert.equal(await gate.run(() => Promise.resolve("alone"), 1000), "alone");
});

Deno.test("mapUnordered: as they come, no more than the limit at a time, the first error at the end", async () => {
  let active = 0;
  let most = 0;
  const work = async (milliseconds: number) => {
    most = Math.max(most, ++active);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    active--;
    if (milliseconds === 13) throw new Error("unlucky");
    return milliseconds;
  };
  assert.deepEqual(await Array.fromAsync(mapUnordered([60, 1, 30], work, 3)), [1, 30, 60]);
  assert.equal(most, 3);
  await assert.rejects(Array.fromAsync(mapUnordered([1, 13, 1, 1], work, 2)), /unlucky/);
  assert.equal(active, 0);
});

Deno.test("Signer: the example of AWS's documentation", () => {
  const signed = new Signer("us-east-1").sign({
    method: "GET",
    path: "/test.txt",
    query: {},
    headers: { host: "examplebucket.s3.amazonaws.com", range: "bytes=0-9" },
    payloadHash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  }, {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  }, new Date("2013-05-24T00:00:00Z"));
  assert.match(
    signed.authorization!,
    /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/,
  );
});

Deno.test("encodePath: nothing is normalised", () => {
  assert.equal(encodePath("a/../b//c d+é'"), "a/../b//c%20d%2B%C3%A9%27");
});
