/**
 * What each command calls of IAM, STS and S3: the table behind `docs/permissions.md`, and what
 * `tests/permissions_test.ts` runs every command under.
 *
 * @module
 */

/** Permission for one action. */
export interface CommandPermission {
  /** Such as `iam:GetUser`. */
  action: string;
  /** The resource, with `ACCOUNT` for the account's number. */
  resource: string;
  /** What a policy may demand besides. */
  condition?: Record<string, Record<string, readonly string[]>>;
  /** What happens without it, where the command goes on. */
  optional?: string;
}

/** One way of using a command. */
export interface CommandUse {
  /** The command. */
  command: string;
  /** Which use of it, if there are several. */
  use?: string;
  /** A command line for it, without the program's name. */
  line: string;
  /** What it needs if nothing fails. */
  permissions: readonly CommandPermission[];
  /** What it needs besides to roll back what it has made when it fails half-way. */
  undo?: readonly CommandPermission[];
}

const BUCKET = "arn:aws:s3:::my-bucket";
const OBJECTS = `${BUCKET}/*`;
const TOOL_USERS = "arn:aws:iam::ACCOUNT:user/s3.*";
const USERS = "arn:aws:iam::ACCOUNT:user/*";
const ROLES = "arn:aws:iam::ACCOUNT:role/*";
const TOOL_ROLE = "arn:aws:iam::ACCOUNT:role/s3-credentials.AmazonS3FullAccess";
const FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess";

/** The same resource for several actions. */
function on(resource: string, ...actions: string[]): CommandPermission[] {
  return actions.map((action) => ({ action, resource }));
}

function optional(reason: string, permissions: readonly CommandPermission[]): CommandPermission[] {
  return permissions.map((permission) => ({ ...permission, optional: reason }));
}

