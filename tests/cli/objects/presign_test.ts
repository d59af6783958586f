/** `presign` in the sandbox: what URLs and forms allow to whom, and for how long. */
import assert from "node:assert/strict";
import { connect, presignPost, presignUrl } from "@s3creds/cli";
import { startSandbox } from "@s3creds/cli/sandbox";
import { HttpClient } from "../../../lib/http/client.ts";
import { BUCKET, type Stage, stage } from "../../support/objects.ts";
import { run, type RunOptions } from "../../support/run.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;

function test(name: string, work: (st: Stage) => Promise<void>): void {
  Deno.test(`presign: ${name}`, async () => {
    await using st = await stage();
    await work(st);
  });
}

/** Makes a URL, which is all that is printed. */
async function presign(st: Stage, args: string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await st.run(["presign", BUCKET, ...args], options);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^http\S+\n$/);
  return stdout.trimEnd();
}

/** What a server answers to a request without credentials: status and code of the error, or content. */
async function send(url: string, init?: RequestInit): Promise<string> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  return answer.ok ? text : `${answer.status} ${/<Code>(\w+)</.exec(text)?.[1]}`;
}

test("a download works for an hour, and for nothing but that", async (st) => {
  await st.put("a.txt", "content");
  await st.put("b.txt", "other");
  const url = await presign(st, ["a.txt"]);
  assert.equal(await send(url), "content");
  for (const method of ["PUT", "DELETE", "POST"]) {
    assert.match(await send(url, { method }), /^40[35] \w+$/, method);
  }
  assert.equal(await send(url.replace("a.txt", "b.txt")), "403 SignatureDoesNotMatch");
  assert.equal(await send(url.replace("=3600", "=7200")), "403 SignatureDoesNotMatch");
  assert.equal(await send(url.split("?")[0]!), "403 AccessDenied");
  st.sandbox.clock.advance(HOUR - 10 * SECOND);
  assert.equal(await send(url), "content");
  st.sandbox.clock.advance(20 * SECOND);
  assert.equal(await send(url), "403 AccessDenied");
  assert.deepEqual([...st.objects().keys()], ["a.txt", "b.txt"]);
});

for (const [expires, seconds] of [["1s", 1], ["90", 90], ["7d", 604_800]] as const) {
  test(`--expires ${expires} lasts that long`, async (st) => {
    const url = await presign(st, ["a.txt", "--expires", expires]);
    assert.equal(new URL(url).searchParams.get("X-Amz-Expires"), String(seconds));
  });
}

test("an upload stores the body, with the content type that was signed", async (st) => {
  const url = await presign(st, ["in/a", "--method", "put", "--content-type", "image/png"]);
  const body = new Uint8Array([1, 2, 3]);
  assert.equal(await send(url, { method: "PUT", body }), "403 SignatureDoesNotMatch");
  const headers = { "content-type": "image/png" };
  assert.equal(await send(url, { method: "PUT", body, headers }), "");
  assert.equal(await send(url, { headers }), "403 SignatureDoesNotMatch");
  const stored = st.objects().get("in/a")!;
  assert.deepEqual([...stored.body.bytes()], [1, 2, 3]);
  assert.equal(stored.headers["content-type"], "image/png");
});

test("an upload without --content-type takes any", async (st) => {
  const url = await presign(st, ["a", "--method", "PUT"]);
  const headers = { "content-type": "text/csv" };
  assert.equal(await send(url, { method: "PUT", body: "1,2", headers }), "");
  assert.equal(st.objects().get("a")!.headers["content-type"], "text/csv");
});

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const ODD_KEYS = [
  ...PRINTABLE.map((character) => `a${character}b`),
  ...[" ", "trailing/", "/leading", "a//b", "//", "é", "e\u0301", "日本語/🎉", "%2F", "%2e%2e/x"],
  ...["a+b=c&d?e#f", "\x01\t\r\n\x7f", "k".repeat(1024)],
];

test("fetch downloads and uploads every odd key", async (st) => {
  using aws = connect({ endpointUrl: st.sandbox.url, credentials: st.sandbox.credentials });
  const { region } = st.sandbox;
  await Promise.all(ODD_KEYS.map(async (key) => {
    const upload = await presignUrl(aws, BUCKET, key, { method: "PUT", region });
    assert.equal(await send(upload, { method: "PUT", body: `content of ${key}` }), "", key);
    const download = await presignUrl(aws, BUCKET, key, { region });
    assert.equal(await send(download), `content of ${key}`);
  }));
  assert.deepEqual(new Set(st.objects().keys()), new Set(ODD_KEYS));
});

