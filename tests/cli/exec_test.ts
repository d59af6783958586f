/** `exec` in the sandbox: what the command gets, what it does not get, and how it ends. */
import assert from "node:assert/strict";
import { devNull } from "node:os";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { type Ran, run, type RunOptions, sandboxEnv } from "../support/run.ts";
import { until } from "../support/objects.ts";

const BUCKET = "my-bucket";
const MINUTE = 60_000;

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`exec: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: [BUCKET, "other-bucket"] });
    await work(sandbox);
  });
}

/** What stands for the command, which is told its environment. */
type Program = (env: Record<string, string>, words: readonly string[]) => Promise<number>;

/** Runs `exec` in an environment of its own. */
function exec(
  sandbox: Sandbox,
  args: string[],
  program: Program,
  options: RunOptions & { words?: string[] } = {},
): Promise<Ran> {
  const own = { ...sandboxEnv(sandbox), ...options.env };
  return run(["exec", ...args, "--", ...options.words ?? ["program"]], {
    sandbox,
    ...options,
    program: (words, environment) => program(environment(own), words),
  });
}

/** What a command finds as its environment. */
async function environmentOf(
  sandbox: Sandbox,
  args: string[] = [BUCKET],
  env: Record<string, string> = {},
): Promise<Record<string, string>> {
  let found: Record<string, string> = {};
  const { code, stderr } = await exec(sandbox, args, (env) => {
    found = env;
    return Promise.resolve(0);
  }, { env });
  assert.equal(code, 0, stderr);
  return found;
}

const PARENTS = "of-the-parent";
/** What AWS's tools and others take credentials, accounts and endpoints from. */
const SOURCES = [
  ...["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_PROFILE"],
  ...["AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_CONFIG_FILE"],
  ...["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_ACCESS_KEY"],
  ...["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"],
  ...["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_SECRET_KEY"],
  ...["AWS_CREDENTIAL_FILE", "AWS_SDK_LOAD_CONFIG", "AWS_LOGIN_CACHE_DIRECTORY", "AWS_ACCOUNT_ID"],
  ...["AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_S3_CONTROL", "AWS_ENDPOINT_URL_DYNAMODB"],
  ...["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_VAULT"],
  ...["AWS_BEARER_TOKEN_BEDROCK", "AWS_EC2_METADATA_DISABLED", "AWS_SIGV4A_SIGNING_REGION_SET"],
  ...["AWSACCESSKEYID", "AWSSECRETACCESSKEY", "AWSSESSIONTOKEN", "BOTO_CONFIG", "aws_profile"],
];

test("the command's environment has its own credentials and none of the parent's", async (sandbox) => {
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const parents = Object.fromEntries(SOURCES.map((name) => [name, PARENTS]));
  const own = {
    ...sandboxEnv(sandbox),
    ...parents,
    PATH: "/bin",
    HOME: "/home/me",
    AWS_PAGER: "less",
    MC_HOST_prod: `https://${accessKeyId}:${encodeURIComponent(secretAccessKey)}@minio.example`,
    MY_BACKUP_KEY: secretAccessKey,
  };
  let found: Record<string, string> = {};
  const { code, stderr } = await run(["exec", BUCKET, "--", "program"], {
    sandbox,
    program: (_, environment) => {
      found = environment(own);
      return Promise.resolve(0);
    },
  });
  assert.equal(code, 0, stderr);
  const [session] = sandbox.account.sessions.values();
  assert.deepEqual(found, {
    PATH: "/bin",
    HOME: "/home/me",
    AWS_PAGER: "less",
    AWS_ACCESS_KEY_ID: session!.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session!.secretAccessKey,
    AWS_SESSION_TOKEN: session!.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: session!.expiration.toISOString().replace(/\.\d+Z$/, "Z"),
    AWS_REGION: sandbox.region,
    AWS_DEFAULT_REGION: sandbox.region,
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    BOTO_CONFIG: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
  });
});

