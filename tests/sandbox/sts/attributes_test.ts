import type { AssumeRoleCommandInput } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { allow, type Keys, refusal, userWithKey } from "../helpers.ts";
import { type S3Room, s3Room } from "../s3/helpers.ts";

const ROOT = "arn:aws:iam::123456789012:root";
const arnOf = (role: string) => `arn:aws:iam::123456789012:role/${role}`;

/** A role that trusts the account with these actions, and may write below the tag `team` of its sessions. */
async function addRole(
  r: S3Room,
  RoleName: string,
  { actions = ["sts:*"], tags = {}, condition = {} }: {
    actions?: string[];
    tags?: Record<string, string>;
    condition?: object;
  } = {},
): Promise<void> {
  await r.iam.createRole({
    RoleName,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Principal: { AWS: ROOT },
        Action: actions,
        Condition: condition,
      }],
    }),
  });
  const statement = {
    Effect: "Allow",
    Action: "s3:PutObject",
    Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
  };
  await r.iam.putRolePolicy({
    RoleName,
    PolicyName: "p",
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [statement, { Effect: "Allow", Action: "sts:*", Resource: "*" }],
    }),
  });
}

async function assume(
  r: S3Room,
  role: string,
  more: Partial<AssumeRoleCommandInput> = {},
  keys: Keys = r.sandbox.credentials,
): Promise<Keys> {
  const { Credentials } = await r.stsAs(keys).assumeRole({
    RoleArn: arnOf(role),
    RoleSessionName: "me",
    ...more,
  });
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials!;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
}

/** The teams below whose names a session may write. */
async function teamsOf(r: S3Room, keys: Keys, url = r.sandbox.url): Promise<string[]> {
  const s3 = r.s3As(keys, { endpoint: url });
  const teams: string[] = [];
  for (const team of ["red", "blue"]) {
    const put = s3.putObject({ Bucket: "b", Key: `${team}/a`, Body: "x" });
    await put.then(() => teams.push(team), () => undefined);
  }
  return teams;
}

const RED = [{ Key: "team", Value: "red" }];
const BLUE = [{ Key: "Team", Value: "blue" }];

Deno.test("AssumeRole: session tags are tags of the principal, over those of the role", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  await addRole(r, "r", { tags: { team: "blue" } });
  assert.deepEqual(await teamsOf(r, await assume(r, "r")), ["blue"]);
  const keys = await assume(r, "r", { Tags: RED });
  assert.deepEqual(await teamsOf(r, keys), ["red"]);
  await using restored = await startSandbox({ state: r.sandbox.save() });
  assert.deepEqual(await teamsOf(r, keys, restored.url), ["red"]);
});

Deno.test("AssumeRole: session tags take sts:TagSession, of the caller and of the trust policy", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  await addRole(r, "strict", { actions: ["sts:AssumeRole"] });
  await assume(r, "strict");
  const untrusted = await refusal(assume(r, "strict", { Tags: RED }));
  assert.equal(
    untrusted.message,
    "User: arn:aws:iam::123456789012:user/admin is not authorized to perform: sts:TagSession " +
      `on resource: ${arnOf("strict")} because no resource-based policy allows the ` +
      "sts:TagSession action",
  );
  await addRole(r, "r");
  const powerless = await userWithKey(r.iam, "joe", allow("sts:AssumeRole"));
  await assume(r, "r", {}, powerless);
  const denied = await refusal(assume(r, "r", { Tags: RED }, powerless));
  assert.match(denied.message, /no identity-based policy allows the sts:TagSession action$/);
});

Deno.test("AssumeRole: a trust policy can ask for tags, their keys, and transitive ones", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  await addRole(r, "r", {
    condition: {
      StringEquals: { "aws:RequestTag/team": "red" },
      "ForAllValues:StringEquals": { "aws:TagKeys": ["team"] },
      "ForAnyValue:StringEquals": { "sts:TransitiveTagKeys": ["team"] },
    },
  });
  const TransitiveTagKeys = ["team"];
  await assume(r, "r", { Tags: RED, TransitiveTagKeys });
  for (
    const more of [
      {},
      { Tags: RED },
      { Tags: [{ Key: "team", Value: "blue" }], TransitiveTagKeys },
      { Tags: [...RED, { Key: "more", Value: "x" }], TransitiveTagKeys },
    ]
  ) assert.equal((await refusal(assume(r, "r", more))).code, "AccessDenied");
});

