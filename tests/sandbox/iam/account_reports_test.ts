import assert from "node:assert/strict";
import { allow, refusal, type Room, room, trust, userWithKey } from "../helpers.ts";
import { s3Room } from "../s3/helpers.ts";

const S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const PolicyDocument = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::b/ä*"));

/** Everything that an account can have. */
async function fill({ iam }: Room): Promise<void> {
  const { Policy } = await iam.createPolicy({
    PolicyName: "own",
    PolicyDocument,
    Description: "mine",
  });
  const PolicyArn = Policy!.Arn!;
  await iam.createPolicyVersion({ PolicyArn, PolicyDocument, SetAsDefault: true });
  await iam.createGroup({ GroupName: "readers" });
  await iam.putGroupPolicy({ GroupName: "readers", PolicyName: "inline", PolicyDocument });
  await iam.attachGroupPolicy({ GroupName: "readers", PolicyArn });
  await iam.createUser({
    UserName: "ann",
    PermissionsBoundary: S3_READ,
    Tags: [{ Key: "team", Value: "blue" }],
  });
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "inline", PolicyDocument });
  await iam.addUserToGroup({ GroupName: "readers", UserName: "ann" });
  await iam.createRole({
    RoleName: "job",
    AssumeRolePolicyDocument: trust("123456789012"),
    Tags: [{ Key: "team", Value: "red" }],
  });
  await iam.putRolePolicy({ RoleName: "job", PolicyName: "inline", PolicyDocument });
  await iam.attachRolePolicy({ RoleName: "job", PolicyArn });
}

const inline = [{ PolicyName: "inline", PolicyDocument }];

/** Policies as the SDK gives them, with their documents decoded. */
function decoded(policies: { PolicyName?: string; PolicyDocument?: string }[] | undefined) {
  return policies?.map(({ PolicyName, PolicyDocument = "" }) => ({
    PolicyName,
    PolicyDocument: decodeURIComponent(PolicyDocument),
  }));
}

Deno.test("GetAccountAuthorizationDetails: gives users with policies, groups, boundary and tags", async () => {
  await using r = await room();
  await fill(r);
  const found = await r.iam.getAccountAuthorizationDetails({ Filter: ["User"] });
  assert.deepEqual(found.UserDetailList?.map(({ UserName }) => UserName), ["admin", "ann"]);
  const [admin, ann] = found.UserDetailList!;
  assert.deepEqual(admin?.AttachedManagedPolicies, [{
    PolicyName: "AdministratorAccess",
    PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess",
  }]);
  assert.equal(admin?.UserPolicyList, undefined);
  assert.deepEqual(decoded(ann?.UserPolicyList), inline);
  assert.match(ann!.UserPolicyList![0]!.PolicyDocument!, /^%7B%22Version%22%3A/);
  assert.deepEqual(ann?.GroupList, ["readers"]);
  assert.equal(ann?.PermissionsBoundary?.PermissionsBoundaryArn, S3_READ);
  assert.deepEqual(ann?.Tags, [{ Key: "team", Value: "blue" }]);
  assert.deepEqual(
    [found.GroupDetailList, found.RoleDetailList, found.Policies],
    [[], [], []],
  );
});

Deno.test("GetAccountAuthorizationDetails: gives groups and roles with what they may do", async () => {
  await using r = await room();
  await fill(r);
  const { GroupDetailList, RoleDetailList } = await r.iam.getAccountAuthorizationDetails({
    Filter: ["Role", "Group"],
  });
  const own = [{ PolicyName: "own", PolicyArn: "arn:aws:iam::123456789012:policy/own" }];
  assert.deepEqual(GroupDetailList?.map(({ GroupName }) => GroupName), ["readers"]);
  assert.deepEqual(decoded(GroupDetailList![0]!.GroupPolicyList), inline);
  assert.deepEqual(GroupDetailList![0]!.AttachedManagedPolicies, own);
  const [role] = RoleDetailList!;
  assert.equal(role?.RoleName, "job");
  assert.equal(decodeURIComponent(role.AssumeRolePolicyDocument!), trust("123456789012"));
  assert.deepEqual(decoded(role.RolePolicyList), inline);
  assert.deepEqual(role.AttachedManagedPolicies, own);
  assert.deepEqual(role.InstanceProfileList, []);
  assert.deepEqual(role.Tags, [{ Key: "team", Value: "red" }]);
});