for (const key of ["a/../b", "..", ".", "./a", "a/."]) {
  test(`a warning, and a URL that works where it is sent as it is: ${key}`, async (st) => {
    await st.put(key, "content");
    const { code, stdout, stderr } = await st.run(["presign", BUCKET, key]);
    assert.equal(code, 0);
    assert.match(stderr, /^Warning: the key has a segment \. or \.\., which browsers .*\n$/);
    const client = new HttpClient(1000);
    const url = stdout.trimEnd();
    const origin = new URL(st.sandbox.url);
    const { status, text } = await client.exchange({
      method: "GET",
      origin,
      target: url.slice(origin.origin.length),
      headers: { host: origin.host },
    });
    client.close();
    assert.deepEqual([status, text], [200, "content"]);
  });
}

/** Sends a form as a browser does. */
async function post(
  { url, fields }: { url: string; fields: Record<string, string> },
  content: string,
  changes: Record<string, string> = {},
): Promise<string> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
  form.append("file", new Blob([content]), "photo.png");
  return await send(url, { method: "POST", body: form });
}

async function presignForm(st: Stage, args: string[]) {
  const { code, stdout, stderr } = await st.run(["presign", BUCKET, "--post", ...args]);
  assert.deepEqual([code, stderr], [0, ""]);
  return JSON.parse(stdout);
}

test("--post with a prefix takes any file below it, up to the size", async (st) => {
  const form = await presignForm(st, ["--prefix", "inbox/é/", "--max-size", "1K"]);
  assert.deepEqual(Object.keys(form), ["url", "fields"]);
  assert.equal(await post(form, "x".repeat(1024)), "");
  assert.equal(await post(form, "", { key: "inbox/é/other" }), "");
  assert.deepEqual([...st.objects().keys()], ["inbox/é/photo.png", "inbox/é/other"]);
  assert.equal(await post(form, "x".repeat(1025)), "400 EntityTooLarge");
  assert.equal(await post(form, "x", { key: "outbox/a" }), "403 AccessDenied");
  assert.equal(await post(form, "x", { acl: "public-read" }), "403 AccessDenied");
  assert.equal(await post(form, "x", { policy: btoa("{}") }), "403 SignatureDoesNotMatch");
  st.sandbox.clock.advance(HOUR + 10 * SECOND);
  assert.equal(await post(form, "x"), "403 AccessDenied");
  assert.equal(st.objects().size, 2);
});

test("--post with a key takes that key and that content type only", async (st) => {
  const form = await presignForm(st, ["a $b", "--content-type", "image/png", "--expires", "1m"]);
  assert.equal(await post(form, "content"), "");
  const { body, headers } = st.objects().get("a $b")!;
  assert.equal(body.text(), "content");
  assert.equal(headers["content-type"], "image/png");
  assert.equal(await post(form, "x", { key: "b" }), "403 AccessDenied");
  assert.equal(await post(form, "x", { "Content-Type": "text/html" }), "403 AccessDenied");
  assert.deepEqual([...st.objects().keys()], ["a $b"]);
});

test("the URL may do what the credentials may, and goes with them", async (st) => {
  await st.put("a", "content");
  const created = await st.run(["create", BUCKET, "--write-only"]);
  const auth = ["--auth", "-"];
  const stdin = created.stdout;
  const url = await presign(st, ["a", ...auth], { stdin });
  assert.equal(await send(url), "403 AccessDenied");
  const upload = await presign(st, ["a", "--method", "PUT", ...auth], { stdin });
  assert.equal(await send(upload, { method: "PUT", body: "new" }), "");
  await st.run(["delete-user", JSON.parse(stdin).UserName]);
  assert.equal(await send(upload, { method: "PUT", body: "x" }), "403 InvalidAccessKeyId");
});

async function session(st: Stage) {
  const { stdout } = await st.run(["create", BUCKET, "--duration", "15m"]);
  const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(stdout);
  const [issued] = st.sandbox.account.sessions.values();
  return {
    AWS_ACCESS_KEY_ID: AccessKeyId,
    AWS_SECRET_ACCESS_KEY: SecretAccessKey,
    AWS_SESSION_TOKEN: SessionToken,
    AWS_CREDENTIAL_EXPIRATION: issued!.expiration.toISOString(),
  };
}

test("temporary credentials: their token is in it, and a warning if they end first", async (st) => {
  await st.put("a", "content");
  const env = await session(st);
  const short = await presign(st, ["a", "--expires", "10m"], { env });
  assert.equal(await send(short), "content");
  const { stdout, stderr } = await st.run(["presign", BUCKET, "a"], { env });
  assert.match(stderr, /^Warning: the credentials expire at \S+ \S+, and .* before \S+ \S+\n$/);
  assert.equal(await send(stdout.trimEnd()), "content");
  st.sandbox.clock.advance(16 * 60 * SECOND);
  assert.equal(await send(stdout.trimEnd()), "400 ExpiredToken");
});

