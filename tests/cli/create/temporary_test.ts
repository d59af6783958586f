/**
 * `create --duration`: what it prints, what the account holds afterwards, and who can't have it.
 */
import assert from "node:assert/strict";
import { createAccessKey } from "../../../lib/sandbox/seed.ts";
import type { Sandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";
import { policyText, testsOf } from "./support.ts";

const ROLE = "s3-credentials.AmazonS3FullAccess";
const ROLE_ARN = `arn:aws:iam::123456789012:role/${ROLE}`;
const FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess";

const test = testsOf("create --duration");

function onlySession(sandbox: Sandbox) {
  assert.equal(sandbox.account.sessions.size, 1);
  return [...sandbox.account.sessions.values()][0]!;
}

test("makes the role once, and no user", async (sandbox) => {
  const args = ["create", "old-bucket", "--duration", "20m"];
  const { code, stdout, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.deepEqual(stderr.split("\n"), [
    `Created role: ${ROLE}`,
    `Attached policy ${FULL_ACCESS} to role ${ROLE}`,
    `Assume role against ${ROLE_ARN} for 1200s`,
    "",
  ]);
  const printed = JSON.parse(stdout);
  assert.deepEqual(
    Object.keys(printed),
    ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"],
  );
  assert.match(printed.AccessKeyId, /^ASIA/);
  const { issueDate } = sandbox.account.sessions.get(printed.AccessKeyId)!;
  // AWS tells no fractions of a second.
  const lifetime = Date.parse(printed.Expiration) - issueDate.getTime();
  assert.equal(Math.ceil(lifetime / 1000), 1200);
  const role = sandbox.account.roles.get(ROLE)!;
  assert.equal(role.maxSessionDuration, 43_200);
  assert.deepEqual([...role.attachedPolicies], [FULL_ACCESS]);
  assert.deepEqual(JSON.parse(role.assumeRolePolicyDocument).Statement, [{
    Effect: "Allow",
    Principal: { AWS: "arn:aws:iam::123456789012:root" },
    Action: "sts:AssumeRole",
  }]);
  assert.equal(sandbox.account.users.size, 1);

  const again = await run(args, { sandbox });
  assert.equal(again.stderr, `Assume role against ${ROLE_ARN} for 1200s\n`);
});

const GRANTS: Record<string, string[]> = {
  "read-write": [],
  "read-only": ["--read-only"],
  "write-only with a prefix": ["--write-only", "--prefix", "a/"],
  "a statement": ["--statement", '{"Effect":"Allow","Action":"textract:*","Resource":"*"}'],
};

for (const [name, options] of Object.entries(GRANTS)) {
  test(`the session has the policy that policy prints: ${name}`, async (sandbox) => {
    const buckets = ["old-bucket", "new-bucket"];
    const { code, stderr } = await run(["create", ...buckets, "-c", "-d", "1h", ...options], {
      sandbox,
    });
    assert.equal(code, 0, stderr);
    assert.equal(onlySession(sandbox).policy, await policyText(...buckets, ...options));
  });
}

test("a statement beyond S3 is pointed out: the role has no such right", async (sandbox) => {
  const statement = '{"Effect":"Allow","Action":"textract:*","Resource":"*"}';
  const args = ["create", "old-bucket", "-d", "1h", "--statement", statement];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 0);
  assert.match(stderr, /^Warning: textract:\* will have no effect/);
});

test("a managed policy that does not exist ends the run at once", async (sandbox) => {
  sandbox.account.policies.delete(FULL_ACCESS);
  const before = sandbox.snapshot();
  const { code, stderr } = await run(["create", "old-bucket", "-d", "1h"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /Could not attach arn:aws:iam::aws:policy\/AmazonS3FullAccess to role/);
  const calls = sandbox.requests.filter(({ operation }) => operation === "AttachRolePolicy");
  assert.equal(calls.length, 1);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("an action that a server does not know is omitted", async (sandbox) => {
  await run(["create", "old-bucket", "-d", "15m"], { sandbox });
  sandbox.account.sessions.clear();
  for (const action of ["s3:GetObjectAcl", "s3:GetObjectLegalHold"]) {
    sandbox.fail({
      operation: "AssumeRole",
      error: {
        status: 400,
        code: "InvalidParameterValue",
        message: `unsupported action '${action}'`,
      },
      occurrence: action.endsWith("Acl") ? 1 : 2,
    });
  }
  const { code, stderr } = await run(["create", "old-bucket", "--read-only", "-d", "15m"], {
    sandbox,
  });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /Omitted from the policy, since this server does not know it: s3:GetObjectAcl/,
  );
  const { policy } = onlySession(sandbox);
  assert.doesNotMatch(policy!, /GetObjectAcl|GetObjectLegalHold/);
  assert.match(policy!, /s3:GetObjectTagging/);
});

test("a denied action is never omitted", async (sandbox) => {
  sandbox.fail({
    operation: "AssumeRole",
    times: Infinity,
    error: {
      status: 400,
      code: "InvalidParameterValue",
      message: "unsupported action 's3:BypassGovernanceRetention'",
    },
  });
  const statement = '{"Effect":"Deny","Action":"s3:BypassGovernanceRetention","Resource":"*"}';
  const args = ["create", "old-bucket", "-d", "15m", "--statement", statement];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /unsupported action/);
  assert.equal(sandbox.account.sessions.size, 0);
});

test("--policy counts for each of several buckets", async (sandbox) => {
  const policy = {
    Version: "2012-10-17",
    Statement: [{
      Sid: "Read",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::$!BUCKET_NAME!$/*",
    }],
  };
  const args = ["create", "old-bucket", "new-bucket", "-c", "-d", "1h", "--policy"];
  const { code, stderr } = await run([...args, JSON.stringify(policy)], { sandbox });
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(onlySession(sandbox).policy!).Statement, [{
    ...policy.Statement[0],
    Resource: ["arn:aws:s3:::old-bucket/*", "arn:aws:s3:::new-bucket/*"],
  }]);
});

test("statements are joined where only that fits", async (sandbox) => {
  const buckets = Array.from({ length: 8 }, (_, n) => `a-bucket-with-a-long-name-${n}`);
  const { code, stderr } = await run(["create", ...buckets, "-c", "-d", "1h"], { sandbox });
  assert.equal(code, 0, stderr);
  const { policy, sessionName } = onlySession(sandbox);
  assert.ok(policy!.length <= 2048);
  for (const bucket of buckets) assert.ok(policy!.includes(`arn:aws:s3:::${bucket}/*`));
  assert.ok(sessionName.length <= 64);
});

test("the session name tells what it is for", async (sandbox) => {
  await run(["create", "old-bucket", "--read-only", "-d", "1h"], { sandbox });
  assert.equal(onlySession(sandbox).sessionName, "s3.read-only.old-bucket");
});

test("--role-arn makes no IAM call", async (sandbox) => {
  await run(["create", "old-bucket", "-d", "15m"], { sandbox });
  const soFar = sandbox.requests.length;
  const args = ["create", "old-bucket", "-d", "15m", "--role-arn", ROLE_ARN];
  const { code, stdout, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(JSON.parse(stdout).AccessKeyId, /^ASIA/);
  const seen = sandbox.requests.slice(soFar).map(({ operation }) => operation);
  // The second HeadBucket asks for the owner.
  const expected = [
    ...["AssumeRole", "GetBucketEncryption", "GetCallerIdentity", "HeadBucket", "HeadBucket"],
  ];
  assert.deepEqual(seen.sort(), expected);
});

test("an existing role without its policy gets it", async (sandbox) => {
  await run(["create", "old-bucket", "-d", "15m"], { sandbox });
  const role = sandbox.account.roles.get(ROLE)!;
  role.attachedPolicies.clear();
  const { code, stderr } = await run(["create", "old-bucket", "-d", "15m"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.deepEqual([...role.attachedPolicies], [FULL_ACCESS]);
});

test("an existing role with shorter sessions: the error says how to raise them", async (sandbox) => {
  await run(["create", "old-bucket", "-d", "15m"], { sandbox });
  sandbox.account.roles.get(ROLE)!.maxSessionDuration = 3600;
  const before = sandbox.snapshot();
  const args = ["create", "old-bucket", "new-bucket", "-c", "-d", "2h"];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /allows sessions of 3600 seconds, not of 7200$/m);
  assert.match(stderr, /aws iam update-role --role-name \S+ --max-session-duration 43200/);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("root is told why it can't, before any change", async (sandbox) => {
  const root = createAccessKey();
  sandbox.account.rootKey = root;
  const before = sandbox.snapshot();
  const { code, stderr } = await run(["create", "new-bucket", "-c", "-d", "15m"], {
    sandbox,
    env: { AWS_ACCESS_KEY_ID: root.accessKeyId, AWS_SECRET_ACCESS_KEY: root.secretAccessKey },
  });
  assert.equal(code, 1);
  assert.match(stderr, /AWS lets root assume no role/);
  assert.deepEqual(sandbox.snapshot(), before);
});

/** The keys of a session of a role that may do everything. */
async function chainedKeys(sandbox: Sandbox): Promise<string> {
  await run(["create", "old-bucket", "-d", "15m"], { sandbox });
  sandbox.account.roles.get(ROLE)!.attachedPolicies.add(
    "arn:aws:iam::aws:policy/AdministratorAccess",
  );
  const statement = '{"Effect":"Allow","Action":"*","Resource":"*"}';
  const args = ["create", "old-bucket", "-d", "15m", "--statement", statement];
  return (await run(args, { sandbox })).stdout;
}

test("from a role, over an hour: the error explains", async (sandbox) => {
  const files = { auth: await chainedKeys(sandbox) };
  const before = sandbox.snapshot();
  const args = ["create", "new-bucket", "-c", "-d", "2h", "--auth", "auth"];
  const { code, stderr } = await run(args, { sandbox, files });
  assert.equal(code, 1);
  assert.match(stderr, /AWS allows one hour where the caller is in a role itself/);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("--role-arn of a role that doesn't exist: the error says to check it, and what AWS would have to allow", async (sandbox) => {
  const args = ["create", "old-bucket", "-d", "15m", "--role-arn", `${ROLE_ARN}-mistyped`];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Could not assume role \S+-mistyped: AccessDenied: /m);
  assert.match(
    stderr,
    /^Check that the role exists, and that its trust policy lets you assume it$/m,
  );
  assert.match(stderr, /^Ask an administrator of the account to allow sts:AssumeRole/m);
});

test("from a role, over an hour, with --role-arn: AWS's refusal is explained", async (sandbox) => {
  const files = { auth: await chainedKeys(sandbox) };
  const args = ["create", "old-bucket", "-d", "2h", "--role-arn", ROLE_ARN, "--auth", "auth"];
  const { code, stderr } = await run(args, { sandbox, files });
  assert.equal(code, 1);
  assert.match(stderr, /Choose a --duration of one hour or less/);
});

test("from a role, an hour is fine", async (sandbox) => {
  const files = { auth: await chainedKeys(sandbox) };
  const args = ["create", "old-bucket", "-d", "1h", "--auth", "auth"];
  const { code, stderr } = await run(args, { sandbox, files });
  assert.equal(code, 0, stderr);
});

test("a packed policy that is too large: AWS's percentage is shown", async (sandbox) => {
  sandbox.fail({
    operation: "AssumeRole",
    error: {
      status: 400,
      code: "PackedPolicyTooLarge",
      message: "Packed policy consumes 112% of allotted space, please use smaller policy.",
    },
  });
  const { code, stderr } = await run(["create", "old-bucket", "-d", "15m"], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /Packed policy consumes 112% of allotted space/);
  assert.match(stderr, /Name fewer buckets, or shorten the policy/);
});

const FORMATS: Record<string, RegExp> = {
  ini:
    /^\[default\]\naws_access_key_id=ASIA\w+\naws_secret_access_key=\S+\naws_session_token=\S+\n$/,
  env:
    /^export AWS_ACCESS_KEY_ID=ASIA\w+\nexport AWS_SECRET_ACCESS_KEY=\S+\nexport AWS_SESSION_TOKEN=\S+\nunset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN AWS_CREDENTIAL_EXPIRATION\n$/,
  process: /"SessionToken": "\S+",\n {4}"Expiration": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\n\}\n$/,
};

for (const [format, form] of Object.entries(FORMATS)) {
  test(`--format ${format}`, async (sandbox) => {
    const { stdout } = await run(["create", "old-bucket", "-d", "15m", "-f", format], { sandbox });
    assert.match(stdout, form);
  });
}
