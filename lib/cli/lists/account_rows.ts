/**
 * Users, roles and buckets as rows: the columns of the lists, and what stands in them.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import type { BucketDetails } from "../../account/bucket_details.ts";
import type { Bucket } from "../../account/buckets.ts";
import type { ManagedPolicy, Role } from "../../account/roles.ts";
import type { User } from "../../account/users.ts";
import type { Columns } from "./write.ts";
import { plainData } from "./rows.ts";

const USER_FIELDS = [
  "UserName",
  "UserId",
  "Arn",
  "Path",
  "CreateDate",
  "PasswordLastUsed",
  "PermissionsBoundary",
  "Tags",
];

/** The columns of `list-users`. */
export const USER_COLUMNS: Columns = {
  fields: USER_FIELDS,
  tableFields: ["UserName", "CreateDate", "PasswordLastUsed", "Arn"],
  wholeFields: ["UserName", "Arn"],
};

const USER_POLICY_FIELDS = ["UserName", "PolicyName", "PolicyDocument"];

/** The columns of `list-user-policies`. */
export const USER_POLICY_COLUMNS: Columns = {
  fields: USER_POLICY_FIELDS,
  tableFields: USER_POLICY_FIELDS,
  wholeFields: ["UserName", "PolicyName"],
};

const ROLE_FIELDS = [
  "Path",
  "RoleName",
  "RoleId",
  "Arn",
  "CreateDate",
  "AssumeRolePolicyDocument",
  "Description",
  "MaxSessionDuration",
  "PermissionsBoundary",
  "Tags",
  "RoleLastUsed",
];

const ROLE_DETAIL_FIELDS = ["inline_policies", "attached_policies"];

/** The columns of `list-roles`, with `--details` or without. */
export function roleColumns(details: boolean): Columns {
  const more = details ? ROLE_DETAIL_FIELDS : [];
  return {
    fields: [...ROLE_FIELDS, ...more],
    tableFields: ["RoleName", "CreateDate", "Description", "Arn", ...more],
    wholeFields: ["RoleName", "Arn"],
  };
}

const MANAGED_POLICY_FIELDS = [
  "PolicyName",
  "PolicyId",
  "Arn",
  "Path",
  "DefaultVersionId",
  "AttachmentCount",
  "PermissionsBoundaryUsageCount",
  "IsAttachable",
  "Description",
  "CreateDate",
  "UpdateDate",
  "Tags",
];
const POLICY_VERSION_FIELDS = ["Document", "VersionId", "IsDefaultVersion", "CreateDate"];

const BUCKET_FIELDS = ["Name", "CreationDate"];

/** The columns of `list-buckets`, with `--details` or without. */
export function bucketColumns(details: boolean): Columns {
  const more = details ? ["region", "bucket_acl", "public_access_block", "bucket_website"] : [];
  return {
    fields: [...BUCKET_FIELDS, ...more],
    tableFields: details
      ? ["Name", "CreationDate", "region", "public_access_block", "bucket_website"]
      : BUCKET_FIELDS,
    wholeFields: ["Name"],
  };
}

const GRANTEE_FIELDS = ["DisplayName", "ID", "URI", "EmailAddress", "Type"];

/** A user as a row of `list-users`. */
export function userRow(user: User): object {
  return pick(user, USER_FIELDS);
}

/** A role as a row of `list-roles`. */
export function roleRow({ details, ...role }: Role): object {
  const row = pick(role, ROLE_FIELDS);
  if (details === undefined) return row;
  const { RoleName } = role;
  return {
    ...row,
    inline_policies: plainData(
      mapDetail(
        details.inlinePolicies,
        (policies) => policies.map((policy) => ({ RoleName, ...policy })),
      ),
    ),
    attached_policies: plainData(
      mapDetail(details.attachedPolicies, (policies) => policies.map(managedPolicyData)),
    ),
  };
}

function managedPolicyData({ PolicyVersion, ...policy }: ManagedPolicy): object {
  return {
    ...pick(policy, MANAGED_POLICY_FIELDS),
    PolicyVersion: pick(PolicyVersion, POLICY_VERSION_FIELDS),
  };
}

/** A bucket as a row of `list-buckets`. */
export function bucketRow({ details, ...bucket }: Bucket): object {
  const row = pick(bucket, BUCKET_FIELDS);
  if (details === undefined) return row;
  return {
    ...row,
    region: plainData(details.region),
    bucket_acl: plainData(mapDetail(details.acl, aclData)),
    public_access_block: plainData(details.publicAccessBlock),
    bucket_website: plainData(details.website),
  };
}

/** An access control list with its fields in the order of the seeds. */
export function aclData({ Owner, Grants }: Exclude<BucketDetails["acl"], Error>): object {
  return {
    Owner: Owner && pick(Owner, ["DisplayName", "ID"]),
    Grants: Grants?.map(({ Grantee, Permission }) => ({
      Grantee: Grantee && pick(Grantee, GRANTEE_FIELDS),
      Permission,
    })),
  };
}

/** Transforms a detail that could be read; an error, or `null` for none, stays. */
export function mapDetail<T, R>(
  detail: T | S3CredentialsError | null,
  transform: (value: T) => R,
): R | S3CredentialsError | null {
  if (detail === null) return null;
  if (detail instanceof S3CredentialsError) return detail;
  return transform(detail);
}

function pick(value: object, fields: readonly string[]): object {
  return plainData(value, fields) as object;
}
