import assert from "node:assert/strict";
import { allow, refusal, type Room, room, trust, userWithKey } from "../helpers.ts";

const InstanceProfileName = "web";
const RoleName = "server";
const PROFILE = "arn:aws:iam::123456789012:instance-profile/web";
const ROLE = "arn:aws:iam::123456789012:role/server";

/** An account with an instance profile and a role, which isn't in it. */
async function profileRoom(): Promise<Room> {
  const r = await room();
  await r.iam.createInstanceProfile({ InstanceProfileName });
  await r.iam.createRole({ RoleName, AssumeRolePolicyDocument: trust("123456789012") });
  return r;
}

Deno.test("instance profiles: made, found, listed by path and deleted", async () => {
  await using r = await room();
  const { iam } = r;
  const before = r.sandbox.snapshot();
  const made = await iam.createInstanceProfile({ InstanceProfileName, Path: "/apps/" });
  assert.equal(made.InstanceProfile?.Arn, "arn:aws:iam::123456789012:instance-profile/apps/web");
  assert.match(made.InstanceProfile.InstanceProfileId!, /^AIPA[A-Z2-7]{17}$/);
  assert.deepEqual([made.InstanceProfile.Roles, made.InstanceProfile.Tags], [[], undefined]);
  const taken = await refusal(iam.createInstanceProfile({ InstanceProfileName: "WEB" }));
  assert.deepEqual([taken.status, taken.code], [409, "EntityAlreadyExists"]);
  const found = await iam.getInstanceProfile({ InstanceProfileName });
  assert.deepEqual(found.InstanceProfile, { ...made.InstanceProfile, Tags: [] });
  for (const [PathPrefix, count] of [["/apps/", 1], ["/other/", 0]] as const) {
    const { InstanceProfiles } = await iam.listInstanceProfiles({ PathPrefix });
    assert.equal(InstanceProfiles?.length, count);
  }
  await iam.deleteInstanceProfile({ InstanceProfileName });
  assert.deepEqual(await refusal(iam.getInstanceProfile({ InstanceProfileName })), {
    status: 404,
    code: "NoSuchEntity",
    message: "Instance Profile web cannot be found.",
  });
  assert.deepEqual(r.sandbox.snapshot(), before);
});

Deno.test("instance profiles: have one role, and neither can be deleted before it is removed", async () => {
  await using r = await profileRoom();
  const { iam } = r;
  await iam.addRoleToInstanceProfile({ InstanceProfileName, RoleName });
  const { InstanceProfiles } = await iam.listInstanceProfilesForRole({ RoleName });
  assert.deepEqual(InstanceProfiles?.map(({ Arn }) => Arn), [PROFILE]);
  assert.deepEqual(InstanceProfiles![0]!.Roles?.map(({ Arn }) => Arn), [ROLE]);
  const { RoleDetailList } = await iam.getAccountAuthorizationDetails({ Filter: ["Role"] });
  assert.deepEqual(RoleDetailList![0]!.InstanceProfileList?.map(({ Arn }) => Arn), [PROFILE]);
  assert.equal((await iam.getAccountSummary({})).SummaryMap?.InstanceProfiles, 1);

  await iam.createRole({ RoleName: "other", AssumeRolePolicyDocument: trust("123456789012") });
  const second = { InstanceProfileName, RoleName: "other" };
  const full = await refusal(iam.addRoleToInstanceProfile(second));
  assert.deepEqual([full.status, full.code], [409, "LimitExceeded"]);
  const absent = await refusal(iam.removeRoleFromInstanceProfile(second));
  assert.equal(absent.message, "Role other in Instance Profile web cannot be found.");
  const inUse = "Cannot delete entity, must remove roles from instance profile first.";
  for (
    const early of [
      () => iam.deleteInstanceProfile({ InstanceProfileName }),
      () => iam.deleteRole({ RoleName }),
    ]
  ) {
    assert.deepEqual(await refusal(early()), {
      status: 409,
      code: "DeleteConflict",
      message: inUse,
    });
  }
  await iam.removeRoleFromInstanceProfile({ InstanceProfileName, RoleName });
  await iam.deleteRole({ RoleName });
  await iam.deleteInstanceProfile({ InstanceProfileName });
});

Deno.test("AddRoleToInstanceProfile: needs the permission to pass the role to EC2", async () => {
  await using r = await profileRoom();
  const pass = (service: string, Resource = ROLE) => ({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "iam:AddRoleToInstanceProfile", Resource: PROFILE },
      {
        Effect: "Allow",
        Action: "iam:PassRole",
        Resource,
        Condition: { StringEquals: { "iam:PassedToService": service } },
      },
    ],
  });
  const policies = {
    none: allow("iam:AddRoleToInstanceProfile", PROFILE),
    lambda: pass("lambda.amazonaws.com"),
    other: pass("ec2.amazonaws.com", `${ROLE}-2`),
  };
  for (const [name, policy] of Object.entries(policies)) {
    const denied = r.iamAs(await userWithKey(r.iam, name, policy));
    const { code, message } = await refusal(
      denied.addRoleToInstanceProfile({ InstanceProfileName, RoleName }),
    );
    assert.equal(code, "AccessDenied", name);
    assert.match(message, /iam:PassRole on resource: arn:aws:iam::123456789012:role\/server /);
  }
  const allowed = r.iamAs(await userWithKey(r.iam, "passer", pass("ec2.amazonaws.com")));
  await allowed.addRoleToInstanceProfile({ InstanceProfileName, RoleName });
});

Deno.test("instance profiles: tags are set, seen by policies and removed", async () => {
  await using r = await room();
  const { iam } = r;
  const Tags = [{ Key: "team", Value: "blue" }];
  const creator = allow("iam:CreateInstanceProfile");
  const untagging = r.iamAs(await userWithKey(iam, "creator", creator));
  const denied = await refusal(untagging.createInstanceProfile({ InstanceProfileName, Tags }));
  assert.match(denied.message, /iam:TagInstanceProfile/);
  const made = await iam.createInstanceProfile({ InstanceProfileName, Tags });
  assert.deepEqual(made.InstanceProfile?.Tags, Tags);
  const policy = {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "iam:*InstanceProfile*",
      Resource: "*",
      Condition: { StringEquals: { "aws:ResourceTag/team": "blue" } },
    }],
  };
  const blue = r.iamAs(await userWithKey(iam, "blue", policy));
  assert.deepEqual((await blue.listInstanceProfileTags({ InstanceProfileName })).Tags, Tags);
  await blue.tagInstanceProfile({ InstanceProfileName, Tags: [{ Key: "team", Value: "red" }] });
  assert.equal(
    (await refusal(blue.getInstanceProfile({ InstanceProfileName }))).code,
    "AccessDenied",
  );
  await iam.untagInstanceProfile({ InstanceProfileName, TagKeys: ["team"] });
  assert.deepEqual((await iam.listInstanceProfileTags({ InstanceProfileName })).Tags, []);
});