test("the command may use the bucket and nothing else, for an hour", async (sandbox) => {
  const env = await environmentOf(sandbox);
  const put = (bucket: string) => run(["put-object", bucket, "a", "LICENSE"], { env });
  assert.equal((await put(BUCKET)).code, 0);
  assert.match((await put("other-bucket")).stderr, /not authorized to perform: s3:PutObject/);
  assert.match((await run(["list-users"], { env })).stderr, /iam:ListUsers/);
  const { stdout } = await run(["whoami"], { env });
  assert.match(JSON.parse(stdout).Arn, /:assumed-role\/s3-credentials\.AmazonS3FullAccess\//);
  const [session] = sandbox.account.sessions.values();
  const seconds = (session!.expiration.getTime() - session!.issueDate.getTime()) / 1000;
  assert.equal(Math.ceil(seconds), 3600);
});

const GRANTS = [
  ["--read-only"],
  ["--write-only", "--prefix", "a/"],
  ["--statement", '{"Effect":"Allow","Action":"textract:*","Resource":"*"}'],
];
for (const options of GRANTS) {
  test(`the session has the policy that policy prints: ${options.join(" ")}`, async (sandbox) => {
    await environmentOf(sandbox, [BUCKET, ...options, "-d", "15m"]);
    const { stdout } = await run(["policy", BUCKET, ...options]);
    const [session] = sandbox.account.sessions.values();
    assert.equal(session!.policy, JSON.stringify(JSON.parse(stdout)));
  });
}

test("--grant and --for say what the command may do", async (sandbox) => {
  const env = await environmentOf(sandbox, ["--grant", `${BUCKET}/in/:read`, "--silent"]);
  const read = await run(["list-bucket", BUCKET, "--prefix", "in/"], { env });
  assert.equal(read.code, 0, read.stderr);
  assert.match((await run(["list-bucket", BUCKET], { env })).stderr, /s3:ListBucket/);
  const preset = await environmentOf(sandbox, [BUCKET, "--for", "restic", "--silent"]);
  assert.equal((await run(["put-object", BUCKET, "a", "LICENSE"], { env: preset })).code, 0);
});

test("the words after -- are the command's own", async (sandbox) => {
  const words = ["aws", "s3", "--read-only", "--", "-d", "x", "--help"];
  let got: readonly string[] = [];
  await exec(sandbox, [BUCKET], (_, words) => {
    got = words;
    return Promise.resolve(0);
  }, { words });
  assert.deepEqual(got, words);
});

for (const code of [0, 1, 5, 143]) {
  test(`its exit code is ours: ${code}`, async (sandbox) => {
    const ran = await exec(sandbox, [BUCKET, "--silent"], () => Promise.resolve(code));
    assert.deepEqual(ran, { code, stdout: "", stderr: "" });
  });
}

const FAILURES: [error: Error, code: number, says: RegExp][] = [
  [new Deno.errors.NotFound("x"), 127, /^Error: Command not found: program$/m],
  [
    new Deno.errors.PermissionDenied("Permission denied"),
    126,
    /^Error: Could not run program: Perm/m,
  ],
  [
    new Deno.errors.NotCapable("x"),
    126,
    /^Error: Deno was not allowed to run program\n(.*\n)+Run it with --allow-run/m,
  ],
];
for (const [error, code, says] of FAILURES) {
  test(`a command that can't be run ends with ${code}, and what was made is undone: ${error.name}`, async (sandbox) => {
    const before = sandbox.account.buckets.size;
    const ran = await exec(sandbox, ["new-bucket", "-c"], () => Promise.reject(error));
    assert.equal(ran.code, code);
    assert.match(ran.stderr, says);
    assert.match(ran.stderr, /^Undone: bucket new-bucket\nLeft in the account: role s3-cred/m);
    assert.equal(sandbox.account.buckets.size, before);
  });
}

Deno.test("exec: region and endpoint are those of the bucket", async () => {
  await using sandbox = await startSandbox({ region: "eu-west-1", buckets: [BUCKET] });
  const env = {
    AWS_REGION: "us-east-1",
    AWS_ENDPOINT_URL_S3: `http://localhost:${new URL(sandbox.url).port}`,
  };
  const found = await environmentOf(sandbox, [BUCKET, "--region", "eu-west-1"], env);
  assert.equal(found.AWS_REGION, "eu-west-1");
  assert.equal(found.AWS_DEFAULT_REGION, "eu-west-1");
  assert.equal(found.AWS_ENDPOINT_URL, undefined);
  assert.equal(found.AWS_ENDPOINT_URL_S3, env.AWS_ENDPOINT_URL_S3);
  assert.equal(found.AWS_ENDPOINT_URL_STS, sandbox.url);
  const own = await environmentOf(sandbox, [BUCKET, "--endpoint-url", sandbox.url], env);
  assert.equal(own.AWS_ENDPOINT_URL, sandbox.url);
  assert.equal(own.AWS_REGION, "eu-west-1");
});

/** An answer of AssumeRole with credentials that are almost over. */
function almostOver(): string {
  const Expiration = new Date(Date.now() + MINUTE).toISOString();
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <AssumeRoleResult><Credentials><AccessKeyId>ASIAALMOSTOVER</AccessKeyId>
    <SecretAccessKey>old</SecretAccessKey><SessionToken>old</SessionToken>
    <Expiration>${Expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

test("a warning before the credentials end, with --silent too", async (sandbox) => {
  sandbox.fail({ operation: "AssumeRole", malformedBody: almostOver() });
  let said = "";
  const program = async () => {
    await until(() => said !== "");
    return 0;
  };
  const onStderr = (text: string) => void (said += text);
  const { code } = await exec(sandbox, [BUCKET, "--silent"], program, { onStderr });
  assert.equal(code, 0);
  assert.match(
    said,
    /^Warning: the credentials of the command expire at \S+ \S+; with --serve they would be renewed\n$/,
  );
});

/** What a server of credentials answers. */
async function ask(env: Record<string, string>, token = env.AWS_CONTAINER_AUTHORIZATION_TOKEN!) {
  const answer = await fetch(env.AWS_CONTAINER_CREDENTIALS_FULL_URI!, {
    headers: { authorization: token },
  });
  return { status: answer.status, body: await answer.json() };
}

test("--serve gives an address and a token, and renews what it serves until the end", async (sandbox) => {
  let address = "";
  const program: Program = async (env) => {
    address = env.AWS_CONTAINER_CREDENTIALS_FULL_URI!;
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.match(env.AWS_CONTAINER_AUTHORIZATION_TOKEN!, /^[\w-]{32}$/);
    const names = Object.keys(env).filter((name) => /KEY|SESSION_TOKEN|EXPIRATION/.test(name));
    assert.deepEqual(names, []);
    assert.equal((await ask(env, "a-guess")).status, 401);
    const first = await ask(env);
    assert.equal(first.status, 200);
    sandbox.clock.advance(20 * MINUTE);
    assert.equal((await ask(env)).body.AccessKeyId, first.body.AccessKeyId);
    sandbox.clock.advance(20 * MINUTE);
    const second = await ask(env);
    assert.notEqual(second.body.AccessKeyId, first.body.AccessKeyId);
    const stdin = JSON.stringify(second.body);
    assert.equal((await run(["list-bucket", BUCKET, "--auth", "-"], { sandbox, stdin })).code, 0);
    return 7;
  };
  const { code, stderr } = await exec(sandbox, [BUCKET, "--serve"], program);
  assert.equal(code, 7, stderr);
  assert.match(stderr, /^Renewed credentials$/m);
  assert.doesNotMatch(stderr, /Warning/);
  assert.equal(sandbox.account.sessions.size, 2);
  await assert.rejects(fetch(address));
});

test("--serve creates no bucket again that is deleted while the command runs", async (sandbox) => {
  const program: Program = async (env) => {
    assert.ok(sandbox.account.buckets.delete("new-bucket"));
    sandbox.clock.advance(58 * MINUTE);
    const { status, body } = await ask(env);
    assert.equal(status, 503);
    assert.equal(body.message, "Bucket does not exist: new-bucket");
    assert.equal(body.hint, "To see the buckets of this account: s3-credentials list-buckets");
    return 0;
  };
  const { code, stderr } = await exec(
    sandbox,
    ["new-bucket", "-c", "--website", "--serve"],
    program,
  );
  assert.equal(code, 0, stderr);
  assert.equal(sandbox.account.buckets.has("new-bucket"), false);
});

test("Ctrl-C before the command starts undoes what was made, and the command never runs", async (sandbox) => {
  const before = sandbox.snapshot();
  const interruption = new AbortController();
  const when = () => {
    interruption.abort();
    return true;
  };
  sandbox.fail({ operation: "AttachRolePolicy", delayMs: 1, when });
  let hasRun = false;
  const program = () => Promise.resolve(Number(hasRun = true));
  const { code, stderr } = await exec(sandbox, ["new-bucket", "-c"], program, {
    signal: interruption.signal,
  });
  assert.equal(code, 130, stderr);
  assert.equal(hasRun, false);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("a role of one's own is assumed without a call of IAM", async (sandbox) => {
  await environmentOf(sandbox);
  const [role] = sandbox.account.roles.values();
  sandbox.requests.length = 0;
  await environmentOf(sandbox, [BUCKET, "--role-arn", role!.arn]);
  assert.deepEqual(sandbox.requests.filter(({ service }) => service === "iam"), []);
});
