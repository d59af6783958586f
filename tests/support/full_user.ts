/**
 * A user on whom one of each kind of thing hangs that AWS wants gone before the user.
 *
 * @module
 */
import { connect } from "../../lib/aws/connect.ts";
import type { Sandbox } from "../../lib/sandbox/mod.ts";

/** The permissions boundary of the user. */
export const BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
/** The policy that is attached to the user. */
export const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

/** Makes the user. */
export async function makeFullUser(sandbox: Sandbox, UserName: string): Promise<void> {
  const { url: endpointUrl, region, credentials, account: { partition } } = sandbox;
  const aws = connect({ endpointUrl, region, credentials });
  const own = (arn: string) => arn.replace("arn:aws:", `arn:${partition}:`);
  const iam = await aws.iam();
  const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
  });
  await iam.createUser({ UserName, PermissionsBoundary: own(BOUNDARY) });
  await iam.putUserPolicy({ UserName, PolicyName: "inline", PolicyDocument: policy });
  await iam.attachUserPolicy({ UserName, PolicyArn: own(READ_ONLY) });
  await iam.createAccessKey({ UserName });
  await iam.createGroup({ GroupName: "readers" });
  await iam.addUserToGroup({ UserName, GroupName: "readers" });
  await iam.createLoginProfile({ UserName, Password: "Correct-horse-9" });
  const { VirtualMFADevice } = await iam.createVirtualMFADevice({ VirtualMFADeviceName: "phone" });
  await iam.enableMFADevice({
    UserName,
    SerialNumber: VirtualMFADevice!.SerialNumber!,
    AuthenticationCode1: "123456",
    AuthenticationCode2: "654321",
  });
  await iam.uploadSigningCertificate({
    UserName,
    CertificateBody: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  });
  await iam.uploadSSHPublicKey({
    UserName,
    SSHPublicKeyBody: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAA",
  });
  await iam.createServiceSpecificCredential({
    UserName,
    ServiceName: "codecommit.amazonaws.com",
  });
  aws.close();
}
