/**
 * What the commands about the life of a key call of IAM and S3.
 *
 * @module
 */
import { type CommandUse, on, optional, TOOL_USERS } from "./permission_table.ts";

export const KEYS: CommandUse[] = [
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
