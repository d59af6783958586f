/** `can` about an account: reads what decides, and names what could not be read. */
import assert from "node:assert/strict";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import { bucketsPolicy, publicBucketPolicy } from "@s3creds/cli/policy";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";
import { S3_DEFAULTS } from "../support/sdk.ts";

const USER = "s3.read-only.logs";
const POLICY = bucketsPolicy(["logs"], { permission: "read-only" });
const BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

interface Made {
  sandbox: Sandbox;
  iam: IAM;
  s3: S3;
  /** The user's keys, as environment variables. */
  keys: Record<string, string>;
}

const settings = ({ url, region, credentials }: Sandbox) => ({
  ...S3_DEFAULTS,
  endpoint: url,
  region,
  credentials,
});

/** A bucket, and a user with a policy and a boundary. */
async function withUser(work: (made: Made) => Promise<void>): Promise<void> {
  await using sandbox = await startSandbox({ buckets: ["logs"] });
  const iam = new IAM(settings(sandbox));
  const s3 = new S3({ ...settings(sandbox), forcePathStyle: true });
  try {
    await iam.createUser({ UserName: USER, PermissionsBoundary: BOUNDARY });
    await iam.putUserPolicy({
      UserName: USER,
      PolicyName: USER,
      PolicyDocument: JSON.stringify(POLICY),
    });
    const { AccessKey } = await iam.createAccessKey({ UserName: USER });
    const keys = {
      AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!,
      AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey!,
    };
    await work({ sandbox, iam, s3, keys });
  } finally {
    iam.destroy();
    s3.destroy();
  }
}

const lines = (text: string) => text.trimEnd().split("\n");

Deno.test("can --user: policies and boundary of a user, nothing of the account is changed", () =>
  withUser(async ({ sandbox }) => {
    const before = sandbox.snapshot();
    const ran = await run(["can", "--user", USER], { sandbox });
    assert.deepEqual({ code: ran.code, stderr: ran.stderr }, { code: 0, stderr: "" });
    assert.deepEqual(lines(ran.stdout).slice(0, 4), [
      "logs",
      "  list             yes",
      "  read             yes",
      "  write            no",
    ]);
    assert.deepEqual(sandbox.snapshot(), before);
    const put = await run(["can", "logs/x", "--user", USER, "--action", "s3:PutObject"], {
      sandbox,
    });
    assert.match(put.stdout, /^implicitDeny .* {2}no policy of the user or role allows it\n$/);
  }));

Deno.test("can --user: attached policies, and what the boundary leaves of them", () =>
  withUser(async ({ sandbox, iam }) => {
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
    await iam.attachUserPolicy({ UserName: USER, PolicyArn });
    const { stdout } = await run(
      ["can", "logs/x", "--user", USER, "--action", "s3:PutObject", "--json"],
      { sandbox },
    );
    const [{ decision, missing, policies }] = JSON.parse(stdout);
    assert.deepEqual([decision, missing], ["implicitDeny", "permissions-boundary"]);
    assert.deepEqual(policies, [{ type: "attached", name: PolicyArn, statement: 0, sid: null }]);
  }));

Deno.test("can --key: the user whose key it is", () =>
  withUser(async ({ sandbox, keys }) => {
    const { stdout } = await run(["can", "--key", keys.AWS_ACCESS_KEY_ID!], { sandbox });
    assert.equal(lines(stdout)[2], "  read             yes");
    const unknown = await run(["can", "logs", "--key", "AKIAUNKNOWN123456789"], { sandbox });
    assert.equal(unknown.code, 1);
    assert.match(
      unknown.stderr,
      /^Error: Access key does not exist, belongs to another account, or iam:GetAccessKeyLastUsed/,
    );
  }));

