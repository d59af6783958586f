/**
 * All the ways to say whose account it is, each proven by what AWS then answers.
 */
import assert from "node:assert/strict";
import { devNull } from "node:os";
import { createAccessKey } from "../../lib/sandbox/seed.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { type Machine, runOn } from "../support/machine.ts";
import { run, sandboxEnv } from "../support/run.ts";

/** A second key, so that a test can tell which of two was used. */
function addKey(sandbox: Sandbox) {
  const key = createAccessKey();
  sandbox.account.users.get("admin")!.accessKeys.set(key.accessKeyId, key);
  return key;
}

async function keyUsedBy(
  sandbox: Sandbox,
  args: string[],
  options: Parameters<typeof run>[1] = {},
): Promise<string | undefined> {
  const { code, stderr } = await run(["whoami", ...args], options);
  assert.equal(code, 0, stderr);
  return sandbox.requests.at(-1)?.accessKeyId;
}

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`authentication: ${name}`, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
}

test("keys from the environment", async (sandbox) => {
  const used = await keyUsedBy(sandbox, [], { sandbox });
  assert.equal(used, sandbox.credentials.accessKeyId);
});

test("--access-key and --secret-key win over the environment", async (sandbox) => {
  const { accessKeyId, secretAccessKey } = addKey(sandbox);
  const flags = ["--access-key", accessKeyId, "--secret-key", secretAccessKey];
  assert.equal(await keyUsedBy(sandbox, flags, { sandbox }), accessKeyId);
});

