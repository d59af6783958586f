import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { bucketIn, s3Room } from "../s3/helpers.ts";
import { type Keys, userWithKey } from "../helpers.ts";
import { send } from "./sign.ts";

interface UrlOptions {
  method?: string;
  expires?: number | string;
  query?: Record<string, string>;
  amz?: Record<string, string>;
}

/** A presigned URL of Version 2, as boto3 makes it for us-east-1. */
function presign(endpoint: string, path: string, keys: Keys, options: UrlOptions = {}): string {
  const { method = "GET", expires = Math.floor(Date.now() / 1000) + 60, query = {} } = options;
  const amz = {
    ...options.amz,
    ...(keys.sessionToken && { "x-amz-security-token": keys.sessionToken }),
  };
  const lines = Object.entries(amz).map(([name, value]) => `${name}:${value}\n`).sort().join("");
  const names = Object.entries(query).map(([name, value]) => value ? `${name}=${value}` : name);
  const resource = names.length > 0 ? `${path}?${names.join("&")}` : path;
  const text = `${method}\n\n\n${expires}\n${lines}${resource}`;
  const url = new URL(endpoint + path);
  url.searchParams.set("AWSAccessKeyId", keys.accessKeyId);
  url.searchParams.set(
    "Signature",
    createHmac("sha1", keys.secretAccessKey).update(text).digest("base64"),
  );
  url.searchParams.set("Expires", String(expires));
  for (const [name, value] of Object.entries({ ...amz, ...query })) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

const call = (url: string, method = "GET", body?: string) =>
  // As bytes, since the type that fetch gives to text would have to be signed.
  send({
    url,
    init: {
      method,
      headers: {},
      ...(body !== undefined && { body: new TextEncoder().encode(body) }),
    },
  });

Deno.test("Version 2: presigned URLs put, get, head and delete in us-east-1", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { url, credentials } = r.sandbox;
  const path = "/b/a%20b.txt";
  const at = (method: string, more: UrlOptions = {}) =>
    presign(url, path, credentials, { method, ...more });
  const amz = { "x-amz-meta-colour": "red" };
  assert.equal((await call(at("PUT", { amz }), "PUT", "content")).status, 200);
  const got = await call(at("GET", { query: { "response-content-type": "text/x" } }));
  assert.deepEqual([got.status, got.body], [200, "content"]);
  assert.equal(got.headers.get("content-type"), "text/x");
  assert.equal(got.headers.get("x-amz-meta-colour"), "red");
  assert.equal((await call(at("HEAD"), "HEAD")).status, 200);
  assert.equal((await call(at("DELETE"), "DELETE")).status, 204);
  assert.equal(bucketIn(r, "b").objects.size, 0);
});

Deno.test("Version 2: refuses what is expired, changed, or signed with another key", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { url, credentials } = r.sandbox;
  await r.s3.putObject({ Bucket: "b", Key: "k", Body: "content" });
  const good = presign(url, "/b/k", credentials);
  const refused: [address: string, status: number, code: string, method?: string][] = [
    [presign(url, "/b/k", credentials, { expires: 1000 }), 403, "AccessDenied"],
    [presign(url, "/b/k", credentials, { expires: "1e99" }), 403, "AccessDenied"],
    [good.replace("/b/k", "/b/other"), 403, "SignatureDoesNotMatch"],
    [`${good}&acl`, 403, "SignatureDoesNotMatch"],
    [`${good}&x-amz-meta-a=1`, 403, "SignatureDoesNotMatch"],
    [good, 403, "SignatureDoesNotMatch", "DELETE"],
    [presign(url, "/b/k", { ...credentials, accessKeyId: "AKIAX" }), 403, "InvalidAccessKeyId"],
  ];
  for (const [address, status, code, method] of refused) {
    const answer = await call(address, method);
    assert.deepEqual([answer.status, answer.code], [status, code]);
  }
  assert.equal((await call(good)).body, "content");
  const init = { method: "GET", headers: { authorization: "AWS4-HMAC-SHA256 x" } };
  assert.equal((await send({ url: good, init })).code, "InvalidArgument");
});

Deno.test("Version 2: a parameter can't be given again with another value", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { url, credentials } = r.sandbox;
  const amz = { "x-amz-meta-a": "signed" };
  const good = presign(url, "/b/k", credentials, { method: "PUT", amz });
  for (const name of ["x-amz-meta-a", "X-Amz-Meta-A"]) {
    for (const doubled of [good.replace("?", `?${name}=added&`), `${good}&${name}=added`]) {
      assert.equal((await call(doubled, "PUT")).code, "SignatureDoesNotMatch", doubled);
    }
  }
  assert.equal((await call(good, "PUT")).status, 200);
  assert.equal(bucketIn(r, "b").objects.get("k")?.headers["x-amz-meta-a"], "signed");
});

