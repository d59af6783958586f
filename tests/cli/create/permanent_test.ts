/**
 * `create` for credentials that never expire: what it prints, and what the account holds afterwards.
 */
import assert from "node:assert/strict";
import type { Sandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";
import { policyText, testsOf } from "./support.ts";

const FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ_ONLY_ACCESS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

const test = testsOf("create");

function operations(sandbox: Sandbox): string[] {
  return sandbox.requests.map(({ operation }) => operation ?? "?");
}

test("a new bucket and a key", async (sandbox) => {
  const { code, stdout, stderr } = await run(["create", "my-bucket", "-c"], { sandbox });
  assert.equal(code, 0);
  const name = "s3.read-write.my-bucket";
  assert.deepEqual(stderr.split("\n"), [
    "Created bucket: my-bucket",
    `Created user: ${name} with permissions boundary: ${FULL_ACCESS}`,
    `Attached policy ${name} to user ${name}`,
    `Created access key for user: ${name}`,
    "",
  ]);
  const printed = JSON.parse(stdout);
  assert.equal(stdout, `${JSON.stringify(printed, null, 4)}\n`);
  assert.deepEqual(
    Object.keys(printed),
    ["UserName", "AccessKeyId", "Status", "SecretAccessKey", "CreateDate"],
  );
  assert.match(printed.CreateDate, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00$/);
  const user = sandbox.account.users.get(name)!;
  assert.equal(user.permissionsBoundary, FULL_ACCESS);
  assert.deepEqual([...user.inlinePolicies], [[name, await policyText("my-bucket")]]);
  const key = user.accessKeys.get(printed.AccessKeyId);
  assert.equal(key?.secretAccessKey, printed.SecretAccessKey);
  assert.equal(printed.UserName, name);
});

const GRANTS: Record<string, { options: string[]; name: string; boundary: string | undefined }> = {
  "read-only": {
    options: ["--read-only"],
    name: "s3.read-only.old-bucket",
    boundary: READ_ONLY_ACCESS,
  },
  "write-only": {
    options: ["--write-only"],
    name: "s3.write-only.old-bucket",
    boundary: FULL_ACCESS,
  },
  "a prefix": {
    options: ["--prefix", "a/"],
    name: "s3.read-write.old-bucket",
    boundary: FULL_ACCESS,
  },
  "a statement": {
    options: ["--statement", '{"Effect":"Allow","Action":"textract:*","Resource":"*"}'],
    name: "s3.custom.old-bucket",
    boundary: undefined,
  },
};

for (const [title, { options, name, boundary }] of Object.entries(GRANTS)) {
  test(`an existing bucket with ${title}`, async (sandbox) => {
    const { code, stderr } = await run(["create", "old-bucket", ...options], { sandbox });
    assert.equal(code, 0, stderr);
    const user = sandbox.account.users.get(name)!;
    assert.equal(user.permissionsBoundary, boundary);
    assert.equal(user.inlinePolicies.get(name), await policyText("old-bucket", ...options));
  });
}

for (const [asked, boundary] of [["none", undefined], [READ_ONLY_ACCESS, READ_ONLY_ACCESS]]) {
  test(`--user-permissions-boundary ${asked}`, async (sandbox) => {
    const { stderr } = await run(
      ["create", "old-bucket", "--user-permissions-boundary", asked!],
      { sandbox },
    );
    const user = sandbox.account.users.get("s3.read-write.old-bucket")!;
    assert.equal(user.permissionsBoundary, boundary);
    assert.equal(stderr.includes("with permissions boundary"), boundary !== undefined);
  });
}

const TEMPLATE = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Action: ["s3:GetObject*", "s3:ListBucket"],
    Resource: ["arn:aws:s3:::$!BUCKET_NAME!$", "arn:aws:s3:::$!BUCKET_NAME!$/*"],
  }],
});