test("--endpoint-url wins over the environment", async (sandbox) => {
  const env = { ...sandboxEnv(sandbox), AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
  await keyUsedBy(sandbox, ["--endpoint-url", sandbox.url], { env });
});

test("AWS_ENDPOINT_URL_STS wins over AWS_ENDPOINT_URL", async (sandbox) => {
  const env = {
    ...sandboxEnv(sandbox),
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    AWS_ENDPOINT_URL_STS: sandbox.url,
  };
  await keyUsedBy(sandbox, [], { env });
});

test("--region is the one that requests are signed for", async (sandbox) => {
  sandbox.account.buckets.clear();
  const { code } = await run(["create", "far-away", "-c", "--region", "eu-west-1"], { sandbox });
  assert.equal(code, 0);
  assert.equal(sandbox.account.buckets.get("far-away")?.region, "eu-west-1");
});

test("AWS_DEFAULT_REGION counts where AWS_REGION is not set", async (sandbox) => {
  const { AWS_REGION: _, ...env } = sandboxEnv(sandbox);
  await run(["create", "far-away", "-c"], { env: { ...env, AWS_DEFAULT_REGION: "eu-north-1" } });
  assert.equal(sandbox.account.buckets.get("far-away")?.region, "eu-north-1");
});

const FILES: Record<string, (id: string, secret: string) => string> = {
  "JSON": (id, secret) => JSON.stringify({ AccessKeyId: id, SecretAccessKey: secret }),
  "JSON with a byte order mark": (id, secret) =>
    "\uFEFF" + JSON.stringify({ AccessKeyId: id, SecretAccessKey: secret }),
  "INI": (id, secret) => `[default]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`,
  "INI with blanks, comments and Windows line ends": (id, secret) =>
    `; mine\r\n[any name]\r\n# more\r\naws_access_key_id = ${id}\r\naws_secret_access_key = ${secret}\r\n`,
  "INI whose second section has the keys": (id, secret) =>
    `[empty]\nregion=x\n[s3.x]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n`,
  "the CSV of AWS's console": (id, secret) =>
    `\uFEFFAccess key ID,Secret access key\r\n${id},${secret}\r\n`,
  "the older CSV of AWS's console": (id, secret) =>
    "User name,Password,Access key ID,Secret access key,Console login link\r\n" +
    `me,,${id},${secret},https://1.signin.aws.amazon.com/console\r\n`,
  "INI with two sections: the first counts": (id, secret) =>
    `[s3.x]\naws_access_key_id=${id}\naws_secret_access_key=${secret}\n` +
    "[default]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=other\n",
};

for (const [name, write] of Object.entries(FILES)) {
  test(`--auth with a file: ${name}`, async (sandbox) => {
    const { accessKeyId, secretAccessKey } = addKey(sandbox);
    const files = { "auth.txt": write(accessKeyId, secretAccessKey) };
    assert.equal(await keyUsedBy(sandbox, ["-a", "auth.txt"], { sandbox, files }), accessKeyId);
  });

  test(`--auth from standard input: ${name}`, async (sandbox) => {
    const { accessKeyId, secretAccessKey } = addKey(sandbox);
    const stdin = write(accessKeyId, secretAccessKey);
    assert.equal(await keyUsedBy(sandbox, ["--auth", "-"], { sandbox, stdin }), accessKeyId);
  });
}

for (const format of ["json", "ini", "process", "env", "env-no-export"]) {
  for (const lifetime of [[], ["--duration", "15m"]]) {
    const kind = lifetime.length === 0 ? "permanent" : "temporary";
    test(`--auth reads what create writes: ${format}, ${kind}`, async (sandbox) => {
      const created = await run(["create", "my-bucket", "-c", "-f", format, ...lifetime], {
        sandbox,
      });
      assert.equal(created.code, 0, created.stderr);
      const files = { auth: created.stdout };
      const { code, stdout, stderr } = await run(["whoami", "--auth", "auth"], { sandbox, files });
      assert.equal(code, 0, stderr);
      assert.match(JSON.parse(stdout).Arn, /s3\.read-write\.my-bucket$/);
    });
  }
}

function section(name: string, { accessKeyId, secretAccessKey }: Sandbox["credentials"]): string {
  return `[${name}]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
}

function keysOf({ credentials }: Sandbox): Record<string, string> {
  const { accessKeyId, secretAccessKey } = credentials;
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

const MACHINES: Record<string, Machine> = {
  "the default profile": {
    credentials: (sandbox) => section("default", sandbox.credentials),
    env: (sandbox) => ({ AWS_ENDPOINT_URL: sandbox.url }),
  },
  "--profile, with region and endpoint of its own": {
    credentials: (sandbox) => section("work", sandbox.credentials),
    config: (sandbox) => `[profile work]\nregion=eu-west-1\nendpoint_url=${sandbox.url}\n`,
    args: ["--profile", "work"],
  },
  "--profile wins over keys in the environment": {
    credentials: (sandbox) => section("work", sandbox.credentials),
    env: (sandbox) => ({
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_ACCESS_KEY_ID: "AKIAWRONG",
      AWS_SECRET_ACCESS_KEY: "wrong",
    }),
    args: ["--profile", "work"],
  },
  "AWS_PROFILE": {
    credentials: (sandbox) => section("work", sandbox.credentials),
    env: (sandbox) => ({ AWS_ENDPOINT_URL: sandbox.url, AWS_PROFILE: "work" }),
  },
  "keys in the environment win over AWS_PROFILE": {
    credentials: () => section("work", { accessKeyId: "AKIAWRONG", secretAccessKey: "wrong" }),
    env: (sandbox) => ({ ...sandboxEnv(sandbox), AWS_PROFILE: "work" }),
  },
  "AWS_DEFAULT_PROFILE, which wins as in boto3": {
    credentials: (sandbox) =>
      section("work", sandbox.credentials) +
      section("other", { accessKeyId: "AKIAWRONG", secretAccessKey: "wrong" }),
    env: (sandbox) => ({
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_DEFAULT_PROFILE: "work",
      AWS_PROFILE: "other",
    }),
  },
  "keys in the environment, and the endpoint of the default profile": {
    config: (sandbox) => `[default]\nendpoint_url=${sandbox.url}\n`,
    env: keysOf,
  },
  "the endpoint of a services section": {
    credentials: (sandbox) => section("default", sandbox.credentials),
    config: (sandbox) =>
      `[default]\nservices=local\n[services local]\nsts =\n  endpoint_url=${sandbox.url}\n`,
  },
  "credential_process": {
    config: ({ url, credentials: { accessKeyId, secretAccessKey } }) => {
      const answer = JSON.stringify({
        Version: 1,
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
      });
      return `[default]\nendpoint_url=${url}\ncredential_process=echo '${answer}'\n`;
    },
  },
};

for (const [name, machine] of Object.entries(MACHINES)) {
  test(`a machine with ${name}`, async (sandbox) => {
    const { code, stdout, stderr } = await runOn(machine, sandbox, ["whoami"]);
    assert.equal(code, 0, stderr);
    assert.match(JSON.parse(stdout).Arn, /:user\/admin$/);
  });
}

for (const variable of ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]) {
  test(`keys in the environment and ${variable}: a warning that the profile's do not count`, async (sandbox) => {
    const env = { [variable]: "work" };
    const warning = new RegExp(
      `^Warning: AWS_ACCESS_KEY_ID is set and comes before ${variable}: for the credentials of ` +
        "profile work, unset it or pass --profile$",
      "m",
    );
    const credentials = () => section("work", sandbox.credentials);
    const both = { credentials, env: () => sandboxEnv(sandbox) };
    assert.match((await runOn(both, sandbox, ["whoami"], { env })).stderr, warning);
    const { AWS_ENDPOINT_URL = "" } = sandboxEnv(sandbox);
    const endpoint = { AWS_ENDPOINT_URL };
    for (
      const unambiguous of [
        { ...both, args: ["--profile", "work"] },
        { credentials, env: () => endpoint },
      ]
    ) {
      const { code, stderr } = await runOn(unambiguous, sandbox, ["whoami"], { env });
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    }
  });
}