Deno.test("GetAccountAuthorizationDetails: gives the account's policies with all versions", async () => {
  await using r = await room();
  await fill(r);
  const { Policies } = await r.iam.getAccountAuthorizationDetails({
    Filter: ["LocalManagedPolicy"],
  });
  assert.deepEqual(Policies?.map(({ PolicyName }) => PolicyName), ["own"]);
  const [policy] = Policies!;
  assert.deepEqual([policy?.AttachmentCount, policy?.DefaultVersionId], [2, "v2"]);
  assert.deepEqual(
    policy?.PolicyVersionList?.map(({ VersionId, IsDefaultVersion, Document }) => [
      VersionId,
      IsDefaultVersion,
      decodeURIComponent(Document!),
    ]),
    [["v2", true, PolicyDocument], ["v1", false, PolicyDocument]],
  );
});

Deno.test("GetAccountAuthorizationDetails: of AWS's own policies gives those that are used", async () => {
  await using r = await room();
  await fill(r);
  const { Policies } = await r.iam.getAccountAuthorizationDetails({
    Filter: ["AWSManagedPolicy"],
  });
  assert.deepEqual(Policies?.map(({ PolicyName }) => PolicyName), [
    "AdministratorAccess",
    "AmazonS3ReadOnlyAccess",
  ]);
});

Deno.test("GetAccountAuthorizationDetails: pages run through all lists", async () => {
  await using r = await room();
  await fill(r);
  const names: unknown[] = [];
  let Marker: string | undefined;
  do {
    const page = await r.iam.getAccountAuthorizationDetails({ MaxItems: 2, Marker });
    names.push([
      ...(page.UserDetailList ?? []).map(({ UserName }) => UserName),
      ...(page.RoleDetailList ?? []).map(({ RoleName }) => RoleName),
      ...(page.GroupDetailList ?? []).map(({ GroupName }) => GroupName),
      ...(page.Policies ?? []).map(({ PolicyName }) => PolicyName),
    ]);
    Marker = page.Marker;
  } while (Marker !== undefined);
  assert.deepEqual(names, [
    ["admin", "ann"],
    ["job", "readers"],
    ["AdministratorAccess", "AmazonS3ReadOnlyAccess"],
    ["own"],
  ]);
});

Deno.test("GetAccountAuthorizationDetails: an unknown filter is refused", async () => {
  await using r = await room();
  const call = r.iam.getAccountAuthorizationDetails({ Filter: ["Robot" as "User"] });
  assert.equal((await refusal(call)).code, "ValidationError");
});

Deno.test("account reports: each needs its own permission", async () => {
  await using r = await room();
  const calls = {
    GetAccountAuthorizationDetails: (iam: Room["iam"]) => iam.getAccountAuthorizationDetails({}),
    GetAccountSummary: (iam: Room["iam"]) => iam.getAccountSummary({}),
    ListAccountAliases: (iam: Room["iam"]) => iam.listAccountAliases({}),
    GenerateCredentialReport: (iam: Room["iam"]) => iam.generateCredentialReport({}),
  };
  const nobody = r.iamAs(await userWithKey(r.iam, "nobody"));
  for (const [name, call] of Object.entries(calls)) {
    const denied = await refusal(call(nobody));
    assert.equal(denied.code, "AccessDenied");
    assert.match(denied.message, new RegExp(`iam:${name} `));
    const somebody = r.iamAs(await userWithKey(r.iam, name, allow(`iam:${name}`)));
    await call(somebody);
  }
  assert.equal((await refusal(nobody.getCredentialReport({}))).code, "AccessDenied");
});

Deno.test("GetAccountSummary: counts what is there, and tells quotas", async () => {
  await using r = await room();
  await fill(r);
  const { SummaryMap } = await r.iam.getAccountSummary({});
  const { Users, Groups, Roles, Policies, PolicyVersionsInUse, AccessKeysPerUserQuota } =
    SummaryMap!;
  assert.deepEqual(
    { Users, Groups, Roles, Policies, PolicyVersionsInUse, AccessKeysPerUserQuota },
    {
      Users: 2,
      Groups: 1,
      Roles: 1,
      Policies: 1,
      PolicyVersionsInUse: 3,
      AccessKeysPerUserQuota: 2,
    },
  );
});

/** A row of the credential report for each user, by the names of the columns. */
function rowsOf(content: Uint8Array | undefined): Record<string, string>[] {
  const [header = "", ...lines] = new TextDecoder().decode(content).split("\n");
  const names = header.split(",");
  assert.equal(names.length, 22);
  return lines.map((line) => {
    const cells = line.match(/"[^"]*"|[^,]+/g)!;
    assert.equal(cells.length, names.length);
    return Object.fromEntries(cells.map((cell, index) => [names[index]!, cell]));
  });
}

