/** Each source of credentials that a profile can name, by what AWS is then called with. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect, whoami } from "@s3creds/cli";
import { startSandbox } from "@s3creds/cli/sandbox";
import { type ChainServer, startChainServer } from "../../support/chain_server.ts";
import { runOn } from "../../support/machine.ts";
import { addRole, assertIs, test } from "./support.ts";

test("role_arn: is assumed with the source profile's keys, at the named profile's endpoint", async ({ sandbox, server, keys, whoami }) => {
  const arn = addRole(sandbox, "worker");
  const config = () =>
    `[profile one]\nrole_arn=${arn}\nsource_profile=base\nendpoint_url=${server.url}\n` +
    "role_session_name=me\nexternal_id=x1\nduration_seconds=1800\n" +
    `[profile base]\n${keys}endpoint_url=http://127.0.0.1:1\n`;
  const env = () => ({ AWS_ENDPOINT_URL: "" });
  assertIs(await whoami({ config, env, args: ["--profile", "one"] }), /assumed-role\/worker\/me$/);
  const [{ name, parameters }] = server.calls as [ChainServer["calls"][0]];
  assert.equal(name, "AssumeRole");
  assert.equal(parameters.ExternalId, "x1");
  assert.equal(parameters.DurationSeconds, "1800");
});

test("role_arn: --endpoint-url counts for the calls that the profile needs", async ({ sandbox, server, keys, whoami }) => {
  const arn = addRole(sandbox, "worker");
  const config = () =>
    `[profile one]\nrole_arn=${arn}\nsource_profile=base\n[profile base]\n${keys}`;
  const env = () => ({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
  const args = ["--profile", "one", "--endpoint-url", server.url];
  assertIs(await whoami({ config, env, args }), /assumed-role\/worker\/s3-credentials$/);
  assert.equal(server.calls.length, 1);
});

test("role_arn: a chain of roles, and --debug names the source and shows every call", async ({ sandbox, server, keys, whoami }) => {
  const [first, second] = ["first", "second"].map((name) => addRole(sandbox, name));
  const config = () =>
    `[profile b]\nrole_arn=${second}\nsource_profile=a\n` +
    `[profile a]\nrole_arn=${first}\nsource_profile=base\n[profile base]\n${keys}`;
  const ran = await whoami({ config, args: ["--profile", "b", "--debug"] });
  assertIs(ran, /assumed-role\/second\//);
  assert.deepEqual(server.calls.map((call) => call.parameters.RoleArn), [first, second]);
  assert.match(
    ran.stderr,
    /^DEBUG credentials of role \S+second of profile b, assumed by role \S+first of profile a, assumed by profile base in \S+config$/m,
  );
  assert.equal(ran.stderr.match(/^DEBUG AssumeRole POST /gm)?.length, 2);
  assert.equal(ran.stderr.match(/^DEBUG GetCallerIdentity POST /gm)?.length, 1);
});

test("role_arn: a profile may name itself, if it has keys", async ({ sandbox, keys, whoami }) => {
  const config = () =>
    `[profile one]\nrole_arn=${addRole(sandbox, "worker")}\nsource_profile=one\n${keys}`;
  assertIs(await whoami({ config, args: ["--profile", "one"] }), /assumed-role\/worker\//);
});

test("credential_source: Environment and EcsContainer", async ({ sandbox, server, whoami }) => {
  const config = (source: string) => () =>
    `[default]\nrole_arn=${addRole(sandbox, "worker")}\ncredential_source=${source}\n`;
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const args = ["--profile", "default"];
  assertIs(
    await whoami({ config: config("Environment"), env: () => keys, args }),
    /assumed-role\/worker\//,
  );
  const env = () => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.url}/container`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "open",
  });
  assertIs(await whoami({ config: config("EcsContainer"), env }), /assumed-role\/worker\//);
  assert.deepEqual(server.calls.at(1), { name: "container", parameters: { token: "open" } });
});

test("mfa_serial: the code is asked for once on a terminal, and is sent", async ({ sandbox, server, keys, whoami }) => {
  const serial = `arn:aws:iam::${sandbox.account.id}:mfa/me`;
  const config = () =>
    `[profile one]\nrole_arn=${addRole(sandbox, "worker")}\nsource_profile=base\n` +
    `mfa_serial=${serial}\n[profile base]\n${keys}`;
  const asked: string[] = [];
  const askHidden = (question: string) => {
    asked.push(question);
    return Promise.resolve("123456");
  };
  const machine = {
    config,
    env: () => ({ AWS_ENDPOINT_URL: server.url }),
    args: ["--profile", "one"],
  };
  assertIs(await whoami(machine, { askHidden }), /user\/admin$/);
  assert.deepEqual(asked, [`Enter MFA code for ${serial}: `]);
  const [{ parameters }] = server.calls as [ChainServer["calls"][0]];
  assert.deepEqual([parameters.SerialNumber, parameters.TokenCode], [serial, "123456"]);

  asked.length = 0;
  server.calls.length = 0;
  const created = await runOn(machine, sandbox, ["create", "new-bucket", "-c"], { askHidden });
  assert.equal(created.code, 0, created.stderr);
  assert.equal(asked.length, 1, "every client uses the same session");
  assert.equal(server.calls.length, 1);
});

Deno.test("connect: `mfaCode` is called with the serial number of the device", async () => {
  await using sandbox = await startSandbox();
  await using server = await startChainServer(sandbox);
  const arn = addRole(sandbox, "worker");
  const file = await Deno.makeTempFile();
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  await Deno.writeTextFile(
    file,
    `[default]\nrole_arn=${arn}\ncredential_source=Environment\nmfa_serial=GAHT12345678\n`,
  );
  const env: Record<string, string> = {
    AWS_CONFIG_FILE: file,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const serials: string[] = [];
  using aws = connect({
    env: (name) => env[name],
    profile: "default",
    endpointUrl: server.url,
    mfaCode: (serial) => {
      serials.push(serial);
      return Promise.resolve("123456");
    },
  });
  assert.match((await whoami(aws)).Arn, /user\/admin$/);
  assert.deepEqual(serials, ["GAHT12345678"]);
  await Deno.remove(file);
});

test("web_identity_token_file: is sent without a signature", async ({ server, sandbox, whoami }) => {
  const token = await Deno.makeTempFile();
  await Deno.writeTextFile(token, "the-token");
  const config = () =>
    `[default]\nrole_arn=arn:aws:iam::${sandbox.account.id}:role/pod\nweb_identity_token_file=${token}\n`;
  const env = () => ({
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_ROLE_ARN: "arn:aws:iam::1:role/env",
  });
  assertIs(await whoami({ config }), /:user\/admin$/);
  assertIs(await whoami({ config, env }), /:user\/admin$/);
  assertIs(await whoami({ config, env, args: ["--profile", "default"] }), /:user\/admin$/);
  assert.deepEqual(
    server.calls.map(({ parameters: { RoleArn, WebIdentityToken, signed } }) => [
      RoleArn,
      WebIdentityToken,
      signed,
    ]),
    [
      "arn:aws:iam::123456789012:role/pod",
      "arn:aws:iam::1:role/env",
      "arn:aws:iam::123456789012:role/pod",
    ]
      .map((arn) => [arn, "the-token", "false"]),
  );
  await Deno.remove(token);
});

const START = "https://corp.awsapps.com/start";
const SSO_ROLE = "sso_account_id=123456789012\nsso_role_name=Admin\n";
const SSO = `sso_start_url=${START}\nsso_region=eu-west-1\n`;
const cacheFile = (name: string) =>
  `.aws/sso/cache/${createHash("sha1").update(name).digest("hex")}.json`;
const signIn = (secondsLeft: number, more = {}) =>
  JSON.stringify({
    accessToken: "first",
    expiresAt: new Date(Date.now() + secondsLeft * 1000).toISOString(),
    ...more,
  });

test("SSO: a session, the older form, and a session name that needs quotes", async ({ server, whoami }) => {
  for (const session of ["corp", "R&D (öst)"]) {
    const config = () =>
      `[default]\nsso_session=${session}\n${SSO_ROLE}[sso-session "${session}"]\n${SSO}`;
    assertIs(
      await whoami({ config, files: { [cacheFile(session)]: signIn(3600) } }),
      /user\/admin$/,
    );
  }
  const files = { [cacheFile(START)]: signIn(3600) };
  assertIs(await whoami({ config: () => `[default]\n${SSO_ROLE}${SSO}`, files }), /user\/admin$/);
  const call = {
    name: "GetRoleCredentials",
    parameters: { account_id: "123456789012", role_name: "Admin", token: "first" },
  };
  assert.deepEqual(server.calls, [call, call, call]);
});

test("SSO: a session that is about to end is renewed, one that has ended says how to sign in", async ({ server, whoami }) => {
  const config = () => `[default]\nsso_session=corp\n${SSO_ROLE}[sso-session corp]\n${SSO}`;
  const renewable = { clientId: "id", clientSecret: "hidden", refreshToken: "refresh" };
  const ran = await whoami({ config, files: { [cacheFile("corp")]: signIn(-5, renewable) } });
  assertIs(ran, /user\/admin$/);
  assert.deepEqual(
    server.calls.map(({ name, parameters }) => [
      name,
      parameters.refreshToken ?? parameters.token,
    ]),
    [["CreateToken", "refresh"], ["GetRoleCredentials", "renewed"]],
  );

  const fruitless: [Record<string, string>, RegExp][] = [
    [{}, /^Error: Profile default is not signed in$/m],
    [{ [cacheFile("corp")]: "{" }, /^Error: Profile default is not signed in$/m],
    [
      { [cacheFile("corp")]: signIn(-5) },
      /^Error: Profile default has a sign-in that has expired$/m,
    ],
  ];
  for (const [files, message] of fruitless) {
    const { code, stderr } = await whoami({ config, files });
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.match(stderr, /^Run aws sso login --profile=default$/m);
  }

  server.refuse.set("CreateToken", { status: 400, type: "InvalidGrantException" });
  server.refuse.set("GetRoleCredentials", { status: 401, type: "UnauthorizedException" });
  for (const seconds of [-5, 3600]) {
    const files = { [cacheFile("corp")]: signIn(seconds, renewable) };
    const { stderr } = await whoami({ config, files });
    assert.match(stderr, /^Error: Profile default has a sign-in that AWS no longer accepts$/m);
    assert.doesNotMatch(stderr, /hidden|first/);
  }
});
