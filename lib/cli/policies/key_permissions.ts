/**
 * What the commands about the life of a key call of IAM and S3.
 *
 * @module
 */
import { DELETE_USER } from "./create_permissions.ts";
import { type CommandUse, on, optional, TOOL_ROLE, TOOL_USERS, USERS } from "./permission_table.ts";

const SEE_KEYS = ["iam:GetUser", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"];
const READ_KEYS = [
  "iam:GetUser",
  "iam:ListAccessKeys",
  "iam:GetAccessKeyLastUsed",
  "iam:ListUserPolicies",
  "iam:GetUserPolicy",
  "iam:ListAttachedUserPolicies",
  "iam:ListGroupsForUser",
];
const MANAGED_POLICIES = on("arn:aws:iam::*:policy/*", "iam:GetPolicy", "iam:GetPolicyVersion");
const IN_ITS_PLACE = "null in its place, with a warning";

export const KEYS: CommandUse[] = [
  {
    command: "list-credentials",
    use: "All that this tool has created",
    line: "list-credentials",
    permissions: [
      ...on("*", "iam:ListUsers"),
      ...optional(IN_ITS_PLACE, [...on(USERS, ...READ_KEYS), ...MANAGED_POLICIES]),
      ...optional(
        "five more calls a user; it shows all users, groups, roles and policies of the account",
        on("*", "iam:GetAccountAuthorizationDetails"),
      ).map((permission) => ({ ...permission, sparesCalls: true as const })),
    ],
  },
  {
    command: "list-credentials",
    use: "Some users",
    line: "list-credentials --user s3.read-write.my-bucket",
    permissions: optional(IN_ITS_PLACE, [...on(TOOL_USERS, ...READ_KEYS), ...MANAGED_POLICIES]),
  },
  ...["disable-key", "enable-key"].map((command) => ({
    command,
    line: `${command} AKIAIOSFODNN7EXAMPLE`,
    permissions: [
      ...on(USERS, "iam:GetAccessKeyLastUsed", "iam:UpdateAccessKey"),
      ...optional(
        "whether it had to be changed is not told",
        on(USERS, "iam:ListAccessKeys"),
      ),
    ],
  })),
  {
    command: "delete-key",
    line: "delete-key AKIAIOSFODNN7EXAMPLE",
    permissions: on(USERS, "iam:GetAccessKeyLastUsed", "iam:DeleteAccessKey"),
  },
  {
    command: "rotate",
    use: "A second key",
    line: "rotate s3.read-write.my-bucket",
    permissions: [
      ...on(TOOL_USERS, ...SEE_KEYS, "iam:CreateAccessKey"),
      ...optional(
        "nothing is said of keys that expire, or have expired",
        on(TOOL_USERS, "iam:GetUserPolicy"),
      ),
    ],
    undo: on(TOOL_USERS, "iam:DeleteAccessKey"),
  },
  {
    command: "rotate",
    use: "The state of a rotation",
    line: "rotate s3.read-write.my-bucket --status",
    permissions: on(TOOL_USERS, ...SEE_KEYS),
  },
  {
    command: "rotate",
    use: "The old key is deactivated",
    line: "rotate s3.read-write.my-bucket --finish",
    permissions: on(TOOL_USERS, ...SEE_KEYS, "iam:TagUser", "iam:UpdateAccessKey"),
  },
  {
    command: "rotate",
    use: "The old key is deleted",
    line: "rotate s3.read-write.my-bucket --finish --grace 0s",
    permissions: [
      ...on(TOOL_USERS, ...SEE_KEYS, "iam:DeleteAccessKey"),
      ...optional("the tag stays", on(TOOL_USERS, "iam:UntagUser")),
    ],
  },
  {
    command: "rotate",
    use: "Back to the old key",
    line: "rotate s3.read-write.my-bucket --rollback",
    permissions: on(TOOL_USERS, ...SEE_KEYS, "iam:UpdateAccessKey", "iam:DeleteAccessKey"),
  },
  {
    command: "prune",
    use: "Users that have expired",
    line: "prune --expired --yes",
    permissions: [
      ...on("*", "iam:ListUsers"),
      ...on(USERS, "iam:GetUser"),
      ...on(TOOL_USERS, "iam:GetUserPolicy"),
      ...DELETE_USER,
    ],
  },
  {
    command: "prune",
    use: "Users whose keys are not used",
    line: "prune --unused-for 90d --yes",
    permissions: [
      ...on("*", "iam:ListUsers"),
      ...on(USERS, "iam:GetUser"),
      ...on(TOOL_USERS, "iam:GetAccessKeyLastUsed"),
      ...DELETE_USER,
    ],
  },
  {
    command: "prune",
    use: "What would be deleted",
    line: "prune --orphans --dry-run",
    permissions: [
      ...on("*", "iam:ListUsers"),
      ...on(USERS, "iam:GetUser"),
      ...on(TOOL_USERS, "iam:ListAccessKeys"),
    ],
  },
  {
    command: "revoke-sessions",
    use: "All that were issued until now",
    line: "revoke-sessions",
    permissions: on(TOOL_ROLE, "iam:GetRolePolicy", "iam:PutRolePolicy"),
  },
  {
    command: "revoke-sessions",
    use: "Let them work again",
    line: "revoke-sessions --undo",
    permissions: on(TOOL_ROLE, "iam:DeleteRolePolicy"),
  },
  {
    command: "extend",
    use: "Keys that expire",
    line: "extend s3.read-write.my-bucket 30d",
    permissions: [
      ...on(TOOL_USERS, "iam:GetUser", "iam:GetUserPolicy", "iam:PutUserPolicy"),
      ...optional("the tag stays as it was", on(TOOL_USERS, "iam:TagUser")),
    ],
  },
  {
    command: "extend",
    use: "So that they never expire",
    line: "extend s3.read-write.my-bucket never",
    permissions: [
      ...on(TOOL_USERS, "iam:GetUser", "iam:GetUserPolicy", "iam:DeleteUserPolicy"),
      ...optional("the tag stays as it was", on(TOOL_USERS, "iam:UntagUser")),
    ],
  },
];
