/** `delete-bucket`: empty buckets, what buckets hold, and what is left to S3. */
import assert from "node:assert/strict";
import { BUCKET, type Stage, stage } from "../support/objects.ts";
import { connect } from "@s3creds/cli";

function test(name: string, work: (st: Stage) => Promise<void>): void {
  Deno.test(name, async () => {
    await using st = await stage();
    await work(st);
  });
}

/** The SDK's client of the sandbox's administrator. */
async function withS3<T>(
  { sandbox }: Stage,
  work: (s3: Awaited<ReturnType<ReturnType<typeof connect>["s3"]>>) => Promise<T>,
): Promise<T> {
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  return await work(await aws.s3());
}

/** Versions, delete markers and unfinished uploads of odd keys; 2,003 of them, so that pages go on. */
async function fill(st: Stage): Promise<void> {
  await withS3(st, async (s3) => {
    await s3.putBucketVersioning({
      Bucket: BUCKET,
      VersioningConfiguration: { Status: "Enabled" },
    });
    for (const Key of ["a b+c", "ünï/", "x\u0001y", "a&<>b"]) {
      await st.put(Key, "one");
      await st.put(Key, "two");
    }
    await s3.deleteObject({ Bucket: BUCKET, Key: "a b+c" });
    await s3.createMultipartUpload({ Bucket: BUCKET, Key: "half/done ü" });
    await s3.createMultipartUpload({ Bucket: BUCKET, Key: "half/done ü" });
  });
}

test("delete-bucket: a bucket that is gone was deleted if an answer was lost, and not if S3 was busy", async (st) => {
  st.sandbox.fail({ operation: "DeleteBucket", cut: true, after: true });
  assert.equal((await st.run(["delete-bucket", BUCKET])).code, 0);
  const error = { status: 503, code: "SlowDown", message: "Please reduce your request rate." };
  st.sandbox.fail({ operation: "DeleteBucket", error });
  const { code, stderr } = await st.run(["delete-bucket", BUCKET]);
  assert.equal(code, 1);
  assert.match(stderr, /Bucket does not exist: my-bucket/);
});

test("delete-bucket: deletes an empty bucket without a question", async (st) => {
  const { code, stdout, stderr } = await st.run(["delete-bucket", BUCKET]);
  assert.deepEqual([code, stdout, stderr], [0, "", `Deleted bucket: ${BUCKET}\n`]);
  assert.equal(st.sandbox.account.buckets.has(BUCKET), false);
});

test("delete-bucket: leaves a bucket that is not empty, and says what would delete it", async (st) => {
  await st.put("a", "x");
  const { code, stderr } = await st.run(["delete-bucket", BUCKET]);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `Error: Could not delete bucket ${BUCKET}: it is not empty\n` +
      `s3-credentials list-bucket ${BUCKET} shows what it holds; --force deletes that, too\n`,
  );
  assert.deepEqual([...st.objects().keys()], ["a"]);
});

test("delete-bucket: what several have in common to be done is said once", async (st) => {
  const { code, stderr } = await st.run(["delete-bucket", "missing-1", "missing-2"]);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Error: Bucket does not exist: missing-1\n" +
      "To see the buckets of this account: s3-credentials list-buckets\n" +
      "Error: Bucket does not exist: missing-2\n",
  );
});

test("delete-bucket: without a terminal to ask on, several buckets are wrong usage once", async (st) => {
  const { code, stderr } = await st.run(["delete-bucket", BUCKET, "missing", "--force"]);
  assert.equal(code, 2);
  assert.match(stderr, /^Usage: [^]*\n\nError: Can't ask for the bucket's name .*\n$/);
});

test("delete-bucket --dry-run: counts what the bucket holds, and deletes nothing", async (st) => {
  await fill(st);
  const { code, stdout, stderr } = await st.run(["delete-bucket", BUCKET, "--dry-run"]);
  assert.deepEqual([code, stderr], [0, `Only with --force: bucket ${BUCKET} is not empty\n`]);
  const forced = await st.run(["delete-bucket", BUCKET, "--dry-run", "--force"]);
  assert.deepEqual(forced, { code: 0, stdout, stderr: "" });
  assert.equal(
    stdout,
    `Would delete bucket: ${BUCKET} (3 objects, 5 older versions, 1 delete marker, ` +
      "2 unfinished uploads)\n",
  );
  assert.equal(st.objects().size, 3);
  assert.equal(st.openUploads(), 2);
});

