import assert from "node:assert/strict";
import { allow, refusal, room, trust, userWithKey } from "../helpers.ts";

const ROOT = "arn:aws:iam::123456789012:root";
const S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess";

Deno.test("users: create, get, list and delete", async () => {
  await using r = await room();
  const { iam, sandbox } = r;
  const before = sandbox.snapshot();
  const { User } = await iam.createUser({
    UserName: "joe",
    Path: "/team/",
    PermissionsBoundary: S3_FULL,
    Tags: [{ Key: "team", Value: "blue" }],
  });
  assert.equal(User!.Arn, "arn:aws:iam::123456789012:user/team/joe");
  assert.match(User!.UserId!, /^AIDA[A-Z2-7]{17}$/);
  const read = (await iam.getUser({ UserName: "joe" })).User!;
  assert.deepEqual(read.PermissionsBoundary, {
    PermissionsBoundaryType: "Policy",
    PermissionsBoundaryArn: S3_FULL,
  });
  assert.deepEqual(read.Tags, [{ Key: "team", Value: "blue" }]);
  const listed = (await iam.listUsers({ PathPrefix: "/team/" })).Users!;
  assert.deepEqual(listed.map(({ UserName }) => UserName), ["joe"]);
  assert.equal(listed[0]!.Tags, undefined);
  await iam.deleteUser({ UserName: "joe" });
  assert.equal((await refusal(iam.getUser({ UserName: "joe" }))).code, "NoSuchEntity");
  assert.deepEqual(sandbox.snapshot(), before);
});

Deno.test("GetUser: without a name, returns the caller", async () => {
  await using r = await room();
  const keys = await userWithKey(r.iam, "joe", allow("iam:GetUser"));
  assert.equal((await r.iamAs(keys).getUser({})).User!.UserName, "joe");
});

Deno.test("GetUser: returns root, which has its own keys", async () => {
  await using r = await room();
  const rootKey = { accessKeyId: "AKIAROOT000000000000", secretAccessKey: "root-secret" };
  r.sandbox.account.rootKey = {
    ...rootKey,
    status: "Active",
    createDate: new Date(),
    lastUsed: undefined,
  };
  const root = r.iamAs(rootKey);
  assert.equal((await root.getUser({})).User!.Arn, ROOT);
  assert.equal((await root.listUsers({})).Users!.length, 1);
});

Deno.test("UpdateUser: renames and moves a user", async () => {
  await using r = await room();
  await r.iam.createUser({ UserName: "old" });
  await r.iam.updateUser({ UserName: "old", NewUserName: "new", NewPath: "/x/" });
  const { User } = await r.iam.getUser({ UserName: "new" });
  assert.equal(User!.Arn, "arn:aws:iam::123456789012:user/x/new");
  assert.equal((await refusal(r.iam.getUser({ UserName: "old" }))).status, 404);
});

Deno.test("UpdateUser: a new name leaves the path as it is", async () => {
  await using r = await room();
  await r.iam.createUser({ UserName: "old", Path: "/x/" });
  await r.iam.updateUser({ UserName: "old", NewUserName: "new" });
  const { User } = await r.iam.getUser({ UserName: "new" });
  assert.deepEqual([User!.Path, User!.Arn], ["/x/", "arn:aws:iam::123456789012:user/x/new"]);
});

Deno.test("names: users, groups and roles are found and sorted regardless of case", async () => {
  await using r = await room();
  const { iam } = r;
  for (const UserName of ["Ad", "ac", "Ab", "aa"]) await iam.createUser({ UserName });
  const names: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const list = await iam.listUsers({ MaxItems: 2, Marker });
    names.push(...list.Users!.map(({ UserName }) => UserName));
    Marker = list.Marker;
  } while (Marker !== undefined);
  assert.deepEqual(names, ["aa", "Ab", "ac", "Ad", "admin"]);
  assert.equal((await iam.getUser({ UserName: "AB" })).User!.UserName, "Ab");
  await iam.deleteUser({ UserName: "AB" });
  assert.equal((await refusal(iam.getUser({ UserName: "Ab" }))).code, "NoSuchEntity");
  await iam.createGroup({ GroupName: "Readers" });
  await iam.addUserToGroup({ GroupName: "readers", UserName: "AA" });
  const { Groups } = await iam.listGroupsForUser({ UserName: "aa" });
  assert.deepEqual(Groups!.map(({ GroupName }) => GroupName), ["Readers"]);
  await iam.createRole({ RoleName: "Role", AssumeRolePolicyDocument: trust(ROOT) });
  assert.equal((await iam.getRole({ RoleName: "role" })).Role!.RoleName, "Role");
});

