import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { request } from "node:http";
import { type RequestRecord, startSandbox } from "../../../lib/sandbox/mod.ts";
import { allow } from "../helpers.ts";
import { s3Room } from "../s3/helpers.ts";
import { send, sign, type Signed } from "./sign.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };

Deno.test("signature: a signed header with X-Amz-Signature in the query is refused", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const signed = sign(`${sandbox.url}/b`, { service: "s3", keys: sandbox.credentials });
  for (const query of ["X-Amz-Signature=x", "X-Amz-Algorithm=AWS4-HMAC-SHA256"]) {
    const { status, code } = await send({ ...signed, url: `${signed.url}?${query}` });
    assert.deepEqual([status, code], [400, "InvalidArgument"]);
  }
  assert.equal((await send(signed)).status, 200);
});

const CHANGES: [name: string, change: (signed: Signed) => void][] = [
  [
    "a scope's date that is only the start of the day",
    ({ init }) =>
      init.headers.authorization = init.headers.authorization!.replace(/\/\d{8}\//, "/2/"),
  ],
  [
    "two Credentials",
    ({ init }) =>
      init.headers.authorization += `, Credential=${
        /Credential=([^,]+)/.exec(init.headers.authorization!)![1]
      }`,
  ],
];

for (const [name, change] of CHANGES) {
  Deno.test(`signature: refuses ${name}`, async () => {
    await using sandbox = await startSandbox();
    const signed = sign(`${sandbox.url}/`, { service: "s3", keys: sandbox.credentials });
    assert.equal((await send(signed)).status, 200);
    change(signed);
    const { status, code } = await send(signed);
    assert.deepEqual([status, code], [400, "AuthorizationHeaderMalformed"]);
  });
}

Deno.test("signature: a request whose date is missing or no date is refused", async () => {
  await using sandbox = await startSandbox();
  for (const date of [undefined, "", "03032006"]) {
    const signed = sign(`${sandbox.url}/`, { service: "s3", keys: sandbox.credentials });
    if (date === undefined) delete signed.init.headers["x-amz-date"];
    else signed.init.headers["x-amz-date"] = date;
    const { status, code } = await send(signed);
    assert.deepEqual([status, code], [403, "AccessDenied"]);
  }
});

Deno.test("S3 takes 8 KB of headers", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const put = (length: number) =>
    send(sign(`${sandbox.url}/b/k`, {
      service: "s3",
      keys: sandbox.credentials,
      method: "PUT",
      headers: { "x-custom": "x".repeat(length) },
    }));
  assert.equal((await put(7000)).status, 200);
  const { status, code } = await put(8192);
  assert.deepEqual([status, code], [400, "RequestHeaderSectionTooLarge"]);
});

Deno.test("presigned URL: refuses X-Amz-Expires that is no plain number, and doubled parameters", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const { url, init } = sign(`${sandbox.url}/b`, {
    service: "s3",
    keys: sandbox.credentials,
    expires: 1000,
  });
  assert.equal((await send({ url, init })).status, 200);
  for (const text of ["1e3", "0x10", "%201000", "1000%20", "+1000", "", "-5"]) {
    const changed = url.replace("X-Amz-Expires=1000", `X-Amz-Expires=${text}`);
    const { status, code } = await send({ url: changed, init });
    assert.deepEqual([text, status, code], [text, 400, "AuthorizationQueryParametersError"]);
  }
  const doubled = await send({ url: `${url}&X-Amz-Expires=1`, init });
  assert.deepEqual([doubled.status, doubled.code], [400, "AuthorizationQueryParametersError"]);
});

Deno.test("signature: a payload's digest that is none is refused as such", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const put = sign(`${sandbox.url}/b/k`, {
    service: "s3",
    keys: sandbox.credentials,
    method: "PUT",
    contentSha256: "none",
  });
  const { status, code } = await send(put);
  assert.deepEqual([status, code], [400, "InvalidArgument"]);
});

