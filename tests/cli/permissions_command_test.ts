/** `permissions`: a policy that is enough for the commands, by the table that permissions_test.ts proves. */
import assert from "node:assert/strict";
import { lint, type PolicyDocument } from "@s3creds/cli/policy";
import { IAM } from "@aws-sdk/client-iam";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { COMMAND_PERMISSIONS } from "../../lib/cli/policies/command_permissions.ts";
import { run } from "../support/run.ts";

async function permissions(...args: string[]) {
  const { code, stdout, stderr } = await run(["permissions", ...args]);
  assert.equal(code, 0, stderr);
  return { document: (stdout === "" ? undefined : JSON.parse(stdout)) as PolicyDocument, stderr };
}

const actionsOn = (document: PolicyDocument, resource: string) =>
  document.Statement.filter((statement) => statement.Resource === resource)
    .flatMap(({ Action }) => Action ?? []);

Deno.test("permissions: one command, on its bucket", async () => {
  const { document, stderr } = await permissions("get-bucket-policy", "--bucket", "logs");
  assert.equal(stderr, "");
  assert.deepEqual(document, {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["s3:GetBucketPolicy"], Resource: "arn:aws:s3:::logs" }],
  });
});

Deno.test("permissions: several commands and buckets, each action once", async () => {
  const { document } = await permissions(
    ...[
      "list-bucket",
      "get-bucket-policy",
      "list-bucket",
      "--bucket",
      "logs",
      "--bucket",
      "team-*",
    ],
  );
  for (const bucket of ["logs", "team-*"]) {
    const actions = actionsOn(document, `arn:aws:s3:::${bucket}`);
    assert.deepEqual(actions.toSorted(), ["s3:GetBucketPolicy", "s3:ListBucket"]);
  }
});

Deno.test("permissions --user: enough for create --username with such a name, and for no other", async () => {
  const { document, stderr } = await permissions(
    ...["create", "delete-user", "--bucket", "logs", "--user", "app-*", "--user", "web"],
  );
  assert.doesNotMatch(stderr, /--user$/m);
  assert.ok(!JSON.stringify(document).includes("user/s3.*"));
  const users = { ops: document! };
  await using sandbox = await startSandbox({ buckets: ["logs"], users });
  const env = {
    AWS_ACCESS_KEY_ID: sandbox.users.ops!.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.users.ops!.secretAccessKey,
  };
  for (const name of ["app-1", "web"]) {
    for (const line of [["create", "logs", "--username", name], ["delete-user", name]]) {
      const { code, stderr } = await run(line, { sandbox, env });
      assert.equal(code, 0, stderr);
    }
  }
  const before = sandbox.snapshot();
  for (const more of [["--username", "other"], []]) {
    const { code, stderr } = await run(["create", "logs", ...more], { sandbox, env });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^Error: Could not look at user .* not authorized to perform: iam:GetUser/,
    );
  }
  assert.deepEqual(sandbox.snapshot(), before);
});

Deno.test("permissions --user: in the place of the user of any command that is about one", async () => {
  const further = await permissions("create", "--use", "further key", "--user", "app-1");
  assert.ok(!JSON.stringify(further.document).includes("my-user"));
  assert.ok(actionsOn(further.document, "arn:aws:iam::*:user/app-1").includes("iam:GetUser"));
  // It finds the user of a key by itself.
  const { document } = await permissions("delete-key", "--user", "app-1");
  assert.ok(actionsOn(document, "arn:aws:iam::*:user/*").includes("iam:DeleteAccessKey"));
});

Deno.test("permissions: says that users of other names want --user", async () => {
  for (const command of ["create", "rotate", "delete-user"]) {
    const { stderr } = await permissions(command);
    assert.match(stderr, /^For users that are not called s3\.\*, name them: --user$/m, command);
  }
});

Deno.test("permissions: every ARN is of the partition that is named", async () => {
  const { document } = await permissions("create", "delete-user", "--partition", "aws-cn");
  const arns = JSON.stringify(document).match(/arn:[^:]*:/g)!;
  assert.ok(arns.length > 1);
  assert.deepEqual([...new Set(arns)], ["arn:aws-cn:"]);
});

