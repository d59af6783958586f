/**
 * What `create`, `exec` and `localserver` call of IAM, STS and S3.
 *
 * @module
 */
import {
  BUCKET,
  type CommandPermission,
  type CommandUse,
  FULL_ACCESS,
  on,
  optional,
  TOOL_ROLE,
  TOOL_USERS,
} from "./permission_table.ts";

/** Only users that a boundary limits to S3: without it, the policy could be used to grant anything. */
const LIMITED = {
  StringEquals: {
    "iam:PermissionsBoundary": [FULL_ACCESS, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
  },
};
const ONLY_FULL_ACCESS = { ArnEquals: { "iam:PolicyARN": [FULL_ACCESS] } };

const SEE_BUCKET: CommandPermission[] = [
  ...on(BUCKET, "s3:ListBucket"),
  ...optional(
    "no warning of a bucket that encrypts with a KMS key, and `--kms` adds nothing",
    on(BUCKET, "s3:GetEncryptionConfiguration"),
  ),
];

const TAG_USER = optional("the user gets no tags", on(TOOL_USERS, "iam:TagUser"));

const NEW_USER: CommandPermission[] = [
  ...TAG_USER,
  ...on(TOOL_USERS, "iam:GetUser", "iam:CreateAccessKey"),
  { action: "iam:CreateUser", resource: TOOL_USERS, condition: LIMITED },
  { action: "iam:PutUserPolicy", resource: TOOL_USERS, condition: LIMITED },
];

export const RARE_LISTS = [
  "iam:ListAttachedUserPolicies",
  "iam:ListGroupsForUser",
  "iam:GetLoginProfile",
  "iam:ListMFADevices",
  "iam:ListSigningCertificates",
  "iam:ListSSHPublicKeys",
  "iam:ListServiceSpecificCredentials",
];

const REMOVE_USER: CommandPermission[] = [
  ...on(TOOL_USERS, "iam:DeleteUserPolicy", "iam:DeleteAccessKey", "iam:DeleteUser"),
  ...optional(
    "a key that somebody else has created in the meantime is not seen, and loses the policy",
    on(TOOL_USERS, "iam:ListAccessKeys"),
  ),
];

export const DELETE_USER: CommandPermission[] = [
  ...on(TOOL_USERS, "iam:ListUserPolicies", "iam:DeleteUserPolicy"),
  ...on(TOOL_USERS, "iam:ListAccessKeys", "iam:DeleteAccessKey", "iam:DeleteUser"),
  ...optional("taken for empty, as it is with the users of create", on(TOOL_USERS, ...RARE_LISTS)),
];

const NEW_BUCKET = on(BUCKET, "s3:CreateBucket");
const PUBLIC_BUCKET = on(BUCKET, "s3:PutBucketPublicAccessBlock", "s3:PutBucketPolicy");
const REMOVE_BUCKET = on(BUCKET, "s3:DeleteBucket");

const FIRST_ROLE: CommandPermission[] = [
  ...on(TOOL_ROLE, "iam:GetRole", "iam:CreateRole", "sts:AssumeRole"),
  { action: "iam:AttachRolePolicy", resource: TOOL_ROLE, condition: ONLY_FULL_ACCESS },
  ...optional("the role gets no tags", on(TOOL_ROLE, "iam:TagRole")),
];
const REMOVE_ROLE: CommandPermission[] = [
  ...on(TOOL_ROLE, "iam:DeleteRole"),
  { action: "iam:DetachRolePolicy", resource: TOOL_ROLE, condition: ONLY_FULL_ACCESS },
];
const READY_ROLE: CommandPermission[] = [
  ...on(TOOL_ROLE, "iam:GetRole", "sts:AssumeRole"),
  ...optional(
    "the role is taken to have its policy attached",
    on(TOOL_ROLE, "iam:ListAttachedRolePolicies"),
  ),
];
const OWN_ROLE = on("arn:aws:iam::ACCOUNT:role/my-role", "sts:AssumeRole");

export const CREATE: CommandUse[] = [
  {
    command: "create",
    use: "A new user for an existing bucket",
    line: "create my-bucket",
    permissions: [...SEE_BUCKET, ...NEW_USER],
    undo: REMOVE_USER,
  },
  {
    command: "create",
    use: "A new user without a permissions boundary",
    line: "create my-bucket --user-permissions-boundary none",
    permissions: [
      ...SEE_BUCKET,
      ...on(TOOL_USERS, "iam:GetUser", "iam:CreateUser", "iam:PutUserPolicy"),
      ...on(TOOL_USERS, "iam:CreateAccessKey"),
      ...TAG_USER,
    ],
    undo: REMOVE_USER,
  },
  {
    command: "create",
    use: "A new user and a new bucket, with tags",
    line: "create my-bucket --create-bucket --tag team=data",
    permissions: [
      ...NEW_BUCKET,
      ...optional("the bucket gets no tags", on(BUCKET, "s3:PutBucketTagging")),
      ...NEW_USER,
    ],
    undo: [...REMOVE_BUCKET, ...REMOVE_USER],
  },
  {
    command: "create",
    use: "A new user and a new bucket",
    line: "create my-bucket --create-bucket",
    permissions: [...NEW_BUCKET, ...NEW_USER],
    undo: [...REMOVE_BUCKET, ...REMOVE_USER],
  },
  {
    command: "create",
    use: "A new user and a public bucket",
    line: "create my-bucket --create-bucket --public",
    permissions: [...NEW_BUCKET, ...PUBLIC_BUCKET, ...NEW_USER],
    undo: [...REMOVE_BUCKET, ...REMOVE_USER],
  },
  {
    command: "create",
    use: "A new user and a website",
    line: "create my-bucket --create-bucket --website",
    permissions: [
      ...NEW_BUCKET,
      ...PUBLIC_BUCKET,
      ...on(BUCKET, "s3:PutBucketWebsite"),
      ...NEW_USER,
    ],
    undo: [...REMOVE_BUCKET, ...REMOVE_USER],
  },
  {
    command: "create",
    use: "A further key of an existing user",
    line: "create my-bucket --username my-user",
    permissions: [
      ...SEE_BUCKET,
      ...on(
        "arn:aws:iam::ACCOUNT:user/my-user",
        "iam:GetUser",
        "iam:PutUserPolicy",
        "iam:CreateAccessKey",
      ),
      ...optional(
        "a user who has two keys is only refused when AWS does it",
        on("arn:aws:iam::ACCOUNT:user/my-user", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"),
      ),
      ...optional(
        "an earlier policy of the same name is replaced unseen, and can't be put back",
        on("arn:aws:iam::ACCOUNT:user/my-user", "iam:ListUserPolicies", "iam:GetUserPolicy"),
      ),
      ...optional(
        "no warning of what the key may do besides, by those",
        on(
          "arn:aws:iam::ACCOUNT:user/my-user",
          "iam:ListAttachedUserPolicies",
          "iam:ListGroupsForUser",
        ),
      ),
    ],
    undo: on(
      "arn:aws:iam::ACCOUNT:user/my-user",
      "iam:DeleteAccessKey",
      "iam:DeleteUserPolicy",
    ),
  },
  {
    command: "create",
    use: "Temporary credentials, for the first time in an account",
    line: "create my-bucket --duration 15m",
    permissions: [...SEE_BUCKET, ...FIRST_ROLE],
    undo: REMOVE_ROLE,
  },
  {
    command: "create",
    use: "Temporary credentials, once the role is there",
    line: "create my-bucket --duration 15m",
    permissions: [...SEE_BUCKET, ...READY_ROLE],
  },
  {
    command: "create",
    use: "Temporary credentials of a role of your own",
    line: "create my-bucket --duration 15m --role-arn arn:aws:iam::123456789012:role/my-role",
    permissions: [...SEE_BUCKET, ...OWN_ROLE],
  },
  {
    command: "create",
    use: "Only a look at what would be done",
    line: "create my-bucket --plan",
    permissions: [...SEE_BUCKET, ...on(TOOL_USERS, "iam:GetUser")],
  },
];

export const EXEC: CommandUse[] = [
  {
    command: "exec",
    use: "Once the role is there",
    line: "exec my-bucket -- my-program",
    permissions: [...SEE_BUCKET, ...READY_ROLE],
  },
  {
    command: "exec",
    use: "With a role of your own",
    line: "exec my-bucket --role-arn arn:aws:iam::123456789012:role/my-role -- my-program",
    permissions: [...SEE_BUCKET, ...OWN_ROLE],
  },
];

export const LOCALSERVER: CommandUse[] = [
  {
    command: "localserver",
    use: "Once the role is there",
    line: "localserver my-bucket --duration 15m",
    permissions: [...SEE_BUCKET, ...READY_ROLE],
  },
  {
    command: "localserver",
    use: "With a role of your own",
    line: "localserver my-bucket --duration 15m --role-arn arn:aws:iam::123456789012:role/my-role",
    permissions: [...SEE_BUCKET, ...OWN_ROLE],
  },
];
