import assert from "node:assert/strict";
import { allow, refusal, room, userWithKey } from "../helpers.ts";

const UserName = "joe";
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIBADANBg==\n" +
  "-----END CERTIFICATE-----\n";
const SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 joe@example.org";
const ARN = "arn:aws:iam::123456789012:user/joe";

Deno.test("signing certificates: are made inactive and active again", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createUser({ UserName });
  const { Certificate } = await iam.uploadSigningCertificate({
    UserName,
    CertificateBody: CERTIFICATE,
  });
  const CertificateId = Certificate!.CertificateId!;
  for (const Status of ["Inactive", "Active"] as const) {
    await iam.updateSigningCertificate({ UserName, CertificateId, Status });
    const { Certificates } = await iam.listSigningCertificates({ UserName });
    assert.equal(Certificates![0]!.Status, Status);
  }
  const unknown = { UserName, CertificateId: "A".repeat(24), Status: "Active" } as const;
  assert.equal((await refusal(iam.updateSigningCertificate(unknown))).code, "NoSuchEntity");
});

Deno.test("SSH public keys: are got with their fingerprint, and made inactive", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createUser({ UserName });
  const { SSHPublicKey } = await iam.uploadSSHPublicKey({ UserName, SSHPublicKeyBody: SSH_KEY });
  const SSHPublicKeyId = SSHPublicKey!.SSHPublicKeyId!;
  const get = { UserName, SSHPublicKeyId, Encoding: "SSH" } as const;
  assert.deepEqual((await iam.getSSHPublicKey(get)).SSHPublicKey, SSHPublicKey);
  await iam.updateSSHPublicKey({ UserName, SSHPublicKeyId, Status: "Inactive" });
  assert.equal((await iam.getSSHPublicKey(get)).SSHPublicKey!.Status, "Inactive");
  const { SSHPublicKeys } = await iam.listSSHPublicKeys({ UserName });
  assert.equal(SSHPublicKeys![0]!.Status, "Inactive");
  const pem = await refusal(iam.getSSHPublicKey({ ...get, Encoding: "PEM" }));
  assert.match(pem.message, /encoding SSH only/);
});

Deno.test("service-specific credentials: are made inactive, and get another password", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createUser({ UserName });
  const made = (await iam.createServiceSpecificCredential({
    UserName,
    ServiceName: "codecommit.amazonaws.com",
  })).ServiceSpecificCredential!;
  const ServiceSpecificCredentialId = made.ServiceSpecificCredentialId!;
  const id = { UserName, ServiceSpecificCredentialId };
  await iam.updateServiceSpecificCredential({ ...id, Status: "Inactive" });
  const reset = (await iam.resetServiceSpecificCredential(id)).ServiceSpecificCredential!;
  assert.equal(reset.ServiceUserName, "joe-at-123456789012");
  assert.equal(reset.Status, "Inactive");
  assert.notEqual(reset.ServicePassword, made.ServicePassword);
});

Deno.test("other credentials: each change needs its own permission on the user", async () => {
  await using r = await room();
  const { iam } = r;
  await iam.createUser({ UserName });
  const ssh = { UserName, SSHPublicKeyId: `APKA${"A".repeat(17)}` };
  const service = { UserName, ServiceSpecificCredentialId: `ACCA${"A".repeat(17)}` };
  const Status = "Inactive" as const;
  const calls: Record<string, (client: typeof iam) => Promise<unknown>> = {
    UpdateSigningCertificate: (client) =>
      client.updateSigningCertificate({ UserName, CertificateId: "A".repeat(24), Status }),
    GetSSHPublicKey: (client) => client.getSSHPublicKey({ ...ssh, Encoding: "SSH" }),
    UpdateSSHPublicKey: (client) => client.updateSSHPublicKey({ ...ssh, Status }),
    UpdateServiceSpecificCredential: (client) =>
      client.updateServiceSpecificCredential({ ...service, Status }),
    ResetServiceSpecificCredential: (client) => client.resetServiceSpecificCredential(service),
  };
  const nobody = r.iamAs(await userWithKey(iam, "nobody", allow("iam:GetUser")));
  for (const [name, call] of Object.entries(calls)) {
    assert.match(
      (await refusal(call(nobody))).message,
      new RegExp(`iam:${name} on resource: ${ARN}`),
    );
    const somebody = r.iamAs(await userWithKey(iam, name, allow(`iam:${name}`, ARN)));
    assert.equal((await refusal(call(somebody))).code, "NoSuchEntity");
  }
});
