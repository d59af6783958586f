/**
 * The policies that decide what a user, a role or the caller may do.
 *
 * @module
 */
import type { User as IamUser } from "@aws-sdk/client-iam";
import { missingKey, missingRole, missingUser } from "../aws/missing.ts";
import { awsErrorCode, isMissing, serviceError } from "../aws/service_error.ts";
import { type Aws, connectionOf, type IAMClient } from "../aws/connect.ts";
import { S3CredentialsError } from "../errors.ts";
import type { AccessPolicies } from "../policy/access.ts";
import { type Principal, principalOf } from "../policy/language/principal.ts";
import type { UnreadPolicy } from "../policy/unread.ts";
import { IdentityReader } from "./identity_reader.ts";
import { type Identity, whoami } from "./whoami.ts";

/** Whose access to read: that of the credentials in use if nothing is named. */
export type AccessOf = { user: string } | { role: string } | { accessKeyId: string } | "caller";

/** What decides over somebody's requests, apart from the policies of the resources. */
export interface Access {
  /** Who sends the requests. */
  principal: Principal;
  /** The policies of the user or role, and of its groups. */
  policies: AccessPolicies;
  /** The condition keys whose values are known, such as the tags of the user. */
  context: Record<string, string>;
  /** What could not be read, or can't be read by anybody. */
  unread: UnreadPolicy[];
  /** Why something could not be read, each error once. */
  errors: S3CredentialsError[];
}

type Tags = readonly { Key?: string; Value?: string }[] | undefined;

function tagContext(tags: Tags): Record<string, string> {
  return Object.fromEntries(
    (tags ?? []).map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value ?? ""]),
  );
}

/** What IAM says of `owner`, such as `user alice`. The caller need not be allowed to read its own. */
async function describe<T>(
  reader: IdentityReader,
  owner: string,
  call: Promise<T>,
  isCaller: boolean,
): Promise<T | undefined> {
  if (isCaller) {
    const what = `whether ${owner} has a permissions boundary`;
    return await reader.read("permissions-boundary", what, call);
  }
  return await call.catch((error) => {
    throw serviceError(error, `Could not look at ${owner}`);
  });
}

/** Reads a user; the identity is known if it is the caller. */
async function userAccess(iam: IAMClient, UserName: string, caller?: Identity): Promise<Access> {
  const reader = new IdentityReader(iam);
  const call = iam.getUser({ UserName }).catch((error) => {
    throw isMissing(error) ? missingUser(UserName) : error;
  });
  const described = await describe(reader, `user ${UserName}`, call, caller !== undefined);
  return await describedUserAccess(reader, UserName, described?.User, caller);
}

/** The same for a user that IAM has described already. */
export async function describedUserAccess(
  reader: IdentityReader,
  UserName: string,
  user: IamUser | undefined,
  caller?: Identity,
): Promise<Access> {
  const [identity, permissionsBoundary] = await Promise.all([
    reader.ofUser(UserName),
    reader.boundary(user?.PermissionsBoundary?.PermissionsBoundaryArn),
  ]);
  const arn = user?.Arn ?? caller?.Arn ?? "";
  return {
    principal: { type: "user", arn, id: user?.UserId ?? caller?.UserId },
    policies: { identity, permissionsBoundary },
    context: tagContext(user?.Tags),
    unread: reader.unread,
    errors: reader.errors,
  };
}

/** The name of a session that nobody has made: it stands for any. */
const ANY_SESSION = "any-session";

async function roleAccess(iam: IAMClient, RoleName: string, caller?: Identity): Promise<Access> {
  const reader = new IdentityReader(iam);
  const call = iam.getRole({ RoleName }).catch((error) => {
    throw isMissing(error) ? missingRole(RoleName) : error;
  });
  const described = await describe(reader, `role ${RoleName}`, call, caller !== undefined);
  const role = described?.Role;
  const [identity, permissionsBoundary] = await Promise.all([
    reader.ofRole(RoleName),
    reader.boundary(role?.PermissionsBoundary?.PermissionsBoundaryArn),
  ]);
  if (caller !== undefined) reader.unread.push(SESSION_POLICY);
  const principal = principalOf(caller?.Arn ?? sessionArn(role?.Arn ?? ""));
  return {
    principal: {
      ...principal,
      ...(principal.type === "session" && role?.Arn && { roleArn: role.Arn }),
      ...(caller && { id: caller.UserId }),
    } as Principal,
    policies: { identity, permissionsBoundary },
    context: tagContext(role?.Tags),
    unread: reader.unread,
    errors: reader.errors,
  };
}

