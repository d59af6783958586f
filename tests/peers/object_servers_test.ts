/** Our object commands before several makers' servers: small and large objects with odd names. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import {
  GOFAKES3,
  MINIO,
  type ObjectServer,
  type ObjectServerKind,
  SANDBOX,
  VERSITYGW,
} from "./object_servers.ts";
import { runCli } from "./support.ts";

const BUCKET = "objects";
const MIB = 1024 * 1024;

interface Stage {
  server: ObjectServer;
  s3: S3;
  directory: string;
  path(...names: string[]): string;
  /** Runs our command line, which must succeed, and gives its output. */
  run(args: string[], stdin?: string): Promise<string>;
}

function serverTest(
  kind: ObjectServerKind,
  what: string,
  work: (stage: Stage) => Promise<void>,
): void {
  const name = `${kind.name}: ${what}`;
  if (!kind.isThere) {
    return Deno.test({
      name: `${name} (skipped: there is no ${kind.name})`,
      ignore: true,
      fn() {},
    });
  }
  // The SDK keeps connections for a while after it is told to close them.
  Deno.test({ name, sanitizeResources: false, sanitizeOps: false }, async () => {
    const server = await kind.start();
    const directory = await Deno.makeTempDir();
    const { url: endpoint, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    const s3 = new S3({ endpoint, credentials, region: "us-east-1", forcePathStyle: true });
    try {
      await work({
        server,
        s3,
        directory,
        path: (...names) => join(directory, ...names),
        async run(args, stdin) {
          const ran = await runCli(args, { env: server.env, stdin });
          assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.stderr}`);
          return ran.stdout;
        },
      });
    } finally {
      s3.destroy();
      await server.stop();
      await Deno.remove(directory, { recursive: true });
    }
  });
}

/** Names that any server can keep, also one that keeps objects as files. */
const ODD_NAMES = [
  ...["with space.txt", "a+b=c&d.txt", "100% sure.txt", "%2F", "question?.txt", "hash#tag;v=1"],
  ...["quotes ' and \".txt", "<&>", "~tilde$@!*,()", "of [a] {b}", "é", "e\u0301", "日本語 🎉"],
  ...[".hidden", "-dash", "tab\there", "back`tick", "co:lon", "pi|pe", "ca^ret", "n".repeat(200)],
];

async function writeFiles(directory: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const odd = ODD_NAMES[at % ODD_NAMES.length]!;
    const path = join(directory, `d ${Math.floor(at / 100)}`, `${at}-${odd}`);
    if (at % 100 === 0) await Deno.mkdir(dirname(path));
    await Deno.writeTextFile(path, `${at}`.repeat(at % 50));
  }
}

/** A file each of whose parts differs from the others. */
async function writeLarge(path: string, mebibytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(MIB);
  for (let at = 0; at < MIB; at += 65_536) crypto.getRandomValues(block.subarray(at, at + 65_536));
  for (let number = 0; number < mebibytes; number++) {
    new DataView(block.buffer).setUint32(0, number);
    for (let written = 0; written < MIB;) written += await file.write(block.subarray(written));
  }
}

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(MIB);
  for (let count; (count = await file.read(buffer)) !== null;) {
    hash.update(buffer.subarray(0, count));
  }
  return hash.digest("hex");
}

async function assertSameTree(one: string, other: string): Promise<number> {
  const names = async (directory: string) =>
    (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)).sort();
  const here = await names(one);
  assert.deepEqual(await names(other), here);
  let count = 0;
  for (const name of here) {
    const [path, back] = [join(one, name), join(other, name)];
    if ((await Deno.lstat(path)).isDirectory) count += await assertSameTree(path, back);
    else {
      const [sent, got] = [await Deno.readFile(path), await Deno.readFile(back)];
      assert.ok(Buffer.compare(sent, got) === 0, path);
      count++;
    }
  }
  return count;
}

for (const kind of [VERSITYGW, GOFAKES3]) {
  serverTest(kind, "the cycle of the object commands", async ({ s3, path, run }) => {
    await s3.createBucket({ Bucket: BUCKET });
    assert.equal(await run(["list-bucket", BUCKET]), "[]\n");
    await Deno.mkdir(path("in"));
    await writeFiles(path("in"), 200);
    await Deno.writeTextFile(path("in", "empty"), "");
    await writeLarge(path("in", "large"), 20);
    await run(["put-objects", "-s", BUCKET, path("in")]);
    const listed: { Key: string; Size: number }[] = JSON.parse(await run(["list-bucket", BUCKET]));
    assert.equal(listed.length, 202);
    for (const { Key, Size } of listed) assert.equal((await Deno.stat(path(Key))).size, Size, Key);
    await run(["get-objects", BUCKET, "-s", "-o", path("out")]);
    assert.equal(await assertSameTree(path("in"), path("out", "in")), 202);
    await run(["put-object", "-s", BUCKET, "piped ü.txt", "-"], "hello");
    assert.equal(await run(["get-object", BUCKET, "piped ü.txt"]), "hello");
    await run(["get-object", BUCKET, "in/large", "-s", "-o", path("large")]);
    assert.equal(await digest(path("large")), await digest(path("in", "large")));
    const missing = await run(["get-object", BUCKET, "missing"]).then(String, String);
    assert.match(missing, /Not found: missing/);
    await run(["delete-objects", "-s", BUCKET, "piped ü.txt"]);
    await run(["delete-objects", "-s", BUCKET, "--prefix", "in/"]);
    assert.equal(await run(["list-bucket", BUCKET]), "[]\n");
  });
}

for (const kind of [MINIO, VERSITYGW, SANDBOX]) {
  serverTest(kind, "10,000 files and 1 GiB come back as they were", async (stage) => {
    const { s3, path, run } = stage;
    await s3.createBucket({ Bucket: BUCKET });
    await Deno.mkdir(path("many"));
    await writeFiles(path("many"), 10_000);
    await run(["put-objects", "-s", BUCKET, path("many")]);
    await run(["get-objects", BUCKET, "-s", "-o", path("out")]);
    assert.equal(await assertSameTree(path("many"), path("out", "many")), 10_000);
    await writeLarge(path("large"), 1024);
    await run(["put-object", "-s", BUCKET, "large", path("large")]);
    await run(["get-object", BUCKET, "large", "-s", "-o", path("back")]);
    assert.equal(await digest(path("back")), await digest(path("large")));
  });
}

serverTest(MINIO, "a bucket with Object Lock default retention takes uploads", async (stage) => {
  const { s3, path, run } = stage;
  await s3.createBucket({ Bucket: BUCKET, ObjectLockEnabledForBucket: true });
  await s3.putObjectLockConfiguration({
    Bucket: BUCKET,
    ObjectLockConfiguration: {
      ObjectLockEnabled: "Enabled",
      Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } },
    },
  });
  await writeLarge(path("large"), 12);
  await run(["put-object", "-s", BUCKET, "small", "-"], "hello");
  await run(["put-objects", "-s", BUCKET, path("large")]);
  assert.equal(await run(["get-object", BUCKET, "small"]), "hello");
  await run(["get-object", BUCKET, "large", "-s", "-o", path("back")]);
  assert.equal(await digest(path("back")), await digest(path("large")));
  await run(["delete-objects", "-s", BUCKET, "small", "large"]);
  assert.equal(await run(["list-bucket", BUCKET]), "[]\n");
});
