/**
 * Users and roles of an account, one after the other.
 *
 * @module
 */
import type { PolicyDocument } from "../policy/document.ts";
import { DEFAULT_CONCURRENCY, Limiter, mapOrdered } from "../concurrency.ts";
import type { Role } from "@aws-sdk/client-iam";
import { S3CredentialsError } from "../errors.ts";
import { plainData } from "../rows.ts";
import type { Aws, IAMClient } from "../aws/connect.ts";
import { decodeDocument } from "./iam_document.ts";
import { iamPages, withDetails } from "../aws/listing.ts";
import { isMissing, serviceError } from "../aws/service_error.ts";

/** A row of a listing: plain data under AWS's own keys. */
export type Row = Record<string, unknown>;

/** The fields of a row of {@linkcode listUsers}. */
export const USER_FIELDS: readonly string[] = [
  "UserName",
  "UserId",
  "Arn",
  "Path",
  "CreateDate",
  "PasswordLastUsed",
  "PermissionsBoundary",
  "Tags",
];

/** The fields of a row of {@linkcode listRoles}. */
export const ROLE_FIELDS: readonly string[] = [
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

/** The further fields of a row of {@linkcode listRoles} with details. */
export const ROLE_DETAIL_FIELDS: readonly string[] = ["inline_policies", "attached_policies"];

/** Choices of a listing that goes on when something in the middle of it fails. */
export interface ListOptions {
  /**
   * Told of each thing that is missing or may not be read; the listing goes on. Left out, the first
   * such error ends the listing.
   */
  onError?: (error: S3CredentialsError) => void;
  /**
   * How many calls run at the same time.
   *
   * @default {16}
   */
  concurrency?: number;
}

/** Choices of {@linkcode listRoles}. */
export interface ListRolesOptions extends ListOptions {
  /** Only these roles, in this order. */
  names?: readonly string[];
  /** Whether to fetch the policies of each role. */
  details?: boolean;
}

function report(options: ListOptions, error: S3CredentialsError): void {
  if (options.onError === undefined) throw error;
  options.onError(error);
}

/**
 * Lists the users of the account.
 *
 * @param aws the account
 * @returns a row a user, as pages arrive, under the keys {@linkcode USER_FIELDS}
 * @throws {S3CredentialsError} if they can't be listed
 *
 * @example The users of a sandbox
 * ```ts
 * import { connect, listUsers } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const users = await Array.fromAsync(listUsers(aws));
 * assert.deepEqual(users.map((user) => user.UserName), ["admin"]);
 * aws.close();
 * ```
 */
export async function* listUsers(aws: Aws): AsyncGenerator<Row> {
  yield* userRows(await connected(aws, DEFAULT_CONCURRENCY, "Could not list users"));
}

/** IAM, and the bound that all calls of one listing share. */
interface Calls {
  iam: IAMClient;
  gate: Limiter;
}

async function connected(aws: Aws, concurrency: number, tried: string): Promise<Calls> {
  try {
    return { iam: await aws.iam({ adaptive: true }), gate: new Limiter(concurrency) };
  } catch (error) {
    throw serviceError(error, tried);
  }
}

async function* userRows({ iam, gate }: Calls): AsyncGenerator<Row> {
  try {
    const users = iamPages((page) => gate.run(() => iam.listUsers(page)), (page) => page.Users);
    for await (const user of users) yield plainData(user, USER_FIELDS) as Row;
  } catch (error) {
    throw serviceError(error, "Could not list users");
  }
}

/**
 * Lists the roles of the account, all of them or those that are named.
 *
 * With details, the inline policies and the attached managed policies of each role are fetched for
 * several roles at the same time, and a managed policy only once. What may not be read has an object
 * with an `error` in its place.
 *
 * @param aws the account
 * @param options names, details, and what to do about errors
 * @returns a row a role, under the keys {@linkcode ROLE_FIELDS} and {@linkcode ROLE_DETAIL_FIELDS}
 * @throws {S3CredentialsError} if they can't be listed
 *
 * @example The names of all roles
 * ```ts
 * import { connect, listRoles } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.deepEqual(await Array.fromAsync(listRoles(aws)), []);
 * aws.close();
 * ```
 */
export async function* listRoles(aws: Aws, options: ListRolesOptions = {}): AsyncGenerator<Row> {
  const { names = [], details = false, concurrency = DEFAULT_CONCURRENCY } = options;
  const calls = await connected(aws, concurrency, "Could not list roles");
  const roles = names.length > 0 ? namedRoles(calls, names, options) : allRoles(calls);
  if (!details) {
    for await (const role of roles) yield await roleRow(role, options);
    return;
  }
  const managed = managedPolicies(calls);
  yield* withDetails(roles, async (role) => {
    const name = role.RoleName ?? "";
    const [row, inline, attached] = await Promise.all([
      roleRow(role, options),
      orError(options, `Could not read the policies of role ${name}`, inlinePolicies(calls, name)),
      orError(
        options,
        `Could not read the attached policies of role ${name}`,
        attachedPolicies(calls, name, managed),
      ),
    ]);
    return { ...row, inline_policies: inline, attached_policies: attached };
  }, concurrency);
}

async function* allRoles({ iam, gate }: Calls): AsyncGenerator<Role> {
  try {
    yield* iamPages((page) => gate.run(() => iam.listRoles(page)), (page) => page.Roles);
  } catch (error) {
    throw serviceError(error, "Could not list roles");
  }
}

async function* namedRoles(
  { iam, gate }: Calls,
  names: readonly string[],
  options: ListRolesOptions,
): AsyncGenerator<Role> {
  const found = mapOrdered(names, async (RoleName) => {
    try {
      return (await gate.run(() => iam.getRole({ RoleName }))).Role;
    } catch (error) {
      report(
        options,
        isMissing(error)
          ? new S3CredentialsError("not-found", `Role does not exist: ${RoleName}`)
          : serviceError(error, `Could not look at role ${RoleName}`),
      );
    }
  }, options.concurrency);
  for await (const role of found) if (role !== undefined) yield role;
}

async function roleRow(role: Role, options: ListOptions): Promise<Row> {
  const { RoleName, AssumeRolePolicyDocument: text } = role;
  const document = text === undefined ? undefined : await orError(
    options,
    `Could not read the trust policy of role ${RoleName}`,
    Promise.try(parsedDocument, text),
  );
  return plainData({
    ...role,
    ...(document !== undefined && { AssumeRolePolicyDocument: document }),
  }, ROLE_FIELDS) as Row;
}

function parsedDocument(text: string): PolicyDocument {
  return JSON.parse(decodeDocument(text));
}

/** A detail, or the reason why it can't be had in its place. */
async function orError<T>(
  options: ListOptions,
  tried: string,
  detail: Promise<T>,
): Promise<T | { error: string }> {
  try {
    return await detail;
  } catch (cause) {
    const error = serviceError(cause, tried);
    report(options, error);
    return { error: error.message };
  }
}

async function inlinePolicies({ iam, gate }: Calls, RoleName: string): Promise<Row[]> {
  const names = iamPages(
    (page) => gate.run(() => iam.listRolePolicies({ RoleName, ...page })),
    (page) => page.PolicyNames,
  );
  return await Array.fromAsync(mapOrdered(names, async (PolicyName) => {
    const { PolicyDocument: text = "{}" } = await gate.run(() =>
      iam.getRolePolicy({ RoleName, PolicyName })
    );
    return { RoleName, PolicyName, PolicyDocument: parsedDocument(text) };
  }));
}

async function attachedPolicies(
  { iam, gate }: Calls,
  RoleName: string,
  managed: (arn: string) => Promise<Row>,
): Promise<Row[]> {
  const attached = iamPages(
    (page) => gate.run(() => iam.listAttachedRolePolicies({ RoleName, ...page })),
    (page) => page.AttachedPolicies,
  );
  return await Array.fromAsync(mapOrdered(attached, ({ PolicyArn = "" }) => managed(PolicyArn)));
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

/** Fetches each managed policy once, however many roles it is attached to. */
function managedPolicies(calls: Calls): (arn: string) => Promise<Row> {
  const fetched = new Map<string, Promise<Row>>();
  return (arn) => {
    const known = fetched.get(arn) ?? managedPolicy(calls, arn);
    fetched.set(arn, known);
    return known;
  };
}

async function managedPolicy({ iam, gate }: Calls, PolicyArn: string): Promise<Row> {
  const { Policy: policy } = await gate.run(() => iam.getPolicy({ PolicyArn }));
  const VersionId = policy?.DefaultVersionId;
  const { PolicyVersion: version } = await gate.run(() =>
    iam.getPolicyVersion({ PolicyArn, VersionId })
  );
  const { Document: text, ...rest } = version ?? {};
  return {
    ...plainData(policy, MANAGED_POLICY_FIELDS) as Row,
    PolicyVersion: {
      ...(text !== undefined && { Document: parsedDocument(text) }),
      ...plainData(rest, ["VersionId", "IsDefaultVersion", "CreateDate"]) as Row,
    },
  };
}

/** The inline policies of one user. */
export interface UserPolicies {
  /** The user's name. */
  userName: string;
  /** Its inline policies, in AWS's order. */
  policies: { policyName: string; policy: PolicyDocument }[];
}

/**
 * Lists the inline policies of users: of those that are named, or of all.
 *
 * @param aws the account
 * @param userNames the users; empty for all
 * @param options what to do about a user that is missing or may not be read
 * @returns an entry a user, in order
 * @throws {S3CredentialsError} if the users can't be listed
 *
 * @example The policy of a user that create has made
 * ```ts
 * import { connect, createCredentials, listUserPolicies } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await createCredentials(aws, { buckets: ["photos"], createBucket: true });
 * const [found] = await Array.fromAsync(listUserPolicies(aws, ["s3.read-write.photos"]));
 * assert.equal(found?.policies[0]?.policyName, "s3.read-write.photos");
 * aws.close();
 * ```
 */
export async function* listUserPolicies(
  aws: Aws,
  userNames: readonly string[] = [],
  options: ListOptions = {},
): AsyncGenerator<UserPolicies> {
  const { concurrency = DEFAULT_CONCURRENCY } = options;
  const calls = await connected(aws, concurrency, "Could not list users");
  const names = userNames.length > 0 ? userNames : allUserNames(calls);
  const found = withDetails(names, async (userName) => {
    try {
      return { userName, policies: await userPolicies(calls, userName) };
    } catch (error) {
      report(
        options,
        isMissing(error)
          ? new S3CredentialsError("not-found", `User does not exist: ${userName}`)
          : serviceError(error, `Could not read the policies of user ${userName}`),
      );
    }
  }, concurrency);
  for await (const one of found) if (one !== undefined) yield one;
}

async function* allUserNames(calls: Calls): AsyncGenerator<string> {
  for await (const user of userRows(calls)) yield String(user.UserName);
}

async function userPolicies(
  { iam, gate }: Calls,
  UserName: string,
): Promise<UserPolicies["policies"]> {
  const names = iamPages(
    (page) => gate.run(() => iam.listUserPolicies({ UserName, ...page })),
    (page) => page.PolicyNames,
  );
  return await Array.fromAsync(mapOrdered(names, async (PolicyName) => {
    const { PolicyDocument: text = "{}" } = await gate.run(() =>
      iam.getUserPolicy({ UserName, PolicyName })
    );
    return { policyName: PolicyName, policy: parsedDocument(text) };
  }));
}
