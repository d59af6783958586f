import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import {
  allow,
  deny,
  type Keys,
  refusal,
  type Room,
  room,
  trust,
  userWithKey,
} from "../helpers.ts";
import { sign } from "../auth/sign.ts";

const ACCOUNT_ROOT = "arn:aws:iam::123456789012:root";
const ROLE_ARN = "arn:aws:iam::123456789012:role/r";
const ASSUME = { RoleArn: ROLE_ARN, RoleSessionName: "me" };
const NOT_AUTHORIZED = `is not authorized to perform: sts:AssumeRole on resource: ${ROLE_ARN}`;

/** A sandbox with a role `r`. */
async function roomWithRole(
  more: { AssumeRolePolicyDocument?: string; MaxSessionDuration?: number } = {},
): Promise<Room> {
  const r = await room();
  const AssumeRolePolicyDocument = trust(ACCOUNT_ROOT);
  await r.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument, ...more });
  return r;
}

async function assume(r: Room, keys?: Keys, more: Partial<AssumeRoleCommandInput> = {}) {
  const sts = keys ? r.stsAs(keys) : r.sts;
  const answer = await sts.assumeRole({ ...ASSUME, ...more });
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials!;
  return {
    answer,
    keys: {
      accessKeyId: AccessKeyId!,
      secretAccessKey: SecretAccessKey!,
      sessionToken: SessionToken!,
    },
  };
}

Deno.test("GetCallerIdentity: names a user, without any permission", async () => {
  await using r = await room();
  const keys = await userWithKey(r.iam, "joe", deny("*"));
  const { Arn, UserId, Account } = await r.stsAs(keys).getCallerIdentity({});
  assert.equal(Arn, "arn:aws:iam::123456789012:user/joe");
  assert.equal(UserId, r.sandbox.account.users.get("joe")!.userId);
  assert.equal(Account, "123456789012");
});

Deno.test("GetCallerIdentity: names root", async () => {
  await using r = await room({ accountId: "210987654321" });
  const keys = { accessKeyId: "AKIAROOT000000000000", secretAccessKey: "root-secret" };
  const createDate = new Date();
  r.sandbox.account.rootKey = { ...keys, status: "Active", createDate, lastUsed: undefined };
  const { Arn, UserId, Account } = await r.stsAs(keys).getCallerIdentity({});
  assert.deepEqual(
    [Arn, UserId, Account],
    ["arn:aws:iam::210987654321:root", "210987654321", "210987654321"],
  );
});

/** Seconds from the start of a session to the end that AWS tells, whose fraction of a second is cut off. */
function lifetime({ sandbox }: Room, { Credentials }: AssumeRoleCommandOutput): number {
  const { issueDate } = sandbox.account.sessions.get(Credentials!.AccessKeyId!)!;
  return Math.ceil((Credentials!.Expiration!.getTime() - issueDate.getTime()) / 1000);
}

