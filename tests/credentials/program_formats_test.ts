/** Credentials in the configuration of programs: each character arrives, or the format refuses it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatCredentials, type ProgramFormat, S3CredentialsError } from "@s3creds/cli";
import { withProfile } from "../../lib/credentials/delivery/profile_text.ts";
import { parseIni } from "../../lib/aws/ini.ts";

const KEY = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "abc/+de=" };
const SESSION = { ...KEY, sessionToken: "token==", expiration: new Date(0) };
const USE = { region: "eu-west-1", buckets: ["my-bucket"] };
const SERVER = { ...USE, endpointUrl: "http://127.0.0.1:9000" };

const WRITTEN: [ProgramFormat, keys: typeof KEY, use: object, text: string][] = [
  [
    "rclone",
    KEY,
    { ...USE, profileName: "photos" },
    "[photos]\ntype = s3\nprovider = AWS\naccess_key_id = AKIAEXAMPLE\n" +
    "secret_access_key = abc/+de=\nregion = eu-west-1\nno_check_bucket = true",
  ],
  [
    "rclone",
    SESSION,
    SERVER,
    "[s3]\ntype = s3\nprovider = Other\naccess_key_id = AKIAEXAMPLE\n" +
    "secret_access_key = abc/+de=\nsession_token = token==\nregion = eu-west-1\n" +
    "endpoint = http://127.0.0.1:9000\nno_check_bucket = true",
  ],
  [
    "s3cmd",
    SESSION,
    USE,
    "[default]\naccess_key = AKIAEXAMPLE\nsecret_key = abc/+de=\naccess_token = token==\n" +
    "bucket_location = eu-west-1\nhost_base = s3.eu-west-1.amazonaws.com\n" +
    "host_bucket = %(bucket)s.s3.eu-west-1.amazonaws.com\nuse_https = True",
  ],
  [
    "s3cmd",
    KEY,
    SERVER,
    "[default]\naccess_key = AKIAEXAMPLE\nsecret_key = abc/+de=\nbucket_location = eu-west-1\n" +
    "host_base = 127.0.0.1:9000\nhost_bucket = 127.0.0.1:9000\nuse_https = False",
  ],
  ["s3fs", KEY, USE, "AKIAEXAMPLE:abc/+de="],
  ["dotenv", KEY, USE, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=abc/+de="],
  [
    "docker-env",
    SESSION,
    USE,
    "AWS_ACCESS_KEY_ID=AKIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=abc/+de=\nAWS_SESSION_TOKEN=token==",
  ],
  ["github-env", KEY, USE, "AWS_ACCESS_KEY_ID=AKIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=abc/+de="],
  [
    "k8s-secret",
    KEY,
    { ...USE, profileName: "photos" },
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: "photos"\ntype: Opaque\nstringData:\n' +
    '  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE"\n  AWS_SECRET_ACCESS_KEY: "abc/+de="',
  ],
  [
    "duckdb",
    SESSION,
    { ...SERVER, buckets: ["one", "two"], profileName: 'my "secret"' },
    'CREATE OR REPLACE SECRET "my ""secret""" (\n    TYPE s3,\n    PROVIDER config,\n' +
    "    KEY_ID 'AKIAEXAMPLE',\n    SECRET 'abc/+de=',\n    SESSION_TOKEN 'token==',\n" +
    "    REGION 'eu-west-1',\n    ENDPOINT '127.0.0.1:9000',\n    URL_STYLE 'path',\n" +
    "    USE_SSL false,\n    SCOPE ['s3://one','s3://two']\n);",
  ],
  [
    "windows-cmd",
    KEY,
    USE,
    'set "AWS_ACCESS_KEY_ID=AKIAEXAMPLE"\nset "AWS_SECRET_ACCESS_KEY=abc/+de="\n' +
    'set "AWS_SESSION_TOKEN="\nset "AWS_PROFILE="\nset "AWS_DEFAULT_PROFILE="\n' +
    'set "AWS_SECURITY_TOKEN="\nset "AWS_CREDENTIAL_EXPIRATION="',
  ],
];
for (const [format, keys, use, text] of WRITTEN) {
  Deno.test(`formatCredentials: ${format}, ${keys === KEY ? "permanent" : "temporary"}`, () => {
    assert.equal(formatCredentials(keys, format, use), text);
  });
}

Deno.test("formatCredentials: mc, what mc alias import reads", () => {
  assert.deepEqual(JSON.parse(formatCredentials(SESSION, "mc", USE)), {
    url: "https://s3.eu-west-1.amazonaws.com",
    accessKey: "AKIAEXAMPLE",
    secretKey: "abc/+de=",
    sessionToken: "token==",
    api: "S3v4",
    path: "auto",
  });
});

Deno.test("formatCredentials: the hosts of China end as they do there", () => {
  const text = formatCredentials(KEY, "s3cmd", { region: "cn-north-1" });
  assert.match(text, /^host_base = s3\.cn-north-1\.amazonaws\.com\.cn$/m);
});

const REFUSED: [ProgramFormat, secretAccessKey: string, use?: object][] = [
  ["s3fs", "a:b"],
  ["dotenv", "it's"],
  ["dotenv", "a\\b"],
  ["windows-cmd", "a%PATH%"],
  ["windows-cmd", 'a"&calc'],
  ["k8s-secret", "a", { profileName: "My Secret" }],
  ["rclone", "a", { profileName: "a:b" }],
];
for (const [format, secretAccessKey, use] of REFUSED) {
  Deno.test(`formatCredentials: ${format} refuses ${secretAccessKey} ${JSON.stringify(use ?? {})}`, () => {
    assert.throws(
      () => formatCredentials({ ...KEY, secretAccessKey }, format, use),
      (error: unknown) => {
        assert.ok(error instanceof S3CredentialsError && error.code === "usage");
        if (secretAccessKey.length > 1) assert.ok(!error.message.includes(secretAccessKey));
        return true;
      },
    );
  });
}

/** Lines of INI text as people and programs write them, most of them legal. */
const line = fc.oneof(
  fc.constantFrom("", "  ", "# comment", "; [a]", "  # inner", "[a]", "[b]", " [c] ", "[DEFAULT]"),
  fc.constantFrom("x = 1", "y: 2", "  continued", "aws_access_key_id = AKIA", "\t[looks = like]"),
  fc.constantFrom("aws_secret_access_key=", "  [a]", "aws_session_token = t", "region =", "s3 ="),
);
const iniText = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n"))).chain((lines) =>
  fc.boolean().map((isEnded) => {
    const text = lines.map((pair) => pair.join("")).join("");
    return isEnded ? text : text.replace(/[\r\n]+$/, "");
  })
);

