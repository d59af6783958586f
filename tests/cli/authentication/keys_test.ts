/** Keys of options, of the environment and of `--auth` files, each proven by what AWS then answers. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { runOn } from "../../support/machine.ts";
import { run } from "../../support/run.ts";
import { addKey, keyUsedBy, section } from "./support.ts";

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

test("--auth takes what the aws CLI prints", async (sandbox) => {
  const { accessKeyId, secretAccessKey } = addKey(sandbox);
  const key = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
  for (const printed of [{ AccessKey: key }, { Credentials: key }, key]) {
    const stdin = JSON.stringify(printed);
    assert.equal(await keyUsedBy(sandbox, ["--auth", "-"], { sandbox, stdin }), accessKeyId);
  }
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
