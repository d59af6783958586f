import type { GetFederationTokenCommandInput } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { allow, deny, type Keys, refusal, trust, userWithKey } from "../helpers.ts";
import { type S3Room, s3Room } from "../s3/helpers.ts";

const BUCKET = "arn:aws:s3:::b";
const OBJECTS = `${BUCKET}/*`;
const FEDERATED = "arn:aws:sts::123456789012:federated-user/app";
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const MFA = { SerialNumber: "arn:aws:iam::123456789012:mfa/me", TokenCode: "123456" };

/** A sandbox with an object, and a user who may do everything with S3 and federate. */
async function roomWithBroker(): Promise<S3Room & { broker: Keys }> {
  const r = await s3Room({ buckets: ["b"] });
  await r.s3.putObject({ Bucket: "b", Key: "a", Body: "text" });
  const broker = await userWithKey(r.iam, "broker", allow(["s3:*", "sts:*", "iam:*"]));
  return { ...r, broker };
}

async function federate(
  r: S3Room,
  keys: Keys,
  more: Partial<GetFederationTokenCommandInput> = {},
) {
  const answer = await r.stsAs(keys).getFederationToken({ Name: "app", ...more });
  return { answer, keys: keysOf(answer.Credentials) };
}

function keysOf(
  credentials: { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string } = {},
): Required<Keys> {
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = credentials;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
}

const policy = (...args: Parameters<typeof allow>) => ({ Policy: JSON.stringify(allow(...args)) });
const READ = { Bucket: "b", Key: "a" };
const WRITE = { Bucket: "b", Key: "a", Body: "other" };

Deno.test("GetFederationToken: names the federated user, and so does GetCallerIdentity", async () => {
  await using r = await roomWithBroker();
  const { answer, keys } = await federate(r, r.broker, policy("s3:*"));
  assert.match(keys.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.deepEqual(answer.FederatedUser, {
    FederatedUserId: "123456789012:app",
    Arn: FEDERATED,
  });
  assert.equal(answer.PackedPolicySize, 5);
  const { Arn, UserId, Account } = await r.stsAs(keys).getCallerIdentity({});
  assert.deepEqual([Arn, UserId, Account], [FEDERATED, "123456789012:app", "123456789012"]);
});

Deno.test("GetFederationToken: a session may do what both its policy and the user's allow", async () => {
  await using r = await roomWithBroker();
  const { keys } = await federate(r, r.broker, policy(["s3:GetObject", "kms:*"], OBJECTS));
  const s3 = r.s3As(keys);
  assert.equal(await (await s3.getObject(READ)).Body!.transformToString(), "text");
  assert.equal(
    (await refusal(s3.putObject(WRITE))).message,
    `User: ${FEDERATED} is not authorized to perform: s3:PutObject on resource: ` +
      '"arn:aws:s3:::b/a" because no session policy allows the s3:PutObject action',
  );
  const reader = await userWithKey(r.iam, "reader", allow(["s3:GetObject", "sts:*"]));
  const narrow = r.s3As((await federate(r, reader, policy("s3:*"))).keys);
  await narrow.getObject(READ);
  assert.match(
    (await refusal(narrow.putObject(WRITE))).message,
    /because no identity-based policy allows the s3:PutObject action$/,
  );
});

Deno.test("GetFederationToken: a session follows the user's policies as they change", async () => {
  await using r = await roomWithBroker();
  const s3 = r.s3As((await federate(r, r.broker, policy("s3:*"))).keys);
  await s3.getObject(READ);
  const PolicyDocument = JSON.stringify(deny("s3:GetObject"));
  await r.iam.putUserPolicy({ UserName: "broker", PolicyName: "no", PolicyDocument });
  assert.match((await refusal(s3.getObject(READ))).message, /with an explicit deny in an identity/);
});

Deno.test("GetFederationToken: managed session policies limit a session too", async () => {
  await using r = await roomWithBroker();
  const PolicyArns = [{ arn: READ_ONLY }];
  const s3 = r.s3As((await federate(r, r.broker, { PolicyArns })).keys);
  await s3.getObject(READ);
  assert.match((await refusal(s3.putObject(WRITE))).message, /because no session policy allows/);
  const both = await federate(r, r.broker, { PolicyArns, ...policy("s3:PutObject", OBJECTS) });
  await r.s3As(both.keys).getObject(READ);
  await r.s3As(both.keys).putObject(WRITE);
});

Deno.test("GetFederationToken: without a policy only a bucket policy can grant something", async () => {
  await using r = await roomWithBroker();
  const s3 = r.s3As((await federate(r, r.broker)).keys);
  assert.match((await refusal(s3.getObject(READ))).message, /because no session policy allows/);
  const statement = (AWS: string) => ({
    Effect: "Allow",
    Principal: { AWS },
    Action: "s3:GetObject",
    Resource: OBJECTS,
  });
  const put = (AWS: string) =>
    r.s3.putBucketPolicy({
      Bucket: "b",
      Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement(AWS)] }),
    });
  await put("arn:aws:iam::123456789012:user/broker");
  assert.match((await refusal(s3.getObject(READ))).message, /because no session policy allows/);
  await put(FEDERATED);
  await s3.getObject(READ);
  assert.equal((await refusal(s3.putObject(WRITE))).code, "AccessDenied");
});