const POLICY_SOURCES: Record<string, { argument: string; more: Parameters<typeof run>[1] }> = {
  "a JSON string": { argument: TEMPLATE, more: {} },
  "a file": { argument: "custom.json", more: { files: { "custom.json": TEMPLATE } } },
  "a file of Windows' editor": {
    argument: "custom.json",
    more: { files: { "custom.json": `\ufeff${TEMPLATE}` } },
  },
  "standard input": { argument: "-", more: { stdin: TEMPLATE } },
};

for (const [source, { argument, more }] of Object.entries(POLICY_SOURCES)) {
  test(`--policy from ${source}, for two buckets`, async (sandbox) => {
    const args = ["create", "old-bucket", "new-bucket", "-c", "--policy", argument];
    const { code, stderr } = await run(args, { sandbox, ...more });
    assert.equal(code, 0, stderr);
    const user = sandbox.account.users.get("s3.custom.old-bucket,new-bucket")!;
    assert.equal(user.permissionsBoundary, undefined);
    assert.deepEqual([...user.inlinePolicies], [
      ["s3.custom.old-bucket", TEMPLATE.replaceAll("$!BUCKET_NAME!$", "old-bucket")],
      ["s3.custom.new-bucket", TEMPLATE.replaceAll("$!BUCKET_NAME!$", "new-bucket")],
    ]);
  });
}

test("--username names the user", async (sandbox) => {
  await run(["create", "old-bucket", "--username", "backup@example.com"], { sandbox });
  assert.ok(sandbox.account.users.has("backup@example.com"));
});

test("several buckets get a policy each", async (sandbox) => {
  const { stderr } = await run(["create", "old-bucket", "new-bucket", "-c"], { sandbox });
  const name = "s3.read-write.old-bucket,new-bucket";
  const user = sandbox.account.users.get(name)!;
  assert.deepEqual([...user.inlinePolicies.keys()], [
    "s3.read-write.old-bucket",
    "s3.read-write.new-bucket",
  ]);
  assert.match(stderr, /^Created bucket: new-bucket\nCreated user: /);
});

test("a bucket that is named twice counts once", async (sandbox) => {
  const { code } = await run(["create", "old-bucket", "old-bucket"], { sandbox });
  assert.equal(code, 0);
  assert.ok(sandbox.account.users.has("s3.read-write.old-bucket"));
});

test("many buckets share one policy where only that fits", async (sandbox) => {
  const names = Array.from({ length: 8 }, (_, n) => `a-bucket-with-a-long-name-${n}`);
  const { code, stderr } = await run(["create", ...names, "-c"], { sandbox });
  assert.equal(code, 0, stderr);
  const user = [...sandbox.account.users.values()].find((user) => user.userName !== "admin")!;
  assert.equal(user.inlinePolicies.size, 1);
  const [text] = user.inlinePolicies.values();
  assert.ok(text!.length <= 2048);
  for (const name of names) assert.ok(text!.includes(`"arn:aws:s3:::${name}/*"`));
  assert.ok(user.userName.length <= 64);
  assert.match(stderr, /^User name shortened to s3\.read-write\.a-bucket/);
});

test("a shortened name is the same every time", async (sandbox) => {
  const args = ["create", "a".repeat(60), "b".repeat(60), "-c"];
  await run(args, { sandbox });
  const { code } = await run(args, { sandbox });
  assert.equal(code, 0);
  assert.equal(sandbox.account.users.size, 2);
});

test("all is looked at before the first change", async (sandbox) => {
  await run(["create", "old-bucket", "new-bucket", "-c", "--website"], { sandbox });
  await run(["create", "new-one", "new-two", "-c"], { sandbox });
  const seen = operations(sandbox).slice(-10);
  assert.deepEqual(
    seen.slice(0, 4).sort(),
    ["GetCallerIdentity", "GetUser", "HeadBucket", "HeadBucket"],
  );
  assert.deepEqual(seen.slice(4).sort(), [
    "CreateAccessKey",
    "CreateBucket",
    "CreateBucket",
    "CreateUser",
    "PutUserPolicy",
    "PutUserPolicy",
  ]);
  assert.equal(seen.at(-1), "CreateAccessKey");
});

