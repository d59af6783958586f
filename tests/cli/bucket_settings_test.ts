/** CORS, bucket policy and public access block: read, set, refused. */
import { publicBucketPolicy } from "@s3creds/cli/policy";
import assert from "node:assert/strict";
import { type PublicAccessBlock, type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";

const BUCKET = "my-bucket";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: [BUCKET] });
    await work(sandbox);
  });
}

function bucketOf(sandbox: Sandbox) {
  return sandbox.account.buckets.get(BUCKET)!;
}

const DENIED = { status: 403, code: "AccessDenied", message: "Not for you" };
const RULE = {
  ID: "set-by-s3-credentials",
  AllowedMethods: ["GET"],
  AllowedOrigins: ["*"],
};

const CORS: [options: string[], rule: Record<string, unknown>][] = [
  [[], RULE],
  [["--allowed-method", "PUT"], { ...RULE, AllowedMethods: ["PUT"] }],
  [["-m", "get", "-m", "HEAD"], { ...RULE, AllowedMethods: ["GET", "HEAD"] }],
  [["--allowed-header", "Authorization"], { ...RULE, AllowedHeaders: ["Authorization"] }],
  [["-h", "x-a", "-h", "x-b"], { ...RULE, AllowedHeaders: ["x-a", "x-b"] }],
  [["--allowed-origin", "https://www.example.com"], {
    ...RULE,
    AllowedOrigins: ["https://www.example.com"],
  }],
  [["-o", "https://*.example.com", "-o", "http://localhost:3000"], {
    ...RULE,
    AllowedOrigins: ["https://*.example.com", "http://localhost:3000"],
  }],
  [["--expose-header", "ETag"], { ...RULE, ExposeHeaders: ["ETag"] }],
  [["-e", "ETag", "-e", "x-amz-id-2"], { ...RULE, ExposeHeaders: ["ETag", "x-amz-id-2"] }],
  [["--max-age-seconds", "3000"], { ...RULE, MaxAgeSeconds: 3000 }],
  [["--max-age-seconds", "0"], { ...RULE, MaxAgeSeconds: 0 }],
  [["-m", "PUT", "-m", "DELETE", "-h", "*", "-o", "https://a.example", "-e", "ETag"], {
    ID: RULE.ID,
    AllowedHeaders: ["*"],
    AllowedMethods: ["PUT", "DELETE"],
    AllowedOrigins: ["https://a.example"],
    ExposeHeaders: ["ETag"],
  }],
];

for (const [options, rule] of CORS) {
  test(`set-cors-policy ${options.join(" ")}: is set, and printed by get-cors-policy`, async (sandbox) => {
    const ran = await run(["set-cors-policy", BUCKET, ...options], { sandbox });
    const said = "Updated CORS policy for bucket 'my-bucket'\n";
    assert.deepEqual(ran, { code: 0, stdout: "", stderr: said });
    assert.deepEqual(JSON.parse(JSON.stringify(bucketOf(sandbox).cors)), [rule]);
    const { code, stdout, stderr } = await run(["get-cors-policy", BUCKET], { sandbox });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.deepEqual(JSON.parse(stdout), [rule]);
    assert.equal(stdout, `${JSON.stringify(JSON.parse(stdout), null, 4)}\n`);
  });
}

test("set-cors-policy: sets origins that match no page as they are given, and warns of each", async (sandbox) => {
  const fine = ["*", "https://*", "http*://a.example:8080", "*.example.com", "null", "app://x"];
  const odd: [given: string, meant: string][] = [
    ["https://www.example.com/", "https://www.example.com"],
    ["https://*/", "https://*"],
    ["http://a.example:8080/path", "http://a.example:8080"],
    ["www.example.com", "https://www.example.com"],
    ["/", "https://www.example.com"],
  ];
  const origins = [...fine, ...odd.map(([given]) => given)];
  const options = origins.flatMap((origin) => ["-o", origin]);
  const { code, stderr } = await run(["set-cors-policy", BUCKET, ...options], { sandbox });
  const warnings = odd.map(([given, meant]) =>
    `Warning: --allowed-origin ${given} matches no page: browsers send the scheme and the host ` +
    `without a slash or path, as in ${meant}`
  );
  const said = ["Updated CORS policy for bucket 'my-bucket'", ...warnings, ""].join("\n");
  assert.deepEqual({ code, stderr }, { code: 0, stderr: said });
  assert.deepEqual(bucketOf(sandbox).cors![0]!.AllowedOrigins, origins);
});

