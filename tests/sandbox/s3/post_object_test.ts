import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { allow, type Keys, userWithKey } from "../helpers.ts";
import { mac, macHex } from "../auth/sign.ts";
import { bucketIn, s3Room } from "./helpers.ts";

interface FormOptions {
  keys: Keys;
  fields: Record<string, string>;
  conditions?: unknown[];
  expiration?: string;
  version?: 2 | 4;
}

/** The signed fields of a form, as boto3's generate_presigned_post makes them. */
function signedFields(options: FormOptions): Record<string, string> {
  const { keys, fields, conditions = [], expiration, version = 4 } = options;
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), "us-east-1", "s3", "aws4_request"];
  const auth: Record<string, string> = version === 2 ? {} : {
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": [keys.accessKeyId, ...scope].join("/"),
    "x-amz-date": date,
  };
  const policy = Buffer.from(JSON.stringify({
    expiration: expiration ?? new Date(Date.now() + 60_000).toISOString(),
    conditions: [
      { bucket: "b" },
      ...conditions,
      ...Object.entries(auth).map(([name, value]) => ({ [name]: value })),
    ],
  })).toString("base64");
  if (version === 2) {
    const signature = createHmac("sha1", keys.secretAccessKey).update(policy).digest("base64");
    return { ...fields, AWSAccessKeyId: keys.accessKeyId, policy, signature };
  }
  let key: Uint8Array = new TextEncoder().encode(`AWS4${keys.secretAccessKey}`);
  for (const part of scope) key = mac(key, part);
  return { ...fields, ...auth, policy, "x-amz-signature": macHex(key, policy) };
}

async function post(url: string, fields: Record<string, string>, content = "content") {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([content], { type: "text/plain" }), "cat.txt");
  form.append("submit", "ignored");
  const response = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  const body = await response.text();
  return {
    status: response.status,
    code: /<Code>(.*?)<\/Code>/.exec(body)?.[1],
    body,
    headers: response.headers,
  };
}

for (const version of [2, 4] as const) {
  Deno.test(`PostObject: a form signed with Version ${version} stores its file`, async () => {
    await using r = await s3Room({ buckets: ["b"] });
    const fields = signedFields({
      keys: r.sandbox.credentials,
      fields: {
        key: "in/${filename}",
        "Content-Type": "text/x-cat",
        "x-amz-meta-colour": "red",
        success_action_status: "201",
      },
      conditions: [
        ["starts-with", "$key", "in/"],
        ["starts-with", "$Content-Type", "text/"],
        { "x-amz-meta-colour": "red" },
        ["eq", "$success_action_status", "201"],
        ["content-length-range", 1, 100],
      ],
      version,
    });
    const { status, body } = await post(`${r.sandbox.url}/b`, fields);
    assert.equal(status, 201, body);
    assert.match(body, /<Key>in\/cat\.txt<\/Key>/);
    const got = await r.s3.getObject({ Bucket: "b", Key: "in/cat.txt" });
    assert.equal(await got.Body!.transformToString(), "content");
    assert.equal(got.ContentType, "text/x-cat");
    assert.deepEqual(got.Metadata, { colour: "red" });
  });
}

Deno.test("PostObject: a signature without its algorithm is refused by name", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const options = { keys: r.sandbox.credentials, fields: { key: "k" }, conditions: [{ key: "k" }] };
  const fields = signedFields(options);
  delete fields["x-amz-algorithm"];
  delete fields["x-amz-credential"];
  const { status, body } = await post(`${r.sandbox.url}/b`, fields);
  assert.equal(status, 400);
  assert.match(body, /<ArgumentName>X-Amz-Algorithm</);
});

Deno.test("PostObject: metadata is taken as it is", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const fields = { key: "k", "x-amz-meta-word": "=?UTF-8?B?YWJj?=" };
  const conditions = [{ key: "k" }, ["starts-with", "$x-amz-meta-word", ""]];
  const form = signedFields({ keys: r.sandbox.credentials, fields, conditions });
  assert.equal((await post(`${r.sandbox.url}/b`, form)).status, 204);
  const { Metadata } = await r.s3.headObject({ Bucket: "b", Key: "k" });
  assert.deepEqual(Metadata, { word: "=?UTF-8?B?YWJj?=" });
});

Deno.test("PostObject: a file without a name leaves ${filename} in the key", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const conditions = [["starts-with", "$key", ""]];
  const fields = { key: "a-${filename}" };
  const form = signedFields({ keys: r.sandbox.credentials, fields, conditions });
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...form, file: "x" })) body.append(name, value);
  const { status } = await fetch(`${r.sandbox.url}/b`, { method: "POST", body });
  assert.equal(status, 204);
  assert.deepEqual([...bucketIn(r, "b").objects.keys()], ["a-${filename}"]);
});

Deno.test("PostObject: a file that arrives in several pieces is stored whole", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const content = "\r\n--".repeat(50_000);
  const { status, body } = await post(
    `${r.sandbox.url}/b`,
    signedFields({
      keys: r.sandbox.credentials,
      fields: { key: "k" },
      conditions: [{ key: "k" }],
    }),
    content,
  );
  assert.equal(status, 204, body);
  const stored = bucketIn(r, "b").objects.get("k")!.body;
  assert.ok(stored.pieces.length > 1);
  assert.equal(stored.text(), content);
});

