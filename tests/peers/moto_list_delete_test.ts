/**
 * Our list-bucket and delete-objects on moto's server, also where one page or one request is not
 * enough: the rows are those of boto3, and what is left is what boto3 finds.
 */
import assert from "node:assert/strict";
import {
  type ListedRow,
  type ObjectStage,
  ODD_KEYS,
  oddContent,
  startObjectStage,
} from "./object_stage.ts";
import { common, type Format, FORMATS, parseRows } from "./rows.ts";
import { hasPeers, peerTest } from "./support.ts";

let stage: ObjectStage;
/** More than a page of objects, which our put-objects has put there, and odd ones. */
let full: string;
let empty: string;

/** S3 lists a thousand keys a page, and deletes as many a request. */
const COUNT = 1_050;
const MANY = Array.from({ length: COUNT }, (_, index) => `many/${index % 7}/é ${index}+%&`);

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  stage = await startObjectStage();
  empty = await stage.bucket();
  full = await stage.bucket();
  for (const key of MANY) await stage.file(key, key);
  const { code, stderr } = await stage.ours(["put-objects", "--silent", full, stage.path("many")]);
  assert.deepEqual([code, stderr], [0, ""]);
  for (const key of ODD_KEYS) await stage.put(full, key, oddContent(key));
});
Deno.test.afterAll(async () => await stage?.stop());

const keysOf = async (bucket: string, prefix?: string) =>
  (await stage.rows(bucket, prefix)).map(({ Key }) => Key);

const FIELDS = ["Key", "LastModified", "ETag", "Size", "StorageClass", "Owner"];

/** A row as our listing must have it: in CSV each field has a cell, and all cells are text. */
function expectedRow({ path, ...row }: ListedRow, format: Format, urls: boolean): unknown {
  const all = { ...row, ...(urls && { URL: `${stage.env.AWS_ENDPOINT_URL}${path}` }) };
  if (format === "json" || format === "nl") return common(all);
  return common(
    Object.fromEntries(
      Object.entries({ ...all, Owner: "" }).map(([field, value]) => [field, String(value)]),
    ),
  );
}

/** JSON passes on what of checksums S3 tells; the rows of boto3 that are compared leave it out. */
function withoutChecksum(row: unknown): unknown {
  const { ChecksumAlgorithm: _, ChecksumType: __, ...rest } = row as Record<string, unknown>;
  return rest;
}

interface Listing {
  bucket(): string;
  prefix?: string;
  urls?: boolean;
  /** How many rows it must have. */
  count: number;
}

const LISTINGS: Listing[] = [
  { bucket: () => full, count: COUNT + ODD_KEYS.length },
  { bucket: () => full, urls: true, count: COUNT + ODD_KEYS.length },
  {
    bucket: () => full,
    prefix: "many/3/é 1",
    count: MANY.filter((key) => key.startsWith("many/3/é 1")).length,
  },
  { bucket: () => full, prefix: "a+b=", urls: true, count: 1 },
  { bucket: () => full, prefix: "/", count: 2 },
  { bucket: () => full, prefix: "nothing", count: 0 },
  { bucket: () => empty, count: 0 },
];

for (const { bucket, prefix, urls = false, count } of LISTINGS) {
  const options = [
    ...(prefix === undefined ? [] : ["--prefix", prefix]),
    ...urls ? ["--urls"] : [],
  ];
  const line = ["list-bucket", ...options].join(" ");
  for (const format of FORMATS) {
    peerTest(`moto: ${line} as ${format}, ${count} rows`, async () => {
      const flags = format === "json" ? [] : [`--${format}`];
      const ran = await stage.ours(["list-bucket", bucket(), ...options, ...flags]);
      assert.deepEqual([ran.code, ran.stderr], [0, ""]);
      const { fields, rows } = await parseRows(ran.stdout, format);
      const theirs = await stage.rows(bucket(), prefix);
      assert.equal(rows.length, count);
      assert.deepEqual(
        rows.map(withoutChecksum),
        theirs.map((row) => expectedRow(row, format, urls)),
      );
      const hasHeader = format === "csv" || format === "tsv";
      assert.deepEqual(fields, hasHeader ? [...FIELDS, ...urls ? ["URL"] : []] : []);
    });
  }
}

peerTest("moto: list-bucket asks for a second page where there is one", async () => {
  const { stderr } = await stage.ours(["list-bucket", full, "--debug"]);
  const requests = stderr.split("\n").filter((line) => line.startsWith("DEBUG GET "));
  assert.equal(requests.length, 2);
  assert.match(requests[1]!, /[?&]continuation-token=[^&]+.* -> 200 /);
});