test("set-cors-policy: warns that it has replaced the rules of other tools", async (sandbox) => {
  const other = { AllowedMethods: ["GET"], AllowedOrigins: ["https://a.example"] };
  for (
    const [others, words] of [
      [[{ ID: "theirs", ...other }, { ...other }], "2 CORS rules"],
      [[{ ...other }], "a CORS rule"],
    ] as const
  ) {
    bucketOf(sandbox).cors = [...others, { ...RULE }];
    const { code, stderr } = await run(["set-cors-policy", BUCKET], { sandbox });
    assert.equal(code, 0);
    assert.equal(
      stderr,
      "Updated CORS policy for bucket 'my-bucket'\n" +
        `Warning: this replaced ${words} that other tools had set\n`,
    );
  }
  assert.equal(bucketOf(sandbox).cors!.length, 1);
  const { stderr } = await run(["set-cors-policy", BUCKET], { sandbox });
  assert.equal(stderr, "Updated CORS policy for bucket 'my-bucket'\n");
});

test("set-cors-policy: works for a caller who may not read the policy", async (sandbox) => {
  sandbox.fail({ operation: "GetBucketCors", error: DENIED });
  assert.equal((await run(["set-cors-policy", BUCKET], { sandbox })).code, 0);
  assert.equal(bucketOf(sandbox).cors!.length, 1);
});

const POLICY = {
  Version: "2012-10-17",
  Statement: [{
    Sid: "größe",
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::123456789012:root" },
    Action: ["s3:GetObject"],
    Resource: [`arn:aws:s3:::${BUCKET}/*`],
  }],
};
const TEXT = JSON.stringify(POLICY, null, 2);
const OPEN: PublicAccessBlock = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const CLOSED: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

const SOURCES: [argument: string, where: Parameters<typeof run>[1]][] = [
  ["policy.json", { files: { "policy.json": TEXT } }],
  ["with-mark.json", { files: { "with-mark.json": `\ufeff${TEXT}` } }],
  ["-", { stdin: TEXT }],
];

for (const [argument, where] of SOURCES) {
  test(`set-bucket-policy --policy-file ${argument}: is set, and printed by get-bucket-policy`, async (sandbox) => {
    const args = ["set-bucket-policy", BUCKET, "--policy-file", argument];
    const ran = await run(args, { sandbox, ...where });
    const printed = JSON.stringify(POLICY, null, 4);
    assert.deepEqual(ran, { code: 0, stdout: "", stderr: `Policy set:\n${printed}\n` });
    assert.deepEqual(JSON.parse(bucketOf(sandbox).policy!), POLICY);
    const got = await run(["get-bucket-policy", BUCKET], { sandbox });
    assert.deepEqual(got, { code: 0, stdout: `${printed}\n`, stderr: "" });
  });
}

test("set-bucket-policy --allow-all-get: lets anyone read and nobody list", async (sandbox) => {
  bucketOf(sandbox).publicAccessBlock = { ...OPEN };
  await sandboxPut(sandbox, "file.txt");
  const { code, stdout } = await run(["set-bucket-policy", BUCKET, "--allow-all-get"], { sandbox });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "" });
  assert.deepEqual(JSON.parse(bucketOf(sandbox).policy!), publicBucketPolicy(BUCKET));
  assert.equal(await anonymous(sandbox, "file.txt"), 200);
  assert.equal(await anonymous(sandbox, ""), 403);
});

async function sandboxPut(sandbox: Sandbox, key: string): Promise<void> {
  const { S3 } = await import("@aws-sdk/client-s3");
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3({ endpoint, region, credentials, forcePathStyle: true });
  await s3.putObject({ Bucket: BUCKET, Key: key, Body: "text" });
  s3.destroy();
}

async function anonymous(sandbox: Sandbox, key: string): Promise<number> {
  const answer = await fetch(`${sandbox.url}/${BUCKET}/${key}`);
  await answer.body?.cancel();
  return answer.status;
}