Deno.test("AssumeRole: gives keys, a token and an expiration; GetCallerIdentity names the session", async () => {
  await using r = await roomWithRole();
  const { answer, keys } = await assume(r, undefined, { DurationSeconds: 900 });
  assert.match(keys.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  const roleId = r.sandbox.account.roles.get("r")!.roleId;
  assert.deepEqual(answer.AssumedRoleUser, {
    AssumedRoleId: `${roleId}:me`,
    Arn: "arn:aws:sts::123456789012:assumed-role/r/me",
  });
  assert.equal(lifetime(r, answer), 900);
  assert.equal(answer.PackedPolicySize, undefined);
  const { Arn, UserId } = await r.stsAs(keys).getCallerIdentity({});
  assert.deepEqual([Arn, UserId], [answer.AssumedRoleUser!.Arn, `${roleId}:me`]);
  const { Role } = await r.iam.getRole({ RoleName: "r" });
  assert.equal(Role!.RoleLastUsed!.Region, "us-east-1");
});

Deno.test("AssumeRole: a session lasts an hour by default", async () => {
  await using r = await roomWithRole();
  const { answer } = await assume(r);
  assert.equal(lifetime(r, answer), 3600);
});

Deno.test("AssumeRole: a session may do what its role may", async () => {
  await using r = await roomWithRole();
  const PolicyDocument = JSON.stringify(allow("iam:ListUsers"));
  await r.iam.putRolePolicy({ RoleName: "r", PolicyName: "p", PolicyDocument });
  const iam = r.iamAs((await assume(r)).keys);
  assert.equal((await iam.listUsers({})).Users!.length, 1);
  assert.equal((await refusal(iam.listRoles({}))).code, "AccessDenied");
});

Deno.test("AssumeRole: a session policy limits the session, and its size is returned", async () => {
  await using r = await roomWithRole();
  const PolicyDocument = JSON.stringify(allow("iam:List*"));
  await r.iam.putRolePolicy({ RoleName: "r", PolicyName: "p", PolicyDocument });
  const Policy = JSON.stringify(allow(["iam:ListUsers", "iam:CreateUser"]));
  const { answer, keys } = await assume(r, undefined, { Policy });
  assert.equal(answer.PackedPolicySize, Math.ceil(Policy.length / 20.48));
  const iam = r.iamAs(keys);
  await iam.listUsers({});
  assert.match((await refusal(iam.listRoles({}))).message, /because no session policy allows/);
  assert.match(
    (await refusal(iam.createUser({ UserName: "x" }))).message,
    /because no identity-based policy allows/,
  );
});

Deno.test("AssumeRole: managed session policies limit the session", async () => {
  await using r = await roomWithRole();
  const PolicyDocument = JSON.stringify(allow("iam:*"));
  await r.iam.putRolePolicy({ RoleName: "r", PolicyName: "p", PolicyDocument });
  const PolicyArns = [{ arn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess" }];
  const { answer, keys } = await assume(r, undefined, { PolicyArns });
  assert.equal(answer.PackedPolicySize, 3);
  const iam = r.iamAs(keys);
  await iam.listUsers({});
  const created = await refusal(iam.createUser({ UserName: "x" }));
  assert.match(created.message, /because no session policy allows/);
});

Deno.test("AssumeRole: a role that trusts the account needs the caller's own permission", async () => {
  await using r = await roomWithRole();
  const powerless = await userWithKey(r.iam, "powerless");
  const found = await refusal(r.stsAs(powerless).assumeRole(ASSUME));
  assert.deepEqual([found.status, found.code], [403, "AccessDenied"]);
  assert.equal(
    found.message,
    `User: arn:aws:iam::123456789012:user/powerless ${NOT_AUTHORIZED} because no ` +
      "identity-based policy allows the sts:AssumeRole action",
  );
  const able = await userWithKey(r.iam, "able", allow("sts:AssumeRole", ROLE_ARN));
  await assume(r, able);
});

Deno.test("AssumeRole: a role that trusts a user can be assumed by that user only", async () => {
  await using r = await room();
  const joe = await userWithKey(r.iam, "joe");
  await r.iam.createRole({
    RoleName: "r",
    AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:user/joe"),
  });
  await assume(r, joe);
  const found = await refusal(r.sts.assumeRole(ASSUME));
  assert.match(found.message, /because no resource-based policy allows the sts:AssumeRole action$/);
});

Deno.test("AssumeRole: a deny in the caller's policies overrides the role's trust", async () => {
  await using r = await room();
  const joe = await userWithKey(r.iam, "joe", deny("sts:AssumeRole"));
  await r.iam.createRole({
    RoleName: "r",
    AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:user/joe"),
  });
  assert.match((await refusal(r.stsAs(joe).assumeRole(ASSUME))).message, /with an explicit deny/);
});

Deno.test("AssumeRole: a role can require an external id", async () => {
  const condition = { StringEquals: { "sts:ExternalId": "42" } };
  await using r = await roomWithRole({
    AssumeRolePolicyDocument: trust(ACCOUNT_ROOT, condition),
  });
  await assume(r, undefined, { ExternalId: "42" });
  assert.equal((await refusal(r.sts.assumeRole(ASSUME))).code, "AccessDenied");
  assert.equal(
    (await refusal(r.sts.assumeRole({ ...ASSUME, ExternalId: "43" }))).code,
    "AccessDenied",
  );
});

Deno.test("AssumeRole: a missing role is refused like one that trusts nobody", async () => {
  await using r = await room();
  const found = await refusal(r.sts.assumeRole(ASSUME));
  assert.deepEqual([found.status, found.code], [403, "AccessDenied"]);
  assert.ok(found.message.includes(NOT_AUTHORIZED));
});

Deno.test("AssumeRole: refuses root", async () => {
  await using r = await roomWithRole();
  const keys = { accessKeyId: "AKIAROOT000000000000", secretAccessKey: "root-secret" };
  const createDate = new Date();
  r.sandbox.account.rootKey = { ...keys, status: "Active", createDate, lastUsed: undefined };
  assert.deepEqual(await refusal(r.stsAs(keys).assumeRole(ASSUME)), {
    status: 403,
    code: "AccessDenied",
    message: "Roles may not be assumed by root accounts.",
  });
});

Deno.test("AssumeRole: role chaining has a maximum of an hour", async () => {
  await using r = await roomWithRole({ MaxSessionDuration: 43_200 });
  const PolicyDocument = JSON.stringify(allow("sts:AssumeRole"));
  await r.iam.putRolePolicy({ RoleName: "r", PolicyName: "p", PolicyDocument });
  const first = await assume(r, undefined, { DurationSeconds: 43_200 });
  const second = await assume(r, first.keys, { RoleSessionName: "again", DurationSeconds: 3600 });
  assert.match(second.answer.AssumedRoleUser!.Arn!, /assumed-role\/r\/again$/);
  const longer = r.stsAs(first.keys).assumeRole({ ...ASSUME, DurationSeconds: 3601 });
  assert.deepEqual(await refusal(longer), {
    status: 400,
    code: "ValidationError",
    message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed " +
      "by role chaining",
  });
});

Deno.test("AssumeRole: a session is refused once it has expired", async () => {
  await using r = await roomWithRole();
  const { keys } = await assume(r);
  const sts = r.stsAs(keys);
  await sts.getCallerIdentity({});
  r.sandbox.account.sessions.get(keys.accessKeyId)!.expiration = new Date();
  assert.deepEqual(await refusal(sts.getCallerIdentity({})), {
    status: 403,
    code: "ExpiredToken",
    message: "The security token included in the request is expired",
  });
});

Deno.test("AssumeRole: a session ends with its role, whether or not there is a new one of that name", async () => {
  await using r = await roomWithRole();
  const { iam } = r;
  const sts = r.stsAs((await assume(r)).keys);
  await sts.getCallerIdentity({});
  const { Role } = await iam.getRole({ RoleName: "r" });
  await iam.deleteRole({ RoleName: "r" });
  assert.equal((await refusal(sts.getCallerIdentity({}))).code, "InvalidClientTokenId");
  const AssumeRolePolicyDocument = decodeURIComponent(Role!.AssumeRolePolicyDocument!);
  await iam.createRole({ RoleName: "r", AssumeRolePolicyDocument });
  assert.equal((await refusal(sts.getCallerIdentity({}))).code, "InvalidClientTokenId");
});

const policyOfLength = (length: number) => {
  const frame = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::"));
  return frame.replace(":::", `:::${"x".repeat(length - frame.length)}`);
};

Deno.test("AssumeRole: a session policy may have 2,048 characters, white space included", async () => {
  await using r = await roomWithRole();
  const { answer } = await assume(r, undefined, { Policy: policyOfLength(2048) });
  assert.equal(answer.PackedPolicySize, 100);
  const Policy = `${policyOfLength(2048)} `;
  assert.deepEqual(await refusal(r.sts.assumeRole({ ...ASSUME, Policy })), {
    status: 400,
    code: "PackedPolicyTooLarge",
    message: "Packed policy consumes 101% of allotted space, please use smaller policy.",
  });
});

const INVALID: [
  name: string,
  more: Partial<AssumeRoleCommandInput>,
  code: string,
  message: RegExp,
][] = [
  [
    "a session name of one character",
    { RoleSessionName: "x" },
    "ValidationError",
    /^1 validation error detected: Value at 'roleSessionName' .* greater than or equal to 2$/,
  ],
  [
    "a session name of 65 characters",
    { RoleSessionName: "x".repeat(65) },
    "ValidationError",
    /'roleSessionName' .* length less than or equal to 64$/,
  ],
  [
    "a session name with a slash",
    { RoleSessionName: "a/b" },
    "ValidationError",
    /'roleSessionName' .* regular expression pattern: \[\\w\+=,\.@-\]\*$/,
  ],
  [
    "a session of less than 15 minutes",
    { DurationSeconds: 899 },
    "ValidationError",
    /'durationSeconds' .* value greater than or equal to 900$/,
  ],
  [
    "a session of more than 12 hours",
    { DurationSeconds: 43_201 },
    "ValidationError",
    /'durationSeconds' .* value less than or equal to 43200$/,
  ],
  [
    "a session longer than its role allows",
    { DurationSeconds: 3601 },
    "ValidationError",
    /^The requested DurationSeconds exceeds the MaxSessionDuration set for this role\.$/,
  ],
  ["an ARN of something else", { RoleArn: ACCOUNT_ROOT }, "ValidationError", /is invalid$/],
  ["a session policy that is no JSON", { Policy: "{" }, "MalformedPolicyDocument", /Syntax/],
  [
    "a session policy with a principal",
    {
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:*", Resource: "*" }],
      }),
    },
    "MalformedPolicyDocument",
    /should not specify a principal/,
  ],
  [
    "contexts of others, which the sandbox can't apply",
    { ProvidedContexts: [{ ProviderArn: "arn:aws:iam::aws:contextProvider/x" }] },
    "ValidationError",
    /does not support the parameter ProvidedContexts/,
  ],
];

for (const [name, more, code, message] of INVALID) {
  Deno.test(`refused: ${name}`, async () => {
    await using r = await roomWithRole();
    const found = await refusal(r.sts.assumeRole({ ...ASSUME, ...more }));
    assert.deepEqual([found.status, found.code], [400, code]);
    assert.match(found.message, message);
    assert.equal(r.sandbox.account.sessions.size, 0);
  });
}

Deno.test("timeText: writes times to the second", async () => {
  await using r = await roomWithRole();
  const form = new URLSearchParams({ Action: "AssumeRole", Version: "2011-06-15", ...ASSUME });
  const { url, init } = sign(`${r.sandbox.url}/`, {
    service: "sts",
    keys: r.sandbox.credentials,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  });
  const body = await (await fetch(url, init)).text();
  assert.match(body, /<Expiration>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<\/Expiration>/);
});

Deno.test("AssumeRole: a code of an MFA device counts for the trust policy and for the session", async () => {
  const MFA = { Bool: { "aws:MultiFactorAuthPresent": "true" } };
  const trustWithMfa = JSON.parse(trust(ACCOUNT_ROOT));
  trustWithMfa.Statement[0].Condition = MFA;
  await using r = await roomWithRole({ AssumeRolePolicyDocument: JSON.stringify(trustWithMfa) });
  await r.iam.putRolePolicy({
    RoleName: "r",
    PolicyName: "p",
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "iam:ListUsers", Resource: "*", Condition: MFA },
    }),
  });
  const device = { SerialNumber: "arn:aws:iam::123456789012:mfa/me" };
  assert.equal((await refusal(assume(r))).code, "AccessDenied");
  const wrong = await refusal(assume(r, undefined, { ...device, TokenCode: "12345a" }));
  assert.match(wrong.message, /invalid MFA one time pass code/);
  const { keys } = await assume(r, undefined, { ...device, TokenCode: "123456" });
  await r.iamAs(keys).listUsers({});
});
