import assert from "node:assert/strict";
import { send, sign } from "./auth/sign.ts";
import { allow, refusal, room, trust, userWithKey } from "./helpers.ts";
import { s3Room } from "./s3/helpers.ts";

const JOE = "arn:aws:iam::123456789012:user/joe";

for (const key of ["iam:ResourceTag/team", "aws:ResourceTag/team"]) {
  Deno.test(`${key}: a deny by the tag of a user or role takes effect`, async () => {
    await using r = await room();
    const { iam } = r;
    const Tags = [{ Key: "team", Value: "red" }];
    await iam.createUser({ UserName: "red", Tags });
    await iam.createUser({ UserName: "blue" });
    await iam.createRole({
      RoleName: "red",
      AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:root"),
      Tags,
    });
    const keys = await userWithKey(iam, "joe", {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["iam:*", "sts:AssumeRole"], Resource: "*" },
        {
          Effect: "Deny",
          Action: ["iam:*", "sts:AssumeRole"],
          Resource: "*",
          Condition: { StringEquals: { [key]: "red" } },
        },
      ],
    });
    const joe = r.iamAs(keys);
    await joe.getUser({ UserName: "blue" });
    assert.equal((await refusal(joe.getUser({ UserName: "red" }))).code, "AccessDenied");
    assert.equal((await refusal(joe.deleteUser({ UserName: "red" }))).code, "AccessDenied");
    assert.equal((await refusal(joe.getRole({ RoleName: "red" }))).code, "AccessDenied");
    const assumed = r.stsAs(keys).assumeRole({
      RoleArn: "arn:aws:iam::123456789012:role/red",
      RoleSessionName: "me",
    });
    assert.equal((await refusal(assumed)).code, "AccessDenied");
  });
}

Deno.test("s3:signatureAge: a deny of old presigned URLs takes effect", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { sandbox, iam } = r;
  const keys = await userWithKey(iam, "joe", {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:*", Resource: "*" },
      {
        Effect: "Deny",
        Action: "s3:*",
        Resource: "*",
        Condition: { NumericGreaterThan: { "s3:signatureAge": "600000" } },
      },
    ],
  });
  const url = sign(`${sandbox.url}/b`, { service: "s3", keys, expires: 3600 });
  assert.equal((await send(url)).status, 200);
  sandbox.clock.advance(601_000);
  assert.equal((await send(url)).code, "AccessDenied");
});

const CONDITIONS: [name: string, action: string | string[], condition: unknown][] = [
  ["an unknown action", "s3:GetObjects", undefined],
  ["a pattern that no action fits", "s3:Fetch*", undefined],
  ["an unknown key of S3", "s3:GetObject", { StringEquals: { "s3:colour": "red" } }],
  ["an unknown global key", "s3:GetObject", { StringEquals: { "aws:Colour": "red" } }],
  ["a key that the action doesn't have", "s3:GetObject", { StringEquals: { "s3:prefix": "a" } }],
  ["a key that one action doesn't have", ["s3:PutObject", "s3:GetObject"], {
    StringEquals: { "s3:x-amz-acl": "private" },
  }],
  ["a bad address", "s3:GetObject", { IpAddress: { "aws:SourceIp": "10.0.0.0/33" } }],
  ["a date that is none", "s3:GetObject", { DateLessThan: { "aws:CurrentTime": "soon" } }],
];

function bucketPolicy(Action: string | string[], Condition: unknown, AWS: string = JOE): string {
  const Resource = "arn:aws:s3:::b/*";
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS }, Action, Resource, Condition }],
  });
}

for (const [name, action, condition] of CONDITIONS) {
  Deno.test(`PutBucketPolicy: refuses ${name}`, async () => {
    await using r = await s3Room({ buckets: ["b"] });
    await r.iam.createUser({ UserName: "joe" });
    const Policy = bucketPolicy(action, condition);
    const { status, code } = await refusal(r.s3.putBucketPolicy({ Bucket: "b", Policy }));
    assert.deepEqual([status, code], [400, "MalformedPolicy"]);
  });
}