Deno.test("GetFederationToken: a bucket of another account takes both sides, and the session policy", async () => {
  const theirs = "444455556666";
  await using r = await s3Room({ accounts: { [theirs]: { buckets: ["theirs"] } } });
  const admin = r.s3As(r.sandbox.accounts[theirs]!.credentials);
  await admin.putObject({ Bucket: "theirs", Key: "a", Body: "text" });
  const Resource = "arn:aws:s3:::theirs/*";
  await admin.putBucketPolicy({
    Bucket: "theirs",
    Policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::123456789012:root" },
        Action: ["s3:GetObject", "s3:DeleteObject"],
        Resource,
      }],
    }),
  });
  const broker = await userWithKey(r.iam, "broker", allow(["s3:*", "sts:*"]));
  const { keys } = await federate(r, broker, policy(["s3:GetObject", "s3:PutObject"], Resource));
  const s3 = r.s3As(keys);
  await s3.getObject({ Bucket: "theirs", Key: "a" });
  for (
    const call of [
      s3.putObject({ Bucket: "theirs", Key: "a", Body: "x" }),
      s3.deleteObject({ Bucket: "theirs", Key: "a" }),
    ]
  ) assert.equal((await refusal(call)).message, "Access Denied");
});

Deno.test("GetFederationToken: keys call nothing of IAM, and of STS only GetCallerIdentity", async () => {
  await using r = await roomWithBroker();
  const everything = policy("*");
  const { keys } = await federate(r, r.broker, everything);
  assert.deepEqual(await refusal(r.iamAs(keys).listUsers({})), {
    status: 403,
    code: "InvalidClientTokenId",
    message: "The security token included in the request is invalid.",
  });
  await r.iam.createRole({
    RoleName: "r",
    AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:root"),
  });
  const sts = r.stsAs(keys);
  const RoleArn = "arn:aws:iam::123456789012:role/r";
  for (
    const call of [
      () => sts.assumeRole({ RoleArn, RoleSessionName: "me" }),
      () => sts.getSessionToken({}),
      () => sts.getFederationToken({ Name: "other", ...everything }),
      () => sts.getAccessKeyInfo({ AccessKeyId: keys.accessKeyId }),
    ]
  ) assert.equal((await refusal(call())).code, "AccessDenied");
  await sts.getCallerIdentity({});
});

Deno.test("GetFederationToken: needs its permission, and long-term keys", async () => {
  await using r = await roomWithBroker();
  const powerless = await userWithKey(r.iam, "powerless", allow("s3:*"));
  assert.deepEqual(await refusal(federate(r, powerless)), {
    status: 403,
    code: "AccessDenied",
    message: "User: arn:aws:iam::123456789012:user/powerless is not authorized to perform: " +
      `sts:GetFederationToken on resource: ${FEDERATED} because no identity-based policy ` +
      "allows the sts:GetFederationToken action",
  });
  const one = await userWithKey(r.iam, "one", allow("sts:GetFederationToken", FEDERATED));
  await federate(r, one);
  assert.equal((await refusal(federate(r, one, { Name: "other" }))).code, "AccessDenied");
  const { Role } = await r.iam.createRole({
    RoleName: "r",
    AssumeRolePolicyDocument: trust("arn:aws:iam::123456789012:root"),
  });
  await r.iam.attachRolePolicy({
    RoleName: "r",
    PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
  });
  const assumed = await r.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: "me" });
  assert.deepEqual(await refusal(federate(r, keysOf(assumed.Credentials))), {
    status: 403,
    code: "AccessDenied",
    message: "Cannot call GetFederationToken with session credentials",
  });
});