/** Where the keys come from when the region and the endpoint are those of the default profile. */
const KEYS_IN_HAND: Record<string, (sandbox: Sandbox) => Machine> = {
  "the environment": (sandbox) => ({ env: () => keysOf(sandbox) }),
  "--access-key and --secret-key": ({ credentials: { accessKeyId, secretAccessKey } }) => ({
    args: ["--access-key", accessKeyId, "--secret-key", secretAccessKey],
  }),
};
for (const [name, keys] of Object.entries(KEYS_IN_HAND)) {
  test(`region and endpoint of the default profile, keys of ${name}`, async (sandbox) => {
    const config = () => `[default]\nregion=eu-central-1\nendpoint_url=${sandbox.url}\n`;
    const machine = { ...keys(sandbox), config };
    const created = await runOn(machine, sandbox, ["create", "my-bucket", "-c"]);
    assert.equal(created.code, 0, created.stderr);
    assert.equal(sandbox.account.buckets.get("my-bucket")?.region, "eu-central-1");
    const put = await runOn(machine, sandbox, ["put-object", "my-bucket", "k", "deno.json"]);
    assert.equal(put.code, 0, put.stderr);
    assert.ok(sandbox.account.buckets.get("my-bucket")?.objects.has("k"));
  });
}

test("ignore_configured_endpoint_urls of the profile switches its endpoint off", async (sandbox) => {
  const config = () =>
    `[default]\nregion=us-test-1\nendpoint_url=${sandbox.url}\nignore_configured_endpoint_urls=true\n`;
  const env = () => ({ ...keysOf(sandbox), HTTPS_PROXY: "http://127.0.0.1:1" });
  const { code, stderr } = await runOn({ config, env }, sandbox, ["whoami"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /the proxy http:\/\/127\.0\.0\.1:1 refused the connection\nCheck HTTP_PROXY, HTTPS_PROXY/,
  );
  assert.deepEqual(sandbox.requests, []);
});

const REFUSALS: Record<string, { env: Record<string, string>; says: RegExp }> = {
  "an unknown key": {
    env: { AWS_ACCESS_KEY_ID: "AKIANOBODY" },
    says: /does not know this access key/,
  },
  "a wrong secret": {
    env: { AWS_SECRET_ACCESS_KEY: "very-wrong-secret" },
    says: /secret key does not belong to the access key/,
  },
  "a token that belongs to no key": {
    env: { AWS_SESSION_TOKEN: "not-a-token" },
    says: /AWS does not (know|accept)/,
  },
};

for (const [name, { env, says }] of Object.entries(REFUSALS)) {
  for (
    const command of [["whoami"], ["create", "my-bucket"], ["create", "b-1", "-c", "-d", "1h"]]
  ) {
    test(`${command.join(" ")} with ${name}: one clear error`, async (sandbox) => {
      const before = sandbox.snapshot();
      const { code, stdout, stderr } = await run(command, { sandbox, env });
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.equal(stderr.match(/^Error: /gm)?.length, 1);
      for (const secret of Object.values(env).slice(0, 1)) {
        if (!secret.startsWith("AKIA")) assert.ok(!stderr.includes(secret));
      }
      assert.deepEqual(sandbox.snapshot(), before);
    });
  }
}

test("expired credentials say so, whatever call meets them", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket", "-c", "-d", "15m"], { sandbox });
  for (const session of sandbox.account.sessions.values()) session.expiration = new Date(0);
  for (const command of [["whoami"], ["create", "my-bucket"]]) {
    const { code, stderr } = await run([...command, "--auth", "auth"], {
      sandbox,
      files: { auth: stdout },
    });
    assert.equal(code, 1);
    assert.match(stderr, /these credentials have expired/);
  }
});

test("--auth takes what the aws CLI prints", async (sandbox) => {
  const { accessKeyId, secretAccessKey } = addKey(sandbox);
  const key = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
  for (const printed of [{ AccessKey: key }, { Credentials: key }, key]) {
    const stdin = JSON.stringify(printed);
    assert.equal(await keyUsedBy(sandbox, ["--auth", "-"], { sandbox, stdin }), accessKeyId);
  }
});

