/**
 * The roles of an account, with their policies if wanted.
 *
 * @module
 */
import type { Role as SdkRole } from "@aws-sdk/client-iam";
import { DEFAULT_CONCURRENCY, mapOrdered } from "../concurrency.ts";
import type { S3CredentialsError } from "../errors.ts";
import type { PolicyDocument } from "../policy/document.ts";
import type { Aws, IAMClient } from "../aws/connect.ts";
import { iamPages, withDetails } from "../aws/listing.ts";
import { roleError } from "../aws/missing.ts";
import { serviceError } from "../aws/service_error.ts";
import { inlinePolicies, listingClient } from "./iam_calls.ts";
import { parseDocument } from "./iam_document.ts";
import { detailOrError, type ListOptions, reportError } from "./list_options.ts";
import type { UserPolicies } from "./user_policies.ts";

/** A role, under AWS's field names. What could not be read is an error in its place. */
export interface Role {
  /** The role's path, such as `/`. */
  Path: string;
  /** The role's name. */
  RoleName: string;
  /** The role's unique id. */
  RoleId: string;
  /** The role's ARN. */
  Arn: string;
  /** When the role was created. */
  CreateDate: Date;
  /** The trust policy: who may assume the role. */
  AssumeRolePolicyDocument?: PolicyDocument | S3CredentialsError;
  /** What the role is for. */
  Description?: string;
  /** How many seconds a session may last at most. */
  MaxSessionDuration?: number;
  /** The policy that limits the role's permissions; IAM gives it only for roles that are named. */
  PermissionsBoundary?: { PermissionsBoundaryType?: string; PermissionsBoundaryArn?: string };
  /** The role's tags; IAM gives them only for roles that are named. */
  Tags?: { Key: string; Value: string }[];
  /** When and where the role was last used; IAM gives it only for roles that are named. */
  RoleLastUsed?: { LastUsedDate?: Date; Region?: string };
  /** The role's policies, if {@linkcode ListOptions.details} is set. */
  details?: {
    /** The policies that belong to the role. */
    inlinePolicies: UserPolicies["Policies"] | S3CredentialsError;
    /** The managed policies that are attached to the role. */
    attachedPolicies: ManagedPolicy[] | S3CredentialsError;
  };
}

/** A managed policy with the document of its default version, under AWS's field names. */
export interface ManagedPolicy {
  /** The policy's name. */
  PolicyName?: string;
  /** The policy's unique id. */
  PolicyId?: string;
  /** The policy's ARN. */
  Arn?: string;
  /** The policy's path, such as `/`. */
  Path?: string;
  /** The version that is in force, such as `v1`. */
  DefaultVersionId?: string;
  /** How many users, groups and roles it is attached to. */
  AttachmentCount?: number;
  /** How many users and roles have it as their permissions boundary. */
  PermissionsBoundaryUsageCount?: number;
  /** Whether it can be attached. */
  IsAttachable?: boolean;
  /** What the policy is for. */
  Description?: string;
  /** When the policy was created. */
  CreateDate?: Date;
  /** When the policy last got a new version. */
  UpdateDate?: Date;
  /** The policy's tags. */
  Tags?: { Key: string; Value: string }[];
  /** The version that is in force. */
  PolicyVersion: {
    Document?: PolicyDocument;
    VersionId?: string;
    IsDefaultVersion?: boolean;
    CreateDate?: Date;
  };
}

/**
 * Lists the roles of the account, all of them or those that are named.
 *
 * With details, the inline policies and the attached managed policies of each role are fetched for
 * several roles concurrently, and a managed policy only once. What may not be read is an error in its
 * place.
 *
 * @param aws the account
 * @param options names, details, and what to do about errors
 * @returns the roles, as pages arrive
 * @throws {S3CredentialsError} if they can't be listed
 *
 * @example The names of all roles
 * ```ts
 * import { connect, listRoles } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.deepEqual(await Array.fromAsync(listRoles(aws)), []);
 * ```
 */
