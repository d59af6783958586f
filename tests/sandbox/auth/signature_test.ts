import { S3 } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { allow, type Keys, refusal, room, trust } from "../helpers.ts";
import { send, sign, type Signed, type SignOptions } from "./sign.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const WHO_AM_I = "Action=GetCallerIdentity&Version=2011-06-15";
const LIST_USERS = "Action=ListUsers&Version=2010-05-08";

function requestTo(service: "iam" | "sts" | "s3", url: string, more: Partial<SignOptions>): Signed {
  const keys = more.keys!;
  if (service === "s3") return sign(`${url}/`, { service, ...more, keys });
  const body = service === "iam" ? LIST_USERS : WHO_AM_I;
  return sign(`${url}/`, { service, method: "POST", headers: FORM, body, ...more, keys });
}

Deno.test("signature: all three services accept a request signed without the SDK", async () => {
  await using sandbox = await startSandbox();
  for (const service of ["iam", "sts", "s3"] as const) {
    const { status, body } = await send(
      requestTo(service, sandbox.url, { keys: sandbox.credentials }),
    );
    assert.equal(status, 200, body);
  }
});

const UNKNOWN: Keys = { accessKeyId: "AKIAUNKNOWNUNKNOWN00", secretAccessKey: "x" };
type Expected = [status: number, code: string];
const REFUSED: {
  name: string;
  keys: (scene: { admin: Keys; inactive: Keys; session: Keys; expired: Keys }) => Keys;
  date?: () => Date;
  query: Expected;
  s3: Expected;
}[] = [
  {
    name: "an unknown key",
    keys: () => UNKNOWN,
    query: [403, "InvalidClientTokenId"],
    s3: [403, "InvalidAccessKeyId"],
  },
  {
    name: "an inactive key",
    keys: ({ inactive }) => inactive,
    query: [403, "InvalidClientTokenId"],
    s3: [403, "InvalidAccessKeyId"],
  },
  {
    name: "a wrong secret",
    keys: ({ admin }) => ({ ...admin, secretAccessKey: "wrong" }),
    query: [403, "SignatureDoesNotMatch"],
    s3: [403, "SignatureDoesNotMatch"],
  },
  {
    name: "a session without its token",
    keys: ({ session }) => ({ ...session, sessionToken: undefined! }),
    query: [403, "InvalidClientTokenId"],
    s3: [403, "InvalidAccessKeyId"],
  },
  {
    name: "a session with another token",
    keys: ({ session }) => ({ ...session, sessionToken: "other" }),
    query: [403, "InvalidClientTokenId"],
    s3: [400, "InvalidToken"],
  },
  {
    name: "a token with a key of a user",
    keys: ({ admin }) => ({ ...admin, sessionToken: "other" }),
    query: [403, "InvalidClientTokenId"],
    s3: [400, "InvalidToken"],
  },
  {
    name: "a session that has expired",
    keys: ({ expired }) => expired,
    query: [403, "ExpiredToken"],
    s3: [400, "ExpiredToken"],
  },
  {
    name: "a clock that is late",
    keys: ({ admin }) => admin,
    date: () => new Date(Date.now() - 16 * 60_000),
    query: [403, "SignatureDoesNotMatch"],
    s3: [403, "RequestTimeTooSkewed"],
  },
  {
    name: "a clock that is early",
    keys: ({ admin }) => admin,
    date: () => new Date(Date.now() + 16 * 60_000),
    query: [403, "SignatureDoesNotMatch"],
    s3: [403, "RequestTimeTooSkewed"],
  },
];

for (const { name, keys, date, query, s3 } of REFUSED) {
  Deno.test(`refused: ${name}`, async () => {
    await using r = await room();
    const { iam, sts, sandbox } = r;
    await iam.createUser({ UserName: "sleeper" });
    const { AccessKey } = await iam.createAccessKey({ UserName: "sleeper" });
    const inactive = {
      accessKeyId: AccessKey!.AccessKeyId!,
      secretAccessKey: AccessKey!.SecretAccessKey!,
    };
    await iam.updateAccessKey({
      UserName: "sleeper",
      AccessKeyId: inactive.accessKeyId,
      Status: "Inactive",
    });
    await iam.createRole({
      RoleName: "r",
      AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:root"),
    });
    const assume = async (RoleSessionName: string): Promise<Keys> => {
      const RoleArn = "arn:aws:iam::123456789012:role/r";
      const { Credentials } = await sts.assumeRole({ RoleArn, RoleSessionName });
      return {
        accessKeyId: Credentials!.AccessKeyId!,
        secretAccessKey: Credentials!.SecretAccessKey!,
        sessionToken: Credentials!.SessionToken!,
      };
    };
    const expired = await assume("expired");
    sandbox.account.sessions.get(expired.accessKeyId)!.expiration = new Date(Date.now() - 1000);
    const session = await assume("session");
    const used = keys({ admin: sandbox.credentials, inactive, session, expired });
    for (const service of ["iam", "sts", "s3"] as const) {
      const more = { keys: used, ...(date && { date: date() }) };
      const { status, code } = await send(requestTo(service, sandbox.url, more));
      assert.deepEqual([service, status, code], [service, ...(service === "s3" ? s3 : query)]);
    }
  });
}

