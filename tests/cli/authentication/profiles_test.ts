/** Profiles of AWS's shared files, and which of several sources counts. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { type Machine, runOn } from "../../support/machine.ts";
import { run, sandboxEnv } from "../../support/run.ts";
import { keysOf, section } from "./support.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`authentication: ${name}`, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
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
