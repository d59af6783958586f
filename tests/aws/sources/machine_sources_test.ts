/** Credentials of the machine itself: the container, the instance, boto's older files. */
import assert from "node:assert/strict";
import type { ChainServer } from "../../support/chain_server.ts";
import { addRole, assertIs, test } from "./support.ts";

test("container: its credentials, where no profile is named", async ({ server, whoami }) => {
  const env = () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container` });
  assertIs(await whoami({ env }), /user\/admin$/);
  assert.equal(server.calls.length, 1);
});

test("container: a service that can't be reached is named, without what may be secret in its address", async ({ sandbox, whoami }) => {
  const env = () => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9/keys?token=hidden",
  });
  const { code, stdout, stderr } = await whoami({ env });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^Error: Could not get the credentials of the container, from http:\/\/127\.0\.0\.1:9: .*REFUSED/,
  );
  assert.match(stderr, /\nPass --auth or --profile to use others\n$/);
  assert.doesNotMatch(stderr, /hidden/);
  assert.deepEqual(sandbox.requests, []);
});

test("container: a host that is not accepted comes with those that are", async ({ whoami }) => {
  const env = () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://192.0.2.1/keys" });
  const { code, stdout, stderr } = await whoami({ env });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^Error: .*, from http:\/\/192\.0\.2\.1: URL not accepted\..* following: loopback .*, ECS .*, EKS .*\n/,
  );
});

test("container: an address that is none is not repeated", async ({ sandbox, whoami }) => {
  for (const url of ["http://me:hidden@no host/keys?token=hidden", "localhost:80/hidden", ""]) {
    const env = () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url });
    const { code, stdout, stderr } = await whoami({ env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(
      stderr,
      "Error: Could not get the credentials of the container: AWS_CONTAINER_CREDENTIALS_FULL_URI is no " +
        "URL of http or https\nPass --auth or --profile to use others\n",
    );
  }
  assert.deepEqual(sandbox.requests, []);
});

test("container: what is no path, and a token that can't be sent, is said and not repeated", async ({ whoami, server }) => {
  const full = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container` };
  const cases: [env: Record<string, string>, reason: string][] = [
    ...["hidden", "://hidden", ""].map((path): typeof cases[number] => [
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path },
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path that begins with /",
    ]),
    ...["hid\nden", "hidden€"].map((token): typeof cases[number] => [
      { ...full, AWS_CONTAINER_AUTHORIZATION_TOKEN: token },
      "the token of AWS_CONTAINER_AUTHORIZATION_TOKEN has a line end or another character that can't " +
      "be sent",
    ]),
    [
      { ...full, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/no-such-file" },
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names no file: /no-such-file",
    ],
  ];
  for (const [env, reason] of cases) {
    const { code, stdout, stderr } = await whoami({ env: () => env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^Error: Could not get the credentials of the container[^]* use others\n$/,
    );
    assert.ok(stderr.includes(`: ${reason}\n`), stderr);
    assert.doesNotMatch(stderr, /hid/);
  }
  assert.deepEqual(server.calls, []);
});

for (const answer of ['{"AccessKeyId": "ASIA", "SecretAccessKey": hidden}', "null"]) {
  test(`container: an answer that can't be read is not repeated: ${answer}`, async ({ whoami }) => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(answer, { headers: { "content-type": "application/json" } }),
    );
    const origin = `http://127.0.0.1:${server.addr.port}`;
    const env = () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}/keys` });
    const { code, stdout, stderr } = await whoami({ env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(
      stderr,
      `Error: Could not get the credentials of the container, from ${origin}: the answer could not be ` +
        "understood\nPass --auth or --profile to use others\n",
    );
  });
}

test("container: is never the source for a profile that is named and gives none", async ({ server, whoami, sandbox }) => {
  const before = sandbox.snapshot();
  const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container` };
  const profiles = [
    "credential_process=sh -c 'echo expired >&2; exit 3'\n",
    "region=eu-west-1\n",
    "aws_secret_access_key=x\n",
  ];
  for (const profile of profiles) {
    const config = () => `[profile prod]\n${profile}`;
    for (
      const machine of [
        { config, env: () => container, args: ["--profile", "prod"] },
        { config, env: () => ({ ...container, AWS_PROFILE: "prod" }) },
        { config, env: () => ({ ...container, AWS_DEFAULT_PROFILE: "prod" }) },
      ]
    ) {
      const { code, stderr } = await whoami(machine);
      assert.equal(code, 1);
      assert.match(stderr, /^Error: .*profile prod/im);
    }
  }
  assert.deepEqual(server.calls, []);
  assert.deepEqual(sandbox.snapshot(), before);
});

