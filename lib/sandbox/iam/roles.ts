/**
 * IAM's operations on roles themselves.
 *
 * @module
 */
import type { Role } from "../account.ts";
import { boundaryContext, boundaryElement, boundaryOf } from "./boundary.ts";
import {
  alreadyExists,
  arnOf,
  deleteConflict,
  type IamCall,
  type IamOperations,
  isTaken,
  limitExceeded,
  mergeTags,
  nameOf,
  onRole,
  page,
  pageOfTags,
  pathOf,
  roleArn,
  roleOf,
  tagContext,
  taggingOperations,
  tagMembers,
  tagsOf,
} from "./call.ts";
import { QUOTAS } from "./quotas.ts";
import { uniqueId } from "../identifiers.ts";
import { checkTrustPolicy, countedLength } from "../auth/policy_document.ts";
import { checkLength, fields, integer, required } from "../query.ts";
import { encode } from "../auth/signature.ts";
import { renamePrincipal } from "../stored_principals.ts";
import { element, type XmlContent } from "../xml.ts";

const SHORTEST_SESSION = 3600;
const LONGEST_SESSION = 43_200;
const { AssumeRolePolicySizeQuota } = QUOTAS;

/** The operations of this module. */
export const roleOperations: IamOperations = {
  CreateRole: {
    permissions: (call) => {
      const resource = arnOf(call.account, "role", nameOf(call, "RoleName", 64), pathOf(call));
      const tags = tagsOf(call, "Role");
      const context = { ...tagContext(tags), ...boundaryContext(call) };
      return [
        { action: "iam:CreateRole", resource, context },
        ...(tags.length > 0 ? [{ action: "iam:TagRole", resource, context }] : []),
      ];
    },
    run: (call) => {
      const role = newRole(call);
      if (isTaken(call.account.roles.keys(), role.roleName)) {
        throw alreadyExists(`Role with name ${role.roleName} already exists.`);
      }
      call.account.roles.set(role.roleName, role);
      return element(
        "Role",
        roleFields(role),
        boundaryElement(role.permissionsBoundary),
        tagList(role),
      );
    },
  },

  GetRole: onRole("GetRole", (role) => element("Role", detailedRole(role))),

  ListRoles: {
    permissions: ({ account }) => [{
      action: "iam:ListRoles",
      resource: `arn:${account.partition}:iam::${account.id}:role/`,
    }],
    run: (call) => {
      const prefix = call.parameters.get("PathPrefix") ?? "/";
      const roles = [...call.account.roles].filter(([, role]) => role.path.startsWith(prefix));
      return page(call, "Roles", roles, plainRole);
    },
  },

  DeleteRole: onRole("DeleteRole", (role, { account }) => {
    if (role.inlinePolicies.size > 0) {
      throw deleteConflict("Cannot delete entity, must delete policies first.");
    }
    if (role.attachedPolicies.size > 0) {
      throw deleteConflict("Cannot delete entity, must detach all policies first.");
    }
    const profiles = [...account.instanceProfiles.values()];
    if (profiles.some(({ roleName }) => roleName === role.roleName)) {
      throw deleteConflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    account.roles.delete(role.roleName);
    renamePrincipal(account, role.arn, role.roleId);
    return undefined;
  }),

  UpdateRole: onRole("UpdateRole", (role, call) => {
    const description = call.parameters.get("Description");
    if (description !== undefined) checkLength("Description", description, 0, 1000);
    role.maxSessionDuration = sessionDurationOf(call) ?? role.maxSessionDuration;
    role.description = description ?? role.description;
    // The only change whose response has a result element, which is empty.
    return [];
  }),

  UpdateRoleDescription: onRole("UpdateRoleDescription", (role, { parameters }) => {
    const description = required(parameters, "Description");
    checkLength("Description", description, 0, 1000);
    role.description = description;
    return element("Role", roleFields(role), fields({ Description: description }));
  }),

  PutRolePermissionsBoundary: {
    permissions: (call) => [{
      action: "iam:PutRolePermissionsBoundary",
      resource: roleArn(call.account, nameOf(call, "RoleName", 64)),
      context: boundaryContext(call),
    }],
    run: (call) => {
      roleOf(call).permissionsBoundary = boundaryOf(call, true);
      return undefined;
    },
  },

  DeleteRolePermissionsBoundary: onRole("DeleteRolePermissionsBoundary", (role) => {
    role.permissionsBoundary = undefined;
    return undefined;
  }),

  UpdateAssumeRolePolicy: onRole("UpdateAssumeRolePolicy", (role, call) => {
    role.assumeRolePolicyDocument = trustPolicyOf(call, "PolicyDocument");
    return undefined;
  }),

  ...taggingOperations(
    "Role",
    (call) => roleArn(call.account, nameOf(call, "RoleName", 64)),
    roleOf,
  ),

  ListRoleTags: onRole("ListRoleTags", (role, call) => pageOfTags(call, role.tags)),
};

function newRole(call: IamCall): Role {
  const roleName = nameOf(call, "RoleName", 64);
  const path = pathOf(call);
  const description = call.parameters.get("Description");
  if (description !== undefined) checkLength("Description", description, 0, 1000);
  return {
    roleName,
    roleId: uniqueId("AROA"),
    path,
    arn: arnOf(call.account, "role", roleName, path),
    createDate: call.account.clock.now(),
    description,
    maxSessionDuration: sessionDurationOf(call) ?? SHORTEST_SESSION,
    permissionsBoundary: boundaryOf(call),
    tags: mergeTags([], tagsOf(call, "Role"), "Role"),
    inlinePolicies: new Map(),
    attachedPolicies: new Set(),
    lastUsed: undefined,
    assumeRolePolicyDocument: trustPolicyOf(call, "AssumeRolePolicyDocument"),
  };
}

function sessionDurationOf(call: IamCall): number | undefined {
  return integer(call.parameters, "MaxSessionDuration", SHORTEST_SESSION, LONGEST_SESSION);
}

function trustPolicyOf(call: IamCall, parameter: string): string {
  const document = required(call.parameters, parameter);
  checkTrustPolicy(parameter, document, call.account);
  if (countedLength(document) > AssumeRolePolicySizeQuota) {
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${AssumeRolePolicySizeQuota}`);
  }
  return document;
}

/** Writes what all answers say of a role. That to CreateRole has no description either. */
export function roleFields(role: Role): XmlContent {
  return fields({
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: role.createDate,
    AssumeRolePolicyDocument: encode(role.assumeRolePolicyDocument),
  });
}

/** Lists omit the boundary, the tags and the last use. */
function plainRole(role: Role): XmlContent {
  const { description: Description, maxSessionDuration: MaxSessionDuration } = role;
  return [roleFields(role), fields({ Description, MaxSessionDuration })];
}

function detailedRole(role: Role): XmlContent {
  return [
    plainRole(role),
    boundaryElement(role.permissionsBoundary),
    tagList(role),
    lastUseOf(role),
  ];
}

/** Writes when and where a role was last assumed. */
export function lastUseOf({ lastUsed }: Role): XmlContent {
  return element(
    "RoleLastUsed",
    fields({ LastUsedDate: lastUsed?.date, Region: lastUsed?.region }),
  );
}

function tagList(role: Role): XmlContent {
  return role.tags.length > 0 ? tagMembers(role.tags) : undefined;
}
