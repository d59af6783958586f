/**
 * Our put-object and put-objects on moto's server, which checks the signatures that are our own; what
 * is in the bucket then is boto3's word, not ours. And how all commands for objects fail there.
 */
import assert from "node:assert/strict";
import { noise, tree } from "../support/objects.ts";
import {
  type Content,
  type Held,
  held,
  NO_TYPE,
  type ObjectStage,
  ODD_KEYS,
  oddContent,
  said,
  SILENCE,
  startObjectStage,
} from "./object_stage.ts";
import { hasPeers, peerTest, runCli } from "./support.ts";

let stage: ObjectStage;

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  stage = await startObjectStage();
  for (const [path, [content]] of Object.entries(FILES)) await stage.file(`site/${path}`, content);
});
Deno.test.afterAll(async () => await stage?.stop());

const BIN_TYPE = "application/octet-stream";
const MIB = 1024 * 1024;
const PART = 8 * MIB;
/** Every byte there is, in an order that is no text. */
const BINARY = noise(70_001);
/** As text, since it goes through standard input. */
const LONG_TEXT = "Grüße, 日本語 and \0\r\n to all. ".repeat(600_000);

interface PutCase {
  name: string;
  key: string;
  /** The name of the file and what is in it; or what is piped in. */
  from: [file: string, content: Content] | string;
  options?: string[];
  then: Held;
  /** What the bucket holds before. */
  before?: Record<string, string>;
}

const PUTS: PutCase[] = [
  {
    name: "a file, whose type is that of its name",
    key: "page.txt",
    from: ["page.html", "<p>"],
    then: held("<p>", "text/html"),
  },
  {
    name: "a file whose type only the key tells",
    key: "data/a.json",
    from: ["data", "{}"],
    then: held("{}", "application/json"),
  },
  {
    name: "a file without a type, of all bytes",
    key: "data",
    from: ["binary", BINARY],
    then: held(BINARY),
  },
  {
    name: "a file with --content-type",
    key: "page.html",
    from: ["page.html", "<p>"],
    options: ["--content-type", 'text/x-own; charset="utf-8"'],
    then: held("<p>", 'text/x-own; charset="utf-8"'),
  },
  {
    name: "an empty file",
    key: "empty.css",
    from: ["empty.css", ""],
    then: held("", "text/css"),
  },
  {
    name: "standard input, whose type is that of the key",
    key: "piped.csv",
    from: "a,b\r\n",
    then: held("a,b\r\n", "text/csv"),
  },
  {
    name: "standard input without a type",
    key: "piped",
    from: "Grüße",
    options: ["--silent"],
    then: held("Grüße"),
  },
  {
    name: "standard input with --content-type",
    key: "piped.csv",
    from: "{}",
    options: ["--content-type", "application/json"],
    then: held("{}", "application/json"),
  },
  {
    name: "standard input in which there is nothing",
    key: "nothing.txt",
    from: "",
    then: held("", "text/plain"),
  },
  {
    name: "in place of an object that is there",
    key: "a.txt",
    from: "new",
    before: { "a.txt": "old, and longer" },
    then: held("new", "text/plain"),
  },
  ...[PART, PART + 1, 20 * MIB + 7].map((size): PutCase => ({
    name: `a file of ${size} bytes, in parts if it is longer than one`,
    key: "folder/large file.bin",
    from: ["large.bin", noise(size)],
    then: held(noise(size), BIN_TYPE, Math.ceil(size / PART)),
  })),
  {
    name: "standard input of more than two parts",
    key: "long.md",
    from: LONG_TEXT,
    then: held(LONG_TEXT, "text/markdown", 3),
  },
];

for (const { name, key, from, options = [], before, then } of PUTS) {
  peerTest(`moto: put-object, ${name}`, async () => {
    const bucket = await stage.bucket(before);
    const isPiped = typeof from === "string";
    const path = isPiped ? "-" : await stage.file(...from);
    const args = ["put-object", "--silent", bucket, key, path, ...options];
    const ran = await stage.ours(args, isPiped ? from : undefined);
    assert.deepEqual(said(ran), SILENCE);
    assert.deepEqual(await stage.read(bucket), { objects: { [key]: then }, uploads: [] });
  });
}

