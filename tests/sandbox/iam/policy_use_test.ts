import assert from "node:assert/strict";
import { allow, refusal, type Room, room, trust, userWithKey } from "../helpers.ts";

const ACCOUNT = "arn:aws:iam::123456789012";
const document = (action = "s3:GetObject") => JSON.stringify(allow(action));

/** A policy that a group, a user and a role have, and that bounds another user. */
async function policyInUse({ iam }: Room): Promise<string> {
  const { Policy } = await iam.createPolicy({ PolicyName: "p", PolicyDocument: document() });
  const PolicyArn = Policy!.Arn!;
  await iam.createGroup({ GroupName: "readers", Path: "/team/" });
  await iam.createUser({ UserName: "ann" });
  await iam.createUser({ UserName: "bound", PermissionsBoundary: PolicyArn });
  const AssumeRolePolicyDocument = trust("123456789012");
  await iam.createRole({ RoleName: "job", AssumeRolePolicyDocument });
  await iam.attachGroupPolicy({ GroupName: "readers", PolicyArn });
  await iam.attachUserPolicy({ UserName: "ann", PolicyArn });
  await iam.attachRolePolicy({ RoleName: "job", PolicyArn });
  return PolicyArn;
}

/** The names that ListEntitiesForPolicy gives. */
async function namesOf({ iam }: Room, input: Parameters<Room["iam"]["listEntitiesForPolicy"]>[0]) {
  const found = await iam.listEntitiesForPolicy(input);
  return [
    ...(found.PolicyGroups ?? []).map(({ GroupName }) => GroupName),
    ...(found.PolicyUsers ?? []).map(({ UserName }) => UserName),
    ...(found.PolicyRoles ?? []).map(({ RoleName }) => RoleName),
  ];
}

Deno.test("ListEntitiesForPolicy: gives groups, users and roles with their ids", async () => {
  await using r = await room();
  const PolicyArn = await policyInUse(r);
  const found = await r.iam.listEntitiesForPolicy({ PolicyArn });
  const { account } = r.sandbox;
  const GroupId = account.groups.get("readers")!.groupId;
  assert.deepEqual(found.PolicyGroups, [{ GroupName: "readers", GroupId }]);
  assert.deepEqual(
    found.PolicyUsers,
    ["ann", "bound"].map((UserName) => ({
      UserName,
      UserId: account.users.get(UserName)!.userId,
    })),
  );
  const RoleId = account.roles.get("job")!.roleId;
  assert.deepEqual(found.PolicyRoles, [{ RoleName: "job", RoleId }]);
  assert.equal(found.IsTruncated, false);
});

Deno.test("ListEntitiesForPolicy: heeds its filters", async () => {
  await using r = await room();
  const PolicyArn = await policyInUse(r);
  const bounded = { PolicyArn, PolicyUsageFilter: "PermissionsBoundary" } as const;
  assert.deepEqual(await namesOf(r, bounded), ["bound"]);
  const attached = { PolicyArn, PolicyUsageFilter: "PermissionsPolicy" } as const;
  assert.deepEqual(await namesOf(r, attached), ["readers", "ann", "job"]);
  assert.deepEqual(await namesOf(r, { PolicyArn, EntityFilter: "Role" }), ["job"]);
  assert.deepEqual(await namesOf(r, { PolicyArn, PathPrefix: "/team/" }), ["readers"]);
  const wrong = r.iam.listEntitiesForPolicy({ PolicyArn, EntityFilter: "Robot" as "User" });
  assert.equal((await refusal(wrong)).code, "ValidationError");
});

Deno.test("ListEntitiesForPolicy: pages run from groups to users to roles", async () => {
  await using r = await room();
  const PolicyArn = await policyInUse(r);
  const names: unknown[] = [];
  let Marker: string | undefined;
  do {
    names.push(await namesOf(r, { PolicyArn, MaxItems: 1, Marker }));
    Marker = (await r.iam.listEntitiesForPolicy({ PolicyArn, MaxItems: 1, Marker })).Marker;
  } while (Marker !== undefined);
  assert.deepEqual(names, [["readers"], ["ann"], ["bound"], ["job"]]);
});

Deno.test("GetPolicy, DeletePolicy, ListPolicies: a group counts as a user of a policy", async () => {
  await using r = await room();
  const PolicyArn = await policyInUse(r);
  const { iam } = r;
  const { Policy } = await iam.getPolicy({ PolicyArn });
  assert.deepEqual([Policy?.AttachmentCount, Policy?.PermissionsBoundaryUsageCount], [3, 1]);
  await iam.deleteUserPermissionsBoundary({ UserName: "bound" });
  await iam.detachUserPolicy({ UserName: "ann", PolicyArn });
  await iam.detachRolePolicy({ RoleName: "job", PolicyArn });
  assert.equal((await refusal(iam.deletePolicy({ PolicyArn }))).code, "DeleteConflict");
  const { Policies } = await iam.listPolicies({ Scope: "Local", OnlyAttached: true });
  assert.deepEqual(Policies?.map(({ PolicyName }) => PolicyName), ["p"]);
  await iam.detachGroupPolicy({ GroupName: "readers", PolicyArn });
  await iam.deletePolicy({ PolicyArn });
});

Deno.test("ListPolicies: heeds PolicyUsageFilter, and refuses an unknown scope", async () => {
  await using r = await room();
  await policyInUse(r);
  const boundaries = await r.iam.listPolicies({ PolicyUsageFilter: "PermissionsBoundary" });
  assert.deepEqual(boundaries.Policies?.map(({ PolicyName }) => PolicyName), ["p"]);
  const wrong = r.iam.listPolicies({ Scope: "Mine" as "Local" });
  assert.equal((await refusal(wrong)).code, "ValidationError");
});