Deno.test("Version 2: a session's token is signed; policies see the version", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { iam, sandbox } = r;
  await r.s3.putObject({ Bucket: "b", Key: "k", Body: "content" });
  const keys = await userWithKey(iam, "joe", {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:*", Resource: "*" },
      {
        Effect: "Deny",
        Action: "s3:*",
        Resource: "*",
        Condition: { StringNotEquals: { "s3:signatureversion": "AWS4-HMAC-SHA256" } },
      },
    ],
  });
  assert.equal((await call(presign(sandbox.url, "/b/k", keys))).code, "AccessDenied");
  await r.s3As(keys).getObject({ Bucket: "b", Key: "k" });
  await iam.createRole({
    RoleName: "r",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Principal: { AWS: "123456789012" },
        Action: "sts:AssumeRole",
      }],
    }),
  });
  await iam.attachRolePolicy({
    RoleName: "r",
    PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
  });
  const { Credentials } = await r.sts.assumeRole({
    RoleArn: "arn:aws:iam::123456789012:role/r",
    RoleSessionName: "me",
  });
  const session = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  assert.equal((await call(presign(sandbox.url, "/b/k", session))).body, "content");
  const { sessionToken: _, ...bare } = session;
  assert.equal((await call(presign(sandbox.url, "/b/k", bare))).code, "InvalidAccessKeyId");
});

Deno.test("Version 2: refused outside us-east-1", async () => {
  await using r = await s3Room({ buckets: ["b"], region: "eu-central-1" });
  const { status, code } = await call(presign(r.sandbox.url, "/b/k", r.sandbox.credentials));
  assert.deepEqual([status, code], [400, "InvalidRequest"]);
});

interface HeaderOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Query parameters that are a part of the signed resource. */
  query?: string;
  /** The path that is signed, if it is another than that of the request. */
  signedPath?: string;
  body?: string;
}

/** Sends a request with a signature of Version 2 in its header. */
function callSigned(endpoint: string, path: string, keys: Keys, options: HeaderOptions = {}) {
  const { method = "GET", query = "", signedPath = path, body } = options;
  const headers: Record<string, string> = {
    "x-amz-date": new Date().toUTCString(),
    ...options.headers,
  };
  const lines = Object.entries(headers).filter(([name]) => name.startsWith("x-amz-"))
    .map(([name, value]) => `${name}:${value}\n`).sort().join("");
  const { "content-md5": md5 = "", "content-type": type = "" } = headers;
  const text = `${method}\n${md5}\n${type}\n\n${lines}${signedPath}${query}`;
  const signature = createHmac("sha1", keys.secretAccessKey).update(text).digest("base64");
  headers.authorization = `AWS ${keys.accessKeyId}:${signature}`;
  const init = {
    method,
    headers,
    ...(body !== undefined && { body: new TextEncoder().encode(body) }),
  };
  return send({ url: endpoint + path + query, init });
}

Deno.test("Version 2: a signature in the header puts and lists, and its date must be current", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { url, credentials } = r.sandbox;
  const headers = { "content-type": "text/x", "x-amz-meta-colour": "red" };
  const put = { method: "PUT", headers, body: "content" };
  assert.equal((await callSigned(url, "/b/k", credentials, put)).status, 200);
  const { Body, ContentType, Metadata } = await r.s3.getObject({ Bucket: "b", Key: "k" });
  assert.equal(await Body?.transformToString(), "content");
  assert.deepEqual([ContentType, Metadata], ["text/x", { colour: "red" }]);
  assert.match((await callSigned(url, "/b", credentials, { query: "?acl" })).body, /FULL_CONTROL/);
  const asBotocore = { query: "?acl", signedPath: "/b/" };
  assert.equal((await callSigned(url, "/b", credentials, asBotocore)).status, 200);
  const refused: [headers: Record<string, string>, status: number, code: string][] = [
    [{ "x-amz-date": "yesterday" }, 403, "AccessDenied"],
    [{ "x-amz-date": "" }, 403, "AccessDenied"],
    [{ "x-amz-date": "Wed, 07 Jul 2010 21:53:04 GMT" }, 403, "RequestTimeTooSkewed"],
  ];
  for (const [headers, status, code] of refused) {
    const answer = await callSigned(url, "/b/k", credentials, { headers });
    assert.deepEqual([answer.status, answer.code], [status, code]);
  }
  const wrong = { ...credentials, secretAccessKey: "wrong" };
  assert.equal((await callSigned(url, "/b/k", wrong)).code, "SignatureDoesNotMatch");
  const init = { method: "GET", headers: { authorization: "AWS nonsense" } };
  assert.equal((await send({ url: `${url}/b/k`, init })).code, "InvalidArgument");
});

Deno.test("Version 2: policies see that a header is signed with it", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  await r.s3.putObject({ Bucket: "b", Key: "k", Body: "content" });
  const keys = await userWithKey(r.iam, "joe", {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "*",
      Condition: { StringEquals: { "s3:signatureversion": "AWS", "s3:authType": "REST-HEADER" } },
    }],
  });
  assert.equal((await callSigned(r.sandbox.url, "/b/k", keys)).body, "content");
  await assert.rejects(r.s3As(keys).getObject({ Bucket: "b", Key: "k" }), { name: "AccessDenied" });
});