for (const where of ["bucket", "account"]) {
  test(`set-bucket-policy --allow-all-get: refused by the ${where}'s block, with a hint`, async (sandbox) => {
    bucketOf(sandbox).publicAccessBlock = where === "bucket" ? { ...CLOSED } : undefined;
    sandbox.account.publicAccessBlock = where === "account" ? { ...CLOSED } : undefined;
    const ran = await run(["set-bucket-policy", BUCKET, "--allow-all-get"], { sandbox });
    assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 1, stdout: "" });
    assert.match(
      ran.stderr,
      /^Error: Could not set the policy of bucket my-bucket: AccessDenied: /,
    );
    const command = "s3-credentials set-public-access-block my-bucket --allow-public-access";
    const hint = where === "bucket"
      ? `To allow public policies:\n  ${command}\n`
      : "That is the public access block of the account: only an administrator can lift it\n";
    assert.equal(ran.stderr.slice(ran.stderr.indexOf("\n") + 1), hint);
    assert.equal(bucketOf(sandbox).policy, undefined);
    if (where === "account") return;
    assert.equal((await run(command.split(" ").slice(1), { sandbox })).code, 0);
    assert.equal(
      (await run(["set-bucket-policy", BUCKET, "--allow-all-get"], { sandbox })).code,
      0,
    );
  });
}

test("set-bucket-policy: quotes S3 if it rejects the policy", async (sandbox) => {
  const files = { p: TEXT.replaceAll(BUCKET, "other-bucket") };
  const args = ["set-bucket-policy", BUCKET, "--policy-file", "p"];
  const { code, stderr } = await run(args, { sandbox, files });
  assert.equal(code, 1);
  assert.match(stderr, /MalformedPolicy: Policy has invalid resource/);
});

const SETTINGS: [option: string, field: keyof PublicAccessBlock][] = [
  ["--block-public-acls", "BlockPublicAcls"],
  ["--ignore-public-acls", "IgnorePublicAcls"],
  ["--block-public-policy", "BlockPublicPolicy"],
  ["--restrict-public-buckets", "RestrictPublicBuckets"],
];

for (const [option, field] of SETTINGS) {
  for (const setting of [true, false]) {
    for (const before of [OPEN, CLOSED, undefined]) {
      const was = before === undefined ? "nothing" : `all ${before.BlockPublicAcls}`;
      test(`set-public-access-block ${option} ${setting} where ${was} was set`, async (sandbox) => {
        bucketOf(sandbox).publicAccessBlock = before && { ...before };
        const args = ["set-public-access-block", BUCKET, option, `${setting}`];
        const ran = await run(args, { sandbox });
        const now = { ...OPEN, ...before, [field]: setting };
        assert.deepEqual(bucketOf(sandbox).publicAccessBlock, now);
        assert.deepEqual(ran, {
          code: 0,
          stdout: "",
          stderr: `Updated public access block settings for bucket 'my-bucket': ${
            JSON.stringify(now)
          }\n`,
        });
        const got = await run(["get-public-access-block", BUCKET], { sandbox });
        assert.deepEqual(got, {
          code: 0,
          stdout: `${JSON.stringify(now, null, 4)}\n`,
          stderr: "",
        });
      });
    }
  }
}

test("set-public-access-block: changes several settings in one call", async (sandbox) => {
  const args = ["--block-public-acls", "false", "--restrict-public-buckets", "false"];
  await run(["set-public-access-block", BUCKET, ...args], { sandbox });
  assert.deepEqual(bucketOf(sandbox).publicAccessBlock, {
    ...CLOSED,
    BlockPublicAcls: false,
    RestrictPublicBuckets: false,
  });
  assert.deepEqual(sandbox.requests.map(({ operation }) => operation), [
    "GetPublicAccessBlock",
    "PutPublicAccessBlock",
  ]);
});

test("set-public-access-block --allow-public-access: sets all four to false in one request", async (sandbox) => {
  const args = ["set-public-access-block", BUCKET, "--allow-public-access"];
  assert.equal((await run(args, { sandbox })).code, 0);
  assert.deepEqual(bucketOf(sandbox).publicAccessBlock, OPEN);
  assert.deepEqual(sandbox.requests.map(({ operation }) => operation), ["PutPublicAccessBlock"]);
});