Deno.test("withProfile: what else the file says stays byte for byte", () => {
  const settings = { aws_access_key_id: "NEW", aws_secret_access_key: "new/secret" };
  let edits = 0;
  fc.assert(
    fc.property(iniText, fc.constantFrom("a", "b", "new one"), (text, name) => {
      let changed: string;
      try {
        changed = withProfile(text, name, settings);
      } catch (error) {
        return error instanceof RangeError;
      }
      edits++;
      assert.equal(parseIni(changed).get(name)?.get("aws_access_key_id"), "NEW");
      const added = /^aws_(access_key_id = NEW|secret_access_key = new\/secret)\r?\n/gm;
      assert.equal(changed.match(added)?.length, 2);
      if (!parseIni(text).has(name)) {
        assert.ok(changed.startsWith(text));
        return true;
      }
      // Without what was added, all lines are those of before, but for the lines of the old key.
      const rest = changed.replace(added, "");
      let at = 0;
      for (const line of text.split(/(?<=\n)/)) {
        const isThere = rest.startsWith(line, at);
        assert.ok(isThere || /aws_|^\s+\S/.test(line), JSON.stringify({ text, changed, line }));
        if (isThere) at += line.length;
      }
      assert.equal(rest.slice(at).trim(), "");
      return true;
    }),
    { numRuns: 2_000 },
  );
  assert.ok(edits > 100, String(edits));
});