/** The SDK's provider for instances reads the environment of the process itself. */
async function atInstance(server: ChainServer, work: () => Promise<void>): Promise<void> {
  Deno.env.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url);
  try {
    await work();
  } finally {
    Deno.env.delete("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  }
}

test("instance: its credentials, by a token, where no profile is named and no container is", async ({ server, whoami }) => {
  await atInstance(server, async () => {
    const env = () => ({ AWS_EC2_METADATA_DISABLED: "false" });
    assertIs(await whoami({ env }), /user\/admin$/);
    const names = server.calls.map(({ name }) => name);
    assert.deepEqual(names, ["instance-token", "instance-role", "instance"]);
    assert.equal(server.calls.at(-1)?.parameters.token, "metadata-token");

    server.calls.length = 0;
    const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container` };
    assertIs(await whoami({ env: () => ({ ...env(), ...container }) }), /user\/admin$/);
    assert.deepEqual(server.calls.map(({ name }) => name), ["container"]);

    server.calls.length = 0;
    const { code } = await whoami({});
    assert.equal(code, 1, "AWS_EC2_METADATA_DISABLED");
    assert.deepEqual(server.calls, []);
  });
});

test("instance: is never the source for a profile that is named and gives none", async ({ server, whoami }) => {
  await atInstance(server, async () => {
    const profiles = [
      "region=eu-west-1\n",
      "credential_process=sh -c 'exit 3'\n",
      "aws_access_key_id=x\n",
      "sso_start_url=https://corp.awsapps.com/start\nsso_region=eu-west-1\n" +
      "sso_account_id=123456789012\nsso_role_name=Admin\n",
      "login_session=me\n",
    ];
    for (const profile of profiles) {
      const config = () => `[profile prod]\n${profile}`;
      const env = () => ({ AWS_EC2_METADATA_DISABLED: "false" });
      const { code, stderr } = await whoami({ config, env, args: ["--profile", "prod"] });
      assert.equal(code, 1);
      assert.match(stderr, /^Error: .*profile prod/im);
    }
    assert.deepEqual(server.calls, []);
  });
});

test("credential_source: Ec2InstanceMetadata is the instance, if the profile says so", async ({ sandbox, server, whoami }) => {
  await atInstance(server, async () => {
    const arn = addRole(sandbox, "worker");
    const config = () => `[profile one]\nrole_arn=${arn}\ncredential_source=Ec2InstanceMetadata\n`;
    const env = () => ({ AWS_EC2_METADATA_DISABLED: "false" });
    const ran = await whoami({ config, env, args: ["--profile", "one"] });
    assertIs(ran, /assumed-role\/worker\//);
    const names = server.calls.map(({ name }) => name);
    assert.deepEqual(names, ["instance-token", "instance-role", "instance", "AssumeRole"]);
  });
});

test("boto: the keys of ~/.boto and of AWS_CREDENTIAL_FILE, before the container's", async ({ server, keys, sandbox, whoami }) => {
  const container = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container` };
  const boto = { files: { ".boto": `[Credentials]\n${keys}` } };
  assertIs(await whoami({ ...boto, env: () => container }), /user\/admin$/);
  const file = await Deno.makeTempFile();
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  await Deno.writeTextFile(
    file,
    `AWSAccessKeyId=${accessKeyId}\nAWSSecretKey=${secretAccessKey}\n`,
  );
  const env = () => ({ ...container, AWS_CREDENTIAL_FILE: file });
  assertIs(await whoami({ env }), /user\/admin$/);
  await Deno.remove(file);
  const { stderr } = await whoami({ env });
  assert.match(stderr, /^Error: There is no file /m);
  assert.deepEqual(server.calls, []);
});