Deno.test("GetCredentialReport: goes from absent to pending to there, and expires after four hours", async () => {
  await using r = await room();
  const { clock } = r.sandbox;
  // A client adopts the server's time, and can't follow it far; so each signs but once.
  const iam = () => r.iamAs(r.sandbox.credentials);
  clock.set(new Date("2030-01-01T00:00:00Z"));
  const absent = await refusal(iam().getCredentialReport({}));
  assert.deepEqual([absent.status, absent.code], [410, "ReportNotPresent"]);
  assert.equal((await iam().generateCredentialReport({})).State, "STARTED");
  // Set back, so that the second that it takes isn't over on a slow machine.
  clock.advance(-60_000);
  const pending = await refusal(iam().getCredentialReport({}));
  assert.deepEqual([pending.status, pending.code], [404, "ReportInProgress"]);
  assert.equal((await iam().generateCredentialReport({})).State, "INPROGRESS");
  clock.advance(61_000);
  assert.equal((await iam().generateCredentialReport({})).State, "COMPLETE");
  const before = await iam().getCredentialReport({});
  assert.equal(before.ReportFormat, "text/csv");
  assert.match(before.GeneratedTime!.toISOString(), /^2030-01-01T00:00:/);

  await iam().createUser({ UserName: "late" });
  clock.advance(3 * 60 * 60 * 1000);
  assert.equal((await iam().generateCredentialReport({})).State, "COMPLETE");
  assert.deepEqual((await iam().getCredentialReport({})).Content, before.Content);
  clock.advance(60 * 60 * 1000);
  const expired = await refusal(iam().getCredentialReport({}));
  assert.deepEqual([expired.status, expired.code], [410, "ReportExpired"]);
  assert.equal((await iam().generateCredentialReport({})).State, "STARTED");
  clock.advance(1000);
  const after = rowsOf((await iam().getCredentialReport({})).Content);
  assert.deepEqual(after.map(({ user }) => user), ["<root_account>", "admin", "late"]);
});

Deno.test("GetCredentialReport: says of each user which credentials there are and when they were used", async () => {
  await using r = await s3Room();
  const { iam, sandbox } = r;
  await iam.createUser({ UserName: "bare" });
  await iam.createUser({ UserName: "A,comma" });
  await iam.createLoginProfile({ UserName: "bare", Password: "correct-horse" });
  const { SerialNumber } = (await iam.createVirtualMFADevice({ VirtualMFADeviceName: "m" }))
    .VirtualMFADevice!;
  await iam.enableMFADevice({
    UserName: "bare",
    SerialNumber,
    AuthenticationCode1: "123456",
    AuthenticationCode2: "654321",
  });
  const keys = await userWithKey(iam, "joe", allow("s3:*"));
  const { AccessKey } = await iam.createAccessKey({ UserName: "joe" });
  const second = AccessKey!.AccessKeyId!;
  await iam.updateAccessKey({ UserName: "joe", AccessKeyId: second, Status: "Inactive" });
  await r.s3As(keys).listBuckets({});

  await iam.generateCredentialReport({});
  sandbox.clock.advance(1000);
  const rows = rowsOf((await iam.getCredentialReport({})).Content);
  assert.deepEqual(rows.map(({ user }) => user), [
    "<root_account>",
    '"A,comma"',
    "admin",
    "bare",
    "joe",
  ]);
  const [root, , admin, bare, joe] = rows as [
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
    Record<string, string>,
  ];
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
  assert.equal(root.arn, "arn:aws:iam::123456789012:root");
  assert.deepEqual([root.password_next_rotation, root.access_key_1_active], [
    "not_supported",
    "false",
  ]);
  assert.deepEqual(
    [bare.password_enabled, bare.password_last_used, bare.mfa_active],
    ["true", "no_information", "true"],
  );
  assert.match(bare.password_last_changed!, time);
  assert.deepEqual(
    [bare.access_key_1_active, bare.access_key_1_last_rotated, bare.cert_2_last_rotated],
    ["false", "N/A", "N/A"],
  );
  assert.deepEqual(
    [admin.access_key_1_last_used_region, admin.access_key_1_last_used_service],
    ["us-east-1", "iam"],
  );
  assert.deepEqual([joe.password_enabled, joe.password_last_used], ["false", "N/A"]);
  const used = keys.accessKeyId < second ? 1 : 2;
  assert.match(joe[`access_key_${used}_last_used_date`]!, time);
  assert.deepEqual(
    ["active", "last_used_region", "last_used_service"].map((name) =>
      joe[`access_key_${used}_${name}`]
    ),
    ["true", "N/A", "s3"],
  );
  assert.equal(joe[`access_key_${3 - used}_active`], "false");
  assert.match(joe[`access_key_${3 - used}_last_rotated`]!, time);
});
