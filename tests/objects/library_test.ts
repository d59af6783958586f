/**
 * The library's functions for objects, and what is particular to Amazon's own endpoint.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Content } from "../../lib/sandbox/mod.ts";
import {
  type Aws,
  connect,
  deleteObjects,
  downloadObject,
  getObject,
  getObjects,
  listObjects,
  type ObjectContent,
  putObject,
  putObjects,
  S3CredentialsError,
  type TransferProgress,
} from "@s3creds/cli";
import { startSandbox } from "@s3creds/cli/sandbox";
import { connectionOf } from "../../lib/aws/connect.ts";
import { rangeSizeOf } from "../../lib/objects/download.ts";
import { PART_SIZE, partSize } from "../../lib/objects/multipart.ts";
import { isItsTurn } from "../support/arbitraries.ts";
import {
  BUCKET,
  noise,
  type Stage,
  stage,
  THREE_PARTS,
  tree,
  TWO_PARTS,
  until,
} from "../support/objects.ts";

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
    clock: { offsetMs: 0 },
  });
  return aws;
}

for (const length of [10, TWO_PARTS]) {
  Deno.test(`putObject, getObject: send and compare checksums at Amazon's endpoint, ${length} bytes`, async () => {
    await using st = await stage();
    const aws = amazonAccount(st);
    await putObject(aws, BUCKET, "a", noise(length));
    const stored = st.objects().get("a")!;
    assert.match(stored.headers["x-amz-checksum-sha256"] ?? "", /^[\w+/]{43}=(-2)?$/);
    const { body } = await getObject(aws, BUCKET, "a");
    assert.equal((await new Response(body).arrayBuffer()).byteLength, length);
    aws.close();
  });
}

Deno.test("downloadObject: finds a wrong checksum where the ETag can't tell, at Amazon's endpoint", async () => {
  await using st = await stage();
  const aws = amazonAccount(st);
  await putObject(aws, BUCKET, "a", new Blob(["content"]));
  const stored = st.objects().get("a")!;
  stored.headers["x-amz-server-side-encryption"] = "aws:kms";
  stored.body = Content.of("Content");
  await assert.rejects(
    downloadObject(aws, BUCKET, "a", st.path("a")),
    /what arrived is not what the server holds/,
  );
  assert.deepEqual(tree(st.directory), {});
  aws.close();
});

Deno.test("putObject, getObject: follow a bucket to its region", async () => {
  await using sandbox = await startSandbox({ region: "eu-west-1", buckets: [BUCKET] });
  const aws = connect({
    endpointUrl: sandbox.url,
    credentials: sandbox.credentials,
    region: "us-east-1",
  });
  await putObject(aws, BUCKET, "a", new Blob(["content"]));
  const { body } = await getObject(aws, BUCKET, "a");
  assert.equal(await new Response(body).text(), "content");
  aws.close();
});

Deno.test("bucketAddress: puts the bucket before Amazon's host names where certificates allow it", async () => {
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

Deno.test("putObjects, getObjects: report progress up to the totals", async () => {
  await using st = await stage();
  const aws = account(st);
  const seen: TransferProgress[] = [];
  const onProgress = (progress: Readonly<TransferProgress>) => void seen.push({ ...progress });
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  await Deno.writeFile(st.path("small"), noise(5));
  const uploads = ["large", "small"].map((key) => ({ path: st.path(key), key, size: 1 }));
  for await (const { error } of putObjects(aws, BUCKET, uploads, { onProgress })) {
    assert.equal(error, undefined);
  }
  const all = {
    objects: 2,
    totalObjects: 2,
    bytes: TWO_PARTS + 5,
    totalBytes: TWO_PARTS + 5,
    isTotalFinal: true,
  };
  assert.deepEqual(seen.at(-1), all);
  for await (const { error } of getObjects(aws, BUCKET, st.path("out"), { onProgress })) {
    assert.equal(error, undefined);
  }
  assert.deepEqual(seen.at(-1), all);
  aws.close();
});

Deno.test("getObjects: does not wait for the rest when the caller stops reading", async () => {
  await using st = await stage();
  const aws = account(st);
  for (const key of ["a", "b", "c"]) await st.put(key, key);
  st.sandbox.fail({ operation: "GetObject", occurrence: 2, times: Infinity, delayMs: 60_000 });
  for await (const { key } of getObjects(aws, BUCKET, st.path("out"))) {
    assert.ok(key);
    break;
  }
  const unanswered = st.sandbox.requests.filter(({ status }) => status === 0);
  assert.equal(unanswered.length, 2);
  assert.equal(Object.keys(tree(st.path("out"))).length, 1);
  aws.close();
});

const CONTENTS: Record<string, [content: ObjectContent, key: string, type: string | undefined]> = {
  "bytes": [new TextEncoder().encode("hello"), "a.html", "text/html"],
  "a blob with a type": [new Blob(["hello"], { type: "text/x-own" }), "a.html", "text/x-own"],
  "a blob without a type": [new Blob(["hello"]), "a.html", "text/html"],
  "a stream": [new Blob(["hello"]).stream(), "a.css", "text/css"],
  "a file": [{ path: "README.md" }, "a.html", "text/markdown"],
};

for (const [what, [content, key, type]] of Object.entries(CONTENTS)) {
  Deno.test(`putObject: uploads ${what} with its type`, async () => {
    await using st = await stage();
    const aws = account(st);
    await putObject(aws, BUCKET, key, content);
    const stored = st.objects().get(key)!;
    const expected = what === "a file" ? await Deno.readTextFile("README.md") : "hello";
    assert.equal(stored.body.text(), expected);
    assert.equal(stored.headers["content-type"], type);
    aws.close();
  });
}

for (const [l, length] of [PART_SIZE, TWO_PARTS, THREE_PARTS].entries()) {
  Deno.test(`putObject: long bytes, blobs and streams arrive unchanged, ${length} bytes`, async () => {
    await using st = await stage();
    const aws = account(st);
    const bytes = noise(length);
    const contents = { bytes, blob: new Blob([bytes]), stream: new Blob([bytes]).stream() };
    for (const [c, [key, content]] of Object.entries(contents).entries()) {
      if (!isItsTurn(l + c, 3)) continue;
      await putObject(aws, BUCKET, key, content);
      assert.ok(Buffer.from(st.objects().get(key)!.body.bytes()).equals(bytes), key);
    }
    aws.close();
  });
}

const TRANSFERS: Record<string, (aws: Aws, st: Stage, signal: AbortSignal) => Promise<unknown>> = {
  putObject: (aws, _, signal) => putObject(aws, BUCKET, "new", { path: "LICENSE" }, { signal }),
  putObjects: (aws, _, signal) => {
    const uploads = ["LICENSE", "deno.json"].map((path) => ({ path, key: path }));
    return Array.fromAsync(putObjects(aws, BUCKET, uploads, { signal }));
  },
  getObject: (aws, _, signal) => getObject(aws, BUCKET, "a", { signal }),
  downloadObject: (aws, st, signal) => downloadObject(aws, BUCKET, "a", st.path("out"), { signal }),
  getObjects: (aws, st, signal) =>
    Array.fromAsync(getObjects(aws, BUCKET, st.path("out"), { keys: ["a", "b"], signal })),
  listObjects: (aws, _, signal) => Array.fromAsync(listObjects(aws, BUCKET, { signal })),
  deleteObjects: (aws, _, signal) =>
    Array.fromAsync(deleteObjects(aws, BUCKET, { keys: ["a", "b"] }, { signal })),
};

/** As anyone may choose it: even one that an object's own error could be taken for. */
const REASON = new S3CredentialsError("conflict", "The caller has seen enough");