const TAMPERED: [name: string, change: (signed: Signed) => void][] = [
  ["a signed header", ({ init }) => init.headers["x-amz-meta-a"] = "2"],
  ["the method", ({ init }) => init.method = "POST"],
  ["the path", (signed) => signed.url = signed.url.replace("/b/k", "/b/other")],
  ["the query", (signed) => signed.url += "?acl"],
  [
    "the declared payload",
    ({ init }) => init.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD",
  ],
  ["the date", ({ init, timestamp }) => {
    const seconds = Number(timestamp.slice(13, 15));
    const other = String((seconds + 1) % 60).padStart(2, "0");
    init.headers["x-amz-date"] = `${timestamp.slice(0, 13)}${other}Z`;
  }],
];

for (const [name, change] of TAMPERED) {
  Deno.test(`refused: ${name} changed after signing`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const signed = sign(`${sandbox.url}/b/k`, {
      service: "s3",
      keys: sandbox.credentials,
      method: "PUT",
      headers: { "x-amz-meta-a": "1" },
      body: "content",
    });
    const original = {
      url: signed.url,
      init: { ...signed.init, headers: { ...signed.init.headers } },
    };
    change(signed);
    const { status, code } = await send(signed);
    assert.deepEqual([status, code], [403, "SignatureDoesNotMatch"]);
    assert.equal(sandbox.account.buckets.get("b")!.objects.size, 0);
    assert.equal((await send(original)).status, 200);
  });
}

Deno.test("refused: a body changed after signing", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const keys = sandbox.credentials;
  const put = sign(`${sandbox.url}/b/k`, { service: "s3", keys, method: "PUT", body: "content" });
  put.init.body = "CONTENT";
  assert.equal((await send(put)).code, "XAmzContentSHA256Mismatch");
  const call = requestTo("iam", sandbox.url, { keys });
  call.init.body = `${LIST_USERS}&MaxItems=1`;
  assert.equal((await send(call)).code, "SignatureDoesNotMatch");
});

Deno.test("refused: an x-amz- header that was added after signing", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const keys = sandbox.credentials;
  const put = sign(`${sandbox.url}/b/k`, { service: "s3", keys, method: "PUT", body: "content" });
  put.init.headers["x-amz-acl"] = "public-read";
  const { status, body } = await send(put);
  assert.equal(status, 403);
  assert.match(body, /<HeadersNotSigned>x-amz-acl<\/HeadersNotSigned>/);
});

const MALFORMED: [name: string, authorization: string, s3: string, query: string][] = [
  ["no fields", "AWS4-HMAC-SHA256", "InvalidArgument", "IncompleteSignature"],
  ["another scheme", "Basic YTpi", "InvalidArgument", "IncompleteSignature"],
  ["Version 2 and no signature", "AWS AKIA", "InvalidArgument", "IncompleteSignature"],
  [
    "a short scope",
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/s3, SignedHeaders=host, Signature=00",
    "AuthorizationHeaderMalformed",
    "IncompleteSignature",
  ],
];

for (const [name, authorization, s3, query] of MALFORMED) {
  Deno.test(`refused: an Authorization header with ${name}`, async () => {
    await using sandbox = await startSandbox();
    const toS3 = await send({
      url: sandbox.url,
      init: { method: "GET", headers: { authorization } },
    });
    assert.deepEqual([toS3.status, toS3.code], [400, s3]);
    const init = { method: "POST", headers: { ...FORM, authorization }, body: LIST_USERS };
    const toIam = await send({ url: sandbox.url, init });
    assert.deepEqual([toIam.status, toIam.code], [400, query]);
  });
}

Deno.test("signature: an unsigned call of IAM or STS lacks a token", async () => {
  await using sandbox = await startSandbox();
  for (const body of [LIST_USERS, WHO_AM_I]) {
    const init = { method: "POST", headers: FORM, body };
    const { status, code } = await send({ url: sandbox.url, init });
    assert.deepEqual([status, code], [403, "MissingAuthenticationToken"]);
  }
  const services = sandbox.requests.map(({ service }) => service);
  assert.deepEqual(services, ["iam", "sts"]);
});

