/**
 * Every document of the policy page, byte for byte. The golden files hold the page's documents
 * indented by four, as `policy` prints them.
 */
import assert from "node:assert/strict";
import { run } from "../support/run.ts";

const TEXTRACT = '{"Effect":"Allow","Action":"textract:*","Resource":"*"}';
const KEEP_ALL = '{"Sid":"KeepAll","Effect":"Deny","Action":["s3:DeleteObject"],' +
  '"Resource":["*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}';

const CASES: [golden: string, args: string[]][] = [
  ["read-write", ["my-s3-bucket"]],
  ["read-only", ["my-s3-bucket", "--read-only"]],
  ["write-only", ["my-s3-bucket", "--write-only"]],
  ["prefix-read-write", ["my-s3-bucket", "--prefix", "my-prefix/"]],
  ["prefix-read-only", ["my-s3-bucket", "--prefix", "my-prefix/", "--read-only"]],
  ["prefix-write-only", ["my-s3-bucket", "--prefix", "my-prefix/", "--write-only"]],
  ["public-bucket", ["my-s3-bucket", "--public-bucket"]],

  ["read-write", ["my-s3-bucket", "--prefix", "*"]],
  ["read-only", ["my-s3-bucket", "--prefix", "*", "--read-only"]],
  ["write-only", ["my-s3-bucket", "--prefix", "*", "--write-only"]],
  ["prefix-read-write", ["my-s3-bucket", "--prefix", "my-prefix/*"]],
  ["prefix-read-only", ["my-s3-bucket", "--prefix", "my-prefix/*", "--read-only"]],
  ["prefix-write-only", ["my-s3-bucket", "--prefix", "my-prefix/*", "--write-only"]],
  ["read-write", ["my-s3-bucket", "my-s3-bucket"]],

  ["several-read-write", ["my-s3-bucket", "my-other-bucket"]],
  ["several-write-only", ["my-s3-bucket", "my-other-bucket", "my-third-bucket", "--write-only"]],
  [
    "several-prefix-read-only",
    ["my-s3-bucket", "my-other-bucket", "--read-only", "--prefix", "my-prefix/"],
  ],
  ["statement", ["my-s3-bucket", "--read-only", "--statement", TEXTRACT]],
  [
    "several-statements",
    [
      "my-s3-bucket",
      "my-other-bucket",
      "--write-only",
      "--statement",
      TEXTRACT,
      "--statement",
      KEEP_ALL,
    ],
  ],
];

async function golden(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(`golden/${name}.json`, import.meta.url));
}

for (const [name, args] of CASES) {
  Deno.test(`policy ${args.join(" ")} is golden/${name}.json`, async () => {
    const { code, stdout, stderr } = await run(["policy", ...args]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: await golden(name), stderr: "" });
  });
}

Deno.test("every golden file is compared with something", async () => {
  const used = new Set(CASES.map(([name]) => `${name}.json`));
  const files = await Array.fromAsync(Deno.readDir(new URL("golden/", import.meta.url)));
  assert.deepEqual(files.map(({ name }) => name).sort(), [...used].sort());
});
