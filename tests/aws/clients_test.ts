/** The SDK's clients: what they are told, and that they look for nothing else. */
// deno-lint-ignore-file no-console -- the SDK's warnings
import assert from "node:assert/strict";
import process from "node:process";
import { connect } from "@s3creds/cli";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { connectionOf } from "../../lib/aws/connect.ts";

/** Where the program runs is no setting; the last two have no option, and change nothing here. */
const NO_SETTING = new RegExp(
  "^(AWS_LAMBDA_.*|AWS_EXECUTION_ENV|_X_AMZN_TRACE_ID|" +
    "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED|AWS_ENABLE_DEFAULT_SOCKET_TIMEOUT_2026)$",
);

/** Runs a function in an environment where all settings are nonsense; gives the names that it has looked up. */
async function lookedUp(work: () => Promise<void>): Promise<string[]> {
  const names = new Set<string>();
  const { env } = process;
  const isSetting = (name: PropertyKey) =>
    typeof name === "string" && !NO_SETTING.test(name) && !!names.add(name);
  process.env = new Proxy(env, {
    get: (_, name) => isSetting(name) ? "nonsense" : undefined,
    has: (_, name) => isSetting(name),
  });
  try {
    await work();
  } finally {
    process.env = env;
  }
  return [...names];
}

Deno.test("connect: the SDK's clients look up no settings by themselves", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  const names = await lookedUp(async () => {
    const { credentials, url: endpointUrl } = sandbox;
    using aws = connect({ endpointUrl, credentials, env: () => undefined });
    for (const options of [{}, { retry: false }, { adaptive: true }]) {
      const iam = await connectionOf(aws).iam(options);
      assert.equal((await iam.listUsers({})).Users?.length, 1);
      const s3 = await connectionOf(aws).s3(options);
      assert.deepEqual((await s3.listBuckets({})).Buckets?.map(({ Name }) => Name), ["photos"]);
    }
    await (await aws.s3()).putObject({ Bucket: "photos", Key: "a", Body: "a" });
    assert.equal((await (await aws.sts()).getCallerIdentity({})).Account, sandbox.account.id);
    const control = await connectionOf(aws).s3Control();
    const { id: AccountId } = sandbox.account;
    await control.getPublicAccessBlock({ AccountId }).catch((error: Error) =>
      assert.equal(error.name, "NoSuchPublicAccessBlockConfiguration")
    );
  });
  assert.deepEqual(names, []);
});

/** A setting of a client, which may be a function that gives it. */
function valueOf(setting: unknown): unknown {
  return typeof setting === "function" ? setting() : setting;
}

/** The lines about the first request of IAM's client, and the settings of S3's at Amazon. */
async function whatIsSent(sandbox: Sandbox, env: Record<string, string>): Promise<{
  request: string;
  checksums: string[];
  useArnRegion: unknown;
  disableS3ExpressSessionAuth: unknown;
}> {
  const lines: string[] = [];
  const { credentials } = sandbox;
  const options = {
    credentials,
    env: (name: string) => env[name],
    onRequest: lines.push.bind(lines),
  };
  using aws = connect({ ...options, endpointUrl: sandbox.url });
  await (await aws.iam()).listUsers({});
  using amazon = connect(options);
  const { config } = await amazon.s3();
  const checksums = [
    await config.requestChecksumCalculation(),
    await config.responseChecksumValidation(),
  ];
  const useArnRegion = await valueOf(config.useArnRegion);
  const disableS3ExpressSessionAuth = await valueOf(config.disableS3ExpressSessionAuth);
  return { request: lines[0]!, checksums, useArnRegion, disableS3ExpressSessionAuth };
}

