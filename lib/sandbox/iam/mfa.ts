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
  mergeTags,
  nameOf,
  onUser,
  page,
  pageOfTags,
  pathOf,
  refuse,
  tagContext,
  taggingOperations,
  tagMembers,
  tagsOf,
} from "./call.ts";
import type { MfaDevice } from "./entities.ts";
import { plainUser } from "./users.ts";
import { base32Secret } from "../identifiers.ts";
import { ServiceError } from "../operation.ts";
import { checkLength, fields, oneOf, required } from "../query.ts";
import { element } from "../xml.ts";

/** The operations of this module. */
export const mfaOperations: IamOperations = {
  CreateVirtualMFADevice: {
    permissions: (call) => {
      const resource = newSerialNumber(call);
      const tags = tagsOf(call, "MFADevice");
      const context = tagContext(tags);
      return [
        { action: "iam:CreateVirtualMFADevice", resource, context },
        ...(tags.length > 0 ? [{ action: "iam:TagMFADevice", resource, context }] : []),
      ];
    },
    run: (call) => {
      const serialNumber = newSerialNumber(call);
      if (call.account.virtualMfaDevices.has(serialNumber)) {
        throw alreadyExists("MFA device already exists.");
      }
      const tags = mergeTags([], tagsOf(call, "MFADevice"), "MFADevice");
      call.account.virtualMfaDevices.set(serialNumber, { userName: undefined, tags });
      return element(
        "VirtualMFADevice",
        fields({ SerialNumber: serialNumber, Base32StringSeed: btoa(base32Secret()) }),
        tags.length > 0 ? tagMembers(tags) : undefined,
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

  GetMFADevice: onUser("GetMFADevice", (user, { parameters }) => {
    const SerialNumber = serialNumberOf({ parameters });
    const device = user.mfaDevices.get(SerialNumber) ?? refuse(noSuchDevice(SerialNumber));
    return fields({ UserName: user.userName, SerialNumber, EnableDate: device.enableDate });
  }),

  ResyncMFADevice: onUser("ResyncMFADevice", (user, call) => {
    const serialNumber = serialNumberOf(call);
    if (!user.mfaDevices.has(serialNumber)) throw noSuchDevice(serialNumber);
    checkCodes(call);
    return undefined;
  }),

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

  ...taggingOperations("MFADevice", serialNumberOf, deviceOf),

  ListMFADeviceTags: {
    permissions: (call) => [{ action: "iam:ListMFADeviceTags", resource: serialNumberOf(call) }],
    run: (call) => pageOfTags(call, deviceOf(call).tags ?? []),
  },
};

function deviceOf(call: IamCall): MfaDevice {
  const serialNumber = serialNumberOf(call);
  return call.account.virtualMfaDevices.get(serialNumber) ?? refuse(noSuchDevice(serialNumber));
}

function newSerialNumber(call: IamCall): string {
  return arnOf(call.account, "mfa", nameOf(call, "VirtualMFADeviceName", 226), pathOf(call));
}

function serialNumberOf({ parameters }: Pick<IamCall, "parameters">): string {
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
    `MFA Device with serial number ${serialNumber} does not exist.`,
  );
}