Deno.test("TagUser: adds and replaces tags; UntagUser removes them", async () => {
  await using r = await room();
  const UserName = "joe";
  await r.iam.createUser({ UserName });
  await r.iam.tagUser({ UserName, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] });
  await r.iam.tagUser({ UserName, Tags: [{ Key: "a", Value: "3" }] });
  await r.iam.untagUser({ UserName, TagKeys: ["b"] });
  assert.deepEqual((await r.iam.listUserTags({ UserName })).Tags, [{ Key: "a", Value: "3" }]);
});

Deno.test("UntagUser, UntagRole: a policy can say which tags stay", async () => {
  await using r = await room();
  const { iam } = r;
  const Tags = [{ Key: "team", Value: "blue" }, { Key: "floor", Value: "3" }];
  await iam.createUser({ UserName: "joe", Tags });
  await iam.createRole({ RoleName: "job", AssumeRolePolicyDocument: trust(ROOT), Tags });
  const policy = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["iam:UntagUser", "iam:UntagRole"], Resource: "*" },
      {
        Effect: "Deny",
        Action: "iam:Untag*",
        Resource: "*",
        Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": "team" } },
      },
    ],
  };
  const tidy = r.iamAs(await userWithKey(iam, "tidy", policy));
  for (const TagKeys of [["team"], ["floor", "team"]]) {
    const user = await refusal(tidy.untagUser({ UserName: "joe", TagKeys }));
    const role = await refusal(tidy.untagRole({ RoleName: "job", TagKeys }));
    assert.deepEqual([user.code, role.code], ["AccessDenied", "AccessDenied"]);
  }
  await tidy.untagUser({ UserName: "joe", TagKeys: ["floor"] });
  await tidy.untagRole({ RoleName: "job", TagKeys: ["floor"] });
});

Deno.test("PutUserPermissionsBoundary: sets a boundary; DeleteUserPermissionsBoundary removes it", async () => {
  await using r = await room();
  const UserName = "joe";
  await r.iam.createUser({ UserName });
  await r.iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: S3_FULL });
  const boundary = async () => (await r.iam.getUser({ UserName })).User!.PermissionsBoundary;
  assert.equal((await boundary())!.PermissionsBoundaryArn, S3_FULL);
  await r.iam.deleteUserPermissionsBoundary({ UserName });
  assert.equal(await boundary(), undefined);
});

Deno.test("inline policies: put, get to the letter, list and delete", async () => {
  await using r = await room();
  const UserName = "joe";
  const PolicyDocument = '{ "Version": "2012-10-17",\n "Statement": {"Effect": "Allow",' +
    ' "Action": "s3:*", "Resource": "arn:aws:s3:::a+b%20c/é*"} }';
  await r.iam.createUser({ UserName });
  await r.iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument });
  const read = await r.iam.getUserPolicy({ UserName, PolicyName: "p" });
  assert.equal(decodeURIComponent(read.PolicyDocument!), PolicyDocument);
  assert.doesNotMatch(read.PolicyDocument!, /[^\w.~%-]/);
  assert.deepEqual((await r.iam.listUserPolicies({ UserName })).PolicyNames, ["p"]);
  await r.iam.deleteUserPolicy({ UserName, PolicyName: "p" });
  assert.deepEqual((await r.iam.listUserPolicies({ UserName })).PolicyNames, []);
});

Deno.test("AttachUserPolicy: attaches a managed policy, which can be listed and detached", async () => {
  await using r = await room();
  const UserName = "joe";
  await r.iam.createUser({ UserName });
  await r.iam.attachUserPolicy({ UserName, PolicyArn: S3_FULL });
  const attached = async () =>
    (await r.iam.listAttachedUserPolicies({ UserName })).AttachedPolicies!;
  assert.deepEqual(await attached(), [{ PolicyName: "AmazonS3FullAccess", PolicyArn: S3_FULL }]);
  await r.iam.detachUserPolicy({ UserName, PolicyArn: S3_FULL });
  assert.deepEqual(await attached(), []);
});

Deno.test("access keys: create, list, deactivate; the last use is recorded", async () => {
  await using r = await room();
  const UserName = "joe";
  const keys = await userWithKey(r.iam, UserName, allow("iam:ListUsers"));
  const AccessKeyId = keys.accessKeyId;
  assert.match(AccessKeyId, /^AKIA[A-Z2-7]{16}$/);
  assert.equal(keys.secretAccessKey.length, 40);
  const unused = await r.iam.getAccessKeyLastUsed({ AccessKeyId });
  assert.equal(unused.AccessKeyLastUsed!.ServiceName, "N/A");
  await r.iamAs(keys).listUsers({});
  const used = await r.iam.getAccessKeyLastUsed({ AccessKeyId });
  assert.equal(used.UserName, UserName);
  assert.equal(used.AccessKeyLastUsed!.ServiceName, "iam");
  assert.ok(used.AccessKeyLastUsed!.LastUsedDate instanceof Date);
  await r.iam.updateAccessKey({ UserName, AccessKeyId, Status: "Inactive" });
  const { AccessKeyMetadata } = await r.iam.listAccessKeys({ UserName });
  assert.deepEqual(
    AccessKeyMetadata!.map((key) => [key.AccessKeyId, key.Status]),
    [[AccessKeyId, "Inactive"]],
  );
});

