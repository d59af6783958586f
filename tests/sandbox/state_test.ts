import { S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import { Content, startSandbox } from "../../lib/sandbox/mod.ts";
import { refusal, room, trust } from "./helpers.ts";

Deno.test("save: a sandbox that starts with the state has the same account", async () => {
  await using r = await room({ accountId: "210987654321", region: "eu-west-1", buckets: ["b"] });
  await r.iam.createUser({ UserName: "joe", Tags: [{ Key: "team", Value: "a" }] });
  await r.iam.putUserPolicy({ UserName: "joe", PolicyName: "p", PolicyDocument: EVERYTHING });
  const { AccessKey } = await r.iam.createAccessKey({ UserName: "joe" });
  await r.iam.createPolicy({ PolicyName: "mine", PolicyDocument: EVERYTHING });
  const credentials = {
    accessKeyId: AccessKey!.AccessKeyId!,
    secretAccessKey: AccessKey!.SecretAccessKey!,
  };
  const settings = { region: "eu-west-1", credentials, forcePathStyle: true };
  const content = new Uint8Array(Array.from({ length: 256 }, (_, byte) => byte));
  using first = client(new S3({ endpoint: r.sandbox.url, ...settings }));
  await first.s3.putObject({ Bucket: "b", Key: "k", Body: content, ContentType: "image/png" });

  await using restored = await startSandbox({ state: r.sandbox.save(), buckets: ["b", "c"] });
  assert.equal(restored.credentials.secretAccessKey, r.sandbox.credentials.secretAccessKey);
  assert.equal(restored.region, "eu-west-1");
  const { buckets, ...others } = restored.snapshot();
  const { buckets: before, ...othersBefore } = r.sandbox.snapshot();
  assert.deepEqual(others, othersBefore);
  assert.deepEqual(buckets[0], before[0]);
  assert.deepEqual(buckets.map(({ name }) => name), ["b", "c"]);
  using second = client(new S3({ endpoint: restored.url, ...settings }));
  const object = await second.s3.getObject({ Bucket: "b", Key: "k" });
  assert.deepEqual(await object.Body!.transformToByteArray(), content);
  assert.equal(object.ContentType, "image/png");
  assert.deepEqual(
    object.LastModified,
    (await first.s3.headObject({ Bucket: "b", Key: "k" })).LastModified,
  );
});

Deno.test("save: a session continues, with its role as it is then", async () => {
  await using r = await room();
  const RoleName = "r";
  const AssumeRolePolicyDocument = trust("arn:aws:iam::123456789012:root");
  const { Role } = await r.iam.createRole({ RoleName, AssumeRolePolicyDocument });
  const assume = { RoleArn: Role!.Arn!, RoleSessionName: "me" };
  const { Credentials } = await r.sts.assumeRole(assume);
  await using restored = await startSandbox({ state: r.sandbox.save() });
  const credentials = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  const settings = { endpoint: restored.url, region: "us-east-1", credentials, maxAttempts: 1 };
  const sts = new STS(settings);
  assert.match((await sts.getCallerIdentity({})).Arn!, /:assumed-role\/r\/me$/);
  sts.destroy();
  const s3 = new S3({ ...settings, forcePathStyle: true });
  assert.equal((await refusal(s3.listBuckets())).code, "AccessDenied");
  restored.account.roles.get(RoleName)!.inlinePolicies.set("p", EVERYTHING);
  await s3.listBuckets();
  s3.destroy();
});

Deno.test("save: says that there is too much where no text can hold it", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const body = new Content([new Uint8Array(2 ** 29)]);
  const lastModified = new Date();
  const object = { key: "k", body, etag: '"e"', lastModified, headers: {}, tags: [], acl: [] };
  sandbox.account.buckets.get("b")!.objects.set("k", object);
  assert.throws(() => sandbox.save(), { code: "limit", message: /too large/ });
});

Deno.test("state: an administrator without a key gets a new one", async () => {
  await using sandbox = await startSandbox();
  sandbox.account.users.get("admin")!.accessKeys.clear();
  await using restored = await startSandbox({ state: sandbox.save() });
  assert.ok(restored.account.users.get("admin")!.accessKeys.has(restored.credentials.accessKeyId));
});

for (const text of ["", "{}", "[]", '{"format":"another"}']) {
  Deno.test(`state: refuses ${JSON.stringify(text)}`, async () => {
    await assert.rejects(startSandbox({ state: text }), SyntaxError);
  });
}

Deno.test("state: one that was saved before there were several accounts", async () => {
  const state = await Deno.readTextFile(new URL("state_of_one_account.json", import.meta.url));
  await using restored = await startSandbox({ state, accounts: { "444455556666": {} } });
  assert.deepEqual(Object.keys(restored.accounts), ["210987654321", "444455556666"]);
  assert.deepEqual([...restored.account.roles.keys()], ["r"]);
  const { url: endpoint, region, credentials } = restored;
  using owner = client(new S3({ endpoint, region, credentials, forcePathStyle: true }));
  const { Body } = await owner.s3.getObject({ Bucket: "old", Key: "k" });
  assert.equal(await Body!.transformToString(), "kept");
});

const EVERYTHING = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});

function client(s3: S3): { s3: S3 } & Disposable {
  return { s3, [Symbol.dispose]: () => s3.destroy() };
}