peerTest(`moto: put-object, ${ODD_KEYS.length} odd keys, byte for byte`, async () => {
  const bucket = await stage.bucket();
  const options = ["--content-type", "text/plain"];
  for (const key of ODD_KEYS) {
    const ran = await stage.ours(
      ["put-object", "--silent", ...options, "--", bucket, key, "-"],
      oddContent(key),
    );
    assert.deepEqual([key, said(ran)], [key, SILENCE]);
  }
  const { objects } = await stage.read(bucket);
  assert.deepEqual(
    objects,
    Object.fromEntries(ODD_KEYS.map((key) => [key, held(oddContent(key), "text/plain")])),
  );
});

peerTest("moto's own fault: whoever puts a key with a line feed is answered with 404", async () => {
  const bucket = await stage.bucket();
  const args = ["put-object", bucket, "line\nfeed", "-", "-s"];
  const [theirs, ours] = await Promise.all([stage.theirs(args, "a"), stage.ours(args, "a")]);
  assert.deepEqual([theirs.code, ours.code, ours.stdout], [1, 1, ""]);
  assert.match(theirs.stderr, /\(404\) when calling the PutObject operation/);
  assert.match(ours.stderr, /^Error: Could not put line.+feed: HTTP status 404\n$/s);
});

/** What is in the folder `site`. */
const FILES: Record<string, [content: Content, type: string]> = {
  "plain.txt": ["plain", "text/plain"],
  "empty": ["", NO_TYPE],
  "100% a+b & Grüße 🎉.html": ["<p>", "text/html"],
  "sub/%2F [1].json": ["{}", "application/json"],
  "sub/deep/.hidden": ["hidden", NO_TYPE],
  "sub/deep/large.bin": [noise(PART + 1), BIN_TYPE],
};

const heldTree = (prefix: string): Record<string, Held> =>
  Object.fromEntries(
    Object.entries(FILES).map(([path, [content, type]]) => [
      `${prefix}${path}`,
      held(content, type, content.length > PART ? 2 : 1),
    ]),
  );

interface PutTree {
  name: string;
  paths: string[];
  options?: string[];
  then(): Record<string, Held>;
}

const TREES: PutTree[] = [
  { name: "a folder by its name", paths: ["site"], then: () => heldTree("site/") },
  { name: "what is in a folder", paths: ["site/."], then: () => heldTree("") },
  {
    name: "--prefix, to which a slash is added",
    paths: ["site"],
    options: ["--prefix", "a b/ü"],
    then: () => heldTree("a b/ü/site/"),
  },
  {
    name: "a file and a folder, --silent",
    paths: ["site/plain.txt", "site/sub/deep"],
    options: ["--prefix", "some/", "--silent"],
    then: () => ({
      "some/plain.txt": held("plain", "text/plain"),
      "some/deep/.hidden": held("hidden"),
      "some/deep/large.bin": held(noise(PART + 1), BIN_TYPE, 2),
    }),
  },
];

for (const { name, paths, options = [], then } of TREES) {
  peerTest(`moto: put-objects, ${name}`, async () => {
    const bucket = await stage.bucket({ "there before": "stays" });
    const words = paths.map((path) => `${stage.folder}/${path}`);
    const args = ["put-objects", "--silent", bucket, ...words, ...options];
    const dry = await stage.ours([...args, "--dry-run"]);
    assert.deepEqual([dry.code, dry.stderr], [0, ""]);
    const before = { "there before": held("stays") };
    assert.deepEqual((await stage.read(bucket)).objects, before);
    assert.deepEqual(said(await stage.ours(args)), SILENCE);
    const { objects, uploads } = await stage.read(bucket);
    assert.deepEqual(objects, { ...before, ...then() });
    assert.deepEqual(uploads, []);
    const announced = dry.stdout.trimEnd().split("\n").map((line) => line.split(" => ")[1]);
    const keys = Object.keys(then()).map((key) => `s3://${bucket}/${key}`);
    assert.deepEqual(announced.sort(), keys.sort());
  });
}

