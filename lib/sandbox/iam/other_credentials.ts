/**
 * IAM's operations on a user's credentials other than access keys: signing certificates, SSH public
 * keys and service-specific credentials.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { User } from "../account.ts";
import { type IamCall, type IamOperations, limitExceeded, onUser, page, refuse } from "./call.ts";
import type { CredentialStatus } from "./entities.ts";
import { randomHex, servicePassword, uniqueId } from "../identifiers.ts";
import { QUOTAS } from "./quotas.ts";
import { ServiceError } from "../operation.ts";
import {
  checkLength,
  fields,
  oneOf,
  refuseUnsupported,
  required,
  validationError,
} from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

const SSH_KEY_QUOTA = 5;
const CREDENTIALS_PER_SERVICE = 2;
const SERVICES = new Set(["codecommit.amazonaws.com", "cassandra.amazonaws.com"]);
const PEM_CERTIFICATE =
  /^\s*-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/;

/** The operations of this module. */
export const otherCredentialOperations: IamOperations = {
  UploadSigningCertificate: onUser("UploadSigningCertificate", (user, { parameters, account }) => {
    const body = required(parameters, "CertificateBody");
    checkLength("CertificateBody", body, 1, 16_384);
    if (!PEM_CERTIFICATE.test(body)) {
      throw new ServiceError(400, "MalformedCertificate", `Certificate ${body} is malformed.`);
    }
    const present = user.signingCertificates;
    if ([...present.values()].some((certificate) => certificate.body === body)) {
      throw new ServiceError(
        409,
        "DuplicateCertificate",
        "The certificate is already associated with a user.",
      );
    }
    checkQuota(present.size, QUOTAS.SigningCertificatesPerUserQuota, "CertificatesPerUser");
    const id = randomHex(32).toUpperCase();
    present.set(id, { uploadDate: account.clock.now(), body });
    return element("Certificate", certificateFields(user, id));
  }),

  ListSigningCertificates: onUser(
    "ListSigningCertificates",
    (user, call) =>
      page(call, "Certificates", user.signingCertificates, (_, id) => certificateFields(user, id)),
  ),

  UpdateSigningCertificate: onUser("UpdateSigningCertificate", (user, call) => {
    const id = required(call.parameters, "CertificateId");
    const certificate = user.signingCertificates.get(id) ??
      refuse(notFound(`The Certificate with id ${id} cannot be found.`));
    certificate.status = statusOf(call);
    return undefined;
  }),

  DeleteSigningCertificate: onUser("DeleteSigningCertificate", (user, { parameters }) => {
    const id = required(parameters, "CertificateId");
    if (!user.signingCertificates.delete(id)) {
      throw notFound(`The Certificate with id ${id} cannot be found.`);
    }
    return undefined;
  }),

  UploadSSHPublicKey: onUser("UploadSSHPublicKey", (user, { parameters, account }) => {
    const body = required(parameters, "SSHPublicKeyBody").trim();
    checkLength("SSHPublicKeyBody", body, 1, 16_384);
    if (!/^ssh-rsa [A-Za-z0-9+/]+=*( |$)/.test(body)) {
      throw new ServiceError(
        400,
        "UnrecognizedPublicKeyEncoding",
        "The SSH public key is not in the ssh-rsa format.",
      );
    }
    const present = user.sshPublicKeys;
    if ([...present.values()].some((key) => key.body === body)) {
      throw new ServiceError(
        400,
        "DuplicateSSHPublicKey",
        "The SSH public key is already associated with the user.",
      );
    }
    checkQuota(present.size, SSH_KEY_QUOTA, "SSHPublicKeysPerUser");
    const id = uniqueId("APKA");
    present.set(id, { uploadDate: account.clock.now(), body });
    return element("SSHPublicKey", sshKeyFields(user, id), keyAndFingerprint(body));
  }),

  GetSSHPublicKey: onUser("GetSSHPublicKey", (user, { parameters }) => {
    const id = required(parameters, "SSHPublicKeyId");
    const encoding = oneOf(parameters, "Encoding", ["SSH", "PEM"]);
    if (required(parameters, "Encoding") && encoding === "PEM") {
      throw validationError("The sandbox gives public keys in the encoding SSH only.");
    }
    const { body } = sshKeyOf(user, id);
    return element("SSHPublicKey", sshKeyFields(user, id), keyAndFingerprint(body));
  }),

  UpdateSSHPublicKey: onUser("UpdateSSHPublicKey", (user, call) => {
    sshKeyOf(user, required(call.parameters, "SSHPublicKeyId")).status = statusOf(call);
    return undefined;
  }),

  ListSSHPublicKeys: onUser(
    "ListSSHPublicKeys",
    (user, call) =>
      page(call, "SSHPublicKeys", user.sshPublicKeys, (_, id) => sshKeyFields(user, id)),
  ),

  DeleteSSHPublicKey: onUser("DeleteSSHPublicKey", (user, { parameters }) => {
    const id = required(parameters, "SSHPublicKeyId");
    sshKeyOf(user, id);
    user.sshPublicKeys.delete(id);
    return undefined;
  }),

  CreateServiceSpecificCredential: onUser(
    "CreateServiceSpecificCredential",
    (user, call) => {
      refuseUnsupported(call, ["CredentialAgeDays"]);
      const { parameters, account } = call;
      const serviceName = required(parameters, "ServiceName");
      checkService(serviceName);
      const ofService = [...user.serviceSpecificCredentials.values()]
        .filter((credential) => credential.serviceName === serviceName);
      checkQuota(
        ofService.length,
        CREDENTIALS_PER_SERVICE,
        "ServiceSpecificCredentialsPerUser",
      );
      const id = uniqueId("ACCA");
      const { userName } = user;
      const createDate = account.clock.now();
      user.serviceSpecificCredentials.set(id, { serviceName, createDate, userName });
      return element(
        "ServiceSpecificCredential",
        credentialFields(user, id, account.id),
        fields({ ServicePassword: servicePassword() }),
      );
    },
  ),

  ListServiceSpecificCredentials: onUser(
    "ListServiceSpecificCredentials",
    (user, call) => {
      refuseUnsupported(call, ["AllUsers"]);
      const { parameters, account } = call;
      const wanted = parameters.get("ServiceName");
      if (wanted !== undefined) checkService(wanted);
      const listed = [...user.serviceSpecificCredentials]
        .filter(([, { serviceName }]) => wanted === undefined || serviceName === wanted);
      return page(
        call,
        "ServiceSpecificCredentials",
        listed,
        (_, id) => credentialFields(user, id, account.id),
      );
    },
  ),

  UpdateServiceSpecificCredential: onUser("UpdateServiceSpecificCredential", (user, call) => {
    credentialOf(user, credentialId(call)).status = statusOf(call);
    return undefined;
  }),

  ResetServiceSpecificCredential: onUser("ResetServiceSpecificCredential", (user, call) => {
    const id = credentialId(call);
    credentialOf(user, id);
    return element(
      "ServiceSpecificCredential",
      credentialFields(user, id, call.account.id),
      fields({ ServicePassword: servicePassword() }),
    );
  }),

  DeleteServiceSpecificCredential: onUser("DeleteServiceSpecificCredential", (user, call) => {
    const id = credentialId(call);
    credentialOf(user, id);
    user.serviceSpecificCredentials.delete(id);
    return undefined;
  }),
};