interface Deletion {
  name: string;
  /** What the bucket holds before. */
  before: readonly string[];
  args: string[];
  /** What it holds afterwards. */
  left: readonly string[];
  stdout?: string;
  stderr: string;
}

const FRUIT = ["apple", "apricot", "banana", "bananas/one", "cherry"];
const deleting = (count: number) =>
  `Deleting ${count} object${count === 1 ? "" : "s"} from BUCKET\n`;

const DELETIONS: Deletion[] = [
  {
    name: "keys",
    before: FRUIT,
    args: ["apple", "bananas/one"],
    left: ["apricot", "banana", "cherry"],
    stderr: deleting(2),
  },
  {
    name: "one key",
    before: FRUIT,
    args: ["cherry"],
    left: FRUIT.slice(0, 4),
    stderr: deleting(1),
  },
  {
    name: "a key that is not there among others",
    before: FRUIT,
    args: ["apple", "banan", "cherry"],
    left: ["apricot", "banana", "bananas/one"],
    stderr: deleting(3),
  },
  {
    name: "--silent",
    before: FRUIT,
    args: ["--silent", ...FRUIT],
    left: [],
    stderr: "",
  },
  {
    name: "--prefix",
    before: FRUIT,
    args: ["--prefix", "banana"],
    left: ["apple", "apricot", "cherry"],
    stderr: deleting(2),
  },
  {
    name: "--prefix that nothing has",
    before: FRUIT,
    args: ["--prefix", "z"],
    left: FRUIT,
    stderr: deleting(0),
  },
  {
    name: "--dry-run of keys",
    before: FRUIT,
    args: ["--dry-run", "cherry", "apple"],
    left: FRUIT,
    stdout: "The following keys would be deleted:\ncherry\napple\n",
    stderr: deleting(2),
  },
  {
    name: "-d of a prefix",
    before: FRUIT,
    args: ["-d", "--prefix", "a"],
    left: FRUIT,
    stdout: "The following keys would be deleted:\napple\napricot\n",
    stderr: deleting(2),
  },
  {
    name: `${ODD_KEYS.length} odd keys, and no other`,
    before: [...ODD_KEYS, "at both ends", "b", "leading", "two", "%252F", "cr", "e", "up"],
    args: ["--", ...ODD_KEYS],
    left: ["%252F", "at both ends", "b", "cr", "e", "leading", "two", "up"],
    stderr: deleting(ODD_KEYS.length),
  },
  {
    name: "an odd prefix",
    before: ["a+b c%/one", "a+b c%/two", "a+b c", "a b c%/one", "a%2Bb c%/one"],
    args: ["--prefix", "a+b c%/"],
    left: ["a b c%/one", "a%2Bb c%/one", "a+b c"],
    stderr: deleting(2),
  },
  {
    name: `${COUNT} keys, more than one request may have, of which few are there`,
    before: [MANY[0]!, MANY[999]!, MANY[1_000]!, MANY[COUNT - 1]!, "stays"],
    args: MANY,
    left: ["stays"],
    stderr: deleting(COUNT),
  },
];

for (const { name, before, args, left, stdout = "", stderr } of DELETIONS) {
  peerTest(`moto: delete-objects, ${name}`, async () => {
    const bucket = await stage.bucket(Object.fromEntries(before.map((key) => [key, key])));
    // Operands that begin with a dash come last.
    const [options, keys] = args[0] === "--" ? [["--"], args.slice(1)] : [[], args];
    const ran = await stage.ours(["delete-objects", ...options, bucket, ...keys]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(ran.stdout, stdout);
    assert.equal(ran.stderr, stderr.replace("BUCKET", bucket));
    assert.deepEqual((await keysOf(bucket)).sort(), [...left].sort());
  });
}

peerTest("moto: delete-objects --prefix, more than a page, and nothing beside it", async () => {
  // No test after this one needs it.
  const bucket = full;
  for (const key of ["many", "many-more"]) await stage.put(bucket, key, "stays");
  const dry = await stage.ours(["delete-objects", bucket, "--prefix", "many/", "--dry-run"]);
  assert.deepEqual(dry.stdout.split("\n").slice(1, -1), await keysOf(bucket, "many/"));
  assert.equal((await keysOf(bucket, "many/")).length, COUNT);
  const { code, stderr } = await stage.ours(["delete-objects", bucket, "--prefix", "many/"]);
  assert.deepEqual([code, stderr], [0, `Deleting ${COUNT} objects from ${bucket}\n`]);
  assert.deepEqual((await keysOf(bucket)).sort(), ["many", "many-more", ...ODD_KEYS].sort());
});
