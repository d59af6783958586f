/**
 * All the ways to say whose account it is, each proven by what AWS then answers.
 */
import assert from "node:assert/strict";
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
  Deno.test(name, async () => {
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

for (const format of ["json", "ini", "process"]) {
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
    `[default]\nendpoint_url=${sandbox.url}\nignore_configured_endpoint_urls=true\n`;
  const env = () => ({ ...keysOf(sandbox), HTTPS_PROXY: "http://127.0.0.1:1" });
  const { code, stderr } = await runOn({ config, env }, sandbox, ["whoami"]);
  assert.equal(code, 1);
  assert.match(stderr, /the endpoint refused the connection/);
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

const SESSION = "sso_session=corp\nsso_account_id=123456789012\nsso_role_name=Admin\n" +
  "[sso-session corp]\nsso_region=us-east-1\nsso_start_url=https://corp.awsapps.com/start\n";
const ROLE_OF_NOBODY = "role_arn=arn:aws:iam::123456789012:role/x\nsource_profile=nobody\n";
const ROLE_WITH_MFA = "role_arn=arn:aws:iam::123456789012:role/x\nsource_profile=keys\n" +
  "mfa_serial=arn:aws:iam::123456789012:mfa/me\n" +
  "[profile keys]\naws_access_key_id=AKIA1\naws_secret_access_key=x\n";

/** What stands in the profile, and what is said of it. */
const FRUITLESS: Record<string, [profile: string, message: RegExp, hint: RegExp]> = {
  "a sign-in that has expired": [SESSION, /SSO session token .* is invalid$/m, /aws sso login/],
  "a program that fails": [
    "credential_process=/bin/false --token hidden\n",
    /^Error: Profile work gives no credentials$/m,
    /For a credential_process, Deno needs --allow-run\..* --profile=work$/m,
  ],
  "a source that isn't there": [
    ROLE_OF_NOBODY,
    /^Error: Profile work gives no credentials$/m,
    /: aws sts get-caller-identity --profile=work$/m,
  ],
  "a second factor": [ROLE_WITH_MFA, /requires multi-factor/, /aws sts get-session-token.*--auth/],
};

const NO_CREDENTIALS: [RegExp, RegExp] = [
  /: no AWS credentials were found$/m,
  /Pass --auth or --profile/,
];

async function assertFruitless(
  sandbox: Sandbox,
  command: string[],
  machine: Machine,
  says: readonly RegExp[],
): Promise<void> {
  const env = () => ({ AWS_ENDPOINT_URL: sandbox.url, ...machine.env?.(sandbox) });
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

test("a sign-in that has expired is said by the commands for objects too", async (sandbox) => {
  const machine = { config: () => `[profile work]\n${SESSION}`, args: ["--profile", "work"] };
  const [, ...says] = FRUITLESS["a sign-in that has expired"]!;
  await assertFruitless(sandbox, ["get-object", "my-bucket", "a"], machine, says);
});

test("AWS_PROFILE of a profile that isn't there says so", async (sandbox) => {
  const machine = { env: () => ({ AWS_PROFILE: "nope" }) };
  await assertFruitless(sandbox, ["whoami"], machine, [/^Error: Profile does not exist: nope$/m]);
});