const ROLE = "role_arn=arn:aws:iam::123456789012:role/x\n";
const KEYS = "[profile keys]\naws_access_key_id=AKIA1\naws_secret_access_key=x\n";
const process = (line: string) => `credential_process=${line}\n`;
const printing = (document: unknown) => process(`echo '${JSON.stringify(document)}'`);
const KEY_PAIR = { Version: 1, AccessKeyId: "AKIA1", SecretAccessKey: "hidden" };

/** What stands in the profile, and what is said of it. */
const FRUITLESS: Record<string, [profile: string, message: RegExp, hint: RegExp]> = {
  "an SSO session that isn't there": [
    "sso_session=corp\nsso_account_id=1\nsso_role_name=Admin\n",
    /^Error: The sso_session of profile work does not exist: corp$/m,
    /^Add a section \[sso-session corp\] to \S+config$/m,
  ],
  "an SSO session without its region": [
    "sso_session=corp\nsso_account_id=1\nsso_role_name=Admin\n[sso-session corp]\nsso_start_url=x\n",
    /^Error: The section sso-session corp lacks sso_region$/m,
    /^Add it in \S+config/m,
  ],
  "half of what SSO needs": [
    "sso_account_id=1\nsso_region=eu-west-1\n",
    /^Error: Profile work uses SSO and lacks sso_role_name and sso_start_url$/m,
    /aws configure sso/,
  ],
  "a program that fails": [
    process("sh -c 'echo the token has expired >&2; exit 3' hidden"),
    /^Error: The credential_process of profile work failed with exit code 3$/m,
    /^It said: the token has expired$/m,
  ],
  "a program that isn't there": [
    process("no-such-program --token hidden"),
    /^Error: Could not run the credential_process .*: there is no program no-such-program$/m,
    /No shell reads the line/,
  ],
  "a program that prints no JSON": [
    process("echo hidden"),
    /^Error: The credential_process of profile work printed no JSON$/m,
    /Version, AccessKeyId and SecretAccessKey/,
  ],
  "a program of another version": [
    printing({ ...KEY_PAIR, Version: 2 }),
    /^Error: The credential_process of profile work printed no "Version": 1$/m,
    /as a number/,
  ],
  "a program that prints half a key": [
    printing({ ...KEY_PAIR, AccessKeyId: undefined }),
    /^Error: The credential_process .* printed no AccessKeyId and SecretAccessKey$/m,
    /both/,
  ],
  "a program that prints expired keys": [
    printing({ ...KEY_PAIR, Expiration: "2020-01-01T00:00:00Z" }),
    /^Error: The credentials of profile work, by the program echo have expired$/m,
    /sign in again/,
  ],
  "a program that prints no time": [
    printing({ ...KEY_PAIR, Expiration: "tomorrow" }),
    /^Error: The credential_process .* printed an Expiration that is no time$/m,
    /2026-01-31T12:00:00Z/,
  ],
  "a program whose quote is left open": [
    process("echo 'hidden"),
    /^Error: The credential_process of profile work can't be read$/m,
    /quote/,
  ],
  "a source that isn't there": [
    `${ROLE}source_profile=nobody\n`,
    /^Error: The source_profile of profile work does not exist: nobody$/m,
    /^Correct it in \S+config: the profiles there are work$/m,
  ],
  "a source that gives nothing": [
    `${ROLE}source_profile=empty\n[profile empty]\nregion=x\n`,
    /^Error: Profile empty, the source_profile of work, gives no credentials$/m,
    /^Give it keys/m,
  ],
  "sources that go in a circle": [
    `${ROLE}source_profile=b\n[profile b]\n${ROLE}source_profile=work\n`,
    /^Error: The source_profile settings go in a circle: work -> b -> work$/m,
    /^Correct source_profile/m,
  ],
  "a role without a source": [
    ROLE,
    /^Error: Profile work has role_arn without source_profile or credential_source$/m,
    /^Add source_profile = NAME/m,
  ],
  "a role with two sources": [
    `${ROLE}source_profile=keys\ncredential_source=Environment\n${KEYS}`,
    /^Error: Profile work has both source_profile and credential_source$/m,
    /^Remove one/m,
  ],
  "a typo in credential_source": [
    `${ROLE}credential_source=Enviroment\n`,
    /^Error: Profile work has an unknown credential_source: Enviroment$/m,
    /^Use Environment, EcsContainer or Ec2InstanceMetadata$/m,
  ],
  "keys of the environment that aren't there": [
    `${ROLE}credential_source=Environment\n`,
    /^Error: Profile work has credential_source = Environment, which holds no keys$/m,
    /AWS_ACCESS_KEY_ID/,
  ],
  "a web identity without a role": [
    "web_identity_token_file=/no/file\n",
    /^Error: profile work names a web identity token without a role$/m,
    /role_arn/,
  ],
  "a web identity without its token": [
    `${ROLE}web_identity_token_file=/no/file\n`,
    /^Error: The web identity token of profile work is not there: \/no\/file$/m,
    /path/,
  ],
  "a key without its secret": [
    "aws_access_key_id=AKIA1\n",
    /^Error: Profile work in \S+config has no aws_secret_access_key$/m,
    /both/,
  ],
  "nothing but a region": [
    "region=eu-west-1\n",
    /^Error: Profile work gives no credentials$/m,
    /^It has none of aws_access_key_id, role_arn/m,
  ],
  "a services section that isn't there": [
    "services=local\n",
    /^Error: The services section of profile work does not exist: local$/m,
    /\[services local\]/,
  ],
  "a second factor, and no terminal": [
    `${ROLE}source_profile=keys\nmfa_serial=arn:aws:iam::123456789012:mfa/me\n${KEYS}`,
    /requires a code of the MFA device arn:aws:iam::123456789012:mfa\/me, and there is no terminal/,
    /aws sts get-session-token --serial-number SERIAL --token-code CODE.*--auth/,
  ],
  "a line that is none": [
    "hidden\n",
    /^Error: Could not read \S+config: line 2: expected a section, NAME = VALUE or a comment$/m,
    /AWS's other tools stop at the same place/,
  ],
  "a setting that is there twice": [
    "region=a\nregion=b\n",
    /^Error: Could not read \S+config: line 3: this setting is there already in its section$/m,
    /AWS's other tools/,
  ],
};

