/**
 * IAM's operations on virtual MFA devices.
 *
 * @module
 */
import {
  alreadyExists,
  arnOf,
  deleteConflict,
  type IamCall,
  type IamOperations,
  nameOf,
  onUser,
  page,
  pathOf,
  refuse,
} from "./call.ts";
import { plainUser } from "./users.ts";
import { base32Secret } from "../identifiers.ts";
import { ServiceError } from "../operation.ts";
import { checkLength, fields, oneOf, refuseUnsupported, required } from "../query.ts";
import { element } from "../xml.ts";

/** The operations of this module. */
export const mfaOperations: IamOperations = {
  CreateVirtualMFADevice: {
    permissions: (call) => [{
      action: "iam:CreateVirtualMFADevice",
      resource: newSerialNumber(call),
    }],
    run: (call) => {
      refuseUnsupported(call, ["Tags"]);
      const serialNumber = newSerialNumber(call);
      if (call.account.virtualMfaDevices.has(serialNumber)) {
        throw alreadyExists("MFADevice entity at the same path and name already exists.");
      }
      call.account.virtualMfaDevices.set(serialNumber, { userName: undefined });
      return element(
        "VirtualMFADevice",
        fields({ SerialNumber: serialNumber, Base32StringSeed: btoa(base32Secret()) }),
      );
    },
  },

  ListVirtualMFADevices: {
    permissions: ({ account }) => [{
      action: "iam:ListVirtualMFADevices",
      resource: `arn:${account.partition}:iam::${account.id}:mfa/`,
    }],
    run: (call) => {
      const { account, parameters } = call;
      const status = oneOf(parameters, "AssignmentStatus", ["Assigned", "Unassigned", "Any"]);
      const devices = [...account.virtualMfaDevices].filter(([, { userName }]) =>
        (status ?? "Any") === "Any" || (status === "Assigned") === (userName !== undefined)
      );
      return page(call, "VirtualMFADevices", devices, ({ userName = "" }, SerialNumber) => {
        const user = account.users.get(userName);
        const EnableDate = user?.mfaDevices.get(SerialNumber)?.enableDate;
        return [fields({ SerialNumber, EnableDate }), user && element("User", plainUser(user))];
      });
    },
  },

  EnableMFADevice: onUser("EnableMFADevice", (user, call) => {
    const serialNumber = serialNumberOf(call);
    const device = call.account.virtualMfaDevices.get(serialNumber) ??
      refuse(noSuchDevice(serialNumber));
    if (device.userName !== undefined) throw alreadyExists("MFA Device is already in use.");
    checkCodes(call);
    device.userName = user.userName;
    user.mfaDevices.set(serialNumber, { enableDate: call.account.clock.now() });
    return undefined;
  }),

  ListMFADevices: onUser("ListMFADevices", (user, call) =>
    page(
      call,
      "MFADevices",
      user.mfaDevices,
      ({ enableDate }, serialNumber) =>
        fields({ UserName: user.userName, SerialNumber: serialNumber, EnableDate: enableDate }),
    )),

  DeactivateMFADevice: onUser("DeactivateMFADevice", (user, call) => {
    const serialNumber = serialNumberOf(call);
    if (!user.mfaDevices.delete(serialNumber)) throw noSuchDevice(serialNumber);
    const device = call.account.virtualMfaDevices.get(serialNumber);
    if (device) device.userName = undefined;
    return undefined;
  }),

  DeleteVirtualMFADevice: {
    permissions: (call) => [{
      action: "iam:DeleteVirtualMFADevice",
      resource: serialNumberOf(call),
    }],
    run: (call) => {
      const serialNumber = serialNumberOf(call);
      const devices = call.account.virtualMfaDevices;
      const device = devices.get(serialNumber) ?? refuse(noSuchDevice(serialNumber));
      if (device.userName !== undefined) {
        throw deleteConflict("MFA VirtualDevice in use. Must deactivate first.");
      }
      devices.delete(serialNumber);
      return undefined;
    },
  },
};

function newSerialNumber(call: IamCall): string {
  return arnOf(call.account, "mfa", nameOf(call, "VirtualMFADeviceName", 226), pathOf(call));
}

function serialNumberOf({ parameters }: IamCall): string {
  const serialNumber = required(parameters, "SerialNumber");
  checkLength("SerialNumber", serialNumber, 9, 256);
  return serialNumber;
}

/** There is no real device, so any two different codes of the right form are accepted. */
function checkCodes({ parameters }: IamCall): void {
  const codes = [1, 2].map((index) => required(parameters, `AuthenticationCode${index}`));
  if (codes.every((code) => /^\d{6}$/.test(code)) && codes[0] !== codes[1]) return;
  throw new ServiceError(
    403,
    "InvalidAuthenticationCode",
    "Authentication code for device is not valid.",
  );
}

function noSuchDevice(serialNumber: string): ServiceError {
  return new ServiceError(
    404,
    "NoSuchEntity",
    `VirtualMFADevice with serial number ${serialNumber} doesn't exist.`,
  );
}