Deno.test("versions of policies: the default one decides, five are the most", async () => {
  await using r = await room();
  const { iam } = r;
  const keys = await userWithKey(iam, "joe");
  const joe = r.iamAs(keys);
  const PolicyDocument = document("iam:ListUsers");
  const PolicyArn = (await iam.createPolicy({ PolicyName: "p", PolicyDocument })).Policy!.Arn!;
  await iam.attachUserPolicy({ UserName: "joe", PolicyArn });
  await joe.listUsers({});

  const other = { PolicyArn, PolicyDocument: document("iam:ListRoles") };
  const { PolicyVersion } = await iam.createPolicyVersion(other);
  assert.deepEqual([PolicyVersion?.VersionId, PolicyVersion?.IsDefaultVersion], ["v2", false]);
  await joe.listUsers({});
  await iam.setDefaultPolicyVersion({ PolicyArn, VersionId: "v2" });
  assert.equal((await refusal(joe.listUsers({}))).code, "AccessDenied");
  await joe.listRoles({});
  const found = await iam.getPolicyVersion({ PolicyArn, VersionId: "v1" });
  assert.equal(decodeURIComponent(found.PolicyVersion!.Document!), PolicyDocument);

  const current = iam.deletePolicyVersion({ PolicyArn, VersionId: "v2" });
  assert.equal((await refusal(current)).code, "DeleteConflict");
  await iam.detachUserPolicy({ UserName: "joe", PolicyArn });
  assert.equal((await refusal(iam.deletePolicy({ PolicyArn }))).code, "DeleteConflict");
  for (let n = 3; n <= 5; n++) await iam.createPolicyVersion({ ...other, SetAsDefault: n === 5 });
  assert.equal((await refusal(iam.createPolicyVersion(other))).code, "LimitExceeded");
  for (const VersionId of ["v1", "v2", "v3", "v4"]) {
    await iam.deletePolicyVersion({ PolicyArn, VersionId });
  }
  const { Versions } = await iam.listPolicyVersions({ PolicyArn });
  assert.deepEqual(Versions?.map(({ VersionId }) => VersionId), ["v5"]);
  assert.equal((await iam.createPolicyVersion(other)).PolicyVersion?.VersionId, "v6");
});

Deno.test("tags of policies: set, listed and removed; AWS's own policies can't be changed", async () => {
  await using r = await room();
  const { iam } = r;
  const PolicyDocument = document();
  const PolicyArn = (await iam.createPolicy({ PolicyName: "p", PolicyDocument })).Policy!.Arn!;
  await iam.tagPolicy({ PolicyArn, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] });
  // Other than those of users and roles, keys that differ in case are different ones.
  await iam.tagPolicy({ PolicyArn, Tags: [{ Key: "A", Value: "3" }] });
  await iam.untagPolicy({ PolicyArn, TagKeys: ["A"] });
  await iam.untagPolicy({ PolicyArn, TagKeys: ["a"] });
  assert.deepEqual((await iam.listPolicyTags({ PolicyArn })).Tags, [{ Key: "b", Value: "2" }]);
  const own = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
  const version = iam.createPolicyVersion({ PolicyArn: own, PolicyDocument });
  assert.equal((await refusal(version)).code, "AccessDenied");
  assert.deepEqual(await refusal(iam.deletePolicy({ PolicyArn: own })), {
    status: 403,
    code: "AccessDenied",
    message: "Cannot delete policies outside your own account.",
  });
});

Deno.test("roles: a boundary is put and deleted, the description changes", async () => {
  await using r = await room();
  const { iam } = r;
  const call = { RoleName: "job" };
  await iam.createRole({ ...call, AssumeRolePolicyDocument: trust("123456789012") });
  const PermissionsBoundary = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  await iam.putRolePermissionsBoundary({ ...call, PermissionsBoundary });
  await iam.updateRoleDescription({ ...call, Description: "what for" });
  const { Role } = await iam.getRole(call);
  assert.equal(Role?.PermissionsBoundary?.PermissionsBoundaryArn, PermissionsBoundary);
  assert.equal(Role?.Description, "what for");
  await iam.deleteRolePermissionsBoundary(call);
  assert.equal((await iam.getRole(call)).Role?.PermissionsBoundary, undefined);
  assert.deepEqual((await iam.listInstanceProfilesForRole(call)).InstanceProfiles, []);
});

Deno.test("AddUserToGroup: ten groups are the most", async () => {
  await using r = await room();
  const { iam } = r;
  const names = Array.from({ length: 11 }, (_, n) => `group-${n}`);
  for (const GroupName of names) await iam.createGroup({ GroupName });
  for (const GroupName of names.slice(0, 10)) {
    await iam.addUserToGroup({ GroupName, UserName: "admin" });
  }
  const another = iam.addUserToGroup({ GroupName: "group-10", UserName: "admin" });
  assert.equal((await refusal(another)).code, "LimitExceeded");
});

Deno.test("ListEntitiesForPolicy: needs the permission on that policy", async () => {
  await using r = await room();
  const PolicyArn = await policyInUse(r);
  const may = r.iamAs(
    await userWithKey(r.iam, "may", allow("iam:ListEntitiesForPolicy", `${ACCOUNT}:policy/p`)),
  );
  await may.listEntitiesForPolicy({ PolicyArn });
  const other = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
  const denied = await refusal(may.listEntitiesForPolicy({ PolicyArn: other }));
  assert.equal(denied.code, "AccessDenied");
});