const NO_CREDENTIALS: [RegExp, RegExp] = [
  /: no AWS credentials were found$/m,
  /Pass --auth or --profile/,
];

/** The test of a missing `services` section needs its endpoints to be looked up. */
function unusedEndpoint(machine: Machine, sandbox: Sandbox): Record<string, string> {
  const isUsed = !String(machine.config?.(sandbox)).includes("services=");
  return isUsed ? { AWS_ENDPOINT_URL: sandbox.url } : {};
}

async function assertFruitless(
  sandbox: Sandbox,
  command: string[],
  machine: Machine,
  says: readonly RegExp[],
): Promise<void> {
  const env = () => ({ ...unusedEndpoint(machine, sandbox), ...machine.env?.(sandbox) });
  const { code, stdout, stderr } = await runOn({ ...machine, env }, sandbox, command);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.equal(stderr.match(/^Error: /gm)?.length, 1, stderr);
  for (const words of says) assert.match(stderr, words);
  assert.doesNotMatch(stderr, /hidden|unexpected/);
  assert.equal(sandbox.requests.length, 0);
}

for (const [name, [profile, ...says]] of Object.entries(FRUITLESS)) {
  test(`a profile with ${name} says so`, async (sandbox) => {
    const machine = { config: () => `[profile work]\n${profile}`, args: ["--profile", "work"] };
    await assertFruitless(sandbox, ["whoami"], machine, says);
  });
}

for (
  const command of [
    ["whoami"],
    ["create", "my-bucket"],
    ["list-bucket", "my-bucket"],
    ["get-object", "my-bucket", "a"],
    ["get-objects", "my-bucket", "a", "b"],
    ["put-object", "my-bucket", "a", "LICENSE"],
    ["put-objects", "my-bucket", "LICENSE"],
    ["delete-objects", "my-bucket", "a", "--silent"],
  ]
) {
  test(`no credentials at all: ${command.join(" ")}`, async (sandbox) => {
    await assertFruitless(sandbox, command, {}, NO_CREDENTIALS);
  });
}

test("why a profile gives no credentials is said by the commands for objects too", async (sandbox) => {
  const [profile, ...says] = FRUITLESS["a program that fails"]!;
  const machine = { config: () => `[profile work]\n${profile}`, args: ["--profile", "work"] };
  await assertFruitless(sandbox, ["get-object", "my-bucket", "a"], machine, says);
});

