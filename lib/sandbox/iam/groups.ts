/**
 * IAM's operations on groups. A user must leave all groups before it can be deleted.
 *
 * @module
 */
import {
  alreadyExists,
  arnOf,
  deleteConflict,
  type IamCall,
  type IamOperation,
  type IamOperations,
  isTaken,
  nameOf,
  noSuchEntity,
  onUser,
  page,
  pathOf,
  refuse,
  userOf,
} from "./call.ts";
import type { Group, User } from "../account.ts";
import { uniqueId } from "../identifiers.ts";
import { fields, required } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

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
      };
      account.groups.set(groupName, group);
      return element("Group", groupFields(group));
    },
  },

  DeleteGroup: onGroup("DeleteGroup", ({ groupName }, { account }) => {
    if ([...account.users.values()].some(({ groups }) => groups.has(groupName))) {
      throw deleteConflict("Cannot delete entity, must remove users from group first.");
    }
    account.groups.delete(groupName);
    return undefined;
  }),

  AddUserToGroup: onGroup("AddUserToGroup", ({ groupName }, call) => {
    namedUser(call).groups.add(groupName);
    return undefined;
  }),

  RemoveUserFromGroup: onGroup("RemoveUserFromGroup", ({ groupName }, call) => {
    const user = namedUser(call);
    if (!user.groups.delete(groupName)) throw noSuchEntity("user", user.userName);
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

function onGroup(
  action: string,
  run: (group: Group, call: IamCall) => XmlContent,
): IamOperation {
  const named = (call: IamCall) => {
    const name = nameOf(call, "GroupName");
    return { name, group: call.account.groups.get(name) };
  };
  return {
    permissions: (call) => {
      const { name, group } = named(call);
      const resource = group?.arn ?? arnOf(call.account, "group", name);
      return [{ action: `iam:${action}`, resource }];
    },
    run: (call) => {
      const { name, group } = named(call);
      return run(group ?? refuse(noSuchEntity("group", name)), call);
    },
  };
}

function namedUser(call: IamCall): User {
  required(call.parameters, "UserName");
  return userOf(call);
}

function groupFields(group: Group): XmlContent {
  return fields({
    Path: group.path,
    GroupName: group.groupName,
    GroupId: group.groupId,
    Arn: group.arn,
    CreateDate: group.createDate,
  });
}
