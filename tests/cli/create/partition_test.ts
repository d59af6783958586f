/** Accounts of AWS China and GovCloud: every ARN is of their partition. */
import assert from "node:assert/strict";
import { bucketsPolicy, publicBucketPolicy } from "@s3creds/cli/policy";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { run, sandboxEnv } from "../../support/run.ts";

const REGIONS: Record<string, string> = { "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov" };

/** All that the account holds, and what was said of it. */
function textOf(sandbox: Sandbox, ...ran: { stdout: string; stderr: string }[]): string {
  return JSON.stringify([sandbox.snapshot(), ...ran.map(({ stdout, stderr }) => stdout + stderr)]);
}

for (const [region, partition] of Object.entries(REGIONS)) {
  const test = (name: string, work: (sandbox: Sandbox) => Promise<void>) =>
    Deno.test(`${partition}: ${name}`, async () => {
      await using sandbox = await startSandbox({ region, buckets: ["papers"] });
      await work(sandbox);
    });

  for (
    const args of [
      ["papers"],
      ["papers", "--read-only"],
      ["papers", "new-one", "-c", "--write-only", "--prefix", "in/"],
      ["site", "-c", "--website"],
      ["papers", "--duration", "15m"],
      ["papers", "--duration", "15m", "--read-only", "--prefix", "a/"],
    ]
  ) {
    test(`create ${args.join(" ")}`, async (sandbox) => {
      const { code, stdout, stderr } = await run(["create", ...args, "--wait"], { sandbox });
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(textOf(sandbox, { stdout, stderr }), /arn:aws:/);
      const shown = await run(["create", ...args, "--dry-run", "--region", region]);
      assert.equal(shown.code, 0, shown.stderr);
      assert.doesNotMatch(shown.stdout, /arn:aws:/);
      assert.match(shown.stdout, new RegExp(`arn:${partition}:s3:::`));
    });
  }

  for (
    const options of [
      ["-d", "15m", "--role-arn", "arn:aws:iam::123456789012:role/reader"],
      ["--user-permissions-boundary", "arn:aws:iam::aws:policy/AmazonS3FullAccess"],
    ]
  ) {
    test(`create ${options.join(" ")}: an ARN of another partition is wrong usage`, async (sandbox) => {
      const before = sandbox.snapshot();
      const { code, stderr } = await run(["create", "papers", ...options], { sandbox });
      assert.equal(code, 2);
      assert.match(
        stderr,
        new RegExp(
          `Error: Invalid ARN "arn:aws:iam:.*": the account is in partition ${partition}, not aws\n`,
        ),
      );
      assert.deepEqual(sandbox.snapshot(), before);
      const env = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
      // Amazon's own endpoints, which a test may not call.
      const early = await run(["create", "papers", ...options, "--region", region], { env });
      assert.deepEqual([early.code, early.stderr], [2, stderr]);
    });
  }

  test("the caller's ARN counts for more than the region", async (sandbox) => {
    const env = { ...sandboxEnv(sandbox), AWS_REGION: "us-east-1" };
    const { code, stderr } = await run(["create", "papers", "--plan", "--region", "eu-west-1"], {
      env,
    });
    assert.equal(code, 0, stderr);
    const { stdout } = await run(["create", "papers", "--plan"], { env });
    assert.match(
      stdout,
      new RegExp(`boundary: 'arn:${partition}:iam::aws:policy/AmazonS3FullAccess'`),
    );
    assert.doesNotMatch(stdout, /arn:aws:/);
  });

  test("all other commands", async (sandbox) => {
    const lines = [
      ["whoami"],
      ["create", "papers", "--username", "ida", "--silent"],
      ["list-users"],
      ["list-user-policies"],
      ["create", "papers", "-d", "15m", "--silent"],
      ["list-roles", "--details"],
      ["list-buckets", "--details"],
      ["set-public-access-block", "papers", "--allow-public-access"],
      ["set-bucket-policy", "papers", "--allow-all-get"],
      ["get-bucket-policy", "papers"],
      ["debug-bucket", "papers"],
      ["set-cors-policy", "papers"],
      ["put-object", "papers", "a", "deno.json"],
      ["list-bucket", "papers"],
      ["get-object", "papers", "a", "-o", "-"],
      ["delete-objects", "papers", "a"],
      ["can", "papers"],
      ["can", "papers", "--user", "ida"],
      ["delete-user", "ida"],
    ];
    for (const line of lines) {
      const ran = await run(line, { sandbox });
      assert.equal(ran.code, 0, `${line.join(" ")}: ${ran.stderr}`);
      assert.doesNotMatch(ran.stdout + ran.stderr, /arn:aws:/, line.join(" "));
    }
  });
}

Deno.test("policy --partition: names it in every ARN, and refuses one that is none", async () => {
  for (const more of [[], ["--read-only", "--prefix", "a/"], ["--public-bucket"]]) {
    const { code, stdout } = await run(["policy", "my-bucket", "--partition", "aws-cn", ...more]);
    assert.equal(code, 0);
    assert.match(stdout, /"arn:aws-cn:s3:::my-bucket/);
    assert.doesNotMatch(stdout, /arn:aws:/);
  }
  const { code, stderr } = await run(["policy", "my-bucket", "--partition", "china"]);
  assert.equal(code, 2);
  assert.match(stderr, /Invalid partition "china": expected one of aws, aws-cn, aws-eusc, /);
});

const NO_BUCKETS: Record<string, RegExp> = {
  "logs--use1-az5--x-s3": /a directory bucket, .*s3express:CreateSession/,
  "x-s3alias": /the alias of an access point, .*s3:DataAccessPointArn/,
  "x--ol-s3": /the alias of an Object Lambda access point/,
  "abc.mrap": /a multi-region access point/,
  "x--table-s3": /a table bucket/,
};
for (const [name, reason] of Object.entries(NO_BUCKETS)) {
  Deno.test(`${name}: policy and create refuse it before anything is sent`, async () => {
    await using sandbox = await startSandbox({ buckets: [name] });
    for (
      const line of [["policy"], ["policy", "--public-bucket"], ["create"], ["create", "-d", "15m"]]
    ) {
      const [command, ...flags] = line;
      const { code, stdout, stderr } = await run([command!, name, ...flags], { sandbox });
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      assert.match(stderr, reason);
    }
    assert.deepEqual(sandbox.requests, []);
    assert.throws(() => bucketsPolicy([name]), RangeError);
    assert.throws(() => publicBucketPolicy(name), RangeError);
  });
}

Deno.test("create --public under the account's public access block: says that it is the account's", async () => {
  await using sandbox = await startSandbox();
  sandbox.account.publicAccessBlock = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  };
  const before = sandbox.snapshot();
  const { code, stderr } = await run(["create", "my-bucket", "-c", "--public"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /^The public access block of the account, or of its organization/m);
  assert.doesNotMatch(stderr, /allow s3:PutBucketPolicy/);
  assert.deepEqual(sandbox.snapshot(), before);
});
