import assert from "node:assert/strict";
import { send, sign } from "../auth/sign.ts";
import { type S3Room, s3Room } from "./helpers.ts";

const ORIGIN = "https://app.example.com";

async function corsRoom(): Promise<S3Room> {
  const r = await s3Room({ buckets: ["b", "plain"] });
  await r.s3.putBucketCors({
    Bucket: "b",
    CORSConfiguration: {
      CORSRules: [
        {
          AllowedMethods: ["GET", "PUT"],
          AllowedOrigins: ["https://*.example.com"],
          AllowedHeaders: ["x-amz-*", "Content-Type"],
          ExposeHeaders: ["ETag"],
          MaxAgeSeconds: 3000,
        },
        { AllowedMethods: ["HEAD"], AllowedOrigins: ["*"] },
      ],
    },
  });
  return r;
}

function options(url: string, headers: Record<string, string>) {
  return send({ url, init: { method: "OPTIONS", headers } });
}

Deno.test("preflight: is answered by the rule that fits, without a signature", async () => {
  await using r = await corsRoom();
  const { status, headers } = await options(`${r.sandbox.url}/b/k`, {
    origin: ORIGIN,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "content-type, X-Amz-Date",
  });
  assert.equal(status, 200);
  assert.equal(headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal(headers.get("access-control-allow-methods"), "GET, PUT");
  assert.equal(headers.get("access-control-allow-headers"), "content-type, x-amz-date");
  assert.equal(headers.get("access-control-allow-credentials"), "true");
  assert.equal(headers.get("access-control-expose-headers"), "ETag");
  assert.equal(headers.get("access-control-max-age"), "3000");
  assert.match(headers.get("vary")!, /Origin/);
});

const METHOD = "access-control-request-method";
const HEADERS = "access-control-request-headers";
const REFUSED: [
  name: string,
  path: string,
  headers: Record<string, string>,
  status: number,
  code: string,
][] = [
  [
    "another origin",
    "/b/k",
    { origin: "https://evil.com", [METHOD]: "GET" },
    403,
    "AccessForbidden",
  ],
  ["another method", "/b/k", { origin: ORIGIN, [METHOD]: "DELETE" }, 403, "AccessForbidden"],
  [
    "another header",
    "/b/k",
    { origin: ORIGIN, [METHOD]: "GET", [HEADERS]: "authorization" },
    403,
    "AccessForbidden",
  ],
  [
    "a bucket without rules",
    "/plain/k",
    { origin: ORIGIN, [METHOD]: "GET" },
    403,
    "AccessForbidden",
  ],
  ["no origin", "/b/k", { [METHOD]: "GET" }, 400, "BadRequest"],
  ["no method", "/b/k", { origin: ORIGIN }, 400, "BadRequest"],
  ["a missing bucket", "/none/k", { origin: ORIGIN, [METHOD]: "GET" }, 403, "AccessForbidden"],
  ["a bucket without rules", "/plain", { origin: ORIGIN }, 403, "AccessForbidden"],
];

for (const [name, path, headers, status, code] of REFUSED) {
  Deno.test(`preflight: refuses ${name}`, async () => {
    await using r = await corsRoom();
    const answer = await options(r.sandbox.url + path, headers);
    assert.deepEqual([answer.status, answer.code], [status, code]);
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
  });
}

Deno.test("CORS: responses and errors carry the headers of the rule that fits", async () => {
  await using r = await corsRoom();
  const keys = r.sandbox.credentials;
  await r.s3.putObject({ Bucket: "b", Key: "k", Body: "content" });
  const call = async (method: string, origin: string, key = "k") => {
    const signed = sign(`${r.sandbox.url}/b/${key}`, { service: "s3", keys, method });
    signed.init.headers.origin = origin;
    const { status, headers } = await send(signed);
    return [status, headers.get("access-control-allow-origin")];
  };
  assert.deepEqual(await call("GET", ORIGIN), [200, ORIGIN]);
  assert.deepEqual(await call("GET", ORIGIN, "missing"), [404, ORIGIN]);
  assert.deepEqual(await call("HEAD", "https://evil.com"), [200, "*"]);
  assert.deepEqual(await call("GET", "https://evil.com"), [200, null]);
  assert.deepEqual(await call("DELETE", ORIGIN), [204, null]);
});

Deno.test("CORS: what a preflight would ask for counts in other requests too", async () => {
  await using r = await corsRoom();
  const call = async (headers: Record<string, string>) => {
    const init = { method: "GET", headers: { origin: ORIGIN, ...headers } };
    const answer = await send({ url: `${r.sandbox.url}/b/k`, init });
    return answer.headers.get("access-control-allow-origin");
  };
  assert.equal(await call({}), ORIGIN);
  assert.equal(await call({ [METHOD]: "PUT" }), ORIGIN);
  assert.equal(await call({ [METHOD]: "DELETE" }), null);
  assert.equal(await call({ [HEADERS]: "x-amz-date" }), ORIGIN);
  assert.equal(await call({ [HEADERS]: "x-other" }), null);
});
