/**
 * A connection: where its credentials come from, and that it ends.
 */
import assert from "node:assert/strict";
import { S3 } from "@aws-sdk/client-s3";
import {
  type AwsCredentialIdentity,
  type AwsCredentialIdentityProvider,
  connect,
  listBuckets,
  listObjects,
  whoami,
} from "@s3creds/cli";
import { startSandbox } from "@s3creds/cli/sandbox";
import type * as sdk from "@smithy/types";
import { connectionOf } from "../../lib/aws/connect.ts";

Deno.test("connect: takes a function that provides credentials, and calls it again only when they expire", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  let calls = 0;
  let expiration: Date | undefined;
  const credentials = () => {
    calls++;
    return Promise.resolve({ ...sandbox.credentials, expiration });
  };
  const listTwice = async () => {
    using aws = connect({ endpointUrl: sandbox.url, credentials });
    for (const _ of [1, 2]) assert.deepEqual(await Array.fromAsync(listObjects(aws, "photos")), []);
    for (const _ of [1, 2]) assert.equal((await whoami(aws)).Account, sandbox.account.id);
  };

  await listTwice();
  assert.equal(calls, 1, "once for objects and the SDK's clients");
  calls = 0;
  expiration = new Date(Date.now() + 3_600_000);
  await listTwice();
  assert.equal(calls, 1);
  calls = 0;
  expiration = new Date(Date.now() + 1_000);
  await listTwice();
  assert.ok(calls > 1, "credentials that are about to expire are replaced");
});

Deno.test("connect: a failure of the provider is reported, by every function", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  const reason = Object.assign(new Error("The SSO session has expired. Sign in again."), {
    name: "CredentialsProviderError",
  });
  using aws = connect({ endpointUrl: sandbox.url, credentials: () => Promise.reject(reason) });
  const expected = { code: "credentials", message: /: The SSO session has expired$/ };
  await assert.rejects(whoami(aws), expected);
  await assert.rejects(Array.fromAsync(listObjects(aws, "photos")), expected);
  assert.equal(sandbox.requests.length, 0);
});

Deno.test("connect: leaves what names no variable in the path of a configuration file as it is", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  const { url: endpointUrl, credentials } = sandbox;
  const path = "none/${}/${a=b}/${a\0b}";
  const env = (name: string) => name === "AWS_CONFIG_FILE" ? path : Deno.env.get(name);
  using aws = connect({ endpointUrl, credentials, env });
  await assert.rejects(whoami(aws), /Could not read none\/\$\{\}\/\$\{a=b\}.*NUL/);
  using other = connect({ endpointUrl, credentials, env: (name) => env(name)?.slice(0, 15) });
  assert.equal((await whoami(other)).Account, sandbox.account.id);
});

Deno.test("connect: says in the words of all files why a configuration file cannot be read", async () => {
  const directory = await Deno.makeTempDir();
  const loop = `${directory}/loop`;
  try {
    await Deno.symlink(loop, loop);
    using aws = connect({ env: (name) => name === "AWS_CONFIG_FILE" ? loop : undefined });
    await assert.rejects(whoami(aws), {
      code: "file",
      message: `Could not read ${loop}: too many symbolic links`,
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("withCredentials: the same endpoint with the credentials of a provider", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  using stranger = connect({
    endpointUrl: sandbox.url,
    credentials: { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "unknown" },
  });
  await assert.rejects(whoami(stranger), { code: "credentials" });
  using aws = stranger.withCredentials(() => Promise.resolve(sandbox.credentials));
  assert.equal((await Array.fromAsync(listBuckets(aws))).length, 1);
});

Deno.test("connect: the end of a using closes the clients, and a client made later is a new one", async () => {
  await using sandbox = await startSandbox();
  const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  let destroyed = 0;
  {
    using own = aws;
    const iam = await own.iam();
    assert.equal(await own.iam(), iam);
    const destroy = iam.destroy.bind(iam);
    iam.destroy = () => {
      destroyed++;
      destroy();
    };
  }
  await Promise.resolve();
  assert.equal(destroyed, 1);
  assert.equal((await whoami(aws)).Account, sandbox.account.id);
  aws.close();
});

Deno.test("connectionOf: anything but the result of connect is refused", () => {
  assert.throws(() => connectionOf({} as never), /expected the result of connect\(\)/);
});

Deno.test("AwsCredentialIdentity: is the SDK's, both ways", () => {
  const own: AwsCredentialIdentity = { accessKeyId: "a", secretAccessKey: "b" };
  const theirs: sdk.AwsCredentialIdentity = own;
  const back: AwsCredentialIdentity = theirs;
  const provider: AwsCredentialIdentityProvider = () => Promise.resolve(back);
  const theirProvider: sdk.AwsCredentialIdentityProvider = provider;
  const _: AwsCredentialIdentityProvider = theirProvider;
  for (const credentials of [own, provider]) new S3({ region: "us-east-1", credentials }).destroy();
});

for (const hours of [1, -1, 48]) {
  Deno.test(`connect: what is refused is asked once, also where a clock is ${hours} hours off`, async () => {
    await using sandbox = await startSandbox();
    sandbox.clock.advance(hours * 3_600_000);
    using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
    const iam = await aws.iam();
    await iam.listUsers({});
    sandbox.requests.length = 0;
    await assert.rejects(iam.getUser({ UserName: "nobody" }), { name: "NoSuchEntityException" });
    assert.equal(sandbox.requests.length, 1);
  });
}

const ENDPOINTS: [profile: string, sts: string, bucket: string][] = [
  ["", "sts.eu-west-1.amazonaws.com", "photos.s3.eu-west-1.amazonaws.com"],
  [
    "use_dualstack_endpoint = true\n",
    "sts.eu-west-1.api.aws",
    "photos.s3.dualstack.eu-west-1.amazonaws.com",
  ],
  [
    "s3 =\n  use_dualstack_endpoint = True\n",
    "sts.eu-west-1.amazonaws.com",
    "photos.s3.dualstack.eu-west-1.amazonaws.com",
  ],
  [
    "s3 =\n  use_accelerate_endpoint = true\n",
    "sts.eu-west-1.amazonaws.com",
    "photos.s3.eu-west-1.amazonaws.com",
  ],
  ["sts_regional_endpoints = legacy\n", "sts.amazonaws.com", "photos.s3.eu-west-1.amazonaws.com"],
];

for (const [profile, sts, bucket] of ENDPOINTS) {
  Deno.test(`connect: Amazon's endpoints where the profile says ${JSON.stringify(profile)}`, async () => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, `[default]\nregion = eu-west-1\n${profile}`);
    const env = (name: string) => name === "AWS_CONFIG_FILE" ? path : undefined;
    using aws = connectionOf(connect({ env }));
    assert.equal((await aws.describe()).endpoints.STS, `https://${sts}/`);
    assert.equal((await aws.bucketAddress("photos")).url, `https://${bucket}/`);
    await Deno.remove(path);
  });
}

Deno.test("connect: a bucket's requests are signed for the region that a name such as aws-global stands for", async () => {
  using aws = connectionOf(connect({ region: "aws-global", env: () => undefined }));
  const { url, region } = await aws.bucketAddress("photos");
  assert.deepEqual([url, region], ["https://photos.s3.amazonaws.com/", "us-east-1"]);
});