/** Only users that a boundary limits to S3: without it, the policy could be used to grant anything. */
const LIMITED = {
  StringEquals: {
    "iam:PermissionsBoundary": [FULL_ACCESS, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
  },
};
const ONLY_FULL_ACCESS = { ArnEquals: { "iam:PolicyARN": [FULL_ACCESS] } };

const SEE_BUCKET = on(BUCKET, "s3:ListBucket");

const TAG_USER = optional("the user gets no tags", on(TOOL_USERS, "iam:TagUser"));

const NEW_USER: CommandPermission[] = [
  ...TAG_USER,
  ...on(TOOL_USERS, "iam:GetUser", "iam:CreateAccessKey"),
  { action: "iam:CreateUser", resource: TOOL_USERS, condition: LIMITED },
  { action: "iam:PutUserPolicy", resource: TOOL_USERS, condition: LIMITED },
];

const RARE_LISTS = [
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

const DELETE_USER: CommandPermission[] = [
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

const CREATE: CommandUse[] = [
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

const LOCALSERVER: CommandUse[] = [
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

const IDENTITIES: CommandUse[] = [
  { command: "whoami", line: "whoami", permissions: [] },
  { command: "list-users", line: "list-users", permissions: on("*", "iam:ListUsers") },
  {
    command: "list-user-policies",
    use: "All users",
    line: "list-user-policies",
    permissions: [
      ...on("*", "iam:ListUsers"),
      ...on(USERS, "iam:ListUserPolicies", "iam:GetUserPolicy"),
    ],
  },
  {
    command: "list-user-policies",
    use: "Some users",
    line: "list-user-policies s3.read-write.my-bucket",
    permissions: on(TOOL_USERS, "iam:ListUserPolicies", "iam:GetUserPolicy"),
  },
  {
    command: "list-roles",
    use: "All roles",
    line: "list-roles",
    permissions: on("*", "iam:ListRoles"),
  },
  {
    command: "list-roles",
    use: "Some roles",
    line: "list-roles my-role",
    permissions: on("arn:aws:iam::ACCOUNT:role/my-role", "iam:GetRole"),
  },
  {
    command: "list-roles",
    use: "All roles with their policies",
    line: "list-roles --details",
    permissions: [
      ...on("*", "iam:ListRoles"),
      ...on(ROLES, "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
      ...on("arn:aws:iam::*:policy/*", "iam:GetPolicy", "iam:GetPolicyVersion"),
    ],
  },
  {
    command: "delete-user",
    use: "A user that create has made",
    line: "delete-user s3.read-write.my-bucket",
    permissions: DELETE_USER,
  },
  {
    command: "delete-user",
    use: "Any user",
    line: "delete-user my-user",
    permissions: [
      ...on(USERS, "iam:ListUserPolicies", "iam:DeleteUserPolicy"),
      ...on(USERS, "iam:ListAccessKeys", "iam:DeleteAccessKey"),
      ...on(USERS, ...RARE_LISTS),
      ...on(USERS, "iam:DetachUserPolicy", "iam:DeleteLoginProfile", "iam:DeactivateMFADevice"),
      ...on(USERS, "iam:DeleteSigningCertificate", "iam:DeleteSSHPublicKey"),
      ...on(USERS, "iam:DeleteServiceSpecificCredential", "iam:DeleteUser"),
      ...on("arn:aws:iam::ACCOUNT:group/*", "iam:RemoveUserFromGroup"),
      ...on("arn:aws:iam::ACCOUNT:mfa/*", "iam:DeleteVirtualMFADevice"),
    ],
  },
];

const MY_USER = "arn:aws:iam::ACCOUNT:user/my-user";
const MY_ROLE = "arn:aws:iam::ACCOUNT:role/my-role";
const UNKNOWN = "the answer is unknown where that could make a difference";

/** What a bucket decides by, for `can`. */
const BUCKET_ACCESS = [
  ...on(BUCKET, "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock"),
  ...on("*", "s3:GetAccountPublicAccessBlock"),
];
const IN_ANOTHER_REGION = optional(
  "a bucket of another region can't be read",
  on(BUCKET, "s3:GetBucketLocation"),
);
const MANAGED_POLICIES = on("arn:aws:iam::*:policy/*", "iam:GetPolicy", "iam:GetPolicyVersion");

const POLICIES: CommandUse[] = [
  {
    command: "can",
    use: "A user",
    line: "can my-bucket --user my-user",
    permissions: [
      ...on(MY_USER, "iam:GetUser"),
      ...optional(UNKNOWN, [
        ...on(MY_USER, "iam:ListUserPolicies", "iam:GetUserPolicy", "iam:ListAttachedUserPolicies"),
        ...on(MY_USER, "iam:ListGroupsForUser"),
        ...BUCKET_ACCESS,
      ]),
      ...IN_ANOTHER_REGION,
    ],
  },
  {
    command: "can",
    use: "A role with an attached policy",
    line: "can my-bucket --role my-role",
    permissions: [
      ...on(MY_ROLE, "iam:GetRole"),
      ...optional(UNKNOWN, [
        ...on(MY_ROLE, "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
        ...MANAGED_POLICIES,
        ...BUCKET_ACCESS,
      ]),
      ...IN_ANOTHER_REGION,
    ],
  },
];

const BUCKETS: CommandUse[] = [
  {
    command: "list-buckets",
    use: "Names",
    line: "list-buckets",
    permissions: on("*", "s3:ListAllMyBuckets"),
  },
  {
    command: "list-buckets",
    use: "With details",
    line: "list-buckets --details",
    permissions: [
      ...on("*", "s3:ListAllMyBuckets"),
      ...on("arn:aws:s3:::*", "s3:GetBucketLocation", "s3:GetBucketAcl"),
      ...on("arn:aws:s3:::*", "s3:GetBucketPublicAccessBlock", "s3:GetBucketWebsite"),
    ],
  },
  {
    command: "debug-bucket",
    line: "debug-bucket my-bucket",
    permissions: optional("its part shows the error in its place", [
      ...on(BUCKET, "s3:GetBucketAcl", "s3:GetBucketPolicyStatus"),
      ...on(BUCKET, "s3:GetBucketPublicAccessBlock", "s3:GetBucketLocation"),
      ...on(BUCKET, "s3:GetBucketOwnershipControls", "s3:GetBucketWebsite"),
      ...on(BUCKET, "s3:GetBucketCORS", "s3:GetBucketPolicy"),
      ...on("*", "s3:GetAccountPublicAccessBlock"),
    ]),
  },
  {
    command: "get-bucket-policy",
    line: "get-bucket-policy my-bucket",
    permissions: on(BUCKET, "s3:GetBucketPolicy"),
  },
  {
    command: "set-bucket-policy",
    line: "set-bucket-policy my-bucket --allow-all-get",
    permissions: on(BUCKET, "s3:PutBucketPolicy"),
  },
  {
    command: "get-public-access-block",
    line: "get-public-access-block my-bucket",
    permissions: on(BUCKET, "s3:GetBucketPublicAccessBlock"),
  },
  {
    command: "set-public-access-block",
    use: "Some of the settings",
    line: "set-public-access-block my-bucket --block-public-acls false",
    permissions: on(BUCKET, "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
  },
  {
    command: "set-public-access-block",
    use: "All four settings",
    line: "set-public-access-block my-bucket --allow-public-access",
    permissions: on(BUCKET, "s3:PutBucketPublicAccessBlock"),
  },
  {
    command: "get-cors-policy",
    line: "get-cors-policy my-bucket",
    permissions: on(BUCKET, "s3:GetBucketCORS"),
  },
  {
    command: "set-cors-policy",
    line: "set-cors-policy my-bucket",
    permissions: [
      ...on(BUCKET, "s3:PutBucketCORS"),
      ...optional("rules that others had set are replaced unseen", on(BUCKET, "s3:GetBucketCORS")),
    ],
  },
];

const LIST_OBJECTS = on(BUCKET, "s3:ListBucket");
const READ_OBJECTS = on(OBJECTS, "s3:GetObject");
const WRITE_OBJECTS = on(OBJECTS, "s3:PutObject");
const ABORT_UPLOAD = on(OBJECTS, "s3:AbortMultipartUpload");

const OBJECT_COMMANDS: CommandUse[] = [
  { command: "list-bucket", line: "list-bucket my-bucket", permissions: LIST_OBJECTS },
  { command: "get-object", line: "get-object my-bucket my-key", permissions: READ_OBJECTS },
  {
    command: "get-objects",
    use: "Some keys",
    line: "get-objects my-bucket my-key",
    permissions: READ_OBJECTS,
  },
  {
    command: "get-objects",
    use: "All keys, or those that match a pattern",
    line: "get-objects my-bucket",
    permissions: [...LIST_OBJECTS, ...READ_OBJECTS],
  },
  {
    command: "put-object",
    line: "put-object my-bucket my-key -",
    permissions: WRITE_OBJECTS,
    undo: ABORT_UPLOAD,
  },
  {
    command: "put-objects",
    line: "put-objects my-bucket my-file",
    permissions: WRITE_OBJECTS,
    undo: ABORT_UPLOAD,
  },
  {
    command: "delete-objects",
    use: "Some keys",
    line: "delete-objects my-bucket my-key",
    permissions: on(OBJECTS, "s3:DeleteObject"),
  },
  {
    command: "delete-objects",
    use: "A prefix",
    line: "delete-objects my-bucket --prefix my-",
    permissions: [...LIST_OBJECTS, ...on(OBJECTS, "s3:DeleteObject")],
  },
];

/** Every use of every command that talks to AWS. */
export const COMMAND_PERMISSIONS: readonly CommandUse[] = [
  ...CREATE,
  ...LOCALSERVER,
  ...OBJECT_COMMANDS,
  ...BUCKETS,
  ...POLICIES,
  ...IDENTITIES,
];

/** The commands that call nobody. */
export const COMMANDS_WITHOUT_AWS: readonly string[] = ["completions", "lint", "policy", "sandbox"];
