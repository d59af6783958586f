/**
 * IAM's operations on groups. A user must leave all groups before it can be deleted.
 *
 * @module
 */
import {
  alreadyExists,
  arnOf,
  deleteConflict,
  entityNamed,
  groupArn,
  groupOf,
  type IamCall,
  type IamOperation,
  type IamOperations,
  isTaken,
  limitExceeded,
  nameOf,
  onGroup,
  onUser,
  page,
  pathOf,
  userOf,
} from "./call.ts";
import type { Group, User } from "../account.ts";
import { QUOTAS } from "./quotas.ts";
import { uniqueId } from "../identifiers.ts";
import { fields, required } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

const { GroupsPerUserQuota } = QUOTAS;

/** The operations on groups. */
export const groupOperations: IamOperations = {
  CreateGroup: {
    permissions: (call) => [{
      action: "iam:CreateGroup",
      resource: arnOf(call.account, "group", nameOf(call, "GroupName"), pathOf(call)),
    }],
    run: (call) => {
      const { account } = call;
      const groupName = nameOf(call, "GroupName");
      if (isTaken(account.groups.keys(), groupName)) {
        throw alreadyExists(`Group with name ${groupName} already exists.`);
      }
      const path = pathOf(call);
      const group: Group = {
        groupName,
        groupId: uniqueId("AGPA"),
        path,
        arn: arnOf(account, "group", groupName, path),
        createDate: account.clock.now(),
        inlinePolicies: new Map(),
        attachedPolicies: new Set(),
      };
      account.groups.set(groupName, group);
      return element("Group", groupFields(group));
    },
  },

  GetGroup: onGroup("GetGroup", (group, call) => [
    element("Group", groupFields(group)),
    page(
      call,
      "Users",
      [...call.account.users].filter(([, { groups }]) => groups.has(group.groupName)),
      (user) =>
        fields({
          Path: user.path,
          UserName: user.userName,
          UserId: user.userId,
          Arn: user.arn,
          CreateDate: user.createDate,
        }),
    ),
  ]),

  ListGroups: {
    permissions: ({ account }) => [{
      action: "iam:ListGroups",
      resource: `arn:${account.partition}:iam::${account.id}:group/`,
    }],
    run: (call) => {
      const prefix = call.parameters.get("PathPrefix") ?? "/";
      const groups = [...call.account.groups].filter(([, { path }]) => path.startsWith(prefix));
      return page(call, "Groups", groups, groupFields);
    },
  },

  UpdateGroup: {
    permissions: (call) =>
      [groupArn(call.account, nameOf(call, "GroupName")), newArnOf(call)]
        .map((resource) => ({ action: "iam:UpdateGroup", resource })),
    run: (call) => {
      const { account } = call;
      const group = groupOf(call);
      const { groupName: before } = group;
      const name = newNameOf(call);
      const others = [...account.groups.keys()].filter((other) => other !== before);
      if (isTaken(others, name)) throw alreadyExists(`Group with name ${name} already exists.`);
      group.arn = newArnOf(call);
      group.path = newPathOf(call);
      group.groupName = name;
      account.groups.delete(before);
      account.groups.set(name, group);
      for (const { groups } of account.users.values()) if (groups.delete(before)) groups.add(name);
      return undefined;
    },
  },

  DeleteGroup: onGroup("DeleteGroup", (group, { account }) => {
    const { groupName } = group;
    if (group.inlinePolicies.size > 0) {
      throw deleteConflict("Cannot delete entity, must delete policies first.");
    }
    if (group.attachedPolicies.size > 0) {
      throw deleteConflict("Cannot delete entity, must detach all policies first.");
    }
    if ([...account.users.values()].some(({ groups }) => groups.has(groupName))) {
      throw deleteConflict("Cannot delete entity, must remove users from group first.");
    }
    account.groups.delete(groupName);
    return undefined;
  }),

  AddUserToGroup: onGroupAndUser("AddUserToGroup", ({ groupName }, { groups }) => {
    if (groups.size >= GroupsPerUserQuota && !groups.has(groupName)) {
      throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${GroupsPerUserQuota}`);
    }
    groups.add(groupName);
    return undefined;
  }),

  RemoveUserFromGroup: onGroupAndUser("RemoveUserFromGroup", ({ groupName }, user) => {
    user.groups.delete(groupName);
    return undefined;
  }),

  ListGroupsForUser: onUser("ListGroupsForUser", (user, call) =>
    page(
      call,
      "Groups",
      [...call.account.groups].filter(([name]) => user.groups.has(name)),
      groupFields,
    )),
};

/** An operation on a group and one of its users. IAM looks for the user first. */
function onGroupAndUser(
  action: string,
  run: (group: Group, user: User) => XmlContent,
): IamOperation {
  const { permissions } = onGroup(action, () => undefined);
  return {
    permissions,
    run: (call) => {
      const user = namedUser(call);
      return run(groupOf(call), user);
    },
  };
}

function newNameOf(call: IamCall): string {
  return nameOf(call, call.parameters.has("NewGroupName") ? "NewGroupName" : "GroupName");
}

function newPathOf(call: IamCall): string {
  const present = entityNamed(call.account.groups, nameOf(call, "GroupName"))?.path;
  return call.parameters.has("NewPath") ? pathOf(call, "NewPath") : present ?? "/";
}

function newArnOf(call: IamCall): string {
  return arnOf(call.account, "group", newNameOf(call), newPathOf(call));
}

function namedUser(call: IamCall): User {
  required(call.parameters, "UserName");
  return userOf(call);
}

export function groupFields(group: Group): XmlContent {
  return fields({
    Path: group.path,
    GroupName: group.groupName,
    GroupId: group.groupId,
    Arn: group.arn,
    CreateDate: group.createDate,
  });
}