interface Failure {
  name: string;
  /** Given a bucket that is there, and an empty folder. */
  args(bucket: string, folder: string): string[];
  stdin?: string;
  error: RegExp;
}

const NO_BUCKET = /^Error: Bucket does not exist: none\n.*list-buckets$/;

const FAILURES: Failure[] = [
  {
    name: "put-object, no bucket",
    args: () => ["put-object", "none", "a", "-"],
    stdin: "a",
    error: NO_BUCKET,
  },
  {
    name: "put-object in parts, no bucket",
    args: () => ["put-object", "none", "a", stage.path("site/sub/deep/large.bin")],
    error: NO_BUCKET,
  },
  {
    name: "put-objects, no bucket",
    args: () => ["put-objects", "none", stage.path("site")],
    error: NO_BUCKET,
  },
  {
    name: "get-object, no bucket",
    args: () => ["get-object", "none", "a"],
    error: NO_BUCKET,
  },
  {
    name: "get-object, no such key",
    args: (bucket) => ["get-object", bucket, "not here/ä"],
    error: /^Error: Not found: not here\/ä$/,
  },
  {
    name: "get-object -o, no such key",
    args: (bucket, folder) => ["get-object", bucket, "not here", "-o", `${folder}/a`],
    error: /^Error: Not found: not here$/,
  },
  {
    name: "get-objects, no bucket",
    args: (_, folder) => ["get-objects", "none", "-o", folder],
    error: NO_BUCKET,
  },
  {
    name: "get-objects of keys, no bucket",
    args: (_, folder) => ["get-objects", "none", "a", "b", "c", "-o", folder],
    error: NO_BUCKET,
  },
  {
    name: "get-objects, no such key",
    args: (bucket, folder) => ["get-objects", bucket, "not here", "-o", folder],
    error: /^Error: Not found: not here$/,
  },
  { name: "list-bucket, no bucket", args: () => ["list-bucket", "none"], error: NO_BUCKET },
  {
    name: "delete-objects of keys, no bucket",
    args: () => ["delete-objects", "none", "a", "b", "--silent"],
    error: NO_BUCKET,
  },
  ...[[], ["--dry-run"]].map((options) => ({
    name: ["delete-objects --prefix", ...options].join(" ") + ", no bucket",
    args: () => ["delete-objects", "none", "--prefix", "a", ...options],
    error: NO_BUCKET,
  })),
];

for (const { name, args, stdin, error } of FAILURES) {
  peerTest(`moto: failure of ${name}: one message, nothing on standard output`, async () => {
    const bucket = await stage.bucket({ there: "stays" });
    const folder = stage.path(`of-${bucket}`);
    await Deno.mkdir(folder);
    const { code, stdout, stderr } = await stage.ours(args(bucket, folder), stdin);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr.replace(/\n$/, ""), error);
    assert.deepEqual(await stage.read(bucket), { objects: { there: held("stays") }, uploads: [] });
    assert.deepEqual(tree(folder), {});
  });
}

peerTest(
  "moto: signatures are checked: with another secret nothing is read or written",
  async () => {
    const bucket = await stage.bucket({ a: "a" });
    const env = { ...stage.env, AWS_SECRET_ACCESS_KEY: "not the right one" };
    for (
      const [args, stdin] of [
        [["put-object", bucket, "b", "-"], "b"],
        [["get-object", bucket, "a"]],
        [["list-bucket", bucket]],
        [["delete-objects", bucket, "a", "--silent"]],
      ] as [string[], string?][]
    ) {
      const { code, stdout, stderr } = await runCli(args, { env, stdin });
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        /^Error: Could not .+ \(SignatureDoesNotMatch\)\nCheck the secret key\n$/,
      );
    }
    assert.deepEqual((await stage.read(bucket)).objects, { a: held("a") });
  },
);
