/** The buckets of `create`: missing, elsewhere, of somebody else, public, or with a website. */
import assert from "node:assert/strict";
import { createBucket } from "../../../lib/sandbox/seed.ts";
import { Content } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";
import { giveAwayBucket, policyText, testsOf } from "./support.ts";

const test = testsOf("create");

test("one missing bucket of several: nothing is changed", async (sandbox) => {
  const before = sandbox.snapshot();
  const { code, stderr } = await run(["create", "old-bucket", "missing"], { sandbox });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Error: Bucket does not exist: missing - try --create-bucket to create it\n",
  );
  assert.deepEqual(sandbox.snapshot(), before);
});

test("somebody else's bucket is told from a missing one", async (sandbox) => {
  const foreign = createBucket(sandbox.account, "foreign");
  foreign.ownerAccountId = "999999999999";
  sandbox.account.buckets.set("foreign", foreign);
  for (const args of [["create", "foreign"], ["create", "foreign", "-c"]]) {
    const { code, stderr } = await run(args, { sandbox });
    assert.equal(code, 1);
    assert.match(stderr, /^Error: Bucket foreign exists, but it belongs to another account/);
  }
  assert.equal(sandbox.account.users.size, 1);
});

test("a bucket in another region is found where it is", async (sandbox) => {
  sandbox.account.buckets.get("old-bucket")!.region = "eu-west-1";
  const { code, stderr } = await run(["create", "old-bucket"], { sandbox });
  assert.equal(code, 0, stderr);
});

test("a bucket whose region this endpoint does not reach: the error names the region", async (sandbox) => {
  sandbox.account.buckets.get("old-bucket")!.region = "ap-south-1";
  sandbox.fail({
    operation: "HeadBucket",
    times: Infinity,
    error: {
      status: 301,
      code: "PermanentRedirect",
      message: "Elsewhere",
      headers: { "x-amz-bucket-region": "ap-south-1" },
    },
  });
  const { code, stderr } = await run(["create", "old-bucket"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /Bucket old-bucket is in region ap-south-1/);
  assert.match(stderr, /--region ap-south-1/);
});

for (
  const [region, line] of [["eu-west-1", " in region: eu-west-1"], [
    "us-east-1",
    " in region: us-east-1",
  ]]
) {
  test(`--bucket-region ${region}`, async (sandbox) => {
    const args = ["create", "my-bucket", "-c", "--bucket-region", region!, "--website"];
    const { code, stderr } = await run(args, { sandbox });
    assert.equal(code, 0, stderr);
    assert.ok(stderr.startsWith(`Created bucket: my-bucket${line}\n`));
    assert.equal(sandbox.account.buckets.get("my-bucket")?.region, region);
  });
}

test("--public lets anyone download, and do nothing else", async (sandbox) => {
  const { code, stderr } = await run(["create", "my-site", "-c", "--public"], { sandbox });
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^Created bucket: my-site\nSet public access block configuration\nAttached bucket policy allowing public access\n/,
  );
  const bucket = sandbox.account.buckets.get("my-site")!;
  assert.equal(bucket.policy, await policyText("my-site", "--public-bucket"));
  assert.equal(bucket.website, undefined);
  const url = `${sandbox.url}/my-site/index.html`;
  const statusOf = async (method: string, body?: string) => {
    const answer = await fetch(url, { method, ...(body !== undefined && { body }) });
    await answer.body?.cancel();
    return answer.status;
  };
  const env = { sandbox, files: {} };
  const { stdout } = await run(["create", "my-site", "--silent"], env);
  assert.ok(stdout);
  assert.equal(await statusOf("PUT", "mine"), 403);
  assert.equal(await statusOf("DELETE"), 403);
  bucket.objects.set("index.html", {
    key: "index.html",
    body: Content.of("hello"),
    etag: '"x"',
    lastModified: new Date(),
    headers: {},
    tags: [],
  });
  assert.equal(await (await fetch(url)).text(), "hello");
  assert.equal(
    (await fetch(`${sandbox.url}/my-site`).then((a) => a.text().then(() => a))).status,
    403,
  );
});

test("--website makes the bucket public and names its pages", async (sandbox) => {
  const { stderr } = await run(["create", "my-site", "-c", "--website"], { sandbox });
  assert.match(
    stderr,
    /Configured website: IndexDocument=index\.html, ErrorDocument=error\.html\n/,
  );
  const bucket = sandbox.account.buckets.get("my-site")!;
  assert.deepEqual(bucket.website, { indexSuffix: "index.html", errorKey: "error.html" });
  assert.ok(bucket.policy);
});