const NOWHERE: Record<string, [Machine, RegExp]> = {
  "AWS_PROFILE of a profile that isn't there": [
    { env: () => ({ AWS_PROFILE: "nope" }) },
    /^Error: Profile does not exist: nope$/m,
  ],
  "AWS_PROFILE where one empty file is both files": [
    {
      env: () => ({
        AWS_PROFILE: "nope",
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
      }),
    },
    /^There is no such section in [^ ]+: no profile is there$/m,
  ],
  "AWS_PROFILE=default without such a profile": [
    { env: () => ({ AWS_PROFILE: "default" }) },
    /^Error: Profile does not exist: default$/m,
  ],
  "an empty AWS_PROFILE": [{ env: () => ({ AWS_PROFILE: "" }) }, /^Error: AWS_PROFILE is empty$/m],
  "a profile that isn't there, next to keys": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_PROFILE: "nope" }) },
    /^Error: Profile does not exist: nope$/m,
  ],
  "an access key without its secret in the environment": [
    {
      config: (sandbox) => `[default]\n${section("default", sandbox.credentials).slice(10)}`,
      env: () => ({ AWS_ACCESS_KEY_ID: "AKIAX", AWS_SECRET_ACCESS_KEY: "" }),
    },
    /^Error: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not\nSet both, or unset both$/m,
  ],
  "a secret without its access key in the environment": [
    { env: () => ({ AWS_SECRET_ACCESS_KEY: "hidden" }) },
    /^Error: AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not$/m,
  ],
  "a key id that ends in CR": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_ACCESS_KEY_ID: "AKIA1\r" }) },
    /^Error: Cannot use the key of the environment: the access key id has a line end in it$/m,
  ],
  "a secret with a space after it": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_SECRET_ACCESS_KEY: "hidden " }) },
    /^Error: Cannot use the key .*: the secret access key has a space before or after it$/m,
  ],
  "keys of the environment that have expired": [
    {
      env: (sandbox) => ({ ...keysOf(sandbox), AWS_CREDENTIAL_EXPIRATION: "2020-01-01T00:00:00Z" }),
    },
    /^Error: .*The credentials of the environment have expired$/m,
  ],
  "an end of the environment's keys that is no time": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_CREDENTIAL_EXPIRATION: "soon" }) },
    /^Error: AWS_CREDENTIAL_EXPIRATION is no time\nUnset it, or write it as 2027-01-31T17:00:00Z$/m,
  ],
};
for (const [name, [machine, message]] of Object.entries(NOWHERE)) {
  test(`${name}: says so and calls nobody`, async (sandbox) => {
    await assertFruitless(sandbox, ["whoami"], machine, [message]);
  });
}

const WRONG: Record<string, [Record<string, string>, RegExp]> = {
  "a region with a space": [
    { AWS_REGION: "us-east-1 " },
    /^Error: Invalid region "us-east-1 " in AWS_REGION: expected a name such as eu-west-1$/m,
  ],
  "an empty default region": [
    { AWS_REGION: "", AWS_DEFAULT_REGION: "" },
    /^Error: Invalid region "" in AWS_DEFAULT_REGION/m,
  ],
  "a flag that is neither true nor false": [
    { AWS_USE_FIPS_ENDPOINT: "yes" },
    /^Error: Invalid value of AWS_USE_FIPS_ENDPOINT: expected true or false$/m,
  ],
};
for (const [name, [env, message]] of Object.entries(WRONG)) {
  for (const command of [["whoami"], ["list-bucket", "my-bucket"]]) {
    test(`${name}: ${command[0]} names the variable`, async (sandbox) => {
      const { code, stderr } = await run(command, { sandbox, env });
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.equal(sandbox.requests.length, 0);
    });
  }
}

test("the endpoint of [default] is not that of another profile", async (sandbox) => {
  const machine = {
    config: () => `[default]\nendpoint_url=${sandbox.url}\n[profile prod]\nregion=eu-west-1\n`,
    credentials: () => section("prod", sandbox.credentials),
    env: () => ({ HTTPS_PROXY: "http://127.0.0.1:1" }),
  };
  for (const args of [["--profile", "prod"], []]) {
    const env: Record<string, string> = args.length > 0 ? {} : { AWS_PROFILE: "prod" };
    for (const command of [["whoami"], ["create", "my-bucket"], ["list-bucket", "my-bucket"]]) {
      const { code } = await runOn({ ...machine, args }, sandbox, command, { env });
      assert.equal(code, 1);
    }
  }
  assert.deepEqual(sandbox.requests, []);
});