/** With which policy a session was made. */
const SESSION_POLICY: UnreadPolicy = {
  layer: "session",
  what: "the session policy, which AWS shows to nobody",
};

function sessionArn(roleArn: string): string {
  const [, start, account, name] =
    /^(arn:[^:]+):iam::(\d*):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ??
      [];
  return `${start}:sts::${account}:assumed-role/${name}/${ANY_SESSION}`;
}

const CALLER =
  /^arn:[^:]+:(?:iam::\d+:(?:(root)|user\/(?:.*\/)?([^/]+))|sts::\d+:(?:assumed-role\/([^/]+)\/.*|(federated-user)\/.*))$/;

async function callerAccess(aws: Aws, iam: IAMClient): Promise<Access> {
  const identity = await whoami(aws);
  const [, root, user, role, federated] = CALLER.exec(identity.Arn) ?? [];
  if (user !== undefined) return await userAccess(iam, user, identity);
  if (role !== undefined) return await roleAccess(iam, role, identity);
  const unread: UnreadPolicy[] = federated === undefined ? [] : [
    { layer: "identity", what: "the policies of the user who made this session" },
    SESSION_POLICY,
  ];
  if (root === undefined && federated === undefined) {
    throw new S3CredentialsError(
      "credentials",
      `Could not find out what ${identity.Arn} may do: it is neither a user nor a session of a role`,
    );
  }
  const principal = principalOf(identity.Arn);
  return { principal, policies: {}, context: {}, unread, errors: [] };
}

async function keyAccess(iam: IAMClient, AccessKeyId: string): Promise<Access> {
  try {
    const { UserName } = await iam.getAccessKeyLastUsed({ AccessKeyId });
    if (UserName !== undefined) return await userAccess(iam, UserName);
  } catch (error) {
    if (error instanceof S3CredentialsError) throw error;
    // IAM says of a key that it does not know that it may not be looked at.
    if (!isMissing(error) && awsErrorCode(error) !== "AccessDenied") {
      throw serviceError(error, `Could not look at access key ${AccessKeyId}`);
    }
  }
  throw missingKey(AccessKeyId);
}

/**
 * Reads the policies that decide what somebody may do: inline, attached and those of groups, and the
 * permissions boundary. What can't be read is named.
 *
 * @param aws the account
 * @param of whose access; that of the credentials in use if omitted
 * @returns the policies, and what could not be read
 * @throws {S3CredentialsError} `not-found` if there is no such user, role or access key
 *
 * @example May this user list a bucket?
 * ```ts
 * import { connect, createCredentials, readAccess } from "@s3creds/cli";
 * import { evaluatePartly } from "@s3creds/cli/policy";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await createCredentials(aws, { buckets: ["photos"], createBucket: true });
 * const { principal, policies, unread } = await readAccess(aws, { user: "s3.read-write.photos" });
 * const request = { principal, action: "s3:ListBucket", resource: "arn:aws:s3:::photos" };
 * assert.equal(evaluatePartly(request, policies, unread).decision, "allowed");
 * ```
 */
export async function readAccess(aws: Aws, of: AccessOf = "caller"): Promise<Access> {
  const iam = await connectionOf(aws).iam({ adaptive: true }).catch((error) => {
    throw serviceError(error, "Could not read policies");
  });
  if (of === "caller") return await callerAccess(aws, iam);
  if ("user" in of) return await userAccess(iam, of.user);
  if ("role" in of) return await roleAccess(iam, of.role);
  return await keyAccess(iam, of.accessKeyId);
}
