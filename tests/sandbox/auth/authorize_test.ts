import fc from "fast-check";
import assert from "node:assert/strict";
import type { Account, Bucket, Role, User } from "../../../lib/sandbox/account.ts";
import { authorize } from "../../../lib/sandbox/auth/authorize.ts";
import type { Caller, NeededPermission } from "../../../lib/sandbox/operation.ts";
import { createAccount, createBucket, createCloud, createUser } from "../../../lib/sandbox/seed.ts";
import { allow, deny } from "../helpers.ts";

const ACCOUNT_ID = "123456789012";
const REQUEST = {
  "aws:SourceIp": "127.0.0.1",
  "aws:CurrentTime": "2026-01-31T12:00:00Z",
  "aws:SecureTransport": "true",
  "aws:RequestedRegion": "us-east-1",
};

interface Scene {
  account: Account;
  user: User;
  bucket: Bucket;
  caller: Caller;
  may(action: string, resource: string, more?: Partial<NeededPermission>): boolean;
  why(action: string, resource: string, more?: Partial<NeededPermission>): string;
}

/** A user `joe` with these inline policies, and an open bucket `b`. */
function scene(...policies: unknown[]): Scene {
  const account = createAccount(ACCOUNT_ID, createCloud("us-east-1"));
  const user = createUser(account.id, "joe");
  policies.forEach((policy, index) => user.inlinePolicies.set(`p${index}`, JSON.stringify(policy)));
  account.users.set("joe", user);
  const bucket = createBucket(account, "b");
  bucket.publicAccessBlock = undefined;
  account.buckets.set("b", bucket);
  return sceneOf(account, user, bucket, { type: "user", accessKeyId: "AKIA", user });
}

function sceneOf(account: Account, user: User, bucket: Bucket, caller: Caller): Scene {
  const ask = (action: string, resource: string, more: Partial<NeededPermission> = {}) => {
    const own = action.startsWith("s3:") ? { bucket } : {};
    return authorize({ action, resource, ...own, ...more }, caller, account, REQUEST).denial;
  };
  return {
    account,
    user,
    bucket,
    caller,
    may: (...question) => ask(...question) === undefined,
    why: (...question) => ask(...question) ?? "",
  };
}

function asCaller({ account, user, bucket }: Scene, caller: Caller): Scene {
  return sceneOf(account, user, bucket, caller);
}

function asSession(base: Scene, rolePolicy: unknown, sessionPolicy?: unknown): Scene {
  const role: Role = {
    roleName: "r",
    roleId: "AROAEXAMPLE",
    path: "/",
    arn: `arn:aws:iam::${ACCOUNT_ID}:role/r`,
    createDate: new Date(),
    description: undefined,
    assumeRolePolicyDocument: "{}",
    maxSessionDuration: 3600,
    permissionsBoundary: undefined,
    tags: [],
    inlinePolicies: new Map([["p", JSON.stringify(rolePolicy)]]),
    attachedPolicies: new Set(),
    lastUsed: undefined,
  };
  const policy = sessionPolicy === undefined ? undefined : JSON.stringify(sessionPolicy);
  const session = {
    role,
    sessionName: "me",
    accessKeyId: "ASIA",
    secretAccessKey: "",
    sessionToken: "",
    policy,
    issueDate: new Date(),
    expiration: new Date(),
  };
  return asCaller(base, { type: "session", accessKeyId: "ASIA", session });
}

