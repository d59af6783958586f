/**
 * `create --dry-run`: sends nothing, and shows the very documents that the real run then puts.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const VARIANTS: Record<string, string[]> = {
  "permanent": ["my-bucket"],
  "read-only": ["my-bucket", "--read-only"],
  "two buckets": ["my-bucket", "other-bucket", "--write-only"],
  "website in a region": ["my-bucket", "--website", "--bucket-region", "eu-west-1"],
  "public": ["my-bucket", "--public", "--prefix", "a/"],
  "no boundary": ["my-bucket", "--user-permissions-boundary", "none"],
  "temporary": ["my-bucket", "--duration", "20m"],
  "temporary, two buckets": ["my-bucket", "other-bucket", "--read-only", "-d", "1h"],
  "custom": [
    "my-bucket",
    "--policy",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::$!BUCKET_NAME!$"}]}',
  ],
};

/** The JSON documents of a text, in their order. */
function documents(text: string): string[] {
  return [...text.matchAll(/^\{\n[\s\S]*?^\}/gm)].map(([json]) => JSON.stringify(JSON.parse(json)));
}

for (const [name, args] of Object.entries(VARIANTS)) {
  Deno.test(`dry run: ${name}: needs neither credentials nor network`, async () => {
    const { code, stdout, stderr } = await run(["create", ...args, "--dry-run"]);
    assert.equal(code, 0);
    assert.equal(
      stderr,
      "Dry run: assumes that nothing exists in the account yet (--plan looks at yours); without " +
        "--create-bucket, a missing bucket is an error\n",
    );
    assert.match(stdout, /^Would create bucket: 'my-bucket'/);
  });

  Deno.test(`dry run: ${name}: sends nothing, changes nothing`, async () => {
    await using sandbox = await startSandbox();
    const before = sandbox.snapshot();
    await run(["create", ...args, "-c", "--dry-run"], { sandbox });
    assert.equal(sandbox.requests.length, 0);
    assert.deepEqual(sandbox.snapshot(), before);
  });

  Deno.test(`dry run: ${name}: the real run puts the documents that were shown`, async () => {
    await using sandbox = await startSandbox();
    const preview = await run(["create", ...args, "--dry-run"]);
    const { code, stderr } = await run(["create", ...args, "-c"], { sandbox });
    assert.equal(code, 0, stderr);
    const users = [...sandbox.account.users.values()].filter((user) => user.userName !== "admin");
    const put = [
      ...[...sandbox.account.buckets.values()].flatMap(({ policy }) => policy ?? []),
      ...users.flatMap((user) => [...user.inlinePolicies.values()]),
      ...[...sandbox.account.sessions.values()].flatMap(({ policy }) => policy ?? []),
    ];
    assert.deepEqual(documents(preview.stdout), put);
    for (const user of users) assert.ok(preview.stdout.includes(`'${user.userName}'`));
  });
}

Deno.test("dry run: a website in a region, word for word", async () => {
  const args = ["create", "b-1", "--website", "--bucket-region", "eu-west-1", "-d", "20m"];
  const { stdout } = await run([...args, "--write-only", "--dry-run"]);
  assert.equal(
    stdout,
    `Would create bucket: 'b-1' with args {
    "CreateBucketConfiguration": {
        "LocationConstraint": "eu-west-1"
    }
}
... then add this public access block configuration:
{"BlockPublicAcls": false, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": false}
... then attach the following bucket policy to it:
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AllowAllGetObject",
            "Effect": "Allow",
            "Principal": "*",
            "Action": [
                "s3:GetObject"
            ],
            "Resource": [
                "arn:aws:s3:::b-1/*"
            ]
        }
    ]
}
... then configure index.html and error.html website settings
Would ensure role: 's3-credentials.AmazonS3FullAccess'
Would assume role using following policy for 1200 seconds:
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "s3:PutObject"
            ],
            "Resource": [
                "arn:aws:s3:::b-1/*"
            ]
        }
    ]
}
`,
  );
});

Deno.test("dry run: --role-arn is named", async () => {
  const arn = "arn:aws:iam::123456789012:role/mine";
  const { stdout } = await run(["create", "b-1", "-d", "15m", "--role-arn", arn, "--dry-run"]);
  assert.match(
    stdout,
    /^Would assume role '.*role\/mine' using following policy for 900 seconds:/m,
  );
  assert.doesNotMatch(stdout, /ensure role/);
});

for (
  const [buckets, shown] of [
    [["b".repeat(63)], `s3.read-write.${"b".repeat(63)}`],
    [
      Array.from({ length: 20 }, (_, n) => `bucket-${n + 10}`),
      "s3.read-write.bucket-10,bucket-11,bucket-12,bucket-13,bucket-14,bucket-15,bucket…",
    ],
  ] as const
) {
  Deno.test(`create: a shortened name is said with its beginning: ${buckets.length} buckets`, async () => {
    const { stderr } = await run(["create", ...buckets, "--dry-run"]);
    const said = /^User name shortened to \S{64}: (.*) is longer than the 64 characters/m;
    assert.equal(said.exec(stderr)?.[1], shown);
  });
}

Deno.test("create: no two policies whose names differ in nothing but their case", async () => {
  const { code, stdout } = await run(["create", "Old_Bucket", "old_bucket", "--dry-run"]);
  assert.equal(code, 0);
  const attached = stdout.match(/^Would attach policy called '[^']+'/gm);
  assert.deepEqual(attached, [
    "Would attach policy called 's3.read-write.Old_Bucket,old_bucket'",
  ]);
  for (const bucket of ["Old_Bucket", "old_bucket"]) {
    assert.ok(stdout.includes(`"arn:aws:s3:::${bucket}/*"`));
  }
});
