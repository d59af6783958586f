/** Our object commands before MinIO: a tree with odd names, there and back. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { awsEnv, runCli, runPeer } from "./support.ts";
import { createdEnv, createTemporary, hasMinio, minioTest, startMinio } from "./minio.ts";

const BUCKET = "team-data";
const PART = 5 * 1024 * 1024;

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 31) % 251);

/** What is in the tree, by its key. */
const FILES: Record<string, Uint8Array> = {
  "plain.txt": bytes(10),
  "empty": bytes(0),
  "name with spaces.txt": bytes(20),
  "a+b=c&d.txt": bytes(21),
  "100% sure.txt": bytes(22),
  "%2F not a slash": bytes(23),
  "question?.txt": bytes(24),
  "hash#tag;v=1.txt": bytes(25),
  "quotes ' and \".txt": bytes(26),
  "brackets [1] {2} (3) <4>.txt": bytes(27),
  "Grüße 日本語 🎉.txt": bytes(28),
  "folder with space/ü/deep/~tilde$@!*,.txt": bytes(29),
  "folder/.hidden": bytes(30),
  "folder/two parts.bin": bytes(2 * PART + 7),
};

const minio = hasMinio ? await startMinio() : undefined as never;
const readWrite: { env: Record<string, string> } = { env: {} };
const readOnly: { env: Record<string, string> } = { env: {} };
let tree = "";
if (hasMinio) {
  tree = await Deno.makeTempDir();
  Deno.test.afterAll(async () => {
    await minio.stop();
    await Deno.remove(tree, { recursive: true });
  });
  const made = await runPeer("aws", ["s3", "mb", `s3://${BUCKET}`], {
    env: awsEnv(minio.url, minio.user),
  });
  assert.equal(made.code, 0, made.stderr);
  readWrite.env = createdEnv(minio, await createTemporary(minio, BUCKET, []));
  readOnly.env = createdEnv(minio, await createTemporary(minio, BUCKET, ["--read-only"]));
  for (const [key, content] of Object.entries(FILES)) {
    await Deno.mkdir(dirname(join(tree, "sent", key)), { recursive: true });
    await Deno.writeFile(join(tree, "sent", key), content);
  }
}

const keys = Object.keys(FILES).map((key) => `sent/${key}`);
const byBytes = (names: string[]) =>
  names.map((name) => new TextEncoder().encode(name).join()).sort();

async function listed(...args: string[]): Promise<{ Key: string; Size: number }[]> {
  const ran = await runCli(["list-bucket", BUCKET, ...args], readOnly);
  assert.equal(ran.code, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

minioTest("minio: put-objects uploads a tree with odd names", async () => {
  const ran = await runCli(["put-objects", BUCKET, join(tree, "sent"), "--silent"], readWrite);
  assert.equal(ran.code, 0, ran.stderr);
});

minioTest("minio: list-bucket lists it, name by name and size by size", async () => {
  const found = await listed();
  assert.deepEqual(byBytes(found.map(({ Key }) => Key)), byBytes(keys));
  for (const { Key, Size } of found) {
    assert.equal(Size, FILES[Key.slice("sent/".length)]?.length, Key);
  }
  assert.deepEqual((await listed("--prefix", "sent/folder/")).length, 2);
});

minioTest("minio: get-objects brings it back byte by byte, with keys that only read", async () => {
  const into = join(tree, "back");
  const ran = await runCli(["get-objects", BUCKET, "-o", into, "--silent"], readOnly);
  assert.equal(ran.code, 0, ran.stderr);
  for (const [key, content] of Object.entries(FILES)) {
    assert.deepEqual(await Deno.readFile(join(into, "sent", key)), content, key);
  }
});

minioTest(
  "minio: keys that only read put and delete nothing, and the message says so",
  async () => {
    const before = await listed();
    const put = await runCli(["put-objects", BUCKET, join(tree, "sent"), "--silent"], readOnly);
    assert.equal(put.code, 1);
    assert.match(put.stderr, /AccessDenied/);
    const deleted = await runCli(["delete-objects", BUCKET, "--prefix", "sent/"], readOnly);
    assert.equal(deleted.code, 1);
    assert.match(deleted.stderr, /AccessDenied/);
    assert.deepEqual(await listed(), before);
  },
);

minioTest("minio: delete-objects deletes named keys, and then all with a prefix", async () => {
  const named = keys.slice(0, 4);
  const some = await runCli(["delete-objects", BUCKET, ...named], readWrite);
  assert.equal(some.code, 0, some.stderr);
  const rest = (await listed()).map(({ Key }) => Key);
  assert.deepEqual(byBytes(rest), byBytes(keys.slice(4)));
  const all = await runCli(["delete-objects", BUCKET, "--prefix", "sent/"], readWrite);
  assert.equal(all.code, 0, all.stderr);
  assert.deepEqual(await listed(), []);
});
