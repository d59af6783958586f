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