Deno.test("permissions: the account, and the uses of a command", async () => {
  const any = await permissions("create");
  assert.ok(JSON.stringify(any.document).includes("arn:aws:iam::*:user/s3.*"));
  assert.match(
    any.stderr,
    /^For create: A new user for an existing bucket\. Other uses, for --use:\n {2}A /,
  );
  const users = "arn:aws:iam::123456789012:user/s3.*";
  const own = await permissions(
    "create",
    "--account",
    "123456789012",
    "--use",
    "A new user and a NEW bucket",
  );
  assert.equal(own.stderr, "");
  assert.ok(actionsOn(own.document, users).includes("iam:CreateUser"));
  assert.ok(actionsOn(own.document, users).includes("iam:DeleteUser"));
  assert.ok(actionsOn(own.document, "arn:aws:s3:::my-bucket").includes("s3:CreateBucket"));
});

Deno.test("permissions --use: a title wins over longer ones, a part must fit one use only", async () => {
  const { document: plain } = await permissions("create", "--use", "a new user and a new bucket");
  const { document: tagged } = await permissions("create", "--use", "with tags");
  const bucket = "arn:aws:s3:::my-bucket";
  assert.ok(!actionsOn(plain, bucket).some((action) => action.includes("Tag")));
  assert.ok(actionsOn(tagged, bucket).some((action) => action.includes("Tag")));
  const { code, stdout, stderr } = await run(["permissions", "create", "--use", "new bucket"]);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  assert.match(
    stderr,
    /^Error: Invalid value for --use: several uses of create match new bucket: A new user and a new bucket, with tags; A new user and a new bucket\n$/m,
  );
});

Deno.test("permissions --minimal: without rolling back and what can be done without", async () => {
  const { document } = await permissions("create", "--minimal");
  const text = JSON.stringify(document);
  assert.ok(text.includes("iam:CreateUser"));
  assert.ok(!text.includes("iam:DeleteUser"));
  const { stderr } = await permissions("debug-bucket", "--minimal");
  assert.equal(stderr, "No permission is needed\n");
});

Deno.test("permissions: commands that take none", async () => {
  for (const command of ["whoami", "policy", "lint"]) {
    assert.deepEqual(await permissions(command), {
      document: undefined,
      stderr: "No permission is needed\n",
    });
  }
});

Deno.test("permissions: every policy is one that lint finds no error in", async () => {
  for (const { command, use } of COMMAND_PERMISSIONS) {
    const more = use === undefined ? [] : ["--use", use];
    const { document } = await permissions(command, "--account", "123456789012", ...more);
    if (document === undefined) continue;
    const errors = lint(document).filter(({ level }) => level === "error");
    assert.deepEqual(errors, [], command);
  }
});

const policyOf = (...Statement: unknown[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const ALLOW_ALL = { Effect: "Allow", Action: "*", Resource: "*" };

Deno.test("access denied: the hint names action and layer, and the command that prints the policy", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const iam = new IAM({
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: sandbox.credentials,
  });
  const PermissionsBoundary = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  await iam.createUser({ UserName: "user", PermissionsBoundary });
  const { AccessKey } = await iam.createAccessKey({ UserName: "user" });
  const env = {
    AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!,
    AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey!,
  };
  const hint = async (command: string[], ...statements: unknown[]) => {
    await iam.putUserPolicy({
      UserName: "user",
      PolicyName: "own",
      PolicyDocument: policyOf(...statements),
    });
    const { code, stderr } = await run(command, { sandbox, env });
    assert.equal(code, 1);
    return stderr.trimEnd().split("\n").slice(1);
  };
  const advice = (command: string) =>
    `For a policy that allows all that this takes: s3-credentials permissions ${command}`;
  const get = ["get-bucket-policy", "my-bucket"];
  assert.deepEqual(await hint(get, { ...ALLOW_ALL, Action: "s3:GetObject" }), [
    "Ask an administrator of the account to allow s3:GetBucketPolicy, or use other credentials",
    advice("get-bucket-policy"),
  ]);
  assert.deepEqual(await hint(get, ALLOW_ALL, { ...ALLOW_ALL, Effect: "Deny" }), [
    "A statement of an identity-based policy denies s3:GetBucketPolicy. The key may have expired, if it " +
    "was made with --expires: s3-credentials extend USER gives it more time. Else ask an administrator of " +
    "the account to change it, or use other credentials",
  ]);
  assert.deepEqual(await hint(["list-users"], ALLOW_ALL), [
    "Ask an administrator of the account to allow iam:ListUsers in the permissions boundary, or use " +
    "other credentials",
    advice("list-users"),
  ]);
  iam.destroy();
});