for (const [name, transfer] of Object.entries(TRANSFERS)) {
  for (const when of ["before it begins", "while it waits for an answer", "between two attempts"]) {
    Deno.test(`${name}: throws the signal's reason when it is aborted ${when}`, async () => {
      await using st = await stage();
      for (const key of ["a", "b"]) await st.put(key, key);
      const aws = account(st);
      const before = st.sandbox.requests.length;
      const { signal, abort } = abortion();
      if (when === "before it begins") abort();
      else if (when === "between two attempts") {
        const error = {
          status: 503,
          code: "SlowDown",
          message: "Please reduce your request rate.",
        };
        st.sandbox.fail({ operation: "*", times: Infinity, error });
      } else st.sandbox.fail({ operation: "*", times: Infinity, delayMs: 60_000 });
      const transferring = transfer(aws, st, signal);
      transferring.catch(() => {});
      if (when !== "before it begins") {
        const enough = when === "between two attempts" ? 4 : 1;
        await until(() => st.sandbox.requests.length >= before + enough);
        abort();
      }
      await assert.rejects(transferring, (error) => error === REASON);
      const files = Object.values(tree(st.directory)).filter((content) => content !== null);
      assert.deepEqual(files, []);
      aws.close();
    });
  }
}

function abortion() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(REASON) };
}

