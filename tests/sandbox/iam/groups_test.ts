import assert from "node:assert/strict";
import { allow, refusal, room, userWithKey } from "../helpers.ts";

Deno.test("groups: members may do what the policies of the group allow", async () => {
  await using r = await room();
  const { iam } = r;
  const keys = await userWithKey(iam, "joe");
  const joe = r.iamAs(keys);
  await iam.createGroup({ GroupName: "readers" });
  await iam.addUserToGroup({ GroupName: "readers", UserName: "joe" });
  assert.equal((await refusal(joe.listUsers({}))).code, "AccessDenied");
  const PolicyDocument = JSON.stringify(allow("iam:ListUsers"));
  await iam.putGroupPolicy({ GroupName: "readers", PolicyName: "p", PolicyDocument });
  await joe.listUsers({});
  const { PolicyNames } = await iam.listGroupPolicies({ GroupName: "readers" });
  assert.deepEqual(PolicyNames, ["p"]);
  const got = await iam.getGroupPolicy({ GroupName: "readers", PolicyName: "p" });
  assert.equal(decodeURIComponent(got.PolicyDocument!), PolicyDocument);
  assert.equal((await refusal(iam.deleteGroup({ GroupName: "readers" }))).code, "DeleteConflict");
  await iam.deleteGroupPolicy({ GroupName: "readers", PolicyName: "p" });
  assert.equal((await refusal(joe.listUsers({}))).code, "AccessDenied");
});

Deno.test("RemoveUserFromGroup: doesn't mind who is no member, and looks for the user first", async () => {
  await using r = await room();
  await r.iam.createGroup({ GroupName: "g" });
  await r.iam.removeUserFromGroup({ GroupName: "g", UserName: "admin" });
  const neither = await refusal(r.iam.removeUserFromGroup({ GroupName: "no", UserName: "none" }));
  assert.equal(neither.message, "The user with name none cannot be found.");
  const group = await refusal(r.iam.removeUserFromGroup({ GroupName: "no", UserName: "admin" }));
  assert.equal(group.message, "The group with name no cannot be found.");
});

Deno.test("groups: managed policies are attached, listed and detached", async () => {
  await using r = await room();
  const { iam } = r;
  const joe = r.iamAs(await userWithKey(iam, "joe"));
  const PolicyArn = "arn:aws:iam::aws:policy/AdministratorAccess";
  const GroupName = "admins";
  await iam.createGroup({ GroupName });
  await iam.attachGroupPolicy({ GroupName, PolicyArn });
  await iam.addUserToGroup({ GroupName, UserName: "joe" });
  await joe.listUsers({});
  const { AttachedPolicies } = await iam.listAttachedGroupPolicies({ GroupName });
  assert.deepEqual(AttachedPolicies, [{ PolicyName: "AdministratorAccess", PolicyArn }]);
  const { Users } = await iam.getGroup({ GroupName });
  assert.deepEqual(Users?.map(({ UserName }) => UserName), ["joe"]);
  const { Groups } = await iam.listGroups({});
  assert.deepEqual(Groups?.map((group) => group.GroupName), [GroupName]);
  await iam.detachGroupPolicy({ GroupName, PolicyArn });
  assert.equal((await refusal(joe.listUsers({}))).code, "AccessDenied");
});

Deno.test("UpdateGroup: renames and moves a group, whose members stay", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createGroup({ GroupName: "old" });
  await iam.createGroup({ GroupName: "taken" });
  await iam.addUserToGroup({ GroupName: "old", UserName: "admin" });
  const taken = await refusal(iam.updateGroup({ GroupName: "old", NewGroupName: "Taken" }));
  assert.equal(taken.code, "EntityAlreadyExists");
  const path = await refusal(iam.updateGroup({ GroupName: "old", NewPath: "nowhere" }));
  assert.equal(path.code, "ValidationError");
  await iam.updateGroup({ GroupName: "old", NewGroupName: "new", NewPath: "/x/" });
  const { Group, Users } = await iam.getGroup({ GroupName: "new" });
  assert.equal(Group?.Arn, "arn:aws:iam::123456789012:group/x/new");
  assert.deepEqual(Users?.map(({ UserName }) => UserName), ["admin"]);
  assert.equal((await refusal(iam.getGroup({ GroupName: "old" }))).code, "NoSuchEntity");
});

Deno.test("UpdateGroup: needs the permission on the old and the new name", async () => {
  await using r = await room();
  await r.iam.createGroup({ GroupName: "old" });
  const arn = "arn:aws:iam::123456789012:group";
  const half = r.iamAs(await userWithKey(r.iam, "half", allow("iam:UpdateGroup", `${arn}/old`)));
  const denied = await refusal(half.updateGroup({ GroupName: "old", NewGroupName: "new" }));
  assert.equal(denied.code, "AccessDenied");
  const both = allow("iam:UpdateGroup", [`${arn}/old`, `${arn}/new`]);
  const whole = r.iamAs(await userWithKey(r.iam, "whole", both));
  await whole.updateGroup({ GroupName: "old", NewGroupName: "new" });
});

Deno.test("tags of roles: set, listed and removed", async () => {
  await using r = await room();
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: "123456789012" },
      Action: "sts:AssumeRole",
    }],
  });
  await r.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument });
  const Tags = [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }];
  await r.iam.tagRole({ RoleName: "r", Tags });
  assert.deepEqual((await r.iam.listRoleTags({ RoleName: "r" })).Tags, Tags);
  await r.iam.untagRole({ RoleName: "r", TagKeys: ["A"] });
  assert.deepEqual((await r.iam.listRoleTags({ RoleName: "r" })).Tags, [Tags[1]]);
});