Deno.test("iam, sts: a call without the version of its API is no operation", async () => {
  await using sandbox = await startSandbox();
  const calls: [service: "iam" | "sts", action: string, version: string][] = [
    ["iam", "ListUsers", "2010-05-08"],
    ["sts", "GetCallerIdentity", "2011-06-15"],
  ];
  const post = (service: "iam" | "sts", body: string) =>
    send(sign(`${sandbox.url}/`, {
      service,
      keys: sandbox.credentials,
      method: "POST",
      headers: FORM,
      body,
    }));
  for (const [service, action, version] of calls) {
    assert.equal((await post(service, `Action=${action}&Version=${version}`)).status, 200);
    for (const wrong of ["", "&Version=2011-01-01"]) {
      const { status, code } = await post(service, `Action=${action}${wrong}`);
      assert.deepEqual([status, code], [400, "InvalidAction"]);
    }
  }
});

/** Sends the head of a request and so much of its payload; gives the status of the response. */
function sendPart(
  { url, init }: Pick<Signed, "url" | "init">,
  contentLength: number,
  part: Uint8Array,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request(url, {
    method: init.method,
    headers: { ...init.headers, "content-length": String(contentLength) },
  }, (response) => {
    resolve(response.statusCode ?? 0);
    response.resume();
  });
  sent.on("error", reject);
  sent.end(part);
  return promise;
}

Deno.test("payload: a large one is kept only for a caller who may store it", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const body = new Uint8Array(3 * 1024 * 1024);
  const nobody = { url: `${r.sandbox.url}/b/k`, init: { method: "PUT", headers: {} } };
  assert.equal(await sendPart(nobody, body.length, body), 403);
  const [record] = r.sandbox.requests;
  assert.equal(record?.errorCode, "AccessDenied");
  assert.equal(r.sandbox.account.buckets.get("b")!.objects.size, 0);
  await r.s3.putObject({ Bucket: "b", Key: "k", Body: body });
  assert.equal(r.sandbox.account.buckets.get("b")!.objects.get("k")!.body.length, body.length);
});

Deno.test("host: one that can't be the host of a URL names no bucket", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  for (const host of [":::", "[[[", "x:99999", "a b"]) {
    const nobody = { url: `${r.sandbox.url}/b/k`, init: { method: "PUT", headers: { host } } };
    assert.equal(await sendPart(nobody, 0, new Uint8Array()), 403);
  }
});

Deno.test("payload: a large one in chunks isn't waited for if the caller may not store it", async () => {
  const { promise: record, resolve: onRequest } = Promise.withResolvers<RequestRecord>();
  await using sandbox = await startSandbox({ buckets: ["b"], onRequest });
  using connection = await Deno.connect({ port: Number(new URL(sandbox.url).port) });
  const head = "PUT /b/k HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n" +
    "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n" +
    "x-amz-decoded-content-length: 3000000\r\n\r\n";
  await connection.write(new TextEncoder().encode(head));
  assert.equal((await record).errorCode, "AccessDenied");
});

Deno.test("payload: a document that is too large is refused", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const body = Buffer.alloc(6 * 1024 * 1024, " ").toString();
  const { status, code } = await send(sign(`${sandbox.url}/b?policy=`, {
    service: "s3",
    keys: sandbox.credentials,
    method: "PUT",
    body,
  }));
  assert.deepEqual([status, code], [400, "MaxMessageLengthExceeded"]);
});

Deno.test("s3:authType: says how a request is signed", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { iam, sandbox } = r;
  await iam.createUser({ UserName: "joe" });
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      ...(allow("s3:ListBucket") as { Statement: object[] }).Statement[0],
      Condition: { StringEquals: { "s3:authType": "REST-QUERY-STRING" } },
    }],
  });
  await iam.putUserPolicy({ UserName: "joe", PolicyName: "p", PolicyDocument });
  const { AccessKey } = await iam.createAccessKey({ UserName: "joe" });
  const keys = {
    accessKeyId: AccessKey!.AccessKeyId!,
    secretAccessKey: AccessKey!.SecretAccessKey!,
  };
  assert.equal((await send(sign(`${sandbox.url}/b`, { service: "s3", keys }))).status, 403);
  const url = sign(`${sandbox.url}/b`, { service: "s3", keys, expires: 60 });
  assert.equal((await send(url)).status, 200);
});