test("whoami --verbose: shows profile, source, region and endpoints", async (sandbox) => {
  const machine = {
    config: () =>
      `[profile work]\nregion=eu-west-1\nservices=local\n` +
      `[services local]\nsts =\n  endpoint_url=${sandbox.url}\n`,
    credentials: () => section("work", sandbox.credentials),
    args: ["--profile", "work"],
  };
  for (const flag of ["-v", "--verbose"]) {
    const { code, stdout, stderr } = await runOn(machine, sandbox, ["whoami", flag]);
    assert.equal(code, 0, stderr);
    assert.match(JSON.parse(stdout).Arn, /user\/admin$/);
    assert.match(
      stderr,
      /^Profile: work\nCredentials: profile work in \S+credentials\nRegion: eu-west-1\nEndpoint of IAM: https:\/\/iam\.amazonaws\.com\/\nEndpoint of STS: http:\/\/127\.0\.0\.1:\d+\/\nEndpoint of S3: https:\/\/s3\.eu-west-1\.amazonaws\.com\/\n$/,
    );
  }
  const { stderr } = await run(["whoami", "-v"], { sandbox });
  assert.match(stderr, /^Profile: none is named\nCredentials: the environment\n/);
  const stdin = JSON.stringify({
    AccessKeyId: sandbox.credentials.accessKeyId,
    SecretAccessKey: sandbox.credentials.secretAccessKey,
  });
  const piped = await run(["whoami", "-v", "--auth", "-"], { sandbox, stdin });
  assert.match(piped.stderr, /^Credentials: from standard input, by --auth$/m);
  const auth = await Deno.makeTempFile();
  await Deno.writeTextFile(auth, stdin);
  const read = await run(["whoami", "-v", "--auth", auth], { sandbox });
  await Deno.remove(auth);
  assert.ok(read.stderr.includes(`\nCredentials: ${auth}, by --auth\n`), read.stderr);
});

test("FIPS with an endpoint of its own: names the variable, and S3 is called there", async (sandbox) => {
  const env = { AWS_USE_FIPS_ENDPOINT: "TRUE" };
  const { code, stderr } = await run(["whoami"], { sandbox, env });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^Error: Amazon's FIPS endpoints and the endpoint \S+ cannot both be used\nUnset AWS_USE_FIPS_ENDPOINT/m,
  );
  assert.equal((await run(["list-buckets"], { sandbox, env })).code, 0);
  const dualstack = { AWS_USE_DUALSTACK_ENDPOINT: "true" };
  assert.equal((await run(["whoami"], { sandbox, env: dualstack })).code, 0);
});

test("FIPS where there is none: names the variable", async () => {
  const env = {
    AWS_ACCESS_KEY_ID: "AKIA1",
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_REGION: "cn-north-1",
    AWS_USE_FIPS_ENDPOINT: "true",
  };
  const { code, stderr } = await run(["list-buckets"], { env });
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /Partition does not support FIPS\n.*AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT/,
  );
});

/** Names as people give them, in both files. */
const NAMES = [
  "my work",
  "o'brien",
  "größe",
  "R&D",
  "acme (prod)",
  'say "hi"',
  "a#b;c",
  "a]b",
  "x:y=z",
];
for (const name of NAMES) {
  test(`a profile called ${name}`, async (sandbox) => {
    const credentials = () => section(name, sandbox.credentials);
    const config = () => `[profile ${quoted(name)}]\nendpoint_url=${sandbox.url}\n`;
    const args = ["--profile", name];
    const { code, stderr } = await runOn({ config, credentials, args }, sandbox, ["whoami"]);
    assert.equal(code, 0, stderr);
  });
}

function quoted(name: string): string {
  return `"${name.replaceAll(/["\\]/g, "\\$&")}"`;
}

test("a profile that --profile-name wrote is found", async (sandbox) => {
  const name = "R&D (größe)";
  const args = ["create", "my-bucket", "-c", "-f", "ini", "--profile-name", name];
  const { stdout } = await run(args, { sandbox });
  const machine = { credentials: () => stdout, args: ["--profile", name] };
  const env = { AWS_ENDPOINT_URL: sandbox.url };
  const ran = await runOn(machine, sandbox, ["whoami"], { env });
  assert.match(JSON.parse(ran.stdout).Arn, /s3\.read-write\.my-bucket$/);
});

test("credential_process: keeps # and ; and quotes, and gets no standard input", async (sandbox) => {
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const answer = JSON.stringify({
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
  });
  const script = `test "$1" = "a #b ;c" && ! read line && echo "$2"`;
  const config = () =>
    `[default]\ncredential_process = sh -c '${script}' sh "a #b ;c" '${answer}'\n`;
  const env = { AWS_ENDPOINT_URL: sandbox.url };
  const { code, stderr } = await runOn({ config }, sandbox, ["whoami"], { env });
  assert.equal(code, 0, stderr);
});

test("credential_process: one that never ends is stopped", async (sandbox) => {
  const config = () =>
    "[default]\ncredential_process = sh -c 'echo waiting for you >&2; sleep 1000'\n";
  const { code, stderr } = await runOn({ config }, sandbox, ["whoami"], { requestTimeoutMs: 300 });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Error: The credential_process of profile default did not end within 0\.3 seconds$/m,
  );
  assert.match(stderr, /^It said: waiting for you$/m);
});

