import type { IAM } from "@aws-sdk/client-iam";
import assert from "node:assert/strict";
import { allow, refusal, room } from "../helpers.ts";

const S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::b/*"));

type Setup = (iam: IAM, UserName: string) => Promise<() => Promise<unknown>>;

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIBADANBg==\n" +
  "-----END CERTIFICATE-----\n";
const SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 joe@example.org";

/** Each hangs something on a user and gives what takes it off again. */
const DEPENDENTS: [name: string, message: string, hang: Setup][] = [
  ["an inline policy", "delete policies", async (iam, UserName) => {
    await iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument: READ });
    return () => iam.deleteUserPolicy({ UserName, PolicyName: "p" });
  }],
  ["an attached policy", "detach all policies", async (iam, UserName) => {
    await iam.attachUserPolicy({ UserName, PolicyArn: S3_FULL });
    return () => iam.detachUserPolicy({ UserName, PolicyArn: S3_FULL });
  }],
  ["an access key", "delete access keys", async (iam, UserName) => {
    const { AccessKey } = await iam.createAccessKey({ UserName });
    return () => iam.deleteAccessKey({ UserName, AccessKeyId: AccessKey!.AccessKeyId! });
  }],
  ["a group", "remove users from group", async (iam, UserName) => {
    const GroupName = "staff";
    await iam.createGroup({ GroupName });
    await iam.addUserToGroup({ UserName, GroupName });
    assert.deepEqual(
      (await iam.listGroupsForUser({ UserName })).Groups!.map((group) => group.GroupName),
      [GroupName],
    );
    assert.equal((await refusal(iam.deleteGroup({ GroupName }))).code, "DeleteConflict");
    return async () => {
      await iam.removeUserFromGroup({ UserName, GroupName });
      await iam.deleteGroup({ GroupName });
    };
  }],
  ["a login profile", "delete login profile", async (iam, UserName) => {
    await iam.createLoginProfile({ UserName, Password: "correct horse" });
    const { LoginProfile } = await iam.getLoginProfile({ UserName });
    assert.equal(LoginProfile!.UserName, UserName);
    return () => iam.deleteLoginProfile({ UserName });
  }],
  ["an MFA device", "delete MFA device", async (iam, UserName) => {
    const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: "m" });
    const SerialNumber = VirtualMFADevice!.SerialNumber!;
    const enable = (AuthenticationCode2: string) =>
      iam.enableMFADevice({
        UserName,
        SerialNumber,
        AuthenticationCode1: "123456",
        AuthenticationCode2,
      });
    assert.equal((await refusal(enable("123456"))).code, "InvalidAuthenticationCode");
    await enable("654321");
    assert.equal(
      (await iam.listMFADevices({ UserName })).MFADevices![0]!.SerialNumber,
      SerialNumber,
    );
    const early = await refusal(iam.deleteVirtualMFADevice({ SerialNumber }));
    assert.equal(early.message, "MFA VirtualDevice in use. Must deactivate first.");
    return async () => {
      await iam.deactivateMFADevice({ UserName, SerialNumber });
      await iam.deleteVirtualMFADevice({ SerialNumber });
    };
  }],
  ["a signing certificate", "delete certificates", async (iam, UserName) => {
    await iam.uploadSigningCertificate({ UserName, CertificateBody: CERTIFICATE });
    const { Certificates } = await iam.listSigningCertificates({ UserName });
    const CertificateId = Certificates![0]!.CertificateId!;
    return () => iam.deleteSigningCertificate({ UserName, CertificateId });
  }],
  ["an SSH key", "remove referenced objects", async (iam, UserName) => {
    await iam.uploadSSHPublicKey({ UserName, SSHPublicKeyBody: SSH_KEY });
    const { SSHPublicKeys } = await iam.listSSHPublicKeys({ UserName });
    const SSHPublicKeyId = SSHPublicKeys![0]!.SSHPublicKeyId!;
    return () => iam.deleteSSHPublicKey({ UserName, SSHPublicKeyId });
  }],
  ["a service-specific credential", "remove referenced objects", async (iam, UserName) => {
    const ServiceName = "codecommit.amazonaws.com";
    await iam.createServiceSpecificCredential({ UserName, ServiceName });
    const listed = await iam.listServiceSpecificCredentials({ UserName, ServiceName });
    const ServiceSpecificCredentialId = listed.ServiceSpecificCredentials![0]!
      .ServiceSpecificCredentialId!;
    return () => iam.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId });
  }],
];

for (const [name, message, hang] of DEPENDENTS) {
  Deno.test(`DeleteUser: refuses a user with ${name}`, async () => {
    await using r = await room();
    const { iam, sandbox } = r;
    const before = sandbox.snapshot();
    await iam.createUser({ UserName: "joe" });
    const takeOff = await hang(iam, "joe");
    assert.deepEqual(await refusal(iam.deleteUser({ UserName: "joe" })), {
      status: 409,
      code: "DeleteConflict",
      message: `Cannot delete entity, must ${message} first.`,
    });
    await takeOff();
    await iam.deleteUser({ UserName: "joe" });
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

Deno.test("DeleteUser: accepts a user with a permissions boundary", async () => {
  await using r = await room();
  await r.iam.createUser({ UserName: "joe", PermissionsBoundary: S3_FULL });
  await r.iam.deleteUser({ UserName: "joe" });
  assert.ok(!r.sandbox.account.users.has("joe"));
});
