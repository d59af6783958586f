import assert from "node:assert/strict";
import { allow, refusal, room, trust } from "../helpers.ts";

const ROOT = "arn:aws:iam::123456789012:root";
const S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::b/*"));

Deno.test("roles: create, get, change, list and delete", async () => {
  await using r = await room();
  const { iam, sandbox } = r;
  const RoleName = "r";
  const before = sandbox.snapshot();
  await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument: trust(ROOT),
    Description: "for tests",
    MaxSessionDuration: 43_200,
    Tags: [{ Key: "a", Value: "1" }],
  });
  await iam.tagRole({ RoleName, Tags: [{ Key: "b", Value: "2" }] });
  const { Role } = await iam.getRole({ RoleName });
  assert.equal(Role!.Arn, "arn:aws:iam::123456789012:role/r");
  assert.equal(Role!.MaxSessionDuration, 43_200);
  assert.equal(decodeURIComponent(Role!.AssumeRolePolicyDocument!), trust(ROOT));
  assert.deepEqual(Role!.Tags!.map(({ Key }) => Key), ["a", "b"]);
  await iam.updateRole({ RoleName, Description: "changed", MaxSessionDuration: 3600 });
  await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: trust("123456789012") });
  const { Roles } = await iam.listRoles({});
  assert.deepEqual(
    Roles!.map((role) => [role.RoleName, role.Description, role.MaxSessionDuration]),
    [[RoleName, "changed", 3600]],
  );
  await iam.putRolePolicy({ RoleName, PolicyName: "p", PolicyDocument: READ });
  await iam.attachRolePolicy({ RoleName, PolicyArn: S3_FULL });
  assert.deepEqual((await iam.listRolePolicies({ RoleName })).PolicyNames, ["p"]);
  const { PolicyDocument } = await iam.getRolePolicy({ RoleName, PolicyName: "p" });
  assert.equal(decodeURIComponent(PolicyDocument!), READ);
  assert.match(
    (await refusal(iam.deleteRole({ RoleName }))).message,
    /must delete policies first/,
  );
  await iam.deleteRolePolicy({ RoleName, PolicyName: "p" });
  assert.match((await refusal(iam.deleteRole({ RoleName }))).message, /must detach all policies/);
  const { AttachedPolicies } = await iam.listAttachedRolePolicies({ RoleName });
  assert.deepEqual(AttachedPolicies!.map(({ PolicyArn }) => PolicyArn), [S3_FULL]);
  await iam.detachRolePolicy({ RoleName, PolicyArn: S3_FULL });
  await iam.deleteRole({ RoleName });
  assert.deepEqual(sandbox.snapshot(), before);
});

Deno.test("managed policies: create, get, list and delete", async () => {
  await using r = await room();
  const { iam } = r;
  const { Policy } = await iam.createPolicy({ PolicyName: "own", PolicyDocument: READ });
  const PolicyArn = Policy!.Arn!;
  assert.equal(PolicyArn, "arn:aws:iam::123456789012:policy/own");
  const version = await iam.getPolicyVersion({ PolicyArn, VersionId: "v1" });
  assert.equal(decodeURIComponent(version.PolicyVersion!.Document!), READ);
  const local = await iam.listPolicies({ Scope: "Local" });
  assert.deepEqual(local.Policies!.map(({ Arn }) => Arn), [PolicyArn]);
  await iam.createUser({ UserName: "joe" });
  await iam.attachUserPolicy({ UserName: "joe", PolicyArn });
  assert.equal((await iam.getPolicy({ PolicyArn })).Policy!.AttachmentCount, 1);
  assert.deepEqual(await refusal(iam.deletePolicy({ PolicyArn })), {
    status: 409,
    code: "DeleteConflict",
    message: "Cannot delete a policy attached to entities.",
  });
  await iam.detachUserPolicy({ UserName: "joe", PolicyArn });
  await iam.deletePolicy({ PolicyArn });
  assert.equal((await refusal(iam.getPolicy({ PolicyArn }))).code, "NoSuchEntity");
});

const AWS_POLICIES: [name: string, version: string, actions: unknown][] = [
  ["AdministratorAccess", "v1", "*"],
  ["AmazonS3FullAccess", "v2", ["s3:*", "s3-object-lambda:*"]],
  ["AmazonS3ReadOnlyAccess", "v3", [
    "s3:Get*",
    "s3:List*",
    "s3:Describe*",
    "s3-object-lambda:Get*",
    "s3-object-lambda:List*",
  ]],
];

for (const [name, version, actions] of AWS_POLICIES) {
  Deno.test(`managed policies: AWS's ${name} exists and can't be deleted`, async () => {
    await using r = await room();
    const PolicyArn = `arn:aws:iam::aws:policy/${name}`;
    const { Policy } = await r.iam.getPolicy({ PolicyArn });
    assert.equal(Policy!.DefaultVersionId, version);
    const { PolicyVersion } = await r.iam.getPolicyVersion({ PolicyArn, VersionId: version });
    assert.deepEqual(JSON.parse(decodeURIComponent(PolicyVersion!.Document!)), allow0(actions));
    assert.equal((await refusal(r.iam.deletePolicy({ PolicyArn }))).code, "AccessDenied");
  });
}

function allow0(Action: unknown): unknown {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] };
}

Deno.test("pages: entries deleted between pages are skipped", async () => {
  await using r = await room();
  const { iam } = r;
  const names = Array.from({ length: 7 }, (_, index) => `u${index}`);
  for (const UserName of names) await iam.createUser({ UserName });
  const seen: string[] = [];
  let Marker: string | undefined;
  do {
    const answer = await iam.listUsers({ MaxItems: 3, Marker });
    assert.ok(answer.Users!.length <= 3);
    seen.push(...answer.Users!.map(({ UserName }) => UserName!));
    if (seen.includes("u1")) await iam.deleteUser({ UserName: "u1" }).catch(() => {});
    assert.equal(answer.IsTruncated, answer.Marker !== undefined);
    Marker = answer.Marker;
  } while (Marker !== undefined);
  assert.deepEqual(seen, ["admin", ...names]);
});

Deno.test("pages: hold 100 items by default", async () => {
  await using r = await room();
  const { iam } = r;
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => iam.createUser({ UserName: `u${index}` })),
  );
  const first = await iam.listUsers({});
  assert.equal(first.Users!.length, 100);
  assert.equal(first.IsTruncated, true);
  assert.equal((await iam.listUsers({ Marker: first.Marker })).Users!.length, 1);
});
