/** What stands between this machine and AWS: proxies, TLS and whose certificates are trusted. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { AUTHORITY } from "../support/certificate.ts";
import { runOn } from "../support/machine.ts";
import { type Proxy, startProxy } from "../support/proxy.ts";
import { run } from "../support/run.ts";

/** No such region exists, so that a request that misses the proxy gets nowhere. */
const REGION = "us-test-1";

/** An endpoint that only the proxy can find. */
const HIDDEN = "http://aws.invalid";

interface Stage {
  sandbox: Sandbox;
  proxy: Proxy;
  folder: string;
  /** The administrator's keys and the region. */
  env: Record<string, string>;
}

function test(name: string, work: (stage: Stage) => Promise<void>): void {
  Deno.test(`network: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"], region: REGION });
    await using proxy = await startProxy(sandbox);
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/authority.pem`, AUTHORITY);
    const { accessKeyId, secretAccessKey } = sandbox.credentials;
    const env = {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: REGION,
      // Amazon's own name for it is the same in all regions.
      AWS_ENDPOINT_URL_IAM: "https://iam.aws.invalid",
    };
    try {
      await work({ sandbox, proxy, folder, env });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

for (const name of ["HTTP_PROXY", "http_proxy"]) {
  test(`${name} is asked for all that is not on this machine`, async ({ proxy, env, sandbox }) => {
    const settings = { ...env, AWS_ENDPOINT_URL: HIDDEN, [name]: proxy.url };
    const whoami = await run(["whoami"], { env: settings });
    assert.equal(whoami.code, 0, whoami.stderr);
    const put = await run(["put-object", "my-bucket", "a b", "-"], {
      env: settings,
      stdin: "hello",
    });
    assert.equal(put.code, 0, put.stderr);
    const get = await run(["get-object", "my-bucket", "a b"], { env: settings });
    assert.equal(get.stdout, "hello", get.stderr);
    assert.deepEqual(proxy.asked, [
      `POST ${HIDDEN}/`,
      `PUT ${HIDDEN}/my-bucket/a%20b`,
      `GET ${HIDDEN}/my-bucket/a%20b`,
    ]);
    assert.ok(sandbox.account.buckets.get("my-bucket")!.objects.has("a b"));
  });
}

test("NO_PROXY names who is called without it", async ({ proxy, env }) => {
  const settings = { ...env, AWS_ENDPOINT_URL: HIDDEN, HTTP_PROXY: proxy.url };
  for (const args of [["whoami"], ["list-bucket", "my-bucket"]]) {
    const { code, stderr } = await run(args, { env: { ...settings, NO_PROXY: "x.org,.invalid" } });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /the host name of the endpoint http:\/\/aws\.invalid (is not known|could not be looked up)\n/,
    );
  }
  assert.deepEqual(proxy.asked, []);
});

test("an empty variable in small letters keeps a command from the proxy, or from its exceptions", async ({ proxy, env }) => {
  const settings = { ...env, AWS_ENDPOINT_URL: HIDDEN, HTTP_PROXY: proxy.url };
  const { code } = await run(["whoami"], { env: { ...settings, http_proxy: "" } });
  assert.deepEqual([code, proxy.asked.length], [1, 0]);
  const asking = await run(["whoami"], { env: { ...settings, NO_PROXY: "*", no_proxy: "" } });
  assert.deepEqual([asking.code, proxy.asked.length], [0, 1]);
});

test("the chain of credentials asks the proxy too", async ({ sandbox, proxy, env }) => {
  const made = await run(["create", "my-bucket", "-d", "15m"], { sandbox });
  assert.equal(made.code, 0, made.stderr);
  const [role] = sandbox.account.roles.values();
  const config = () =>
    `[profile work]\nrole_arn=${role!.arn}\nsource_profile=keys\n` +
    `[profile keys]\naws_access_key_id=${env.AWS_ACCESS_KEY_ID}\n` +
    `aws_secret_access_key=${env.AWS_SECRET_ACCESS_KEY}\n`;
  const machine = {
    config,
    env: () => ({ AWS_ENDPOINT_URL: HIDDEN, AWS_REGION: REGION, HTTP_PROXY: proxy.url }),
    args: ["--profile", "work"],
  };
  const { code, stdout, stderr } = await runOn(machine, sandbox, ["whoami"]);
  assert.equal(code, 0, stderr);
  assert.match(JSON.parse(stdout).Arn, /:assumed-role\/s3-credentials\.AmazonS3FullAccess\//);
  assert.deepEqual(proxy.asked, [`POST ${HIDDEN}/`, `POST ${HIDDEN}/`]);
});

test("no proxy is asked for this machine", async ({ sandbox }) => {
  const env = { HTTP_PROXY: "http://127.0.0.1:1", NO_PROXY: "x.org" };
  for (const args of [["whoami"], ["list-bucket", "my-bucket"]]) {
    const { code, stderr } = await run(args, { sandbox, env });
    assert.equal(code, 0, stderr);
  }
});

test("AWS's own host names, by TLS through a proxy with a password", async (stage) => {
  const { proxy, env, folder, sandbox } = stage;
  const settings = {
    ...env,
    HTTPS_PROXY: proxy.url.replace("//", "//me:pa%3Ass@"),
    AWS_CA_BUNDLE: `${folder}/authority.pem`,
  };
  const created = await run(["create", "my-bucket", "--read-only"], { env: settings });
  assert.equal(created.code, 0, created.stderr);
  assert.ok(sandbox.account.users.has("s3.read-only.my-bucket"));
  const put = await run(["put-object", "my-bucket", "k", "-"], { env: settings, stdin: "hello" });
  assert.equal(put.code, 0, put.stderr);
  const large = await run(["put-object", "my-bucket", "large", "-"], {
    env: settings,
    stdin: new Uint8Array(9 * 2 ** 20),
  });
  assert.equal(large.code, 0, large.stderr);
  assert.equal(sandbox.account.buckets.get("my-bucket")?.uploads?.size ?? 0, 0);
  const auth = { files: { "a.json": created.stdout }, env: settings };
  const get = await run(["get-object", "my-bucket", "k", "--auth", "a.json"], auth);
  assert.equal(get.stdout, "hello", get.stderr);
  const debug = await run(["debug-bucket", "my-bucket"], { env: settings });
  assert.equal(debug.code, 0, debug.stderr);
  assert.deepEqual([...new Set(proxy.asked)].sort(), [
    `CONNECT ${sandbox.account.id}.s3-control.us-test-1.amazonaws.com:443`,
    "CONNECT iam.aws.invalid:443",
    "CONNECT my-bucket.s3.us-test-1.amazonaws.com:443",
    "CONNECT sts.us-test-1.amazonaws.com:443",
  ]);
  assert.deepEqual([...proxy.logins], ["me:pa:ss"]);
});

test("an upload in parts that a certificate prevents leaves nothing, and says nothing of it", async (stage) => {
  const { proxy, env } = stage;
  const { code, stderr } = await run(["put-object", "my-bucket", "large", "-"], {
    env: { ...env, HTTPS_PROXY: proxy.url },
    stdin: new Uint8Array(9 * 2 ** 20),
  });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Error: Could not put large: the certificate of the endpoint \S+ .*is not trusted/,
  );
});

for (
  const args of [["whoami"], ["list-bucket", "my-bucket"], ["put-objects", "my-bucket", "FILE"]]
) {
  const command = args[0]!;

  test(`a server whose certificate nobody vouches for: ${command}`, async (stage) => {
    const { proxy, env, folder, sandbox } = stage;
    const line = args.map((arg) => arg.replace("FILE", folder));
    const { code, stderr } = await run(line, { env: { ...env, HTTPS_PROXY: proxy.url } });
    assert.equal(code, 1);
    const address = `https://\\w+(-bucket\\.s3)?\\.${REGION}\\.amazonaws\\.com`;
    const words = `the certificate of the endpoint ${address} \\(by the proxy ${proxy.url}\\)`;
    assert.match(stderr, new RegExp(`^Error: .*: ${words} is not trusted: unable to verify`));
    assert.match(stderr, /AWS_CA_BUNDLE/);
    assert.equal(proxy.asked.length, 1, "no second attempt can help");
    assert.deepEqual(sandbox.requests, []);
  });

  test(`a certificate for another name: ${command}`, async ({ proxy, env, folder, sandbox }) => {
    const line = args.map((arg) => arg.replace("FILE", folder));
    const { code, stderr } = await run([...line, "--endpoint-url", "https://aws.invalid"], {
      env: { ...env, HTTPS_PROXY: proxy.url, AWS_CA_BUNDLE: `${folder}/authority.pem` },
    });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^Error: .*: the certificate of the endpoint https:\/\/aws\.invalid \(by.* is not trusted: /,
    );
    assert.deepEqual(sandbox.requests, []);
  });

  test(`a proxy that refuses: ${command}`, async ({ proxy, env, folder }) => {
    proxy.connectStatus = 407;
    const line = args.map((arg) => arg.replace("FILE", folder));
    const HTTPS_PROXY = proxy.url.replace("//", "//me:secret@");
    const { code, stderr } = await run(line, { env: { ...env, HTTPS_PROXY } });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^Error: .*: the proxy http:\S+ did not connect to the endpoint https:.*\n.*HTTPS_PROXY/,
    );
    assert.doesNotMatch(stderr, /secret/);
    assert.ok(proxy.asked.length <= 3, proxy.asked.join("\n"));
  });
}