Deno.test("GetFederationToken: tags of the session take a permission and are principal tags", async () => {
  await using r = await roomWithBroker();
  const tagged = {
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: "*",
      Condition: { StringEquals: { "aws:PrincipalTag/team": "red", "aws:PrincipalTag/env": "a" } },
    },
  };
  await r.iam.tagUser({
    UserName: "broker",
    Tags: [{ Key: "team", Value: "blue" }, { Key: "env", Value: "a" }],
  });
  const Policy = JSON.stringify(tagged);
  const Tags = [{ Key: "team", Value: "red" }];
  await r.s3As((await federate(r, r.broker, { Policy, Tags })).keys).getObject(READ);
  const untagged = r.s3As((await federate(r, r.broker, { Policy })).keys);
  assert.equal((await refusal(untagged.getObject(READ))).code, "AccessDenied");
  const PolicyDocument = JSON.stringify(deny("sts:TagSession"));
  await r.iam.putUserPolicy({ UserName: "broker", PolicyName: "no", PolicyDocument });
  assert.match((await refusal(federate(r, r.broker, { Tags }))).message, /sts:TagSession/);
  await federate(r, r.broker);
});

/** Seconds from the start of a session to the end that AWS tells, whose fraction of a second is cut off. */
function lifetime({ sandbox }: S3Room, keys: Keys, expiration: Date | undefined): number {
  const { issueDate } = sandbox.account.userSessions.get(keys.accessKeyId)!;
  return Math.ceil((expiration!.getTime() - issueDate.getTime()) / 1000);
}

Deno.test("GetFederationToken: lasts as long as asked, by default twelve hours, root's one hour", async () => {
  await using r = await roomWithBroker();
  const root = { accessKeyId: "AKIAROOT000000000000", secretAccessKey: "root-secret" };
  const createDate = new Date();
  r.sandbox.account.rootKey = { ...root, status: "Active", createDate, lastUsed: undefined };
  const last = async (keys: Keys, DurationSeconds?: number) => {
    const made = await federate(r, keys, { DurationSeconds, ...policy("s3:*") });
    await r.s3As(made.keys).getObject(READ);
    return lifetime(r, made.keys, made.answer.Credentials!.Expiration);
  };
  assert.equal(await last(r.broker), 43_200);
  assert.equal(await last(r.broker, 900), 900);
  assert.equal(await last(r.broker, 129_600), 129_600);
  assert.equal(await last(root), 3600);
  assert.equal(await last(root, 900), 900);
});

Deno.test("GetFederationToken: keys end with their time, and with the user", async () => {
  await using r = await roomWithBroker();
  const { keys } = await federate(r, r.broker, { DurationSeconds: 900, ...policy("s3:*") });
  const s3 = r.s3As(keys);
  await s3.getObject(READ);
  r.sandbox.account.userSessions.get(keys.accessKeyId)!.expiration = new Date();
  assert.equal((await refusal(s3.getObject(READ))).code, "ExpiredToken");
  const other = await federate(r, r.broker, policy("s3:*"));
  r.sandbox.account.users.delete("broker");
  assert.equal((await refusal(r.s3As(other.keys).getObject(READ))).code, "InvalidAccessKeyId");
});

Deno.test("GetFederationToken: a session is a part of the saved state", async () => {
  await using r = await roomWithBroker();
  const { keys } = await federate(r, r.broker, policy("s3:GetObject"));
  await using restored = await startSandbox({ state: r.sandbox.save() });
  const s3 = r.s3As(keys, { endpoint: restored.url });
  await s3.getObject(READ);
  assert.equal((await refusal(s3.putObject(WRITE))).code, "AccessDenied");
});