for (const code of ["ENOSPC", "EROFS", "EDQUOT", "EACCES"]) {
  Deno.test(`downloadObject, getObjects: ${code} is an error of a file, and no file stays`, async () => {
    await using st = await stage();
    await st.put("a", "content");
    const aws = account(st);
    const { writeSync } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.writeSync = () => {
      throw Object.assign(new Error(`It failed (os error 1)`), { code });
    };
    try {
      await assert.rejects(downloadObject(aws, BUCKET, "a", st.path("a")), { code: "file" });
      const results = await Array.fromAsync(getObjects(aws, BUCKET, st.path("out")));
      assert.deepEqual(results.map(({ error }) => error?.code), ["file"]);
    } finally {
      Deno.FsFile.prototype.writeSync = writeSync;
    }
    assert.deepEqual(tree(st.directory), { out: null });
    aws.close();
  });
}

Deno.test("partSize: makes ten thousand parts suffice for any object", () => {
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

Deno.test("rangeSizeOf: makes few requests of a long object, and enough for all connections", () => {
  const MIB = 2 ** 20;
  assert.equal(rangeSizeOf(9 * MIB), 8 * MIB);
  assert.equal(rangeSizeOf(512 * MIB), 16 * MIB);
  assert.equal(rangeSizeOf(5 * MIB * MIB), 32 * MIB);
});

Deno.test("downloadObject: reads a long object over eight connections, or as many as it may", async () => {
  await using st = await stage();
  const etag = '"of-parts-9"';
  for (const concurrency of [undefined, 2]) {
    const expected = concurrency ?? 8;
    // One part more than may be read at the same time.
    const content = new Uint8Array((expected + 1) * PART_SIZE);
    let running = 0;
    let most = 0;
    const { promise: allAreThere, resolve } = Promise.withResolvers<void>();
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const range = /(\d+)-(\d+)/.exec(request.headers.get("range") ?? "");
        const size = content.length;
        if (range === null) return new Response(content, { headers: { etag } });
        most = Math.max(most, ++running);
        if (running === expected) resolve();
        await allAreThere;
        // One more would have come by now.
        await new Promise((next) => setTimeout(next, 20));
        running--;
        const [first, last] = range.slice(1).map(Number) as [number, number];
        const headers = { etag, "content-range": `bytes ${first}-${last}/${size}` };
        return new Response(content.subarray(first, last + 1), { status: 206, headers });
      },
    );
    using aws = connect({
      endpointUrl: `http://127.0.0.1:${server.addr.port}`,
      credentials: st.sandbox.credentials,
    });
    await downloadObject(aws, BUCKET, "a", st.path("a"), { concurrency });
    assert.equal(most, expected);
    assert.ok(Buffer.compare(await Deno.readFile(st.path("a")), content) === 0);
  }
});

Deno.test("putObjects: holds little of many files that are uploaded in parts", async () => {
  await using st = await stage();
  const aws = account(st);
  const keys = ["1", "2", "3", "4"];
  for (const key of keys) await Deno.writeFile(st.path(key), new Uint8Array(TWO_PARTS));
  const buffers = new Set<ArrayBufferLike>();
  const { readSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.readSync = function (buffer) {
    buffers.add(buffer.buffer);
    return readSync.call(this, buffer);
  };
  try {
    const uploads = keys.map((key) => ({ path: st.path(key), key }));
    for await (const { error } of putObjects(aws, BUCKET, uploads)) assert.equal(error, undefined);
  } finally {
    Deno.FsFile.prototype.readSync = readSync;
  }
  const bytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(bytes > 0 && bytes <= 10 * 2 ** 20, `${bytes} bytes`);
  aws.close();
});