Deno.test("connect: settings of the SDK's clients are those of env, else of the profile", async () => {
  await using sandbox = await startSandbox();
  const usual = await whatIsSent(sandbox, {});
  assert.match(usual.request, /amz-sdk-request: attempt=1; max=3$/m);
  assert.match(usual.request, /user-agent: .* m\/[^ F]*E[^ F]*$/m);
  assert.deepEqual(usual.checksums, ["WHEN_SUPPORTED", "WHEN_SUPPORTED"]);
  assert.equal(usual.useArnRegion, undefined);
  assert.equal(usual.disableS3ExpressSessionAuth, false);

  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(
    file,
    "[default]\nmax_attempts=4 # not 5\nretry_mode = adaptive\t; slow\nsdk_ua_app_id=filed # me\n" +
      "request_checksum_calculation=when_required\nresponse_checksum_validation=when_required\n" +
      "s3_use_arn_region=false # never\ns3_disable_express_session_auth=true\n",
  );
  try {
    const ofProfile = await whatIsSent(sandbox, { AWS_CONFIG_FILE: file });
    assert.match(ofProfile.request, /amz-sdk-request: attempt=1; max=4$/m);
    assert.match(ofProfile.request, /user-agent: .* m\/[^ E]*F[^ E]* app\/filed$/m);
    assert.deepEqual(ofProfile.checksums, ["WHEN_REQUIRED", "WHEN_REQUIRED"]);
    assert.equal(ofProfile.useArnRegion, false);
    assert.equal(ofProfile.disableS3ExpressSessionAuth, true);

    const ofEnvironment = await whatIsSent(sandbox, {
      AWS_CONFIG_FILE: file,
      AWS_MAX_ATTEMPTS: "5",
      AWS_RETRY_MODE: "Standard",
      AWS_SDK_UA_APP_ID: "my-script",
      AWS_REQUEST_CHECKSUM_CALCULATION: "when_supported",
      AWS_RESPONSE_CHECKSUM_VALIDATION: "WHEN_SUPPORTED",
      AWS_S3_USE_ARN_REGION: "true",
      AWS_S3_DISABLE_EXPRESS_SESSION_AUTH: "false",
    });
    assert.match(ofEnvironment.request, /amz-sdk-request: attempt=1; max=5$/m);
    assert.match(ofEnvironment.request, /user-agent: .* m\/[^ F]*E[^ F]* app\/my-script$/m);
    assert.deepEqual(ofEnvironment.checksums, ["WHEN_SUPPORTED", "WHEN_SUPPORTED"]);
    assert.equal(ofEnvironment.useArnRegion, true);
    assert.equal(ofEnvironment.disableS3ExpressSessionAuth, false);

    const ofEmptyVariables = await whatIsSent(sandbox, {
      AWS_CONFIG_FILE: file,
      AWS_MAX_ATTEMPTS: "",
      AWS_RETRY_MODE: "",
      AWS_SDK_UA_APP_ID: "",
      AWS_REQUEST_CHECKSUM_CALCULATION: "",
      AWS_RESPONSE_CHECKSUM_VALIDATION: "",
      AWS_S3_USE_ARN_REGION: "",
      AWS_S3_DISABLE_EXPRESS_SESSION_AUTH: "",
    });
    assert.match(ofEmptyVariables.request, /amz-sdk-request: attempt=1; max=4$/m);
    assert.match(ofEmptyVariables.request, /user-agent: .* m\/[^ E]*F[^ E]* app\/filed$/m);
    assert.deepEqual(ofEmptyVariables.checksums, ofProfile.checksums);
    assert.equal(ofEmptyVariables.useArnRegion, false);
    assert.equal(ofEmptyVariables.disableS3ExpressSessionAuth, true);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("connect: AWS_MAX_ATTEMPTS says how often a request is sent", async () => {
  await using sandbox = await startSandbox();
  const { credentials, url: endpointUrl } = sandbox;
  const error = { status: 500, code: "ServiceFailure", message: "" };
  for (const attempts of [1, 2]) {
    using aws = connect({
      endpointUrl,
      credentials,
      env: (name) => name === "AWS_MAX_ATTEMPTS" ? String(attempts) : undefined,
    });
    sandbox.clearFaults();
    sandbox.fail({ operation: "ListUsers", error, times: 3 });
    const before = sandbox.requests.length;
    await assert.rejects((await aws.iam()).listUsers({}), { name: "ServiceFailureException" });
    assert.equal(sandbox.requests.length - before, attempts);
  }
});

Deno.test("connect: settings of the SDK's clients that make no sense are refused, with their name", async () => {
  const wrong = {
    AWS_MAX_ATTEMPTS: ["0", "-1", "2.5", "many"],
    AWS_RETRY_MODE: ["fast"],
    AWS_REQUEST_CHECKSUM_CALCULATION: ["never"],
    AWS_RESPONSE_CHECKSUM_VALIDATION: ["true"],
    AWS_S3_USE_ARN_REGION: ["no"],
    AWS_S3_DISABLE_EXPRESS_SESSION_AUTH: ["1"],
  };
  for (const [variable, values] of Object.entries(wrong)) {
    for (const value of values) {
      using aws = connect({ env: (name) => name === variable ? value : undefined });
      await assert.rejects(aws.iam(), {
        code: "usage",
        message: new RegExp(`^Invalid value of ${variable}: expected `),
      });
    }
  }
});

Deno.test("connect: numbers of attempts and names of programs that boto3 takes are taken", async () => {
  await using sandbox = await startSandbox();
  const numbers = [[" 4 ", 4], ["+2", 2], ["007", 7], ["2147483647", 2147483647]] as const;
  for (const [text, max] of numbers) {
    const { request } = await whatIsSent(sandbox, { AWS_MAX_ATTEMPTS: text });
    assert.match(request, new RegExp(`amz-sdk-request: attempt=1; max=${max}$`, "m"));
  }
  const name = "x".repeat(51);
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = warnings.push.bind(warnings);
  try {
    const { request } = await whatIsSent(sandbox, { AWS_SDK_UA_APP_ID: name });
    assert.match(request, new RegExp(`user-agent: .* app/${name}$`, "m"));
  } finally {
    console.warn = warn;
  }
  assert.match(warnings.join(), /userAgentAppId exceeds/);
});

Deno.test("connect: what the clients say of the system is found out once for all of them", async () => {
  const userAgent = async () => {
    using aws = connect({ env: () => undefined });
    return (await aws.iam()).config.defaultUserAgentProvider();
  };
  assert.equal(await userAgent(), await userAgent());
});

Deno.test("connect: a client makes one signer for all of its requests, which asks for the credentials each time", async () => {
  await using sandbox = await startSandbox();
  let keys = sandbox.credentials;
  const credentials = () => Promise.resolve({ ...keys, expiration: new Date(Date.now() + 1_000) });
  using aws = connect({ endpointUrl: sandbox.url, credentials, env: () => undefined });
  const iam = await aws.iam();
  const signer = await iam.config.signer();
  await iam.listUsers({});
  keys = { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "unknown" };
  await assert.rejects(iam.listUsers({}), { name: "InvalidClientTokenId" });
  assert.equal(await iam.config.signer(), signer);
});
