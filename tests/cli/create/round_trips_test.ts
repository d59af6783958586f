/**
 * `create` sends at the same time what does not depend on each other: the number of its round trips does
 * not grow with the number of buckets.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";
import { holdInWaves } from "../../support/waves.ts";

const BUCKETS = ["b-1", "b-2", "b-3", "b-4", "b-5"];

/** The same operation for each of the buckets. */
function each(operation: string): string[] {
  return BUCKETS.map(() => operation);
}

interface Case {
  name: string;
  args: string[];
  /** What is sent at the same time, one round trip after another. */
  waves: string[][];
}

const CASES: Case[] = [
  {
    name: "an existing bucket",
    args: ["old"],
    waves: [
      ["GetCallerIdentity", "GetUser", "HeadBucket"],
      // Whose bucket it is, and how it encrypts, matters for warnings only.
      ["CreateUser", "GetBucketEncryption", "HeadBucket"],
      ["PutUserPolicy"],
      ["CreateAccessKey"],
    ],
  },
  {
    name: "five new buckets",
    args: [...BUCKETS, "-c", "--read-only"],
    waves: [
      ["GetCallerIdentity", "GetUser", ...each("HeadBucket")],
      [...each("CreateBucket"), "CreateUser"],
      each("PutUserPolicy"),
      ["CreateAccessKey"],
    ],
  },
  {
    name: "five new public buckets",
    args: [...BUCKETS, "-c", "--public", "--write-only"],
    waves: [
      ["GetCallerIdentity", "GetUser", ...each("HeadBucket")],
      [...each("CreateBucket"), "CreateUser"],
      [...each("PutPublicAccessBlock"), ...each("PutUserPolicy")],
      each("PutBucketPolicy"),
      ["CreateAccessKey"],
    ],
  },
  {
    name: "five new websites",
    args: [...BUCKETS, "-c", "--website", "--write-only"],
    waves: [
      ["GetCallerIdentity", "GetUser", ...each("HeadBucket")],
      [...each("CreateBucket"), "CreateUser"],
      [...each("PutPublicAccessBlock"), ...each("PutUserPolicy")],
      each("PutBucketPolicy"),
      each("PutBucketWebsite"),
      ["CreateAccessKey"],
    ],
  },
  {
    name: "temporary credentials for five new buckets",
    args: [...BUCKETS, "-c", "-d", "15m"],
    waves: [
      ["GetCallerIdentity", "GetRole", ...each("HeadBucket")],
      [...each("CreateBucket"), "CreateRole"],
      ["AttachRolePolicy"],
      ["AssumeRole"],
    ],
  },
];

for (const { name, args, waves } of CASES) {
  Deno.test(`create: ${name}: ${waves.length} round trips`, async () => {
    await using sandbox = await startSandbox({ buckets: ["old"] });
    const seen = holdInWaves(sandbox, waves.map((wave) => wave.length));
    const { code, stderr } = await run(["create", ...args], { sandbox, patienceMs: 30_000 });
    assert.equal(code, 0, stderr);
    assert.deepEqual(seen.map((wave) => wave.toSorted()), [...waves, []]);
  });
}

Deno.test("create: logs in the order of the plan, whatever is done first", async () => {
  await using sandbox = await startSandbox();
  const args = ["create", "b-1", "b-2", "-c", "--website", "--write-only"];
  const preview = await run([...args, "--dry-run"]);
  // The first bucket is created when the second one is done, and the user.
  const { promise, resolve } = Promise.withResolvers<void>();
  sandbox.fail({
    operation: "CreateBucket",
    when: ({ permissions }) => permissions.some(({ resource }) => resource.endsWith("b-1")),
    until: promise,
  });
  const done = (name: string) =>
    sandbox.requests.some(({ operation, status }) => operation === name && status === 200);
  const timer = setInterval(() => {
    if (done("PutBucketWebsite") && done("CreateUser")) resolve();
  }, 5);
  const { code, stderr } = await run(args, { sandbox });
  clearInterval(timer);
  assert.equal(code, 0, stderr);
  const settings = [
    "Set public access block configuration",
    "Attached bucket policy allowing public access",
    "Configured website: IndexDocument=index.html, ErrorDocument=error.html",
  ];
  const user = /Would create user: '(.*?)'/.exec(preview.stdout)![1]!;
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    "Created bucket: b-1",
    ...settings,
    "Created bucket: b-2",
    ...settings,
    `Created user: ${user} with permissions boundary: arn:aws:iam::aws:policy/AmazonS3FullAccess`,
    `Attached policy s3.write-only.b-1 to user ${user}`,
    `Attached policy s3.write-only.b-2 to user ${user}`,
    `Created access key for user: ${user}`,
  ]);
});

Deno.test("create: what runs beside a step that fails is waited for and rolled back", async () => {
  await using sandbox = await startSandbox();
  const before = sandbox.snapshot();
  const { promise, resolve } = Promise.withResolvers<void>();
  // The user is created when the bucket has been refused already.
  sandbox.fail({ operation: "CreateUser", until: promise });
  sandbox.fail({
    operation: "CreateBucket",
    error: { status: 400, code: "InvalidRequest", message: "Refused by the test" },
  });
  const timer = setInterval(() => {
    const refused = sandbox.requests.some(({ operation, status }) =>
      operation === "CreateBucket" && status === 400
    );
    if (refused) resolve();
  }, 5);
  const { code, stderr } = await run(["create", "b-1", "-c"], { sandbox });
  clearInterval(timer);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Created user: s3.read-write.b-1 with permissions boundary: " +
      "arn:aws:iam::aws:policy/AmazonS3FullAccess\n" +
      "Error: Could not create bucket b-1: InvalidRequest: Refused by the test\n" +
      "Undone: user s3.read-write.b-1\n",
  );
  const sent = sandbox.requests.map(({ operation }) => operation);
  assert.ok(!sent.includes("PutUserPolicy"), "no further step is taken");
  assert.deepEqual(sandbox.snapshot(), before);
});