for (const option of ["--public", "--website"]) {
  test(`${option} with an existing bucket is an error before any change`, async (sandbox) => {
    const before = sandbox.snapshot();
    const args = ["create", "new-bucket", "old-bucket", "-c", option];
    const { code, stderr } = await run(args, { sandbox });
    assert.equal(code, 1);
    assert.match(stderr, /^Error: Bucket already exists: old-bucket/);
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

for (
  const [how, args, env] of [
    ["--region", ["--region", "eu-west-1"], {}],
    ["AWS_REGION", [], { AWS_REGION: "eu-west-1" }],
  ] as const
) {
  test(`a new bucket is in the region of ${how}, which is said`, async (sandbox) => {
    const command = ["create", "my-bucket", "-c", ...args];
    const { code, stderr } = await run(command, { sandbox, env });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Created bucket: my-bucket in region: eu-west-1$/m);
    assert.equal(sandbox.account.buckets.get("my-bucket")?.region, "eu-west-1");
  });
}

test("--region stands in the dry run", async (sandbox) => {
  const args = ["create", "my-bucket", "-c", "--region", "eu-west-1", "--dry-run"];
  const { stdout } = await run(args, { sandbox });
  assert.match(stdout, /^Would create bucket: 'my-bucket' with args \{/);
  assert.match(stdout, /"LocationConstraint": "eu-west-1"/);
});

for (
  const [region, happened, next] of [
    [
      "eu-nowhere-9",
      "InvalidLocationConstraint: The specified location-constraint is not valid",
      "Name a region that AWS has and the account has enabled, as --bucket-region or --region",
    ],
    [
      "europe",
      "AuthorizationHeaderMalformed: The authorization header is malformed; the region 'europe' is " +
      "wrong; expecting 'us-east-1'",
      "Check the region and the key id",
    ],
  ]
) {
  test(`--bucket-region ${region}: the error says what to do, and nothing stays`, async (sandbox) => {
    const before = sandbox.snapshot();
    const args = ["create", "new-bucket", "-c", "--bucket-region", region!];
    const { code, stdout, stderr } = await run(args, { sandbox });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.ok(stderr.includes(`Error: Could not create bucket new-bucket: ${happened}\n`), stderr);
    assert.ok(stderr.endsWith(`\n${next}\n`), stderr);
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

test("--bucket-region: warns of a bucket that exists in another region", async (sandbox) => {
  const args = ["create", "old-bucket", "new-bucket", "-c", "--bucket-region", "eu-west-1"];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^Warning: Bucket old-bucket already exists, in region us-east-1, not eu-west-1$/m,
  );
  assert.equal(stderr.match(/already exists/g)?.length, 1);
  const again = await run([
    ...args.slice(0, 2),
    ...args.slice(3, 4),
    "--bucket-region",
    "us-east-1",
  ], {
    sandbox,
  });
  assert.equal(again.code, 0, again.stderr);
  assert.doesNotMatch(again.stderr, /Bucket/);
});

test("missing buckets are named all at once, before any change", async (sandbox) => {
  const before = sandbox.snapshot();
  const args = ["create", "gone-1", "old-bucket", "gone-2"];
  const { code, stdout, stderr } = await run(args, { sandbox });
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.equal(
    stderr,
    "Error: Buckets do not exist: gone-1, gone-2 - try --create-bucket to create them\n",
  );
  assert.deepEqual(sandbox.snapshot(), before);
});

for (const lifetime of [[], ["-d", "15m"]]) {
  const args = ["create", "old-bucket", "-c", ...lifetime];
  test(`a bucket of another account: it is said: ${args.join(" ")}`, async (sandbox) => {
    giveAwayBucket(sandbox);
    const { code, stderr } = await run(args, { sandbox });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Warning: Bucket old-bucket belongs to another account/m);
    const silent = await run([...args, "--silent"], { sandbox });
    assert.equal(silent.stderr, stderr.match(/^Warning: .*\n/m)?.[0]);
    const own = await run(["create", "new-bucket", "-c", ...lifetime], { sandbox });
    assert.doesNotMatch(own.stderr, /another account/);
  });
}

test("a server that does not tell who is calling: nothing is said of owners", async (sandbox) => {
  const error = { status: 501, code: "NotImplemented", message: "No such call" };
  sandbox.fail({ operation: "GetCallerIdentity", times: Infinity, error });
  const { code, stderr } = await run(["create", "old-bucket"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /another account/);
});