Deno.test("AccessDenied: comes before any effect", async () => {
  await using r = await room();
  const joe = r.iamAs(await userWithKey(r.iam, "joe", allow("iam:GetUser")));
  const before = r.sandbox.snapshot();
  assert.deepEqual(await refusal(joe.createUser({ UserName: "x" })), {
    status: 403,
    code: "AccessDenied",
    message: "User: arn:aws:iam::123456789012:user/joe is not authorized to perform: " +
      "iam:CreateUser on resource: arn:aws:iam::123456789012:user/x because no identity-based " +
      "policy allows the iam:CreateUser action",
  });
  assert.equal((await refusal(joe.getUser({ UserName: "nobody" }))).code, "NoSuchEntity");
  assert.equal((await refusal(joe.deleteUser({ UserName: "nobody" }))).code, "AccessDenied");
  assert.deepEqual(r.sandbox.snapshot(), before);
});

Deno.test("CreateUser: with tags needs iam:TagUser", async () => {
  await using r = await room();
  const joe = r.iamAs(await userWithKey(r.iam, "joe", allow("iam:CreateUser")));
  await joe.createUser({ UserName: "plain" });
  const tagged = joe.createUser({ UserName: "tagged", Tags: [{ Key: "a", Value: "b" }] });
  assert.match((await refusal(tagged)).message, /perform: iam:TagUser/);
});

Deno.test("CreateUser: a condition can require a boundary", async () => {
  await using r = await room();
  const keys = await userWithKey(r.iam, "joe", {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "iam:CreateUser",
      Resource: "*",
      Condition: { StringEquals: { "iam:PermissionsBoundary": S3_FULL } },
    }],
  });
  const joe = r.iamAs(keys);
  assert.equal((await refusal(joe.createUser({ UserName: "free" }))).code, "AccessDenied");
  await joe.createUser({ UserName: "bound", PermissionsBoundary: S3_FULL });
});

Deno.test("UpdateLoginProfile: changes the password of a user who has one", async () => {
  await using r = await room();
  const { iam } = r;
  const call = { UserName: "joe", Password: "correct-horse" };
  await iam.createUser({ UserName: "joe" });
  assert.equal((await refusal(iam.updateLoginProfile(call))).code, "NoSuchEntity");
  await iam.createLoginProfile(call);
  const short = await refusal(iam.updateLoginProfile({ ...call, Password: "short" }));
  assert.equal(short.code, "PasswordPolicyViolation");
  await iam.updateLoginProfile({
    ...call,
    Password: "battery-staple",
    PasswordResetRequired: true,
  });
  const { LoginProfile } = await iam.getLoginProfile({ UserName: "joe" });
  assert.equal(LoginProfile?.PasswordResetRequired, true);
  assert.equal((await refusal(iam.getAccountPasswordPolicy({}))).code, "NoSuchEntity");
});

Deno.test("ListVirtualMFADevices: says who has which device, also after a user was renamed", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createUser({ UserName: "joe" });
  const serials = await Promise.all(["free", "used"].map(async (VirtualMFADeviceName) => {
    const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName });
    return VirtualMFADevice!.SerialNumber!;
  }));
  const [free, SerialNumber] = serials as [string, string];
  await iam.enableMFADevice({
    UserName: "joe",
    SerialNumber,
    AuthenticationCode1: "123456",
    AuthenticationCode2: "654321",
  });
  await iam.updateUser({ UserName: "joe", NewUserName: "jo" });
  const list = async (AssignmentStatus?: "Assigned" | "Unassigned") =>
    (await iam.listVirtualMFADevices({ AssignmentStatus })).VirtualMFADevices!
      .map((device) => [device.SerialNumber, device.User?.UserName]);
  assert.deepEqual(await list(), [[free, undefined], [SerialNumber, "jo"]]);
  assert.deepEqual(await list("Assigned"), [[SerialNumber, "jo"]]);
  assert.deepEqual(await list("Unassigned"), [[free, undefined]]);
});

Deno.test("IAM and STS: parameters that the sandbox doesn't heed are refused, and nothing is created", async () => {
  await using r = await room();
  const before = r.sandbox.snapshot();
  const calls = [
    r.iam.createServiceSpecificCredential({
      UserName: "admin",
      ServiceName: "codecommit.amazonaws.com",
      CredentialAgeDays: 30,
    }),
    r.iam.listServiceSpecificCredentials({ AllUsers: true }),
    r.sts.getSessionToken({ MinimumSessionTokenSize: 4096 }),
  ];
  for (const call of calls) assert.match((await refusal(call)).message, /does not support/);
  assert.deepEqual(r.sandbox.snapshot(), before);
});