test("delete-bucket --dry-run: an empty bucket takes no --force", async (st) => {
  const { stdout, stderr } = await st.run(["delete-bucket", BUCKET, "--dry-run"]);
  assert.deepEqual([stdout, stderr], [`Would delete bucket: ${BUCKET} (empty)\n`, ""]);
});

test("delete-bucket --force: asks for the name, and deletes versions, markers and uploads", async (st) => {
  await fill(st);
  const questions: string[] = [];
  const asked = (answer: string) => (question: string) => {
    questions.push(question);
    return Promise.resolve(answer);
  };
  const refused = await st.run(["delete-bucket", BUCKET, "--force"], { askLine: asked("yes") });
  assert.equal(refused.code, 1);
  assert.equal(
    refused.stderr,
    `Error: Bucket ${BUCKET} is not deleted: its name was not typed\n`,
  );
  assert.equal(st.objects().size, 3);
  const { code, stderr } = await st.run(["delete-bucket", BUCKET, "--force"], {
    askLine: asked(BUCKET),
  });
  assert.equal(code, 0, stderr);
  assert.equal(
    stderr,
    `Deleted bucket: ${BUCKET} (3 objects, 5 older versions, 1 delete marker, 2 unfinished uploads)\n`,
  );
  assert.equal(st.sandbox.account.buckets.has(BUCKET), false);
  assert.match(questions[0]!, /^This deletes bucket my-bucket with all that it holds, for good\./);
});

test("delete-bucket --force: Ctrl-C at the question is an interruption, another name is none", async (st) => {
  const stop = new AbortController();
  const { code, stderr } = await st.run(["delete-bucket", BUCKET, "second-bucket", "--force"], {
    signal: stop.signal,
    askLine: () => {
      stop.abort(new DOMException("Interrupted", "AbortError"));
      return Promise.reject(stop.signal.reason);
    },
  });
  assert.deepEqual([code, stderr], [130, "Error: Interrupted\n"]);
  assert.equal(st.sandbox.account.buckets.has(BUCKET), true);
});

test("delete-bucket --force: without a terminal it wants --yes, before any call", async (st) => {
  const { code, stderr } = await st.run(["delete-bucket", BUCKET, "--force"]);
  assert.equal(code, 2);
  assert.match(stderr, /Error: Can't ask for the bucket's name without a terminal: pass --yes/);
  assert.deepEqual(st.sandbox.requests, []);
});

test("delete-bucket --force --yes: more than a page of versions of one key", async (st) => {
  await withS3(
    st,
    (s3) =>
      s3.putBucketVersioning({ Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } }),
  );
  await st.put("a", "x");
  const bucket = st.sandbox.account.buckets.get(BUCKET)!;
  const newest = bucket.objects.get("a")!;
  const id = (number: number) => String(number).padStart(32, "0");
  bucket.history = new Map([[
    "a",
    Array.from({ length: 2_500 }, (_, index) => ({ ...newest, versionId: id(index) })),
  ]]);
  const { code, stderr } = await st.run(["delete-bucket", BUCKET, "--force", "--yes"]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, `Deleted bucket: ${BUCKET} (1 object, 2500 older versions)\n`);
});