Deno.test("PutBucketPolicy: takes keys that the action has, and refuses a byte order mark", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  await r.iam.createUser({ UserName: "joe" });
  const Policy = bucketPolicy(["s3:PutObject", "s3:Get*"], {
    StringEquals: { "s3:x-amz-acl": "private", "aws:PrincipalTag/team": "red" },
    IpAddress: { "aws:SourceIp": ["10.0.0.0/8", "::1"] },
  }).replace(',"s3:Get*"', "");
  await r.s3.putBucketPolicy({ Bucket: "b", Policy });
  const marked = r.s3.putBucketPolicy({ Bucket: "b", Policy: `\ufeff${Policy}` });
  assert.equal((await refusal(marked)).code, "MalformedPolicy");
});

Deno.test("principals: a user made again under an old name is somebody else", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  const { iam, s3 } = r;
  await s3.putObject({ Bucket: "b", Key: "k", Body: "content" });
  const old = await userWithKey(iam, "joe");
  const { User } = await iam.getUser({ UserName: "joe" });
  await s3.putBucketPolicy({ Bucket: "b", Policy: bucketPolicy("s3:GetObject", undefined) });
  await iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: trust(JOE) });
  await r.s3As(old).getObject({ Bucket: "b", Key: "k" });
  const assume = { RoleArn: "arn:aws:iam::123456789012:role/r", RoleSessionName: "me" };
  await r.stsAs(old).assumeRole(assume);

  await iam.updateUser({ UserName: "joe", NewUserName: "joanna" });
  await r.s3As(old).getObject({ Bucket: "b", Key: "k" });
  const renamed = JSON.parse((await s3.getBucketPolicy({ Bucket: "b" })).Policy!);
  assert.deepEqual(renamed.Statement[0].Principal, { AWS: JOE.replace("joe", "joanna") });
  await iam.updateUser({ UserName: "joanna", NewUserName: "joe" });

  await iam.deleteAccessKey({ UserName: "joe", AccessKeyId: old.accessKeyId });
  await iam.deleteUser({ UserName: "joe" });
  const { Policy } = await s3.getBucketPolicy({ Bucket: "b" });
  assert.deepEqual(JSON.parse(Policy!).Statement[0].Principal, { AWS: User!.UserId });
  const again = await userWithKey(iam, "joe");
  const get = r.s3As(again).getObject({ Bucket: "b", Key: "k" });
  assert.equal((await refusal(get)).code, "AccessDenied");
  assert.equal((await refusal(r.stsAs(again).assumeRole(assume))).code, "AccessDenied");
});

Deno.test("CopyObject: the source's expected owner must own it", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  await r.s3.putObject({ Bucket: "b", Key: "k", Body: "content" });
  const copy = (ExpectedSourceBucketOwner: string) =>
    r.s3.copyObject({ Bucket: "b", Key: "copy", CopySource: "b/k", ExpectedSourceBucketOwner });
  assert.equal((await refusal(copy("999999999999"))).code, "AccessDenied");
  await copy("123456789012");
});

const RESOURCES: [resource: string, message: RegExp | undefined][] = [
  ["arn:aws:s3:::b/*", undefined],
  ["arn:aws:s3:us-east-1:123456789012:accesspoint/a", undefined],
  ["arn:aws:s3:*:*:b", undefined],
  ["arn:aws:*", undefined],
  ["arn:aws:s3::b", /legacy parsing/],
  ["arn:aws:s3:us-east-1::b", /region/],
  ["arn:aws:iam:us-east-1:123456789012:user/joe", /region/],
  ["arn:amazon:s3:::b", /Partition "amazon" is not valid/],
  ["arn:aws::::b", /legacy parsing/],
  ["arn:aws:iam::123456789012:bucket", /must either be "\*", root, or start with user\//],
  ["arn:aws:iam::123456789012:user/*", undefined],
  ["arn:aws:iam::123456789012:*", undefined],
];

for (const [resource, message] of RESOURCES) {
  Deno.test(`policies of users: ${message ? "refused is" : "taken is"} ${resource}`, async () => {
    await using r = await room();
    await r.iam.createUser({ UserName: "joe" });
    const PolicyDocument = JSON.stringify(allow("s3:*", resource));
    const put = r.iam.putUserPolicy({ UserName: "joe", PolicyName: "p", PolicyDocument });
    if (message === undefined) {
      await put;
      return;
    }
    const error = await refusal(put);
    assert.equal(error.code, "MalformedPolicyDocument");
    assert.match(error.message, message);
  });
}