const WRONG: [name: string, value: string, message: RegExp, code?: number][] = [
  ["HTTPS_PROXY", "se cret", /^Error: Cannot use the proxy that HTTPS_PROXY names$/m],
  [
    "HTTPS_PROXY",
    "http://u:se%cret@127.0.0.1:1",
    /^Error: Cannot use the proxy .*\n.*%25 for a %/m,
  ],
  ["HTTP_PROXY", "socks5://se:cret@host", /^Error: Cannot use the proxy that HTTP_PROXY names/m],
  // Not wrong usage: no option of the command names them.
  [
    "AWS_CA_BUNDLE",
    "none.pem",
    /^Error: Could not read the certificates of none\.pem: it does not exist\nAWS_CA_BUNDLE, or /,
    1,
  ],
  [
    "AWS_CA_BUNDLE",
    "lib",
    /^Error: Could not read the certificates of lib: it is a directory\n/,
    1,
  ],
  ["AWS_CA_BUNDLE", "deno.json", /^Error: There are no certificates in deno\.json\nAWS_CA_/, 1],
];
for (const [name, value, message, expectedCode = 2] of WRONG) {
  for (const args of [["whoami"], ["put-objects", "my-bucket", "deno.json", "README.md"]]) {
    test(`${name}=${value}: ${args[0]}`, async ({ sandbox }) => {
      const { code, stderr } = await run(args, { sandbox, env: { [name]: value } });
      assert.equal(code, expectedCode);
      assert.match(stderr, message);
      assert.equal(stderr.match(/^Error: /gm)?.length, 1, stderr);
      assert.doesNotMatch(stderr, /cret/);
      assert.deepEqual(sandbox.requests, []);
    });
  }
}