export async function* listRoles(aws: Aws, options: ListOptions = {}): AsyncGenerator<Role> {
  const { names = [], details = false, concurrency = DEFAULT_CONCURRENCY } = options;
  const iam = await listingClient(aws, concurrency, "Could not list roles");
  const roles = names.length > 0 ? namedRoles(iam, names, options) : allRoles(iam);
  if (!details) {
    for await (const role of roles) yield await withTrustPolicy(role, options);
    return;
  }
  const managed = managedPolicies(iam);
  yield* withDetails(roles, async (role) => {
    const name = role.RoleName ?? "";
    const [summary, inlinePolicies, attachedPolicies] = await Promise.all([
      withTrustPolicy(role, options),
      detailOrError(
        options,
        `Could not read the policies of role ${name}`,
        inlineOf(iam, name),
      ),
      detailOrError(
        options,
        `Could not read the attached policies of role ${name}`,
        attachedTo(iam, name, managed),
      ),
    ]);
    return { ...summary, details: { inlinePolicies, attachedPolicies } };
  }, concurrency);
}

async function* allRoles(iam: IAMClient): AsyncGenerator<SdkRole> {
  try {
    yield* iamPages((page) => iam.listRoles(page), (page) => page.Roles);
  } catch (error) {
    throw serviceError(error, "Could not list roles");
  }
}

async function* namedRoles(
  iam: IAMClient,
  names: readonly string[],
  options: ListOptions,
): AsyncGenerator<SdkRole> {
  const found = mapOrdered(names, async (RoleName) => {
    try {
      return (await iam.getRole({ RoleName })).Role;
    } catch (error) {
      reportError(options, roleError(error, RoleName, `Could not look at role ${RoleName}`));
    }
  }, options.concurrency);
  for await (const role of found) if (role !== undefined) yield role;
}

async function withTrustPolicy(role: SdkRole, options: ListOptions): Promise<Role> {
  const { AssumeRolePolicyDocument: text, ...rest } = role;
  if (text === undefined) return rest as Role;
  const AssumeRolePolicyDocument = await detailOrError(
    options,
    `Could not read the trust policy of role ${role.RoleName}`,
    Promise.try(parseDocument, text),
  );
  return { ...rest as Role, AssumeRolePolicyDocument };
}

async function inlineOf(iam: IAMClient, RoleName: string): Promise<UserPolicies["Policies"]> {
  return await Array.fromAsync(inlinePolicies({
    list: (page) => iam.listRolePolicies({ RoleName, ...page }),
    get: (PolicyName) => iam.getRolePolicy({ RoleName, PolicyName }),
  }));
}

async function attachedTo(
  iam: IAMClient,
  RoleName: string,
  managed: (arn: string) => Promise<ManagedPolicy>,
): Promise<ManagedPolicy[]> {
  const attached = iamPages(
    (page) => iam.listAttachedRolePolicies({ RoleName, ...page }),
    (page) => page.AttachedPolicies,
  );
  return await Array.fromAsync(mapOrdered(attached, ({ PolicyArn = "" }) => managed(PolicyArn)));
}

/** Fetches each managed policy once, however many roles it is attached to. */
function managedPolicies(iam: IAMClient): (arn: string) => Promise<ManagedPolicy> {
  const fetched = new Map<string, Promise<ManagedPolicy>>();
  return (arn) => {
    const known = fetched.get(arn) ?? managedPolicy(iam, arn);
    fetched.set(arn, known);
    return known;
  };
}

async function managedPolicy(
  iam: IAMClient,
  PolicyArn: string,
): Promise<ManagedPolicy> {
  const { Policy: policy } = await iam.getPolicy({ PolicyArn });
  const VersionId = policy?.DefaultVersionId;
  const { PolicyVersion: version } = await iam.getPolicyVersion({ PolicyArn, VersionId });
  const { Document: text, ...rest } = version ?? {};
  const Document = text === undefined ? undefined : parseDocument(text);
  return {
    ...policy as Omit<ManagedPolicy, "PolicyVersion">,
    PolicyVersion: { ...rest, Document },
  };
}