Deno.test("PostObject: answers 204 without wishes, or redirects with bucket, key and ETag", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const keys = r.sandbox.credentials;
  const plain = signedFields({ keys, fields: { key: "k" }, conditions: [{ key: "k" }] });
  assert.equal((await post(`${r.sandbox.url}/b/`, plain)).status, 204);
  const success_action_redirect = "https://example.com/done?a=b";
  const redirected = signedFields({
    keys,
    fields: { key: "k", success_action_redirect },
    conditions: [{ key: "k" }, { success_action_redirect }],
  });
  const { status, headers } = await post(`${r.sandbox.url}/b`, redirected);
  assert.equal(status, 303);
  const location = new URL(headers.get("location")!);
  assert.equal(location.searchParams.get("bucket"), "b");
  assert.equal(location.searchParams.get("key"), "k");
  assert.match(location.searchParams.get("etag")!, /^"[0-9a-f]{32}"$/);
});

const KEY = [{ key: "k" }];
const REFUSED: {
  name: string;
  options?: Partial<FormOptions>;
  change?: (fields: Record<string, string>) => void;
  expected: [status: number, code: string];
}[] = [
  {
    name: "an expired policy",
    options: { expiration: new Date(Date.now() - 1000).toISOString() },
    expected: [403, "AccessDenied"],
  },
  {
    name: "an expiration that is no ISO time",
    options: { expiration: "2100-01-01 00:00:00" },
    expected: [400, "InvalidPolicyDocument"],
  },
  {
    name: "another key than the policy's",
    change: (fields) => fields.key = "other",
    expected: [403, "AccessDenied"],
  },
  {
    name: "a field without a condition",
    change: (fields) => fields["x-amz-meta-a"] = "1",
    expected: [403, "AccessDenied"],
  },
  {
    name: "metadata whose name can't be that of a header",
    options: {
      fields: { key: "k", "x-amz-meta-a b": "1" },
      conditions: [...KEY, { "x-amz-meta-a b": "1" }],
    },
    expected: [400, "InvalidArgument"],
  },
  {
    name: "another bucket",
    options: { conditions: [...KEY, { bucket: "other" }] },
    expected: [403, "AccessDenied"],
  },
  {
    name: "a file that is too large",
    options: { conditions: [...KEY, ["content-length-range", 0, 6]] },
    expected: [400, "EntityTooLarge"],
  },
  {
    name: "a file that is too small",
    options: { conditions: [...KEY, ["content-length-range", 8, 10]] },
    expected: [400, "EntityTooSmall"],
  },
  {
    name: "a changed policy",
    change: (fields) => fields.policy = Buffer.from("{}").toString("base64"),
    expected: [403, "SignatureDoesNotMatch"],
  },
  {
    name: "an unknown operator",
    options: { conditions: [...KEY, ["ends-with", "$key", "k"]] },
    expected: [400, "InvalidPolicyDocument"],
  },
  {
    name: "tags that are no document",
    options: { fields: { key: "k", tagging: "a=b" }, conditions: [...KEY, { tagging: "a=b" }] },
    expected: [400, "MalformedXML"],
  },
  {
    name: "a size that is no number",
    options: { conditions: [...KEY, ["content-length-range", "small", 10]] },
    expected: [403, "AccessDenied"],
  },
  {
    name: "a condition whose field lacks its dollar sign",
    options: { conditions: [["eq", "key", "k"]] },
    expected: [403, "AccessDenied"],
  },
  {
    name: "no algorithm of the signature",
    change: (fields) => delete fields["x-amz-algorithm"],
    expected: [400, "InvalidArgument"],
  },
  {
    name: "a signature that is missing",
    change: (fields) => delete fields["x-amz-signature"],
    expected: [400, "InvalidArgument"],
  },
  {
    name: "a condition on no field",
    options: { conditions: [...KEY, {}] },
    expected: [400, "InvalidPolicyDocument"],
  },
  {
    name: "no key",
    change: (fields) => delete fields.key,
    expected: [400, "InvalidArgument"],
  },
  {
    name: "no policy",
    change: (fields) => delete fields.policy,
    expected: [403, "AccessDenied"],
  },
];

for (const { name, options, change, expected } of REFUSED) {
  Deno.test(`PostObject: refuses ${name}`, async () => {
    await using r = await s3Room({ buckets: ["b"] });
    const keys = r.sandbox.credentials;
    const fields = signedFields({ keys, fields: { key: "k" }, conditions: KEY, ...options });
    change?.(fields);
    const { status, code } = await post(`${r.sandbox.url}/b`, fields);
    assert.deepEqual([status, code], expected);
    assert.equal(bucketIn(r, "b").objects.size, 0);
  });
}

Deno.test("PostObject: the signer must be allowed to put the object", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const keys = await userWithKey(r.iam, "joe", allow("s3:PutObject", "arn:aws:s3:::b/in/*"));
  const form = (key: string) =>
    post(`${r.sandbox.url}/b`, signedFields({ keys, fields: { key }, conditions: [{ key }] }));
  assert.equal((await form("in/k")).status, 204);
  assert.deepEqual([(await form("out/k")).code], ["AccessDenied"]);
  assert.deepEqual([...bucketIn(r, "b").objects.keys()], ["in/k"]);
  const record = r.sandbox.requests.at(-1)!;
  assert.deepEqual([record.operation, record.caller], [
    "PostObject",
    "arn:aws:iam::123456789012:user/joe",
  ]);
});