const FORMATS: Record<string, RegExp> = {
  json: /^\{\n {4}"UserName"/,
  ini: /^\[default\]\naws_access_key_id=AKIA\w+\naws_secret_access_key=\S+\n$/,
  env:
    /^export AWS_ACCESS_KEY_ID=AKIA\w+\nexport AWS_SECRET_ACCESS_KEY=\S+\nunset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN AWS_CREDENTIAL_EXPIRATION\n$/,
  "env-no-export": /^AWS_ACCESS_KEY_ID=AKIA\w+\nAWS_SECRET_ACCESS_KEY=\S+\n$/,
  powershell:
    /^\$Env:AWS_ACCESS_KEY_ID="AKIA\w+"\n\$Env:AWS_SECRET_ACCESS_KEY="\S+"\nRemove-Item Env:AWS_SESSION_TOKEN, Env:AWS_PROFILE, Env:AWS_DEFAULT_PROFILE, Env:AWS_SECURITY_TOKEN, Env:AWS_CREDENTIAL_EXPIRATION -ErrorAction Ignore\n$/,
  fish:
    /^set -gx AWS_ACCESS_KEY_ID AKIA\w+\nset -gx AWS_SECRET_ACCESS_KEY \S+\nset -e AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN AWS_CREDENTIAL_EXPIRATION\n$/,
  process:
    /^\{\n {4}"Version": 1,\n {4}"AccessKeyId": "AKIA\w+",\n {4}"SecretAccessKey": "\S+"\n\}\n$/,
};

for (const [format, form] of Object.entries(FORMATS)) {
  test(`--format ${format}`, async (sandbox) => {
    const { stdout } = await run(["create", "old-bucket", "--format", format], { sandbox });
    assert.match(stdout, form);
  });
}

test("--profile-name names the INI section", async (sandbox) => {
  const args = ["create", "old-bucket", "-f", "ini", "--profile-name", "uploads"];
  assert.match((await run(args, { sandbox })).stdout, /^\[uploads\]\n/);
});

test("a caller who may create but not look at policies or keys can still do so", async (sandbox) => {
  await run(["create", "old-bucket"], { sandbox });
  const operations = [
    "ListAccessKeys",
    "ListUserPolicies",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
  ];
  for (const operation of operations) {
    sandbox.fail({
      operation,
      error: { status: 403, code: "AccessDenied", message: "Not for you" },
    });
  }
  const { code, stderr } = await run(["create", "old-bucket"], { sandbox });
  assert.equal(code, 0, stderr);
});

for (const [status, code] of [[501, "NotImplemented"], [400, "InvalidAction"]] as const) {
  test(`another maker's server without groups and managed policies, ${code}: no matter`, async (sandbox) => {
    await run(["create", "old-bucket"], { sandbox });
    for (const operation of ["ListAttachedUserPolicies", "ListGroupsForUser"]) {
      sandbox.fail({
        operation,
        error: { status, code, message: "No such call" },
        times: Infinity,
      });
    }
    const { code: ended, stderr } = await run(["create", "old-bucket"], { sandbox });
    assert.equal(ended, 0, stderr);
  });
}

test("a caller without the permission learns which one is missing", async (sandbox) => {
  const { stdout } = await run(["create", "old-bucket", "--read-only"], { sandbox });
  const { code, stderr } = await run(["create", "old-bucket", "--auth", "key"], {
    sandbox,
    files: { key: stdout },
  });
  assert.equal(code, 1);
  assert.match(stderr, /allow iam:GetUser/);
});

test("--silent prints the credentials only", async (sandbox) => {
  const { stdout, stderr } = await run(["create", "my-bucket", "-c", "--silent"], { sandbox });
  assert.equal(stderr, "");
  assert.ok(JSON.parse(stdout).SecretAccessKey);
});