Deno.test("signature: an unsigned request to S3 is anonymous", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const url = `${sandbox.url}/b/k`;
  const bucket = sandbox.account.buckets.get("b")!;
  const keys = sandbox.credentials;
  await send(sign(url, { service: "s3", keys, method: "PUT", body: "content" }));
  const get = { url, init: { method: "GET", headers: {} } };
  assert.equal((await send(get)).code, "AccessDenied");
  bucket.publicAccessBlock = undefined;
  bucket.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::b/*",
    }],
  });
  assert.equal((await send(get)).body, "content");
});

Deno.test("signed for what is no region: told which to use", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const options = { service: "s3", keys: sandbox.credentials, region: "US" } as const;
  const wrong = "the region 'US' is wrong; expecting 'us-east-1'";
  for (const path of ["/", "/b", "/b/k"]) {
    const inHeader = await send(sign(sandbox.url + path, options));
    assert.deepEqual([inHeader.status, inHeader.code], [400, "AuthorizationHeaderMalformed"]);
    assert.ok(inHeader.body.includes(`The authorization header is malformed; ${wrong}`));
    const inUrl = await send(sign(sandbox.url + path, { ...options, expires: 60 }));
    assert.deepEqual([inUrl.status, inUrl.code], [400, "AuthorizationQueryParametersError"]);
    assert.ok(inUrl.body.includes(`Error parsing the X-Amz-Credential parameter; ${wrong}`));
    for (const { body } of [inHeader, inUrl]) assert.match(body, /<Region>us-east-1<\/Region>/);
  }
});

Deno.test("presigned URL: works until it expires, and only for its key", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const keys = sandbox.credentials;
  const url = `${sandbox.url}/b/k`;
  await send(sign(url, { service: "s3", keys, method: "PUT", body: "content" }));
  const presigned = sign(url, { service: "s3", keys, expires: 60 });
  assert.equal((await send(presigned)).body, "content");
  const other = { ...presigned, url: presigned.url.replace("/b/k", "/b/other") };
  assert.equal((await send(other)).code, "SignatureDoesNotMatch");
  const longer = { ...presigned, url: presigned.url.replace("Expires=60", "Expires=61") };
  assert.equal((await send(longer)).code, "SignatureDoesNotMatch");
  const date = new Date(Date.now() - 61_000);
  const late = await send(sign(url, { service: "s3", keys, expires: 60, date }));
  assert.equal(late.status, 403);
  assert.match(late.body, /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
  const tooLong = await send(sign(url, { service: "s3", keys, expires: 604_801 }));
  assert.deepEqual([tooLong.status, tooLong.code], [400, "AuthorizationQueryParametersError"]);
});

Deno.test("presigned URL: GetCallerIdentity", async () => {
  await using sandbox = await startSandbox();
  const keys = sandbox.credentials;
  const url = `${sandbox.url}/?${WHO_AM_I}`;
  const { status, body } = await send(sign(url, { service: "sts", keys, expires: 60 }));
  assert.equal(status, 200);
  assert.match(body, /user\/admin/);
});

Deno.test("signature: an error response to HEAD has no body", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const response = await send(
    sign(`${sandbox.url}/b`, { service: "s3", keys: UNKNOWN, method: "HEAD" }),
  );
  assert.equal(response.status, 403);
  assert.equal(response.body, "");
  assert.ok(response.headers.get("x-amz-request-id"));
});

const AWKWARD_KEYS = [
  "a b",
  "a+b",
  "a/../b",
  "./a",
  "//x",
  "é/ü",
  "a%20b",
  "q?x=1&y",
  "*'()!~",
  "\n",
];

for (const key of AWKWARD_KEYS) {
  Deno.test(`signature: the SDK's for key ${JSON.stringify(key)} is accepted`, async () => {
    await using sandbox = await startSandbox({ buckets: ["b"] });
    const { url: endpoint, region, credentials } = sandbox;
    const s3 = new S3({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
    try {
      await s3.putObject({ Bucket: "b", Key: key, Body: "x" });
      assert.deepEqual(sandbox.snapshot().buckets[0]!.objects, [key]);
    } finally {
      s3.destroy();
    }
  });
}

Deno.test("signature: a deleted key is refused at once", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createUser({ UserName: "joe" });
  await iam.putUserPolicy({
    UserName: "joe",
    PolicyName: "p",
    PolicyDocument: JSON.stringify(allow("iam:*")),
  });
  const { AccessKey } = await iam.createAccessKey({ UserName: "joe" });
  const { AccessKeyId, SecretAccessKey } = AccessKey!;
  const joe = r.iamAs({ accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! });
  await joe.getUser({});
  await iam.deleteAccessKey({ UserName: "joe", AccessKeyId });
  assert.equal((await refusal(joe.getUser({}))).code, "InvalidClientTokenId");
});