Deno.test("can: the bucket policy takes part", () =>
  withUser(async ({ sandbox, s3 }) => {
    await s3.putBucketPolicy({
      Bucket: "logs",
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{
          Sid: "NoReading",
          Effect: "Deny",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::logs/secret/*",
        }],
      }),
    });
    const { stdout } = await run(["can", "--user", USER], { sandbox });
    assert.equal(lines(stdout)[2], "  read             some: * except secret/*");
    const args = ["can", "logs/secret/a", "--user", USER, "--action", "s3:GetObject"];
    const denied = await run(args, { sandbox });
    assert.match(
      denied.stdout,
      /^explicitDeny .* bucket policy policy of logs, Statement\[0\] \(NoReading\)\n$/,
    );
  }));

Deno.test("can: an ARN of another partition than the region's is wrong usage, before any call", async () => {
  const env = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };
  for (const arn of ["arn:aws-cn:s3:::logs/a", "arn:aws-cn:iam::123456789012:user/ida"]) {
    const args = ["can", arn, "--action", "s3:GetObject", "--region", "eu-west-1"];
    const { code, stdout, stderr } = await run(args, { env });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /region eu-west-1 is in partition aws, not aws-cn\n$/);
  }
});

Deno.test("can: a role's trust policy and a key's policy decide too, and are not read", () =>
  withUser(async ({ sandbox }) => {
    const role = "arn:aws:iam::123456789012:role/reader";
    const key = "arn:aws:kms:eu-west-1:123456789012:key/k";
    for (
      const [action, arn, kind] of [
        ["sts:AssumeRole", role, "trust"],
        ["kms:Decrypt", key, "key"],
      ] as const
    ) {
      const { stdout } = await run(["can", arn, "--action", action], { sandbox });
      const what = `the ${kind} policy of ${arn}, which can does not read`;
      assert.equal(
        stdout,
        `unknown       ${action}  ${arn}  it depends on what could not be read: ${what}\n`,
      );
    }
    const { stdout, stderr } = await run(
      ["can", key, "--user", USER, "--action", "kms:Decrypt", "--simulate"],
      { sandbox },
    );
    assert.match(stdout, /^unknown .* {2}simulated: implicitDeny\n$/);
    assert.doesNotMatch(stderr, /simulator says/);
    const other = await run(["can", role, "--action", "iam:GetRole"], { sandbox });
    assert.match(other.stdout, /^allowed/);
  }));

Deno.test("can: of another account's bucket, says how to judge documents alone", async () => {
  const other = "444455556666";
  await using sandbox = await startSandbox({ buckets: ["logs"], accounts: { [other]: {} } });
  const { accessKeyId, secretAccessKey } = sandbox.accounts[other]!.credentials;
  const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const { code, stderr } = await run(["can", "logs"], { sandbox, env });
  assert.equal(code, 0);
  assert.match(
    stderr,
    /\nIf the bucket is another account's: get its policy from there, and judge the documents alone with --policy, --bucket-policy, --principal and --context aws:ResourceAccount=ACCOUNT\n$/,
  );
});

Deno.test("can --role: sessions of a role", () =>
  withUser(async ({ sandbox, iam }) => {
    await iam.createRole({
      RoleName: "reader",
      Path: "/app/",
      AssumeRolePolicyDocument: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{
          Effect: "Allow",
          Principal: { AWS: sandbox.account.id },
          Action: "sts:AssumeRole",
        }],
      }),
    });
    await iam.putRolePolicy({
      RoleName: "reader",
      PolicyName: "own",
      PolicyDocument: JSON.stringify(POLICY),
    });
    const { code, stdout, stderr } = await run(["can", "--role", "reader"], { sandbox });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(lines(stdout)[2], "  read             yes");

    // The policy of a session can be seen by nobody, so that what the role allows is uncertain.
    const sts = new STS(settings(sandbox));
    const { Credentials } = await sts.assumeRole({
      RoleArn: `arn:aws:iam::${sandbox.account.id}:role/app/reader`,
      RoleSessionName: "monday",
    });
    sts.destroy();
    const env = {
      AWS_ACCESS_KEY_ID: Credentials!.AccessKeyId!,
      AWS_SECRET_ACCESS_KEY: Credentials!.SecretAccessKey!,
      AWS_SESSION_TOKEN: Credentials!.SessionToken!,
    };
    const own = await run(["can", "logs/x", "--action", "s3:GetObject", "--json"], {
      sandbox,
      env,
    });
    const [answer] = JSON.parse(own.stdout);
    assert.equal(answer.decision, "unknown");
    assert.ok(answer.unread.includes("the session policy, which AWS shows to nobody"));
  }));

Deno.test("can: credentials that may not read their own policies don't know what they may do", () =>
  withUser(async ({ sandbox, keys }) => {
    const { code, stdout, stderr } = await run(["can", "logs"], { sandbox, env: keys });
    assert.equal(code, 0);
    assert.equal(lines(stdout)[1], "  list             unknown");
    assert.match(
      stderr,
      /^Warning: These credentials may not read the policies of user s3\.read-only\.logs, .*the policy of bucket logs/,
    );
    assert.equal(stderr.match(/^Warning:/gm)?.length, 1);
    assert.doesNotMatch(stderr, /^Could not be read/m);
    assert.match(stderr, /^Use credentials that may read .*, or try an action with --action and/m);
    const expected = await run(["can", "logs", "--expect", "denied"], { sandbox, env: keys });
    assert.equal(expected.code, 1);
    // What the bucket's own policy would have to allow is unknown too, but nobody needs a permission for this.
    const who = ["can", "--action", "sts:GetCallerIdentity"];
    assert.match((await run(who, { sandbox, env: keys })).stdout, /^allowed/);
  }));

Deno.test("can: the administrator, and a user who isn't there", () =>
  withUser(async ({ sandbox }) => {
    const { stdout } = await run(["can", "logs"], { sandbox });
    assert.ok(lines(stdout).slice(1).every((line) => line.endsWith("yes")), stdout);
    const missing = await run(["can", "logs", "--user", "nobody"], { sandbox });
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
    assert.equal(
      missing.stderr,
      "Error: User does not exist: nobody\n" +
        "To see the users of this account: s3-credentials list-users\n",
    );
    const role = await run(["can", "logs", "--role", "nobody"], { sandbox });
    assert.equal(
      role.stderr,
      "Error: Role does not exist: nobody\n" +
        "To see the roles of this account: s3-credentials list-roles\n",
    );
    const bucket = await run(["can", "no-such-bucket"], { sandbox });
    assert.deepEqual([bucket.code, bucket.stderr], [
      1,
      "Error: Bucket does not exist: no-such-bucket\n" +
      "To see the buckets of this account: s3-credentials list-buckets\n",
    ]);
  }));

Deno.test("can: a public bucket gives a user what no policy of the user does", () =>
  withUser(async ({ sandbox, s3, iam }) => {
    await iam.deleteUserPolicy({ UserName: USER, PolicyName: USER });
    await s3.deletePublicAccessBlock({ Bucket: "logs" });
    const Policy = JSON.stringify(publicBucketPolicy("logs"));
    await s3.putBucketPolicy({ Bucket: "logs", Policy });
    const args = ["can", "logs/x", "--user", USER, "--action", "s3:GetObject"];
    assert.match((await run(args, { sandbox })).stdout, /^allowed .* bucket policy/);
  }));

Deno.test("can --user: the policies of groups", () =>
  withUser(async ({ sandbox, iam }) => {
    await iam.deleteUserPolicy({ UserName: USER, PolicyName: USER });
    await iam.createGroup({ GroupName: "readers" });
    await iam.addUserToGroup({ GroupName: "readers", UserName: USER });
    const PolicyDocument = JSON.stringify(POLICY);
    await iam.putGroupPolicy({ GroupName: "readers", PolicyName: "read", PolicyDocument });
    const args = ["can", "logs/x", "--user", USER, "--action", "s3:GetObject"];
    assert.match(
      (await run(args, { sandbox })).stdout,
      /^allowed .* policy of a group read, Statement/,
    );
  }));

Deno.test("can --simulate: IAM's simulator is asked too", () =>
  withUser(async ({ sandbox, s3 }) => {
    const ask = ["can", "logs/x", "--user", USER, "--simulate", "--action", "s3:GetObject"];
    const same = await run(ask, { sandbox });
    assert.deepEqual([same.code, same.stderr], [0, ""]);
    assert.match(same.stdout, /^allowed .* {2}simulated: allowed\n$/);
    const simulations = sandbox.requests.filter(({ operation }) =>
      operation === "SimulatePrincipalPolicy"
    );
    assert.equal(simulations.length, 1);
    // The simulator is given the bucket policy.
    const Statement = {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::logs/*",
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await s3.putBucketPolicy({ Bucket: "logs", Policy });
    const denied = JSON.parse((await run([...ask, "--json"], { sandbox })).stdout);
    assert.deepEqual([denied[0].decision, denied[0].simulated], ["explicitDeny", "explicitDeny"]);
  }));

Deno.test("can --simulate: a difference is named", () =>
  withUser(async ({ sandbox }) => {
    const xml =
      "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>" +
      "<member><EvalActionName>s3:GetObject</EvalActionName><EvalDecision>implicitDeny" +
      "</EvalDecision></member></EvaluationResults></SimulatePrincipalPolicyResult>" +
      "</SimulatePrincipalPolicyResponse>";
    sandbox.fail({ operation: "SimulatePrincipalPolicy", malformedBody: xml });
    const args = ["can", "logs/x", "--user", USER, "--simulate", "--action", "s3:GetObject"];
    const { stdout, stderr } = await run(args, { sandbox });
    assert.match(stdout, /^allowed .* {2}simulated: implicitDeny\n$/);
    assert.equal(
      stderr,
      "Warning: IAM's simulator says implicitDeny, not allowed, of s3:GetObject on " +
        "arn:aws:s3:::logs/x\n",
    );
  }));

Deno.test("can --probe: tries what changes nothing", () =>
  withUser(async ({ sandbox, s3, iam, keys }) => {
    await s3.putObject({ Bucket: "logs", Key: "there", Body: "content" });
    const read = { Effect: "Allow", Action: ["iam:Get*", "iam:List*"], Resource: "*" };
    await iam.putUserPolicy({
      UserName: USER,
      PolicyName: "iam",
      PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [read] }),
    });
    const before = sandbox.snapshot().buckets;
    const probed = async (action: string, target: string, env = keys) => {
      const args = ["can", target, "--action", action, "--probe", "--json"];
      const [answer] = JSON.parse((await run(args, { sandbox, env })).stdout);
      return answer.probed;
    };
    assert.equal(await probed("s3:ListBucket", "logs"), "allowed");
    assert.equal(await probed("s3:GetObject", "logs/there"), "allowed");
    assert.equal(await probed("s3:GetObject", "logs/missing"), null);
    assert.equal(await probed("s3:GetObject", "logs"), null);
    assert.equal(await probed("s3:PutObject", "logs/there"), "denied");
    assert.equal(await probed("s3:PutObject", "logs/new"), "denied");
    assert.equal(await probed("s3:DeleteObject", "logs/there"), null);
    assert.equal(await probed("s3:GetBucketPolicy", "logs"), "denied");
    // The administrator may write, and has not written.
    assert.equal(await probed("s3:PutObject", "logs/there", {}), "allowed");
    assert.equal(await probed("s3:PutObject", "logs/new", {}), "allowed");
    assert.equal(await probed("s3:GetBucketPolicy", "logs", {}), "allowed");
    assert.deepEqual(sandbox.snapshot().buckets, before);
  }));

Deno.test("can --probe: a call settles what the policies that could be read don't tell", () =>
  withUser(async ({ sandbox, keys: env }) => {
    const ask = (action: string, expect: string) =>
      run(["can", "logs", "--action", action, "--probe", "--expect", expect], { sandbox, env });
    const allowed = "allowed       s3:ListBucket  arn:aws:s3:::logs  tried: allowed\n";
    const { code, stdout, stderr } = await ask("s3:ListBucket", "allowed");
    assert.deepEqual([code, stdout, stderr], [0, allowed, ""]);
    const denied = await ask("s3:ListBucket", "denied");
    assert.deepEqual([denied.code, denied.stderr.split("\n").length], [1, 2]);
    assert.equal((await ask("s3:GetBucketPolicy", "denied")).code, 0);
    // No call shows it: what could not be read counts, and there is nothing more to try.
    const open = await ask("s3:DeleteBucket", "allowed");
    assert.equal(open.code, 1);
    assert.match(open.stderr, /^Warning: These credentials may not read/);
    assert.doesNotMatch(open.stderr, /--probe/);
  }));

Deno.test("can --probe: a refusal for another reason than the action is none of the action", () =>
  withUser(async ({ sandbox, s3 }) => {
    await s3.putObject({ Bucket: "logs", Key: "there", Body: "content" });
    const before = sandbox.snapshot().buckets;
    const probed = async (action: string, target: string) => {
      const args = ["can", target, "--action", action, "--probe", "--json"];
      const [answer] = JSON.parse((await run(args, { sandbox })).stdout);
      return answer.probed;
    };
    const denied = (operation: string, message: string, times = 1) =>
      sandbox.fail({ operation, times, error: { status: 403, code: "AccessDenied", message } });
    const missing = "User: me is not authorized to perform: s3:ListBucket on resource: logs";
    denied("HeadObject", "");
    denied("GetObject", missing);
    assert.equal(await probed("s3:GetObject", "logs/missing"), null);
    denied("HeadObject", "");
    denied("GetObject", missing.replace("ListBucket", "GetObject"));
    assert.equal(await probed("s3:GetObject", "logs/there"), "denied");
    for (const key of ["there", "new"]) {
      denied("PutObject", missing.replace("ListBucket", "GetObject"));
      assert.equal(await probed("s3:PutObject", `logs/${key}`), "allowed");
      denied("PutObject", "Access Denied", 2);
      assert.equal(await probed("s3:PutObject", `logs/${key}`), "denied");
    }
    assert.deepEqual(sandbox.snapshot().buckets, before);
  }));

Deno.test("can --probe: a difference is named", () =>
  withUser(async ({ sandbox }) => {
    const error = { status: 403, code: "AccessDenied", message: "Not for you" };
    sandbox.fail({ operation: "ListObjectsV2", error });
    const args = ["can", "logs", "--action", "s3:ListBucket", "--probe"];
    const { stdout, stderr } = await run(args, { sandbox });
    assert.match(stdout, /^allowed .* {2}tried: denied\n$/);
    assert.equal(
      stderr,
      "Warning: AWS denied s3:ListBucket on arn:aws:s3:::logs, although the answer is allowed\n",
    );
  }));