function bucketPolicy(statement: Record<string, unknown>): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::b/*",
      ...statement,
    }],
  });
}

Deno.test("authorize: without a policy nothing is allowed", () => {
  assert.equal(
    scene().why("iam:CreateUser", `arn:aws:iam::${ACCOUNT_ID}:user/x`),
    `User: arn:aws:iam::${ACCOUNT_ID}:user/joe is not authorized to perform: iam:CreateUser on ` +
      `resource: arn:aws:iam::${ACCOUNT_ID}:user/x because no identity-based policy allows the ` +
      "iam:CreateUser action",
  );
});

Deno.test("authorize: an inline policy allows what it names and nothing else", () => {
  const { may } = scene(allow("s3:GetObject", "arn:aws:s3:::b/*"));
  assert.ok(may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.ok(!may("s3:PutObject", "arn:aws:s3:::b/k"));
  assert.ok(!may("s3:GetObject", "arn:aws:s3:::c/k"));
});

Deno.test("authorize: an attached managed policy allows", () => {
  const { user, may } = scene();
  user.attachedPolicies.add("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
  assert.ok(may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.ok(!may("s3:PutObject", "arn:aws:s3:::b/k"));
});

Deno.test("authorize: an explicit deny wins, and the message says so", () => {
  const { why } = scene(allow("s3:*"), deny("s3:GetObject"));
  assert.match(
    why("s3:GetObject", "arn:aws:s3:::b/k"),
    /on resource: "arn:aws:s3:::b\/k" with an explicit deny in an identity-based policy$/,
  );
});

Deno.test("authorize: a permissions boundary limits, and grants nothing by itself", () => {
  const narrowed = scene(allow("s3:*"));
  narrowed.user.permissionsBoundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
  assert.ok(narrowed.may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.match(
    narrowed.why("s3:PutObject", "arn:aws:s3:::b/k"),
    /because no permissions boundary allows the s3:PutObject action$/,
  );
  const bare = scene();
  bare.user.permissionsBoundary = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  assert.ok(!bare.may("s3:GetObject", "arn:aws:s3:::b/k"));
});

Deno.test("authorize: a boundary that has been deleted allows nothing", () => {
  const { user, may } = scene(allow("s3:*"));
  user.permissionsBoundary = `arn:aws:iam::${ACCOUNT_ID}:policy/gone`;
  assert.ok(!may("s3:GetObject", "arn:aws:s3:::b/k"));
});

Deno.test("authorize: a session may do what both its role and its session policy allow", () => {
  const session = asSession(scene(), allow("s3:*"), allow(["s3:GetObject", "iam:GetUser"]));
  assert.ok(session.may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.ok(!session.may("iam:GetUser", `arn:aws:iam::${ACCOUNT_ID}:user/joe`));
  assert.match(
    session.why("s3:PutObject", "arn:aws:s3:::b/k"),
    /assumed-role\/r\/me is not .* because no session policy allows the s3:PutObject action$/,
  );
});

Deno.test("authorize: a session without a session policy may do what its role allows", () => {
  const session = asSession(scene(), allow("s3:GetObject"));
  assert.ok(session.may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.ok(!session.may("s3:PutObject", "arn:aws:s3:::b/k"));
});

Deno.test("authorize: the key for MFA is false for a session and missing for a long-term key", () => {
  const policy = {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "*",
      Condition: { Bool: { "aws:MultiFactorAuthPresent": "false" } },
    }],
  };
  assert.ok(asSession(scene(), policy).may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.ok(!scene(policy).may("s3:GetObject", "arn:aws:s3:::b/k"));
});

Deno.test("authorize: anonymous callers may do what the bucket policy grants to everyone", () => {
  const base = scene();
  const nobody = asCaller(base, { type: "anonymous" });
  assert.equal(nobody.why("s3:GetObject", "arn:aws:s3:::b/k"), "Access Denied");
  base.bucket.policy = bucketPolicy({ Principal: "*" });
  assert.ok(nobody.may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.ok(!nobody.may("s3:PutObject", "arn:aws:s3:::b/k"));
  base.bucket.policy = bucketPolicy({ Principal: { AWS: base.user.arn } });
  assert.ok(!nobody.may("s3:GetObject", "arn:aws:s3:::b/k"));
});

const BLOCK = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: true,
};

for (const level of ["bucket", "account"] as const) {
  Deno.test(`authorize: RestrictPublicBuckets of the ${level} keeps other accounts out`, () => {
    const base = scene(allow("s3:GetObject"));
    base.bucket.policy = bucketPolicy({ Principal: "*" });
    const nobody = asCaller(base, { type: "anonymous" });
    assert.ok(nobody.may("s3:GetObject", "arn:aws:s3:::b/k"));
    base[level].publicAccessBlock = BLOCK;
    assert.ok(!nobody.may("s3:GetObject", "arn:aws:s3:::b/k"));
    assert.ok(base.may("s3:GetObject", "arn:aws:s3:::b/k"));
  });
}

Deno.test("authorize: a bucket policy can name a user, and can deny one", () => {
  const base = scene();
  base.bucket.policy = bucketPolicy({ Principal: { AWS: base.user.arn } });
  assert.ok(base.may("s3:GetObject", "arn:aws:s3:::b/k"));
  base.user.attachedPolicies.add("arn:aws:iam::aws:policy/AmazonS3FullAccess");
  base.bucket.policy = bucketPolicy({ Effect: "Deny", Principal: "*" });
  assert.match(
    base.why("s3:GetObject", "arn:aws:s3:::b/k"),
    /with an explicit deny in a resource-based policy$/,
  );
});

Deno.test("authorize: another account's bucket needs a grant in its own policy", () => {
  const base = scene(allow("s3:*"));
  base.bucket.ownerAccountId = "999999999999";
  assert.equal(base.why("s3:GetObject", "arn:aws:s3:::b/k"), "Access Denied");
  base.bucket.policy = bucketPolicy({ Principal: { AWS: ACCOUNT_ID } });
  assert.ok(base.may("s3:GetObject", "arn:aws:s3:::b/k"));
  const powerless = scene();
  powerless.bucket.ownerAccountId = "999999999999";
  powerless.bucket.policy = bucketPolicy({ Principal: { AWS: ACCOUNT_ID } });
  assert.ok(!powerless.may("s3:GetObject", "arn:aws:s3:::b/k"));
});

Deno.test("authorize: root may do everything except assume roles", () => {
  const base = scene();
  const root = asCaller(base, { type: "root", accessKeyId: "AKIA" });
  assert.ok(root.may("iam:CreateUser", `arn:aws:iam::${ACCOUNT_ID}:user/x`));
  assert.ok(root.may("s3:DeleteBucket", "arn:aws:s3:::b"));
  assert.equal(
    root.why("sts:AssumeRole", `arn:aws:iam::${ACCOUNT_ID}:role/r`),
    "Roles may not be assumed by root accounts.",
  );
});

Deno.test("authorize: a bucket policy that denies root leaves it access to the bucket policy", () => {
  const base = scene();
  base.bucket.policy = bucketPolicy({
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
  });
  const root = asCaller(base, { type: "root", accessKeyId: "AKIA" });
  assert.ok(!root.may("s3:GetObject", "arn:aws:s3:::b/k"));
  assert.ok(root.may("s3:DeleteBucketPolicy", "arn:aws:s3:::b"));
});

const UNDER_PUBLIC = allow("s3:GetObject", "arn:aws:s3:::b/public/*");
const LITERAL_KEYS: [policies: unknown[], key: string, allowed: boolean][] = [
  [[UNDER_PUBLIC], "*", false],
  [[UNDER_PUBLIC], "pub*", false],
  [[UNDER_PUBLIC], "p*c/x", false],
  [[UNDER_PUBLIC], "public/*", true],
  [[UNDER_PUBLIC], "public/a?b", true],
  [[UNDER_PUBLIC], "public/${aws:username}", true],
  [[UNDER_PUBLIC], "public/line\nend\r\u2028", true],
  [[UNDER_PUBLIC], "publi?/x", false],
  [[allow("s3:GetObject", "arn:aws:s3:::b/ab")], "a?", false],
  [[allow("s3:GetObject", "arn:aws:s3:::b/a${*}")], "a*", true],
  [[allow("s3:GetObject", "arn:aws:s3:::b/a${*}")], "ab", false],
  [[allow("s3:GetObject", "arn:aws:s3:::b/a${?}")], "a?", true],
  [[allow("s3:GetObject", "arn:aws:s3:::b/a${?}")], "ab", false],
  [[allow("s3:GetObject", "arn:aws:s3:::b/home/${aws:username}/*")], "home/joe/x", true],
  [[allow("s3:GetObject", "arn:aws:s3:::b/home/${aws:username}/*")], "home/joe/*", true],
  [
    [allow("s3:GetObject", "arn:aws:s3:::b/home/${aws:username}/*")],
    "home/${aws:username}/x",
    false,
  ],
  [[allow("s3:*"), deny("s3:*", "arn:aws:s3:::b/secret*")], "secret*", false],
  [[allow("s3:*"), deny("s3:*", "arn:aws:s3:::b/secret*")], "secret\nplan", false],
  [[allow("s3:*"), deny("s3:*", "arn:aws:s3:::b/secret*")], "s*", true],
  [[allow("s3:*"), deny("s3:*", "arn:aws:s3:::b/*/secret")], "a\n*/secret", false],
  [[allow("s3:*", "arn:aws:s3:::b/*")], "\ue000*\ue001\n", true],
];

