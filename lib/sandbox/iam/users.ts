/**
 * IAM's operations on users themselves: create, read, tag, bound, delete.
 *
 * @module
 */
import type { Account, User } from "../account.ts";
import { identify } from "../caller.ts";
import {
  alreadyExists,
  arnOf,
  deleteConflict,
  entityNamed,
  type IamCall,
  type IamOperations,
  isTaken,
  mergeTags,
  nameOf,
  onUser,
  page,
  pageOfTags,
  pathOf,
  tagContext,
  taggingOperations,
  tagMembers,
  tagsOf,
  userArn,
  userNameOf,
  userOf,
} from "./call.ts";
import { boundaryContext, boundaryElement, boundaryOf } from "./boundary.ts";
import { fields } from "../query.ts";
import { createUser } from "../seed.ts";
import { renamePrincipal } from "../stored_principals.ts";
import { element, type XmlContent } from "../xml.ts";

/** The operations of this module. */
export const userOperations: IamOperations = {
  CreateUser: {
    permissions: (call) => {
      const resource = arnOf(call.account, "user", nameOf(call, "UserName", 64), pathOf(call));
      const tags = tagsOf(call, "User");
      const context = { ...tagContext(tags), ...boundaryContext(call) };
      return [
        { action: "iam:CreateUser", resource, context },
        ...(tags.length > 0 ? [{ action: "iam:TagUser", resource, context }] : []),
      ];
    },
    run: (call) => {
      const { account } = call;
      const name = nameOf(call, "UserName", 64);
      if (isTaken(account.users.keys(), name)) {
        throw alreadyExists(`User with name ${name} already exists.`);
      }
      const user = createUser(
        account.id,
        name,
        pathOf(call),
        account.clock.now(),
        account.partition,
      );
      user.tags = mergeTags([], tagsOf(call, "User"), "User");
      user.permissionsBoundary = boundaryOf(call);
      account.users.set(name, user);
      account.visibility.note(user);
      return element("User", detailedUser(user));
    },
  },

  GetUser: {
    permissions: (call) =>
      isRootItself(call)
        ? []
        : [{ action: "iam:GetUser", resource: userArn(call.account, userNameOf(call)) }],
    run: (call) =>
      element("User", isRootItself(call) ? rootUser(call) : detailedUser(userOf(call))),
  },

  ListUsers: {
    permissions: ({ account }) => [{
      action: "iam:ListUsers",
      resource: `arn:${account.partition}:iam::${account.id}:user/`,
    }],
    run: (call) => {
      const prefix = call.parameters.get("PathPrefix") ?? "/";
      const users = [...call.account.users].filter(([, user]) => user.path.startsWith(prefix));
      return page(call, "Users", users, plainUser);
    },
  },

  DeleteUser: onUser("DeleteUser", (user, { account }) => {
    for (const [isInTheWay, message] of OBSTACLES) {
      if (isInTheWay(user)) throw deleteConflict(`Cannot delete entity, must ${message} first.`);
    }
    account.users.delete(user.userName);
    renamePrincipal(account, user.arn, user.userId);
    return undefined;
  }),

  UpdateUser: {
    permissions: (call) => {
      const resources = [userArn(call.account, nameOf(call, "UserName"))];
      if (call.parameters.get("NewUserName") !== undefined) resources.push(newArnOf(call));
      return resources.map((resource) => ({ action: "iam:UpdateUser", resource }));
    },
    run: (call) => {
      const user = userOf(call);
      const [name, path, arn] = [newNameOf(call), newPathOf(call), newArnOf(call)];
      const others = [...call.account.users.keys()].filter((other) => other !== user.userName);
      if (isTaken(others, name)) throw alreadyExists(`User with name ${name} already exists.`);
      call.account.users.delete(user.userName);
      for (const device of call.account.virtualMfaDevices.values()) {
        if (device.userName === user.userName) device.userName = name;
      }
      renamePrincipal(call.account, user.arn, arn);
      user.arn = arn;
      user.path = path;
      user.userName = name;
      call.account.users.set(name, user);
      return undefined;
    },
  },

  ...taggingOperations("User", (call) => userArn(call.account, nameOf(call, "UserName")), userOf),

  ListUserTags: onUser("ListUserTags", (user, call) => pageOfTags(call, user.tags)),

  PutUserPermissionsBoundary: {
    permissions: (call) => [{
      action: "iam:PutUserPermissionsBoundary",
      resource: userArn(call.account, nameOf(call, "UserName")),
      context: boundaryContext(call),
    }],
    run: (call) => {
      userOf(call).permissionsBoundary = boundaryOf(call, true);
      return undefined;
    },
  },

  DeleteUserPermissionsBoundary: onUser("DeleteUserPermissionsBoundary", (user) => {
    user.permissionsBoundary = undefined;
    return undefined;
  }),
};

/** What must be deleted before a user can be, in the order in which IAM checks. */
const OBSTACLES: [isInTheWay: (user: User) => boolean, message: string][] = [
  [(user) => user.inlinePolicies.size > 0, "delete policies"],
  [(user) => user.attachedPolicies.size > 0, "detach all policies"],
  [(user) => user.groups.size > 0, "remove users from group"],
  [(user) => user.accessKeys.size > 0, "delete access keys"],
  [(user) => user.loginProfile !== undefined, "delete login profile"],
  [(user) => user.mfaDevices.size > 0, "delete MFA device"],
  [(user) => user.signingCertificates.size > 0, "delete certificates"],
  [
    (user) => user.sshPublicKeys.size > 0 || user.serviceSpecificCredentials.size > 0,
    "remove referenced objects",
  ],
];

function isRootItself({ caller, parameters }: IamCall): boolean {
  return caller.type === "root" && parameters.get("UserName") === undefined;
}

function rootArn(account: Account): string {
  return identify({ type: "root", accessKeyId: "" }, account)!.arn;
}

function rootUser({ account }: IamCall): XmlContent {
  const createDate = account.rootKey?.createDate;
  return fields({ UserId: account.id, Arn: rootArn(account), CreateDate: createDate });
}

/** Lists omit the boundary and the tags. */
export function plainUser(user: User): XmlContent {
  return fields({
    Path: user.path,
    UserName: user.userName,
    UserId: user.userId,
    Arn: user.arn,
    CreateDate: user.createDate,
    PasswordLastUsed: user.loginProfile?.passwordLastUsed,
  });
}

function detailedUser(user: User): XmlContent {
  return [
    plainUser(user),
    boundaryElement(user.permissionsBoundary),
    user.tags.length > 0 ? tagMembers(user.tags) : undefined,
  ];
}

function newNameOf(call: IamCall): string {
  const isGiven = call.parameters.get("NewUserName") !== undefined;
  return nameOf(call, isGiven ? "NewUserName" : "UserName", 64);
}

function newPathOf(call: IamCall): string {
  const present = entityNamed(call.account.users, nameOf(call, "UserName"))?.path;
  return call.parameters.has("NewPath") ? pathOf(call, "NewPath") : present ?? "/";
}

function newArnOf(call: IamCall): string {
  return arnOf(call.account, "user", newNameOf(call), newPathOf(call));
}