/** The status that a call gives to a credential. */
function statusOf({ parameters }: IamCall): CredentialStatus {
  required(parameters, "Status");
  return oneOf(parameters, "Status", ["Active", "Inactive"]) as CredentialStatus;
}

function sshKeyOf(user: User, id: string): MapValue<User["sshPublicKeys"]> {
  const key = user.sshPublicKeys.get(id);
  return key ?? refuse(notFound(`The Public Key with id ${id} cannot be found.`));
}

function credentialId({ parameters }: IamCall): string {
  return required(parameters, "ServiceSpecificCredentialId");
}

function credentialOf(user: User, id: string): MapValue<User["serviceSpecificCredentials"]> {
  return user.serviceSpecificCredentials.get(id) ??
    refuse(notFound(`No such credential ${id} exists`));
}

type MapValue<M> = M extends Map<string, infer V> ? V : never;

function checkService(name: string): void {
  if (SERVICES.has(name)) return;
  throw notFound(`No such service ${name} is supported for Service Specific Credentials`);
}

function checkQuota(present: number, quota: number, name: string): void {
  if (present >= quota) throw limitExceeded(`Cannot exceed quota for ${name}: ${quota}`);
}

function certificateFields(user: User, id: string): XmlContent {
  const certificate = user.signingCertificates.get(id);
  return fields({
    UserName: user.userName,
    CertificateId: id,
    CertificateBody: certificate?.body,
    Status: certificate?.status ?? "Active",
    UploadDate: certificate?.uploadDate,
  });
}

function sshKeyFields(user: User, id: string): XmlContent {
  return fields({
    UserName: user.userName,
    SSHPublicKeyId: id,
    Status: sshKeyOf(user, id).status ?? "Active",
    UploadDate: sshKeyOf(user, id).uploadDate,
  });
}

function keyAndFingerprint(body: string): XmlContent {
  return fields({ Fingerprint: fingerprintOf(body), SSHPublicKeyBody: body });
}

/** MD5 of the key, in pairs of digits with colons between. */
function fingerprintOf(body: string): string {
  const key = Buffer.from(body.split(" ")[1] ?? "", "base64");
  return createHash("md5").update(key).digest("hex").match(/../g)!.join(":");
}

function credentialFields(user: User, id: string, accountId: string): XmlContent {
  const credential = credentialOf(user, id);
  return fields({
    UserName: user.userName,
    Status: credential.status ?? "Active",
    ServiceName: credential.serviceName,
    // That of the user when it was made.
    ServiceUserName: `${credential.userName ?? user.userName}-at-${accountId}`,
    ServiceSpecificCredentialId: id,
    CreateDate: credential.createDate,
  });
}

function notFound(message: string): ServiceError {
  return new ServiceError(404, "NoSuchEntity", message);
}
