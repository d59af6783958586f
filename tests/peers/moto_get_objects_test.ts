/**
 * Our get-object and get-objects on moto's server, which checks the signatures that are our own, of
 * objects that boto3 has put there.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { noise, tree } from "../support/objects.ts";
import {
  type Content,
  held,
  type ObjectStage,
  ODD_KEYS,
  oddContent,
  said,
  SILENCE,
  startObjectStage,
} from "./object_stage.ts";
import { hasPeers, peerTest } from "./support.ts";

let stage: ObjectStage;

Deno.test.beforeAll(async () => {
  if (hasPeers) stage = await startObjectStage();
});
Deno.test.afterAll(async () => await stage?.stop());

const MIB = 1024 * 1024;
const PART = 8 * MIB;

peerTest(`moto: get-object, ${ODD_KEYS.length} odd keys, byte for byte`, async () => {
  const bucket = await stage.bucket(
    Object.fromEntries(ODD_KEYS.map((key) => [key, oddContent(key)])),
  );
  for (const key of ODD_KEYS) {
    const ran = await stage.ours(["get-object", "--", bucket, key]);
    assert.deepEqual(said(ran), { ...SILENCE, stdout: oddContent(key) });
  }
});

interface GetCase {
  name: string;
  content: Content;
  headers?: Record<string, string>;
}

const GETS: GetCase[] = [
  { name: "text", content: "Grüße\r\n" },
  { name: "an empty object", content: "" },
  { name: "every byte there is, in no order", content: noise(70_001) },
  { name: "a part's length", content: noise(PART) },
  { name: "three ranges", content: noise(20 * MIB + 7) },
  {
    name: "what is stored with a Content-Encoding, as it is stored",
    content: new Uint8Array(gzipSync("packed ".repeat(1000))),
    headers: { ContentEncoding: "gzip" },
  },
  {
    name: "what is stored with a Content-Encoding that it does not have",
    content: "not packed",
    headers: { ContentEncoding: "gzip" },
  },
];

const lengthAndHash = (content: Content) => {
  const { size, sha256 } = held(content);
  return { size, sha256 };
};

for (const { name, content, headers } of GETS) {
  peerTest(`moto: get-object to standard output and with -o, ${name}`, async () => {
    const bucket = await stage.bucket();
    await stage.put(bucket, "a/b c", content, headers);
    const printed = await stage.ours(["get-object", bucket, "a/b c"]);
    assert.deepEqual([printed.code, printed.stderr], [0, ""]);
    assert.deepEqual(lengthAndHash(new Uint8Array(printed.bytes)), lengthAndHash(content));
    const path = await stage.file(`got/${bucket}`, "what was there before, and longer");
    const saved = await stage.ours(["get-object", bucket, "a/b c", "-o", path]);
    assert.deepEqual(said(saved), SILENCE);
    assert.deepEqual(lengthAndHash(await Deno.readFile(path)), lengthAndHash(content));
  });
}

peerTest("moto: a large object comes by ranges that fit together, of what ETag names", async () => {
  const bucket = await stage.bucket({ large: noise(20 * MIB + 7) });
  const path = stage.path("by-ranges");
  const { code, stderr } = await stage.ours(["get-object", bucket, "large", "-o", path, "--debug"]);
  assert.equal(code, 0, stderr);
  const answered = stderr.split("DEBUG ").filter((request) => / -> 206 /.test(request));
  const ranges = answered.map((request) => /\n {2}range: bytes=(\d+-\d+)\n/.exec(request)?.[1]);
  assert.deepEqual(ranges.sort(), ["0-8388607", "16777216-20971526", "8388608-16777215"]);
  const ETag = (await stage.rows(bucket))[0]!.ETag;
  for (const request of answered) assert.ok(request.includes(`\n  if-match: ${ETag}\n`));
});

/** What get-objects chooses from: an object for each of these keys, which holds it. */
const SHELF = [
  ...[
    "top.txt",
    "100% a+b & 日本語.css",
    "static/a.css",
    "static/deep/b.css",
    "static/c.js",
    "static/xcss",
  ],
  ...["marker/", "x/twin", "x//twin", "../up", "/leading", "a/../b", "x/../../c.css"],
];
const SAFE = SHELF.slice(0, 6);