const UTF_16: Record<string, (text: string) => Uint8Array<ArrayBuffer>> = {
  "UTF-16LE, as PowerShell writes it": (text) => utf16(text, true),
  "UTF-16BE": (text) => utf16(text, false),
  "UTF-8 with a byte order mark": (text) => new TextEncoder().encode(`\uFEFF${text}`),
};

function utf16(text: string, isLittle: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(2 * text.length + 2));
  for (
    const [index, unit] of [0xfeff, ...text.split("").map((one) => one.charCodeAt(0))].entries()
  ) {
    view.setUint16(2 * index, unit, isLittle);
  }
  return new Uint8Array(view.buffer);
}

for (const [name, encode] of Object.entries(UTF_16)) {
  test(`${name}: --auth, --policy, --policy-file and the shared files`, async (sandbox) => {
    const { accessKeyId, secretAccessKey } = sandbox.credentials;
    const auth = encode(
      JSON.stringify({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }),
    );
    const readable = (bucket: string, Principal?: unknown) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{
          Effect: "Allow",
          Principal,
          Action: "s3:GetObject",
          Resource: `arn:aws:s3:::${bucket}/*`,
        }],
      });
    const policy = encode(readable("$!BUCKET_NAME!$"));
    const bucketPolicy = encode(readable("my-bucket", { AWS: sandbox.account.id }));
    const files = { auth, policy, "bucket-policy": bucketPolicy };
    for (const stdin of [undefined, auth]) {
      const used = await keyUsedBy(sandbox, ["-a", stdin ? "-" : "auth"], {
        sandbox,
        files,
        stdin,
      });
      assert.equal(used, accessKeyId);
    }
    const lines = [
      ["create", "my-bucket", "-c", "--policy", "policy", "--dry-run"],
      ["create", "my-bucket", "-c"],
      ["set-bucket-policy", "my-bucket", "--policy-file", "bucket-policy"],
    ];
    for (const line of lines) {
      const { code, stderr } = await run(line, { sandbox, files });
      assert.equal(code, 0, stderr);
    }
    const machine = {
      config: () => encode(`[profile größe]\nendpoint_url=${sandbox.url}\n`),
      credentials: () => encode(section("größe", sandbox.credentials)),
      args: ["--profile", "größe"],
    };
    const { code, stderr } = await runOn(machine, sandbox, ["whoami"]);
    assert.equal(code, 0, stderr);
  });
}

test("a file that is no text is refused", async (sandbox) => {
  const auth = Uint8Array.from([0x41, 0xff, 0xfe]);
  const { code, stderr } = await run(["whoami", "-a", "auth"], { sandbox, files: { auth } });
  assert.equal(code, 2);
  assert.match(stderr, /^Error: Invalid value for --auth: it is neither UTF-8 nor UTF-16 text$/m);
  const ran = await runOn({ config: () => auth }, sandbox, ["whoami"]);
  assert.match(
    ran.stderr,
    /^Error: Could not read \S+config: it is neither UTF-8 nor UTF-16 text$/m,
  );
});

for (const hours of [1, -1]) {
  test(`a clock that is ${hours} hour off: every call of create works`, async (sandbox) => {
    sandbox.clock.advance(hours * 3_600_000);
    const lines = [
      ["create", "my-bucket", "-c"],
      ["create", "my-bucket", "-d", "15m"],
      ["put-object", "my-bucket", "key", "deno.json"],
      ["delete-user", "s3.read-write.my-bucket"],
    ];
    for (const line of lines) {
      const { code, stderr } = await run(line, { sandbox });
      assert.equal(code, 0, stderr);
    }
  });
}

test("a session that may not call IAM: says which sessions may", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket", "-c", "-d", "15m"], { sandbox });
  const refusal = { status: 403, code: "InvalidClientTokenId", message: "The token is invalid" };
  const isIam = ({ service }: { service: string }) => service === "iam";
  sandbox.fail({ operation: "*", when: isIam, times: Infinity, error: refusal });
  const files = { auth: stdout };
  assert.equal((await run(["whoami", "--auth", "auth"], { sandbox, files })).code, 0);
  for (const command of [["list-users"], ["create", "my-bucket"], ["delete-user", "a"]]) {
    const { code, stderr } = await run([...command, "--auth", "auth"], { sandbox, files });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /IAM does not accept these temporary credentials \(InvalidClientTokenId\)$/m,
    );
    assert.match(
      stderr,
      /get-session-token may call IAM only if it was made with --serial-number and --token-code/,
    );
  }
  const { stderr } = await run(["list-users"], { sandbox });
  assert.match(
    stderr,
    /AWS does not know this access key/,
    "of a permanent key that is what it means",
  );
});
