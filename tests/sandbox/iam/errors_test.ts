import type { IAM } from "@aws-sdk/client-iam";
import assert from "node:assert/strict";
import { allow, refusal, room, trust } from "../helpers.ts";

const ROOT = "arn:aws:iam::123456789012:root";
const S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::b/*"));

type Call = (iam: IAM) => Promise<unknown>;
type Wanted = [status: number, code: string, message: string | RegExp];

const MISSING: [name: string, call: Call, message: string][] = [
  [
    "user",
    (iam) => iam.getUser({ UserName: "x" }),
    "The user with name x cannot be found.",
  ],
  [
    "role",
    (iam) => iam.getRole({ RoleName: "x" }),
    "The role with name x cannot be found.",
  ],
  [
    "inline policy",
    (iam) => iam.getUserPolicy({ UserName: "admin", PolicyName: "x" }),
    "The user policy with name x cannot be found.",
  ],
  [
    "access key",
    (iam) => iam.deleteAccessKey({ UserName: "admin", AccessKeyId: "AKIAXXXXXXXXXXXXXXXX" }),
    "The Access Key with id AKIAXXXXXXXXXXXXXXXX cannot be found.",
  ],
  [
    "attachable policy",
    (iam) =>
      iam.attachUserPolicy({
        UserName: "admin",
        PolicyArn: "arn:aws:iam::123456789012:policy/Nothing",
      }),
    "Policy arn:aws:iam::123456789012:policy/Nothing does not exist or is not attachable.",
  ],
  [
    "attached policy",
    (iam) => iam.detachUserPolicy({ UserName: "admin", PolicyArn: S3_FULL }),
    `Policy ${S3_FULL} was not found.`,
  ],
  [
    "boundary",
    (iam) =>
      iam.createUser({
        UserName: "x",
        PermissionsBoundary: "arn:aws:iam::123456789012:policy/Nope",
      }),
    "Scope ARN: arn:aws:iam::123456789012:policy/Nope does not exist or is not attachable.",
  ],
  [
    "login profile",
    (iam) => iam.getLoginProfile({ UserName: "admin" }),
    "Login Profile for User admin cannot be found.",
  ],
  [
    "group",
    (iam) => iam.addUserToGroup({ UserName: "admin", GroupName: "x" }),
    "The group with name x cannot be found.",
  ],
];

for (const [name, call, message] of MISSING) {
  Deno.test(`NoSuchEntity: a missing ${name}`, async () => {
    await using r = await room();
    assert.deepEqual(await refusal(call(r.iam)), { status: 404, code: "NoSuchEntity", message });
  });
}

const TAKEN: [kind: string, call: (iam: IAM, name: string) => Promise<unknown>, message: string][] =
  [
    [
      "user",
      (iam, UserName) => iam.createUser({ UserName }),
      "User with name NAME already exists.",
    ],
    [
      "role",
      (iam, RoleName) => iam.createRole({ RoleName, AssumeRolePolicyDocument: trust(ROOT) }),
      "Role with name NAME already exists.",
    ],
    [
      "group",
      (iam, GroupName) => iam.createGroup({ GroupName }),
      "Group with name NAME already exists.",
    ],
    [
      "policy",
      (iam, PolicyName) => iam.createPolicy({ PolicyName, PolicyDocument: READ }),
      "A policy called NAME already exists. Duplicate names are not allowed.",
    ],
  ];

for (const [kind, call, message] of TAKEN) {
  Deno.test(`EntityAlreadyExists: the name of a ${kind} is unique regardless of case`, async () => {
    await using r = await room();
    await call(r.iam, "Name");
    assert.deepEqual(await refusal(call(r.iam, "NAME")), {
      status: 409,
      code: "EntityAlreadyExists",
      message,
    });
  });
}

const INVALID: [name: string, call: Call, ...wanted: Wanted][] = [
  [
    "a user name of 65 characters",
    (iam) => iam.createUser({ UserName: "x".repeat(65) }),
    400,
    "ValidationError",
    "1 validation error detected: Value at 'userName' failed to satisfy constraint: " +
    "Member must have length less than or equal to 64",
  ],
  [
    "a user name with a space",
    (iam) => iam.createUser({ UserName: "a b" }),
    400,
    "ValidationError",
    "The specified value for userName is invalid. It must contain only alphanumeric characters " +
    "and/or the following: +=,.@_-",
  ],
  [
    "a role name with a slash",
    (iam) => iam.createRole({ RoleName: "a/b", AssumeRolePolicyDocument: trust(ROOT) }),
    400,
    "ValidationError",
    /^The specified value for roleName is invalid/,
  ],
  [
    "a path without a slash at its end",
    (iam) => iam.createUser({ UserName: "x", Path: "/team" }),
    400,
    "ValidationError",
    /^The specified value for path is invalid/,
  ],
  [
    "a session of less than an hour",
    (iam) =>
      iam.createRole({
        RoleName: "r",
        AssumeRolePolicyDocument: trust(ROOT),
        MaxSessionDuration: 3599,
      }),
    400,
    "ValidationError",
    "1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: " +
    "Member must have value greater than or equal to 3600",
  ],
  [
    "a session of more than twelve hours",
    (iam) =>
      iam.createRole({
        RoleName: "r",
        AssumeRolePolicyDocument: trust(ROOT),
        MaxSessionDuration: 43_201,
      }),
    400,
    "ValidationError",
    /'maxSessionDuration' .* less than or equal to 43200$/,
  ],
  [
    "a page of more than 1000 items",
    (iam) => iam.listUsers({ MaxItems: 1001 }),
    400,
    "ValidationError",
    /'maxItems' .* less than or equal to 1000$/,
  ],
  [
    "an ARN that is none",
    (iam) => iam.attachUserPolicy({ UserName: "admin", PolicyArn: "x".repeat(30) }),
    400,
    "ValidationError",
    `ARN ${"x".repeat(30)} is not valid.`,
  ],
  [
    "a tag with a character that AWS doesn't take",
    (iam) => iam.tagUser({ UserName: "admin", Tags: [{ Key: "no!", Value: "" }] }),
    400,
    "ValidationError",
    /'tags\.1\.member\.key' .* regular expression pattern/,
  ],
  [
    "51 tags",
    (iam) =>
      iam.tagUser({
        UserName: "admin",
        Tags: Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: "" })),
      }),
    400,
    "ValidationError",
    /'tags' .* less than or equal to 50$/,
  ],
  [
    "the key of a tag that can't be",
    (iam) => iam.untagUser({ UserName: "admin", TagKeys: ["no!"] }),
    400,
    "ValidationError",
    /'tagKeys' .* Member must satisfy constraint: /,
  ],
  [
    "a version of a policy that can't be",
    (iam) =>
      iam.getPolicyVersion({
        PolicyArn: "arn:aws:iam::aws:policy/AmazonS3FullAccess",
        VersionId: "latest",
      }),
    400,
    "ValidationError",
    /'versionId' .* regular expression pattern/,
  ],
  [
    "another action of STS in a trust policy",
    (iam) =>
      iam.createRole({
        RoleName: "r",
        AssumeRolePolicyDocument: trust(ROOT).replace("AssumeRole", "GetCallerIdentity"),
      }),
    400,
    "MalformedPolicyDocument",
    /^AssumeRole policy may only specify STS AssumeRole actions\.$/,
  ],
  [
    "a tag key twice",
    (iam) =>
      iam.createUser({ UserName: "x", Tags: [{ Key: "a", Value: "" }, { Key: "A", Value: "" }] }),
    400,
    "InvalidInput",
    /^Duplicate tag keys found/,
  ],
];

for (const [name, call, status, code, message] of INVALID) {
  Deno.test(`refused: ${name}`, async () => {
    await using r = await room();
    const before = r.sandbox.snapshot();
    const found = await refusal(call(r.iam));
    assert.deepEqual([found.status, found.code], [status, code]);
    if (typeof message === "string") assert.equal(found.message, message);
    else assert.match(found.message, message);
    assert.deepEqual(r.sandbox.snapshot(), before);
  });
}