test("delete-bucket --force --yes: names Object Lock, and keeps what it protects", async (st) => {
  await st.put("free", "x");
  await st.put("locked", "x");
  const bucket = st.sandbox.account.buckets.get(BUCKET)!;
  bucket.objectLock = true;
  bucket.objects.get("locked")!.legalHold = "ON";
  const { code, stderr } = await st.run(["delete-bucket", BUCKET, "--force", "--yes"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Error: Could not delete bucket my-bucket: One object or version could not/,
  );
  assert.match(
    stderr,
    /\nObject Lock protects them: until their retention ends, or their legal hold/,
  );
  assert.deepEqual([...st.objects().keys()], ["locked"]);
});

test("delete-bucket: does the others where one fails, and exits with 1", async (st) => {
  await withS3(st, (s3) => s3.createBucket({ Bucket: "second-bucket" }));
  const { code, stderr } = await st.run(["delete-bucket", "missing-bucket", "second-bucket"]);
  assert.equal(code, 1);
  assert.match(stderr, /Error: Bucket does not exist: missing-bucket/);
  assert.match(stderr, /Deleted bucket: second-bucket/);
  assert.deepEqual([...st.sandbox.account.buckets.keys()], [BUCKET]);
});

test("delete-bucket --force: a server without versions gets plain deletions", async (st) => {
  await st.put("a", "x");
  const error = { status: 501, code: "NotImplemented", message: "no versions here" };
  for (const operation of ["ListObjectVersions", "ListMultipartUploads"]) {
    st.sandbox.fail({ operation, times: Infinity, error });
  }
  const { code, stderr } = await st.run(["delete-bucket", BUCKET, "--force", "--yes"]);
  assert.deepEqual([code, stderr], [0, `Deleted bucket: ${BUCKET} (1 object)\n`]);
});

test("delete-bucket --force: Ctrl-C ends it between requests, and what is left stays", async (st) => {
  for (let at = 0; at < 5; at++) await st.put(`k${at}`, "x");
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  st.sandbox.fail({ operation: "DeleteObjects", until: promise });
  const running = st.run(["delete-bucket", BUCKET, "--force", "--yes"], { signal: stop.signal });
  while (!st.sandbox.requests.some(({ operation }) => operation === "DeleteObjects")) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stop.abort(new DOMException("Interrupted", "AbortError"));
  resolve();
  assert.notEqual((await running).code, 0);
  assert.equal(st.sandbox.account.buckets.has(BUCKET), true);
});

const OTHER_RULE = {
  ID: "theirs",
  Status: "Enabled" as const,
  Filter: { Prefix: "logs/" },
  Expiration: { Days: 30 },
};

async function ruleIds(st: Stage): Promise<(string | undefined)[]> {
  return await withS3(st, async (s3) => {
    const { Rules = [] } = await s3.getBucketLifecycleConfiguration({ Bucket: BUCKET });
    return Rules.map(({ ID }) => ID);
  });
}

test("delete-bucket --by-lifecycle: sets rules beside the others, which empty the bucket in time", async (st) => {
  await fill(st);
  await withS3(st, (s3) =>
    s3.putBucketLifecycleConfiguration({
      Bucket: BUCKET,
      LifecycleConfiguration: { Rules: [OTHER_RULE] },
    }));
  const args = ["delete-bucket", BUCKET, "--by-lifecycle", "--yes"];
  const { code, stdout, stderr } = await st.run(args);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /^Set lifecycle rule s3-credentials\.delete of bucket my-bucket\n/);
  const [, day] = /has expired by (\S+) 00:00:00\+00:00; S3 then removes it/.exec(stderr)!;
  assert.match(stderr, /Warning: S3 also deletes what is uploaded later/);
  assert.deepEqual(await ruleIds(st), [
    "theirs",
    "s3-credentials.delete",
    "s3-credentials.delete.markers",
  ]);
  // Again: nothing stands twice.
  assert.equal((await st.run(args)).code, 0);
  assert.equal((await ruleIds(st)).length, 3);
  const almost = await st.run(["delete-bucket", BUCKET]);
  assert.match(almost.stderr, /it is not empty/);
  st.sandbox.clock.set(new Date(`${day}T00:00:00Z`));
  const done = await st.run(["delete-bucket", BUCKET]);
  assert.deepEqual([done.code, done.stderr], [0, `Deleted bucket: ${BUCKET}\n`]);
});

test("delete-bucket --by-lifecycle --undo: takes its own rules away, and no others", async (st) => {
  const undo = ["delete-bucket", BUCKET, "--by-lifecycle", "--undo"];
  const nothing = await st.run(undo);
  assert.equal(nothing.stderr, `Bucket ${BUCKET} has no such lifecycle rule\n`);
  await withS3(st, (s3) =>
    s3.putBucketLifecycleConfiguration({
      Bucket: BUCKET,
      LifecycleConfiguration: { Rules: [OTHER_RULE] },
    }));
  await st.run(["delete-bucket", BUCKET, "--by-lifecycle", "--yes"]);
  const { code, stderr } = await st.run(undo);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await ruleIds(st), ["theirs"]);
});

test("delete-objects --by-lifecycle: the rule is about the prefix only", async (st) => {
  for (const key of ["old/a", "old/b", "new/a"]) await st.put(key, "x");
  const { code, stderr } = await st.run(
    ["delete-objects", BUCKET, "--prefix", "old/", "--by-lifecycle"],
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Set lifecycle rule s3-credentials\.delete:old\/ of bucket/);
  assert.equal(st.objects().size, 3);
  st.sandbox.clock.advance(2 * 86_400_000);
  const listed = await st.run(["list-bucket", BUCKET, "--nl"]);
  assert.deepEqual(listed.stdout.trim().split("\n").map((line) => JSON.parse(line).Key), ["new/a"]);
  const undone = await st.run(
    ["delete-objects", BUCKET, "--prefix", "old/", "--by-lifecycle", "--undo"],
  );
  assert.match(undone.stderr, /^Removed the lifecycle rule/);
});
