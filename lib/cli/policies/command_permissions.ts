/**
 * What each command calls of IAM, STS and S3: the table behind `docs/permissions.md` and the command
 * `permissions`, and what `tests/permissions_test.ts` runs every command under.
 *
 * @module
 */
import { CREATE, DELETE_USER, EXEC, LOCALSERVER, RARE_LISTS } from "./create_permissions.ts";
import { KEYS } from "./key_permissions.ts";
import {
  BUCKET,
  type CommandPermission,
  type CommandUse,
  OBJECTS,
  on,
  optional,
  ROLES,
  TOOL_USERS,
  USERS,
} from "./permission_table.ts";

export type { CommandPermission, CommandUse };

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

const USER_ACCESS = [
  ...on(MY_USER, "iam:GetUser"),
  ...optional(UNKNOWN, [
    ...on(MY_USER, "iam:ListUserPolicies", "iam:GetUserPolicy", "iam:ListAttachedUserPolicies"),
    ...on(MY_USER, "iam:ListGroupsForUser"),
    ...BUCKET_ACCESS,
  ]),
  ...IN_ANOTHER_REGION,
];

const POLICIES: CommandUse[] = [
  {
    command: "can",
    use: "A user",
    line: "can my-bucket --user my-user",
    permissions: USER_ACCESS,
  },
  {
    command: "can",
    use: "A user, with IAM's simulator",
    line: "can my-bucket/my-key --user my-user --action s3:GetObject --simulate",
    permissions: [...USER_ACCESS, ...on(MY_USER, "iam:SimulatePrincipalPolicy")],
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

/** What decides who can read a bucket, beyond policy and public access block. */
const VERDICT: CommandPermission[] = [
  ...on(BUCKET, "s3:GetBucketAcl", "s3:GetBucketPolicyStatus", "s3:GetBucketLocation"),
  ...on(BUCKET, "s3:GetBucketOwnershipControls", "s3:GetBucketWebsite", "s3:GetBucketCORS"),
  ...on("*", "s3:GetAccountPublicAccessBlock"),
];

const LIFECYCLE = on(
  BUCKET,
  "s3:GetBucketVersioning",
  "s3:GetLifecycleConfiguration",
  "s3:PutLifecycleConfiguration",
);

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
    command: "make-public",
    line: "make-public my-bucket",
    permissions: [
      ...on(BUCKET, "s3:GetBucketPolicy", "s3:PutBucketPolicy"),
      ...on(BUCKET, "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
      ...optional("the verdict is less certain", VERDICT),
    ],
  },
  {
    command: "make-private",
    line: "make-private my-bucket",
    permissions: [
      ...on(BUCKET, "s3:GetBucketPolicy", "s3:DeleteBucketPolicy"),
      ...on(BUCKET, "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
      ...optional("the verdict is less certain", VERDICT),
    ],
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
  {
    command: "delete-objects",
    use: "A prefix, by a lifecycle rule",
    line: "delete-objects my-bucket --prefix my- --by-lifecycle",
    permissions: LIFECYCLE,
  },
  {
    command: "delete-bucket",
    use: "An empty bucket",
    line: "delete-bucket my-bucket",
    permissions: on(BUCKET, "s3:DeleteBucket"),
  },
  {
    command: "delete-bucket",
    use: "With what it holds",
    line: "delete-bucket my-bucket --force --yes",
    permissions: [
      ...on(BUCKET, "s3:DeleteBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
      ...on(OBJECTS, "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"),
    ],
  },
  {
    command: "delete-bucket",
    use: "Emptied by a lifecycle rule",
    line: "delete-bucket my-bucket --by-lifecycle --yes",
    permissions: LIFECYCLE,
  },
  {
    command: "presign",
    line: "presign my-bucket my-key",
    permissions: optional("S3 tells the bucket's region all the same", LIST_OBJECTS),
  },
];

/** Every use of every command that talks to AWS. */
export const COMMAND_PERMISSIONS: readonly CommandUse[] = [
  ...CREATE,
  ...EXEC,
  ...LOCALSERVER,
  ...OBJECT_COMMANDS,
  ...BUCKETS,
  ...KEYS,
  ...POLICIES,
  ...IDENTITIES,
];

/** The commands that call nobody. */
export const COMMANDS_WITHOUT_AWS: readonly string[] = [
  "completions",
  "lint",
  "permissions",
  "policy",
  "presets",
  "sandbox",
];