const INVALID: [
  name: string,
  input: Partial<GetFederationTokenCommandInput>,
  code: string,
  message: RegExp,
][] = [
  ["a name of one character", { Name: "x" }, "ValidationError", /'name' .* or equal to 2$/],
  ["a name of 33 characters", { Name: "x".repeat(33) }, "ValidationError", /or equal to 32$/],
  ["a name with a slash", { Name: "a/b" }, "ValidationError", /\[\\w\+=,\.@-\]\*$/],
  ["less than 15 minutes", { DurationSeconds: 899 }, "ValidationError", /or equal to 900$/],
  ["more than 36 hours", { DurationSeconds: 129_601 }, "ValidationError", /equal to 129600$/],
  ["a policy that is no JSON", { Policy: "{" }, "MalformedPolicyDocument", /Syntax/],
  [
    "a policy of more than 2,048 characters",
    policy("s3:GetObject", `${BUCKET}/${"x".repeat(2048)}`),
    "PackedPolicyTooLarge",
    /^Packed policy consumes 106% of allotted space/,
  ],
  [
    "a managed policy that is not there",
    { PolicyArns: [{ arn: "arn:aws:iam::123456789012:policy/none" }] },
    "ValidationError",
    /policy\/none does not exist/,
  ],
  [
    "eleven managed policies",
    { PolicyArns: Array.from({ length: 11 }, () => ({ arn: READ_ONLY })) },
    "ValidationError",
    /less than or equal to 10$/,
  ],
];

for (const [name, input, code, message] of INVALID) {
  Deno.test(`GetFederationToken: refuses ${name}`, async () => {
    await using r = await roomWithBroker();
    const found = await refusal(federate(r, r.broker, input));
    assert.deepEqual([found.status, found.code], [400, code]);
    assert.match(found.message, message);
    assert.equal(r.sandbox.account.userSessions.size, 0);
  });
}

Deno.test("DecodeAuthorizationMessage: takes its permission, and knows no message", async () => {
  await using r = await roomWithBroker();
  const EncodedMessage = "0oaZLrVVIxb8lmPCpj7S11";
  assert.deepEqual(
    await refusal(r.stsAs(r.broker).decodeAuthorizationMessage({ EncodedMessage })),
    {
      status: 400,
      code: "InvalidAuthorizationMessageException",
      message: "Message is not valid",
    },
  );
  const powerless = r.stsAs(await userWithKey(r.iam, "powerless", allow("s3:*")));
  const denied = await refusal(powerless.decodeAuthorizationMessage({ EncodedMessage }));
  assert.equal(denied.code, "AccessDenied");
});

Deno.test("GetSessionToken: with a code of an MFA device the keys call IAM too", async () => {
  await using r = await roomWithBroker();
  const sts = r.stsAs(r.broker);
  const without = keysOf((await sts.getSessionToken({})).Credentials);
  assert.equal((await refusal(r.iamAs(without).listUsers({}))).code, "InvalidClientTokenId");
  const wrong = sts.getSessionToken({ ...MFA, TokenCode: "12345a" });
  assert.match((await refusal(wrong)).message, /invalid MFA one time pass code/);
  const keys = keysOf((await sts.getSessionToken(MFA)).Credentials);
  await r.iamAs(keys).listUsers({});
  const condition = { Bool: { "aws:MultiFactorAuthPresent": "false" } };
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: { Effect: "Deny", Action: "s3:*", Resource: "*", Condition: condition },
  });
  await r.iam.putUserPolicy({ UserName: "broker", PolicyName: "mfa", PolicyDocument });
  await r.s3As(keys).getObject(READ);
  assert.equal((await refusal(r.s3As(without).getObject(READ))).code, "AccessDenied");
});

Deno.test("GetSessionToken: root's keys are root's for an hour at most", async () => {
  await using r = await roomWithBroker();
  const root = { accessKeyId: "AKIAROOT000000000000", secretAccessKey: "root-secret" };
  const createDate = new Date();
  r.sandbox.account.rootKey = { ...root, status: "Active", createDate, lastUsed: undefined };
  const { Credentials } = await r.stsAs(root).getSessionToken({ DurationSeconds: 7200 });
  const keys = keysOf(Credentials);
  assert.equal(lifetime(r, keys, Credentials!.Expiration), 3600);
  const { Arn } = await r.stsAs(keys).getCallerIdentity({});
  assert.equal(Arn, "arn:aws:iam::123456789012:root");
  await r.s3As(keys).getObject(READ);
  assert.equal((await refusal(r.iamAs(keys).listUsers({}))).code, "InvalidClientTokenId");
});
