/** The aws CLI on our sandbox: buckets, their settings and objects. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { AWS_SERVICE_ERROR as SERVICE_ERROR, type Step, stepTests } from "./steps.ts";
import { adminEnv, peerTest, runCli } from "./support.ts";

let sandbox: Sandbox;
let folder: string;

const MEGABYTE = 1024 * 1024;

Deno.test.beforeAll(async () => {
  sandbox = await startSandbox();
  folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "small.txt"), "small\n");
  // Version 1 of the aws CLI presigns as of old unless it is told otherwise.
  await Deno.writeTextFile(join(folder, "config"), "[default]\ns3 =\n  signature_version = s3v4\n");
  const large = Uint8Array.from({ length: 20 * MEGABYTE }, (_, at) => at * 31 + (at >> 8));
  await Deno.writeFile(join(folder, "large.bin"), large);
});
Deno.test.afterAll(async () => {
  await sandbox.close();
  await Deno.remove(folder, { recursive: true });
});

const inFolder = (name: string) => join(folder, name);
const served = (operation: string) =>
  sandbox.requests.filter((request) => request.operation === operation && request.status === 200)
    .length;
const bucket = () => sandbox.account.buckets.get("files")!;
const settings = (command: string, flag: string, document: unknown) => () => [
  ...["s3api", command, "--bucket", "files", flag, JSON.stringify(document)],
];

const anyoneMayGet = {
  Version: "2012-10-17",
  Statement: [{
    Sid: "AllowAllGetObject",
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject"],
    Resource: ["arn:aws:s3:::files/*"],
  }],
};
const openToThePublic = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const allBlocked = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const cors = {
  CORSRules: [{
    ID: "one",
    AllowedMethods: ["GET", "PUT"],
    AllowedOrigins: ["https://www.example.com"],
    AllowedHeaders: ["Authorization"],
    ExposeHeaders: ["ETag"],
    MaxAgeSeconds: 300,
  }],
};
const website = {
  IndexDocument: { Suffix: "index.html" },
  ErrorDocument: { Key: "error.html" },
};

const buckets: Step[] = [
  { name: "s3 mb", args: "s3 mb s3://files", stdout: "make_bucket: files\n" },
  {
    name: "s3 mb in another region",
    args: "s3 mb s3://far-away --region eu-west-1",
    stdout: "make_bucket: far-away\n",
    check: () => assert.equal(sandbox.account.buckets.get("far-away")?.region, "eu-west-1"),
  },
  {
    name: "s3 ls",
    args: "s3 ls",
    stdout: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d far-away\n.{19} files\n$/,
  },
  { name: "s3api head-bucket", args: "s3api head-bucket --bucket files" },
  {
    name: "s3api head-bucket of none",
    args: "s3api head-bucket --bucket no-such-bucket",
    code: SERVICE_ERROR,
    stderr: /\(404\) when calling the HeadBucket operation: Not Found/,
  },
  {
    name: "s3api get-bucket-location in us-east-1",
    args: "s3api get-bucket-location --bucket files",
    stdout: { json: { LocationConstraint: null } },
  },
  {
    name: "s3api get-bucket-location elsewhere",
    args: "s3api get-bucket-location --bucket far-away",
    stdout: { json: { LocationConstraint: "eu-west-1" } },
  },
  {
    name: "s3api get-public-access-block of a new bucket",
    args: "s3api get-public-access-block --bucket files",
    stdout: { json: { PublicAccessBlockConfiguration: allBlocked } },
  },
  {
    name: "s3api put-bucket-policy that the block refuses",
    args: settings("put-bucket-policy", "--policy", anyoneMayGet),
    code: SERVICE_ERROR,
    stderr: /\(AccessDenied\) when calling the PutBucketPolicy operation/,
  },
  {
    name: "s3api put-public-access-block",
    args: settings(
      "put-public-access-block",
      "--public-access-block-configuration",
      openToThePublic,
    ),
    check: () => assert.deepEqual(bucket().publicAccessBlock, openToThePublic),
  },
  {
    name: "s3api get-bucket-policy where there is none",
    args: "s3api get-bucket-policy --bucket files",
    code: SERVICE_ERROR,
    stderr: /\(NoSuchBucketPolicy\)/,
  },
  {
    name: "s3api put-bucket-policy",
    args: settings("put-bucket-policy", "--policy", anyoneMayGet),
  },
  {
    name: "s3api get-bucket-policy",
    args: "s3api get-bucket-policy --bucket files --query Policy --output text",
    stdout: { json: anyoneMayGet },
  },
  {
    name: "s3api put-bucket-cors",
    args: settings("put-bucket-cors", "--cors-configuration", cors),
  },
  {
    name: "s3api get-bucket-cors",
    args: "s3api get-bucket-cors --bucket files",
    stdout: { json: cors },
  },
  {
    name: "s3api put-bucket-website",
    args: settings("put-bucket-website", "--website-configuration", website),
  },
  {
    name: "s3api get-bucket-website",
    args: "s3api get-bucket-website --bucket files",
    stdout: { json: website },
  },
];

const objects: Step[] = [
  {
    name: "s3 cp up",
    args: () => ["s3", "cp", inFolder("small.txt"), "s3://files/text/small.txt"],
    check: () =>
      assert.equal(bucket().objects.get("text/small.txt")?.headers["content-type"], "text/plain"),
  },
  {
    name: "s3 cp from standard input",
    args: "s3 cp - s3://files/text/piped.txt",
    stdin: "piped",
  },
  {
    name: "s3 cp to standard output",
    args: "s3 cp s3://files/text/piped.txt -",
    stdout: "piped",
  },
  {
    name: "s3 cp up of 20 MB",
    args: () => ["s3", "cp", "--no-progress", inFolder("large.bin"), "s3://files/large.bin"],
    check: () => {
      assert.deepEqual([served("UploadPart"), served("CompleteMultipartUpload")], [3, 1]);
      assert.equal(bucket().objects.get("large.bin")?.body.length, 20 * MEGABYTE);
    },
  },
  {
    name: "s3 cp down of 20 MB",
    args: () => ["s3", "cp", "--no-progress", "s3://files/large.bin", inFolder("again.bin")],
    check: async () => {
      const [sent, got] = await Promise.all(
        ["large.bin", "again.bin"].map((name) => Deno.readFile(inFolder(name))),
      );
      assert.ok(Buffer.from(sent!).equals(got!), "the file came back changed");
    },
  },
  {
    name: "s3 cp of a missing object",
    args: "s3 cp s3://files/missing.txt -",
    code: 1,
    stderr: /\(404\) when calling the HeadObject operation/,
  },
  {
    name: "s3 ls of a bucket",
    args: "s3 ls s3://files",
    stdout: /^ +PRE text\/\n.{19} +20971520 large.bin\n$/,
  },
  {
    name: "s3 ls of a folder",
    args: "s3 ls s3://files/text/",
    stdout: /^.{19} +5 piped.txt\n.{19} +6 small.txt\n$/,
  },
  {
    name: "s3 presign with version 2 of signatures, the default in us-east-1",
    args: "s3 presign s3://files/text/small.txt",
    check: async ({ stdout }) => {
      const answer = await fetch(stdout.trim());
      assert.deepEqual([answer.status, await answer.text()], [200, "small\n"]);
    },
  },
  {
    name: "s3 presign",
    args: "s3 presign s3://files/text/small.txt --expires-in 60",
    env: () => ({ AWS_CONFIG_FILE: inFolder("config") }),
    check: async ({ stdout }) => {
      const answer = await fetch(stdout.trim());
      assert.deepEqual([answer.status, await answer.text()], [200, "small\n"]);
    },
  },
  {
    name: "s3api put-object with a name of all sorts",
    args: () => [
      ...["s3api", "put-object", "--bucket", "files", "--body", inFolder("small.txt")],
      ...["--key", "odd/ä b+c%&'\"<>.txt"],
    ],
    stdout: { json: { ETag: '"d15dbfcb847653913855e21370d83af1"' } },
  },
  {
    name: "s3api list-objects-v2 over several pages",
    args: "s3api list-objects-v2 --bucket files --page-size 1 --query Contents[].Key",
    check: ({ stdout }) => {
      assert.deepEqual(JSON.parse(stdout), [
        ...["large.bin", "odd/ä b+c%&'\"<>.txt", "text/piped.txt", "text/small.txt"],
      ]);
    },
  },
  {
    name: "s3api list-objects-v2 with prefix and delimiter",
    args: "s3api list-objects-v2 --bucket files --prefix te --delimiter /",
    stdout: { json: { CommonPrefixes: [{ Prefix: "text/" }] } },
  },
  {
    name: "s3 rm",
    args: "s3 rm s3://files/text/small.txt",
    stdout: "delete: s3://files/text/small.txt\n",
  },
  {
    name: "s3 rb of a bucket that is not empty",
    args: "s3 rb s3://files",
    code: 1,
    stderr: /\(BucketNotEmpty\)/,
  },
  {
    name: "s3 rm --recursive",
    args: "s3 rm s3://files --recursive",
    check: () => assert.equal(bucket().objects.size, 0),
  },
  {
    name: "s3 rb",
    args: "s3 rb s3://files",
    check: () => assert.deepEqual([...sandbox.account.buckets.keys()], ["far-away"]),
  },
];

stepTests("aws", () => ({ env: adminEnv(sandbox) }), [...buckets, ...objects]);

peerTest("aws: run by our command sandbox", async () => {
  const ran = await runCli(["sandbox", "--bucket", "made-for-it", "--", "aws", "s3", "ls"]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^.{19} made-for-it\n$/);
});