test("temporary credentials of unknown end: a warning, for a form too", async (st) => {
  const { AWS_CREDENTIAL_EXPIRATION: _, ...env } = await session(st);
  for (const args of [["a"], ["a", "--post"]]) {
    const { code, stdout, stderr } = await st.run(["presign", BUCKET, ...args], { env });
    assert.equal(code, 0);
    assert.match(stderr, /^Warning: the credentials are temporary, and .*\n$/);
    if (args.length > 1) assert.equal(await post(JSON.parse(stdout), "content"), "");
  }
  assert.ok(st.objects().has("a"));
});

Deno.test("presign: asks for the bucket's region, and for nothing else", async () => {
  await using sandbox = await startSandbox({ region: "eu-west-1", buckets: [BUCKET] });
  const env = { AWS_REGION: "us-east-1" };
  const { stdout } = await run(["presign", BUCKET, "a", "--method", "PUT"], { sandbox, env });
  const operations = new Set(sandbox.requests.map(({ operation }) => operation));
  assert.deepEqual(operations, new Set(["HeadBucket"]));
  assert.equal(await send(stdout.trimEnd(), { method: "PUT", body: "content" }), "");
  assert.ok(sandbox.account.buckets.get(BUCKET)!.objects.has("a"));
});

Deno.test("presign: takes the region that S3 names to one who may not list the bucket", async () => {
  const body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
  const headers = { "x-amz-bucket-region": "eu-west-3", "content-type": "application/xml" };
  await using server = Deno.serve(
    { port: 0, onListen() {} },
    ({ method }) => new Response(method === "HEAD" ? null : body, { status: 403, headers }),
  );
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}`,
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  };
  const { code, stdout, stderr } = await run(["presign", BUCKET, "a"], { env });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /%2Feu-west-3%2Fs3%2Faws4_request&/);
});

test("--region names it, and nothing is sent", async (st) => {
  const url = await presign(st, ["a", "--region", "eu-west-3"]);
  assert.match(url, /%2Feu-west-3%2Fs3%2Faws4_request&/);
  assert.deepEqual(st.sandbox.requests, []);
});

test("a bucket that is not there, and keys that S3 doesn't know, are errors", async (st) => {
  const missing = await st.run(["presign", "no-such-bucket", "a"]);
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.equal(
    missing.stderr,
    "Error: Bucket does not exist: no-such-bucket\n" +
      "To see the buckets of this account: s3-credentials list-buckets\n",
  );
  const env = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" };
  const unknown = await st.run(["presign", BUCKET, "a"], { env });
  assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
  assert.match(
    unknown.stderr,
    /^Error: Could not find the region of bucket my-bucket: .*InvalidAccessKeyId/,
  );
});

const KEYS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

const ADDRESSES: [region: string, env: Record<string, string>, bucket: string, start: string][] = [
  ["eu-west-1", {}, BUCKET, "https://my-bucket.s3.eu-west-1.amazonaws.com/a%20b?"],
  ["us-east-1", {}, BUCKET, "https://my-bucket.s3.us-east-1.amazonaws.com/a%20b?"],
  ["cn-north-1", {}, BUCKET, "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/a%20b?"],
  ["us-gov-west-1", {}, BUCKET, "https://my-bucket.s3.us-gov-west-1.amazonaws.com/a%20b?"],
  ["eu-west-1", {}, "my.bucket", "https://s3.eu-west-1.amazonaws.com/my.bucket/a%20b?"],
  [
    "eu-west-1",
    { AWS_USE_DUALSTACK_ENDPOINT: "true" },
    BUCKET,
    "https://my-bucket.s3.dualstack.eu-west-1.amazonaws.com/a%20b?",
  ],
  [
    "eu-west-1",
    { AWS_ENDPOINT_URL_S3: "https://minio.example/base/" },
    BUCKET,
    "https://minio.example/base/my-bucket/a%20b?",
  ],
];

for (const [region, env, bucket, start] of ADDRESSES) {
  Deno.test(`presignUrl, presignPost: the address of ${bucket} in ${region} ${Object.values(env)}`, async () => {
    using aws = connect({ credentials: KEYS, env: (name) => env[name] });
    const url = await presignUrl(aws, bucket, "a b", { region });
    assert.equal(url.slice(0, start.length), start);
    const form = await presignPost(aws, bucket, { key: "a b" }, { region });
    assert.equal(`${form.url.replace(/\/$/, "")}/a%20b?`, start);
    assert.match(form.fields["x-amz-credential"]!, new RegExp(`/${region}/s3/aws4_request$`));
  });
}