for (const [policies, key, allowed] of LITERAL_KEYS) {
  const resources = JSON.stringify(
    policies.map((policy) =>
      (policy as { Statement: { Resource: string }[] }).Statement[0]!.Resource
    ),
  );
  Deno.test(`authorize: key ${JSON.stringify(key)} under ${resources} is ${allowed ? "allowed" : "denied"}`, () => {
    assert.equal(scene(...policies).may("s3:GetObject", `arn:aws:s3:::b/${key}`), allowed);
  });
}

Deno.test("authorize: a grant on a prefix covers exactly the keys that start with it", () => {
  const prefix = "logs/2026-";
  const { may } = scene(allow("s3:GetObject", `arn:aws:s3:::b/${prefix}*`));
  const tail = fc.string({
    unit: fc.constantFrom("*", "?", "$", "{", "}", "\n", "/", ":", "a", "é"),
  });
  const head = fc.constantFrom(prefix, "logs/*", "*", "", "logs/2026", "logs/?026-");
  fc.assert(
    fc.property(head, tail, (start, end) => {
      const key = start + end;
      fc.pre(key !== "");
      assert.equal(may("s3:GetObject", `arn:aws:s3:::b/${key}`), key.startsWith(prefix));
    }),
    { numRuns: 300 },
  );
});