test("set-public-access-block: accepts every spelling of true and false", async (sandbox) => {
  const spellings: [string[], boolean][] = [
    [["true", "True", "TRUE", "t", "yes", "y", "Y", "on", "1"], true],
    [["false", "False", "FALSE", "f", "no", "n", "off", "OFF", "0"], false],
  ];
  for (const [words, meaning] of spellings) {
    for (const word of words) {
      bucketOf(sandbox).publicAccessBlock = { ...CLOSED, BlockPublicAcls: !meaning };
      await run(["set-public-access-block", BUCKET, "--block-public-acls", word], { sandbox });
      assert.equal(bucketOf(sandbox).publicAccessBlock?.BlockPublicAcls, meaning, word);
    }
  }
});

test("set-public-access-block: changes nothing if the present settings can't be read", async (sandbox) => {
  sandbox.fail({ operation: "GetPublicAccessBlock", error: DENIED });
  const args = ["set-public-access-block", BUCKET, "--block-public-acls", "false"];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Could not read the public access block of bucket my-bucket/);
  assert.deepEqual(bucketOf(sandbox).publicAccessBlock, CLOSED);
});

const UNSET: Record<string, string> = {
  "get-cors-policy": "CORS policy",
  "get-bucket-policy": "bucket policy",
  "get-public-access-block": "public access block",
};

for (const [command, what] of Object.entries(UNSET)) {
  test(`${command}: fails for a bucket without one`, async (sandbox) => {
    bucketOf(sandbox).publicAccessBlock = undefined;
    assert.deepEqual(await run([command, BUCKET], { sandbox }), {
      code: 1,
      stdout: "",
      stderr: `Error: Bucket my-bucket has no ${what}\n`,
    });
  });
}

const COMMANDS: string[][] = [
  ...Object.keys(UNSET).map((command) => [command]),
  ["set-cors-policy"],
  ["set-bucket-policy", "--allow-all-get"],
  ["set-public-access-block", "--block-public-acls", "true"],
  ["set-public-access-block", "--allow-public-access"],
  ["debug-bucket"],
];

for (const [command = "", ...options] of COMMANDS) {
  test(`${[command, ...options].join(" ")}: fails for a missing bucket`, async (sandbox) => {
    const before = sandbox.snapshot();
    const ran = await run([command, "no-such-bucket", ...options], { sandbox });
    assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 1, stdout: "" });
    assert.match(ran.stderr, /^Error: Bucket does not exist: no-such-bucket\nTo see the buckets/);
    assert.deepEqual(sandbox.snapshot(), before);
  });

  test(`${[command, ...options].join(" ")}: fails if it is not allowed`, async (sandbox) => {
    const before = sandbox.snapshot();
    sandbox.fail({ operation: "*", times: Infinity, error: DENIED });
    const ran = await run([command, BUCKET, ...options], { sandbox });
    assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 1, stdout: "" });
    assert.match(ran.stderr, /^Error: .*my-bucket: AccessDenied: Not for you\n/);
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

test("settings: work for a bucket in another region than the connection's", async (sandbox) => {
  bucketOf(sandbox).region = "eu-west-1";
  assert.equal((await run(["set-cors-policy", BUCKET], { sandbox })).code, 0);
  const { code, stdout } = await run(["get-cors-policy", BUCKET], { sandbox });
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), [RULE]);
});

Deno.test("bucket policy: that of another account's bucket is only for that account", async () => {
  await using sandbox = await startSandbox({ accounts: { "444455556666": { buckets: [BUCKET] } } });
  const everything = publicBucketPolicy(BUCKET);
  Object.assign(everything.Statement[0]!, {
    Principal: { AWS: sandbox.account.id },
    Action: "s3:*",
    Resource: `arn:aws:s3:::${BUCKET}`,
  });
  const policy = bucketOf(sandbox).policy = JSON.stringify(everything);
  for (
    const [args, action] of [
      [["get-bucket-policy", BUCKET], "read"],
      [["set-bucket-policy", BUCKET, "--policy-file", "-"], "set"],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(args, { sandbox, stdin: policy });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.ok(
      stderr.startsWith(
        `Error: Could not ${action} the policy of bucket my-bucket: only the account that owns the ` +
          "bucket can read and change its policy (MethodNotAllowed)\nUse credentials of that account.",
      ),
      stderr,
    );
  }
  assert.equal(bucketOf(sandbox).policy, policy);
});
