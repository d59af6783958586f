/**
 * Which users, roles and groups use a managed policy.
 *
 * @module
 */
import type { Account, Group, Role, User } from "../account.ts";
import { type IamOperations, type ListItem, onPolicy, pageOfLists } from "./call.ts";
import { fields, oneOf } from "../query.ts";

interface Uses {
  groups: Group[];
  users: User[];
  roles: Role[];
}

/** The groups, users and roles that a managed policy is attached to. */
function attachmentsOf(arn: string, { groups, users, roles }: Account): Uses {
  const has = ({ attachedPolicies }: Group | User | Role) => attachedPolicies.has(arn);
  return {
    groups: [...groups.values()].filter(has),
    users: [...users.values()].filter(has),
    roles: [...roles.values()].filter(has),
  };
}

/** The users and roles that a managed policy bounds; groups have no boundaries. */
function boundedBy(arn: string, { users, roles }: Account): Uses {
  const isBound = ({ permissionsBoundary }: User | Role) => permissionsBoundary === arn;
  return {
    groups: [],
    users: [...users.values()].filter(isBound),
    roles: [...roles.values()].filter(isBound),
  };
}

const countOf = ({ groups, users, roles }: Uses) => groups.length + users.length + roles.length;

/** To how many groups, users and roles a managed policy is attached. */
export function attachmentCount(arn: string, account: Account): number {
  return countOf(attachmentsOf(arn, account));
}

/** How many users and roles a managed policy bounds. */
export function boundaryCount(arn: string, account: Account): number {
  return countOf(boundedBy(arn, account));
}

const ENTITIES = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
/** What a policy can be used as. */
export const USAGES = ["PermissionsPolicy", "PermissionsBoundary"];

/** The operation of this module. */
export const policyUseOperations: IamOperations = {
  ListEntitiesForPolicy: onPolicy("ListEntitiesForPolicy", ({ arn }, call) => {
    const { account, parameters } = call;
    const entity = oneOf(parameters, "EntityFilter", ENTITIES);
    const usage = oneOf(parameters, "PolicyUsageFilter", USAGES);
    const prefix = parameters.get("PathPrefix") ?? "/";
    const uses = [
      ...(usage === "PermissionsBoundary" ? [] : [attachmentsOf(arn, account)]),
      ...(usage === "PermissionsPolicy" ? [] : [boundedBy(arn, account)]),
    ];
    const listed = <T extends { path: string }>(
      kind: string,
      entitiesOf: (use: Uses) => T[],
      describe: (one: T) => [name: string, id: string],
    ): ListItem[] =>
      [...new Set(uses.flatMap(entitiesOf))]
        .filter(({ path }) => path.startsWith(prefix) && (entity ?? kind) === kind)
        .map((one) => {
          const [name, id] = describe(one);
          return [name, () => fields({ [`${kind}Name`]: name, [`${kind}Id`]: id })];
        });
    return pageOfLists(call, {
      PolicyGroups: listed("Group", (use) => use.groups, (one) => [one.groupName, one.groupId]),
      PolicyUsers: listed("User", (use) => use.users, (one) => [one.userName, one.userId]),
      PolicyRoles: listed("Role", (use) => use.roles, (one) => [one.roleName, one.roleId]),
    });
  }),
};