Deno.test("AssumeRole: transitive tags stay in a chain of roles, others don't", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  for (const role of ["one", "two", "three"]) await addRole(r, role, { tags: { team: "blue" } });
  const plain = await assume(r, "one", { Tags: RED });
  assert.deepEqual(await teamsOf(r, await assume(r, "two", {}, plain)), ["blue"]);
  const first = await assume(r, "one", { Tags: RED, TransitiveTagKeys: ["TEAM"] });
  const second = await assume(r, "two", { Tags: [{ Key: "x", Value: "y" }] }, first);
  assert.deepEqual(await teamsOf(r, second), ["red"]);
  const third = await assume(r, "three", {}, second);
  assert.deepEqual(await teamsOf(r, third), ["red"]);
  assert.deepEqual(await refusal(assume(r, "three", { Tags: BLUE }, second)), {
    status: 400,
    code: "InvalidParameterValue",
    message: "One of the specified transitive tag keys can't be set because it conflicts with a " +
      "transitive tag key from the calling session.",
  });
});

Deno.test("AssumeRole: a source identity takes a permission, stays in a chain and can't be changed", async () => {
  await using r = await s3Room({ buckets: ["b"] });
  await addRole(r, "strict", { actions: ["sts:AssumeRole"] });
  const SourceIdentity = "alice";
  const untrusted = await refusal(assume(r, "strict", { SourceIdentity }));
  assert.match(untrusted.message, /no resource-based policy allows the sts:SetSourceIdentity/);
  await addRole(r, "one");
  await addRole(r, "two", { condition: { StringEquals: { "sts:SourceIdentity": "alice" } } });
  const RoleArn = arnOf("one");
  const answer = await r.sts.assumeRole({ RoleArn, RoleSessionName: "me", SourceIdentity });
  assert.equal(answer.SourceIdentity, "alice");
  const first = await assume(r, "one", { SourceIdentity });
  await assume(r, "two", {}, first);
  await assume(r, "two", { SourceIdentity }, first);
  const changed = await refusal(assume(r, "two", { SourceIdentity: "bob" }, first));
  assert.equal(changed.code, "AccessDenied");
  const unset = await assume(r, "one");
  assert.equal((await refusal(assume(r, "two", {}, unset))).code, "AccessDenied");
  const propagated = await refusal(assume(r, "strict", {}, first));
  assert.match(propagated.message, /sts:SetSourceIdentity/);
});

const INVALID: [
  name: string,
  more: Partial<AssumeRoleCommandInput>,
  code: string,
  message: RegExp,
][] = [
  [
    "51 tags",
    { Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "" })) },
    "ValidationError",
    /'tags' .* less than or equal to 50$/,
  ],
  [
    "a tag twice",
    { Tags: [...RED, ...BLUE] },
    "InvalidParameterValue",
    /^Duplicate tag keys found/,
  ],
  [
    "a transitive key without its tag",
    { Tags: RED, TransitiveTagKeys: ["other"] },
    "InvalidParameterValue",
    /^The specified transitive tag key must be included in the requested tags\.$/,
  ],
  [
    "a source identity with a slash",
    { SourceIdentity: "a/b" },
    "ValidationError",
    /'sourceIdentity'/,
  ],
];

for (const [name, more, code, message] of INVALID) {
  Deno.test(`AssumeRole: refuses ${name}`, async () => {
    await using r = await s3Room();
    await addRole(r, "r");
    const found = await refusal(assume(r, "r", more));
    assert.deepEqual([found.status, found.code], [400, code]);
    assert.match(found.message, message);
    assert.equal(r.sandbox.account.sessions.size, 0);
  });
}