Deno.test("authorize: a condition on s3:prefix is tested against the literal prefix", () => {
  const { may } = scene({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::b",
      Condition: { StringLike: { "s3:prefix": "mine/*" } },
    }],
  });
  const list = (prefix?: string) =>
    may("s3:ListBucket", "arn:aws:s3:::b", {
      context: prefix === undefined ? {} : { "s3:prefix": prefix },
    });
  assert.ok(list("mine/"));
  assert.ok(list("mine/a\nb"));
  assert.ok(!list("min*"));
  assert.ok(!list("*"));
  assert.ok(!list());
});

const CONDITIONS: [name: string, condition: unknown, allowed: boolean][] = [
  ["own address", { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } }, true],
  ["another address", { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, false],
  ["before its end", { DateLessThan: { "aws:CurrentTime": "2026-02-01T00:00:00Z" } }, true],
  ["after its end", { DateLessThan: { "aws:CurrentTime": "2026-01-01T00:00:00Z" } }, false],
  ["over TLS", { Bool: { "aws:SecureTransport": "true" } }, true],
  ["not over TLS", { Bool: { "aws:SecureTransport": "false" } }, false],
  ["own name", { StringEquals: { "aws:username": "joe" } }, true],
  ["another name", { StringEquals: { "aws:username": "ann" } }, false],
  ["own ARN", { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/j*" } }, true],
  ["own account", { StringEquals: { "aws:PrincipalAccount": ACCOUNT_ID } }, true],
  ["another region", { StringEquals: { "aws:RequestedRegion": "eu-west-1" } }, false],
  ["a boolean for a text", { Bool: { "aws:SecureTransport": true } }, true],
  ["another boolean", { Bool: { "aws:SecureTransport": false } }, false],
  ["a key that is absent", { Null: { "aws:SourceVpce": "true" } }, true],
  ["a key that is there", { Null: { "aws:username": true } }, false],
  ["own tag", { StringEquals: { "aws:PrincipalTag/team": "blue" } }, true],
];

for (const [name, Condition, allowed] of CONDITIONS) {
  Deno.test(`authorize: condition ${name} is ${allowed ? "allowed" : "denied"}`, () => {
    const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "*", Condition };
    const { user, may } = scene({ Version: "2012-10-17", Statement: [statement] });
    user.tags.push({ key: "team", value: "blue" });
    assert.equal(may("s3:GetObject", "arn:aws:s3:::b/k"), allowed);
  });
}

Deno.test("authorize: an action that AWS doesn't have is denied with the reason, even to root", () => {
  const base = scene(allow("*"));
  const root = asCaller(base, { type: "root", accessKeyId: "AKIA" });
  for (const { why } of [base, root]) {
    assert.match(why("s3:Frobnicate", "arn:aws:s3:::b/k"), /because AWS does not have this action/);
    assert.match(why("nonsense", "*"), /because AWS does not have this action/);
  }
});

Deno.test("authorize: a deny with a mistyped operator denies", () => {
  const { why } = scene(allow("*"), {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Deny",
      Action: "s3:*",
      Resource: "*",
      Condition: { StringIsLike: { "aws:username": "joe" } },
    }],
  });
  assert.match(
    why("s3:GetObject", "arn:aws:s3:::b/k"),
    /because a policy is invalid \(Statement\[0\]: Unknown condition operator: StringIsLike\)$/,
  );
});

Deno.test("authorize: a policy that can't be parsed denies", () => {
  const broken = scene(allow("*"));
  broken.user.inlinePolicies.set("broken", "{");
  assert.match(broken.why("s3:GetObject", "arn:aws:s3:::b/k"), /because a policy is invalid/);
  const invalid = scene(allow("*"), { Version: "2012-10-17", Statement: [{ Effect: "Maybe" }] });
  assert.match(invalid.why("s3:GetObject", "arn:aws:s3:::b/k"), /because a policy is invalid/);
});