interface GetTree {
  name: string;
  args: string[];
  files: string[];
  /** Folders that no file is in. */
  folders?: string[];
  /** One line for each that is not downloaded. */
  problems?: RegExp[];
}

const leads = (key: string) =>
  new RegExp(`^Error: Skipped "${key}": it contains the segment \\.\\.$`);
const absolute = (key: string) => new RegExp(`^Error: Skipped "${key}": it is an absolute path$`);

const GET_TREES: GetTree[] = [
  { name: "keys", args: ["top.txt", "static/deep/b.css"], files: ["top.txt", "static/deep/b.css"] },
  { name: "a pattern", args: ["-p", "static/*.css"], files: ["static/a.css", "static/deep/b.css"] },
  {
    name: "keys and patterns, each once",
    args: ["static/a.css", "static/a.css", "-p", "*/[!ab].j?", "-p", "static/?.css"],
    files: ["static/a.css", "static/c.js"],
  },
  { name: "a pattern that nothing fits", args: ["-p", "*.nothing"], files: [] },
  {
    name: "a missing key among others",
    args: ["none", "top.txt", "static"],
    files: ["top.txt"],
    problems: [/^Error: Not found: none$/, /^Error: Not found: static$/],
  },
  {
    name: "keys that would leave the folder",
    args: ["../up", "/leading", "a/../b", "x/../../c.css", "top.txt"],
    files: ["top.txt"],
    problems: [absolute("/leading"), leads("../up"), leads("a/../b"), leads("x/../../c.css")],
  },
  {
    name: "everything, but what has no place here",
    args: ["--silent"],
    files: [...SAFE, "x/twin"],
    folders: ["marker"],
    problems: [
      absolute("/leading"),
      leads("../up"),
      leads("a/../b"),
      leads("x/../../c.css"),
      /^Error: Skipped "(x\/\/twin": .+ same file as that of x\/|x\/twin": .+ of x\/\/)twin$/,
    ],
  },
];

/** The folders that paths lead through. */
function foldersOf(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const segments = path.split("/").slice(0, -1);
    return segments.map((_, index) => segments.slice(0, index + 1).join("/"));
  });
}

for (const { name, args, files, folders = [], problems = [] } of GET_TREES) {
  peerTest(`moto: get-objects, ${name}`, async () => {
    const content = (key: string) => key.endsWith("/") ? "" : oddContent(key);
    const bucket = await stage.bucket(
      Object.fromEntries(SHELF.map((key) => [key, content(key)])),
    );
    const outer = stage.path(`outer-of-${bucket}`);
    const ran = await stage.ours(["get-objects", bucket, "-o", `${outer}/out`, ...args]);
    assert.deepEqual([ran.code, ran.stdout], [problems.length === 0 ? 0 : 1, ""], ran.stderr);
    const errors = ran.stderr.split("\n").filter((line) => line.startsWith("Error: "));
    assert.equal(errors.length, problems.length, ran.stderr);
    for (const problem of problems) {
      assert.equal(errors.filter((error) => problem.test(error)).length, 1, ran.stderr);
    }
    // Nothing is beside the folder either.
    const paths = Object.keys(tree(outer));
    const all = ["out", ...[...foldersOf(files), ...folders, ...files].map((one) => `out/${one}`)];
    assert.deepEqual(paths, [...new Set(all)].sort());
    for (const file of files) {
      const found = await Deno.readTextFile(`${outer}/out/${file}`);
      // Of two keys that are one file, either may be the first.
      assert.equal(found.replace("x//twin", "x/twin"), content(file));
    }
  });
}
