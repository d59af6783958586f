/**
 * IAM's operations on instance profiles, by which EC2 gives a role to its instances.
 *
 * @module
 */
import type { Account } from "../account.ts";
import {
  alreadyExists,
  arnOf,
  deleteConflict,
  entityNamed,
  type IamCall,
  type IamOperation,
  type IamOperations,
  isTaken,
  limitExceeded,
  mergeTags,
  nameOf,
  onRole,
  page,
  pageOfTags,
  pathOf,
  refuse,
  roleArn,
  roleOf,
  tagContext,
  taggingOperations,
  tagMembers,
  tagsOf,
} from "./call.ts";
import type { InstanceProfile } from "./entities.ts";
import { uniqueId } from "../identifiers.ts";
import { ServiceError } from "../operation.ts";
import { fields, members } from "../query.ts";
import { roleFields } from "./roles.ts";
import { element, type XmlContent } from "../xml.ts";

/** The operations of this module. */
export const instanceProfileOperations: IamOperations = {
  CreateInstanceProfile: {
    permissions: (call) => {
      const resource = newArn(call);
      const tags = tagsOf(call, "InstanceProfile");
      const context = tagContext(tags);
      return [
        { action: "iam:CreateInstanceProfile", resource, context },
        ...(tags.length > 0 ? [{ action: "iam:TagInstanceProfile", resource, context }] : []),
      ];
    },
    run: (call) => {
      const { account } = call;
      const name = profileName(call);
      if (isTaken(account.instanceProfiles.keys(), name)) {
        throw alreadyExists(`Instance Profile ${name} already exists.`);
      }
      const profile: InstanceProfile = {
        instanceProfileName: name,
        instanceProfileId: uniqueId("AIPA"),
        path: pathOf(call),
        arn: newArn(call),
        createDate: account.clock.now(),
        tags: mergeTags([], tagsOf(call, "InstanceProfile"), "InstanceProfile"),
        roleName: undefined,
      };
      account.instanceProfiles.set(name, profile);
      const tags = profile.tags.length > 0 ? tagMembers(profile.tags) : undefined;
      return element("InstanceProfile", profileFields(profile, account), tags);
    },
  },

  GetInstanceProfile: onProfile(
    "GetInstanceProfile",
    (profile, { account }) =>
      element("InstanceProfile", profileFields(profile, account), tagMembers(profile.tags)),
  ),

  ListInstanceProfiles: {
    permissions: ({ account }) => [{
      action: "iam:ListInstanceProfiles",
      resource: `arn:${account.partition}:iam::${account.id}:instance-profile/`,
    }],
    run: (call) => {
      const prefix = call.parameters.get("PathPrefix") ?? "/";
      return pageOfProfiles(call, ({ path }) => path.startsWith(prefix));
    },
  },

  ListInstanceProfilesForRole: onRole(
    "ListInstanceProfilesForRole",
    (role, call) => pageOfProfiles(call, ({ roleName }) => roleName === role.roleName),
  ),

  AddRoleToInstanceProfile: {
    permissions: (call) => [
      { action: "iam:AddRoleToInstanceProfile", resource: profileArn(call) },
      {
        action: "iam:PassRole",
        resource: roleArn(call.account, nameOf(call, "RoleName", 64)),
        context: { "iam:PassedToService": serviceOf(call.account) },
      },
    ],
    run: (call) => {
      const profile = profileOf(call);
      const role = roleOf(call);
      if (profile.roleName !== undefined) {
        throw limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
      }
      profile.roleName = role.roleName;
      return undefined;
    },
  },

  RemoveRoleFromInstanceProfile: onProfile(
    "RemoveRoleFromInstanceProfile",
    (profile, call) => {
      const { roleName } = roleOf(call);
      const { instanceProfileName } = profile;
      if (profile.roleName !== roleName) {
        throw notFound(`Role ${roleName} in Instance Profile ${instanceProfileName}`);
      }
      profile.roleName = undefined;
      return undefined;
    },
  ),

  DeleteInstanceProfile: onProfile("DeleteInstanceProfile", (profile, { account }) => {
    if (profile.roleName !== undefined) {
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    account.instanceProfiles.delete(profile.instanceProfileName);
    return undefined;
  }),

  ...taggingOperations("InstanceProfile", profileArn, profileOf),

  ListInstanceProfileTags: onProfile(
    "ListInstanceProfileTags",
    (profile, call) => pageOfTags(call, profile.tags),
  ),
};

/** An operation that needs one permission, on the instance profile that the call is about. */
function onProfile(
  action: string,
  run: (profile: InstanceProfile, call: IamCall) => XmlContent,
): IamOperation {
  return {
    permissions: (call) => [{ action: `iam:${action}`, resource: profileArn(call) }],
    run: (call) => run(profileOf(call), call),
  };
}

function profileName(call: IamCall): string {
  return nameOf(call, "InstanceProfileName");
}

function profileOf(call: IamCall): InstanceProfile {
  const name = profileName(call);
  return entityNamed(call.account.instanceProfiles, name) ??
    refuse(notFound(`Instance Profile ${name}`));
}

/** ARN of the instance profile that the call is about, with its path if it exists. */
function profileArn(call: IamCall): string {
  const name = profileName(call);
  return entityNamed(call.account.instanceProfiles, name)?.arn ??
    arnOf(call.account, "instance-profile", name);
}

function newArn(call: IamCall): string {
  return arnOf(call.account, "instance-profile", profileName(call), pathOf(call));
}

/** The service that gets the role. */
function serviceOf({ partition }: Account): string {
  return partition === "aws-cn" ? "ec2.amazonaws.com.cn" : "ec2.amazonaws.com";
}

function pageOfProfiles(
  call: IamCall,
  isWanted: (profile: InstanceProfile) => boolean,
): XmlContent {
  const { account } = call;
  const profiles = [...account.instanceProfiles].filter(([, profile]) => isWanted(profile));
  return page(call, "InstanceProfiles", profiles, (profile) => profileFields(profile, account));
}

/** Writes an instance profile as lists have it: without its tags. */
export function profileFields(
  { path, instanceProfileName, instanceProfileId, arn, createDate, roleName }: InstanceProfile,
  { roles }: Account,
): XmlContent {
  const role = roleName === undefined ? undefined : roles.get(roleName);
  return [
    fields({
      Path: path,
      InstanceProfileName: instanceProfileName,
      InstanceProfileId: instanceProfileId,
      Arn: arn,
      CreateDate: createDate,
    }),
    members("Roles", role ? [roleFields(role)] : []),
  ];
}

function notFound(what: string): ServiceError {
  return new ServiceError(404, "NoSuchEntity", `${what} cannot be found.`);
}
