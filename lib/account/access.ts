/**
 * The policies that decide what a user, a role or the caller may do.
 *
 * @module
 */
import type { User as IamUser } from "@aws-sdk/client-iam";
import { missingBucket, missingKey, missingRole, missingUser } from "../aws/missing.ts";
import { awsErrorCode, isMissing, serviceError } from "../aws/service_error.ts";
import { type Aws, connectionOf, type IAMClient } from "../aws/connect.ts";
import { iamPages } from "../aws/listing.ts";
import { S3CredentialsError } from "../errors.ts";
import type { AccessPolicies, IdentityPolicy, NamedPolicy } from "../policy/access.ts";
import type { PolicyDocument } from "../policy/document.ts";
import { type Principal, principalOf } from "../policy/language/principal.ts";
import type { UnreadPolicy } from "../policy/unread.ts";
import { bucketRegion } from "./bucket_details.ts";
import { bucketPolicy } from "./bucket_settings.ts";
import { inlinePolicies, type InlinePolicyCalls } from "./iam_calls.ts";
import { parseDocument } from "./iam_document.ts";
import { accountPublicAccessBlock, bucketPublicAccessBlock } from "./public_access_block.ts";
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

/** What of a bucket decides over requests. */
export interface BucketAccess {
  /** The bucket policy and the public access blocks. */
  policies: Pick<AccessPolicies, "resource" | "publicAccessBlock">;
  /** What could not be read. */
  unread: UnreadPolicy[];
  /** Why. */
  errors: S3CredentialsError[];
}

/** Collects what can be read, and what can't. */
class Reader {
  readonly unread: UnreadPolicy[] = [];
  readonly errors: S3CredentialsError[] = [];

  constructor(readonly known: KnownPolicies = new Map()) {}

  /** What a call gives, or `undefined` if it fails for any other reason than credentials that are none. */
  async read<T>(
    layer: UnreadPolicy["layer"],
    what: string,
    call: Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await call;
    } catch (cause) {
      const error = serviceError(cause, `Could not read ${what}`);
      if (error.code === "credentials" || error.code === "network") throw error;
      this.unread.push({ layer, what });
      this.errors.push(error);
      return undefined;
    }
  }
}

type Tags = readonly { Key?: string; Value?: string }[] | undefined;

function tagContext(tags: Tags): Record<string, string> {
  return Object.fromEntries(
    (tags ?? []).map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value ?? ""]),
  );
}

/** Managed policies that were read for another user of the same list. */
export type KnownPolicies = Map<string, Promise<PolicyDocument>>;

function managedPolicy(
  iam: IAMClient,
  arn: string,
  known: KnownPolicies = new Map(),
): Promise<PolicyDocument> {
  const policy = known.get(arn) ?? fetchManagedPolicy(iam, arn);
  known.set(arn, policy);
  return policy;
}

async function fetchManagedPolicy(iam: IAMClient, PolicyArn: string): Promise<PolicyDocument> {
  const { Policy } = await iam.getPolicy({ PolicyArn });
  const VersionId = Policy?.DefaultVersionId;
  const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId });
  return parseDocument(PolicyVersion?.Document ?? "{}");
}

/** The calls that a user, a role and a group have under different names. */
interface PolicyCalls {
  /** Such as `user alice`. */
  owner: string;
  inline: InlinePolicyCalls;
  attached(
    page: { Marker?: string },
  ): Promise<{ AttachedPolicies?: { PolicyArn?: string }[]; Marker?: string }>;
}

async function identityPolicies(
  iam: IAMClient,
  reader: Reader,
  calls: PolicyCalls,
  types: { inline: IdentityPolicy["type"]; attached: IdentityPolicy["type"] },
): Promise<IdentityPolicy[]> {
  const inline = reader.read(
    "identity",
    `the inline policies of ${calls.owner}`,
    Array.fromAsync(inlinePolicies(calls.inline), ({ PolicyName, PolicyDocument }) => ({
      type: types.inline,
      name: PolicyName,
      document: PolicyDocument,
    })),
  );
  // If the other list fails first, this failure must not count as unhandled.
  inline.catch(() => {});
  const arns = await reader.read(
    "identity",
    `the attached policies of ${calls.owner}`,
    Array.fromAsync(iamPages((page) => calls.attached(page), (page) => page.AttachedPolicies)),
  );
  const attached = await Promise.all((arns ?? []).map(async ({ PolicyArn: name = "" }) => {
    const policy = managedPolicy(iam, name, reader.known);
    const document = await reader.read("identity", `policy ${name}`, policy);
    return document === undefined ? [] : [{ type: types.attached, name, document }];
  }));
  return [...await inline ?? [], ...attached.flat()];
}

const OWN = { inline: "inline", attached: "attached" } as const;
const OF_GROUP = { inline: "group", attached: "group" } as const;

async function boundaryOf(
  iam: IAMClient,
  reader: Reader,
  arn: string | undefined,
): Promise<NamedPolicy | undefined> {
  if (arn === undefined) return undefined;
  const document = await reader.read(
    "permissions-boundary",
    `the permissions boundary ${arn}`,
    managedPolicy(iam, arn, reader.known),
  );
  return document && { name: arn, document };
}

async function groupPolicies(
  iam: IAMClient,
  reader: Reader,
  UserName: string,
): Promise<IdentityPolicy[]> {
  const groups = await reader.read(
    "identity",
    `the groups of user ${UserName}`,
    Array.fromAsync(
      iamPages((page) => iam.listGroupsForUser({ UserName, ...page }), (page) => page.Groups),
    ),
  );
  const policies = await Promise.all(
    (groups ?? []).map(({ GroupName = "" }) =>
      identityPolicies(iam, reader, {
        owner: `group ${GroupName}`,
        inline: {
          list: (page) => iam.listGroupPolicies({ GroupName, ...page }),
          get: (PolicyName) => iam.getGroupPolicy({ GroupName, PolicyName }),
        },
        attached: (page) => iam.listAttachedGroupPolicies({ GroupName, ...page }),
      }, OF_GROUP)
    ),
  );
  return policies.flat();
}

/** Reads a user; `Arn` and `UserId` are known if it is the caller. */
async function userAccess(iam: IAMClient, UserName: string, known?: Identity): Promise<Access> {
  const reader = new Reader();
  const found = iam.getUser({ UserName }).catch((error) => {
    throw isMissing(error) ? missingUser(UserName) : error;
  });
  const described = known === undefined
    ? await found.catch((error) => {
      throw serviceError(error, `Could not look at user ${UserName}`);
    })
    : await reader.read(
      "permissions-boundary",
      `whether user ${UserName} has a permissions boundary`,
      found,
    );
  return await describedUserAccess(iam, UserName, described?.User, { reader, known });
}

/** The policies of a user whose description is known. */
export async function describedUserAccess(
  iam: IAMClient,
  UserName: string,
  user: IamUser | undefined,
  { policies, reader = new Reader(policies), known }: {
    policies?: KnownPolicies;
    reader?: Reader;
    known?: Identity;
  } = {},
): Promise<Access> {
  const [own, ofGroups, permissionsBoundary] = await Promise.all([
    identityPolicies(iam, reader, {
      owner: `user ${UserName}`,
      inline: {
        list: (page) => iam.listUserPolicies({ UserName, ...page }),
        get: (PolicyName) => iam.getUserPolicy({ UserName, PolicyName }),
      },
      attached: (page) => iam.listAttachedUserPolicies({ UserName, ...page }),
    }, OWN),
    groupPolicies(iam, reader, UserName),
    boundaryOf(iam, reader, user?.PermissionsBoundary?.PermissionsBoundaryArn),
  ]);
  return {
    principal: {
      type: "user",
      arn: user?.Arn ?? known?.Arn ?? "",
      id: user?.UserId ?? known?.UserId,
    },
    policies: { identity: [...own, ...ofGroups], permissionsBoundary },
    context: tagContext(user?.Tags),
    ...parts(reader),
  };
}

/** The name of a session that nobody has made: it stands for any. */
const ANY_SESSION = "any-session";

async function roleAccess(iam: IAMClient, RoleName: string, known?: Identity): Promise<Access> {
  const reader = new Reader();
  const found = iam.getRole({ RoleName }).catch((error) => {
    throw isMissing(error) ? missingRole(RoleName) : error;
  });
  const described = known === undefined
    ? await found.catch((error) => {
      throw serviceError(error, `Could not look at role ${RoleName}`);
    })
    : await reader.read(
      "permissions-boundary",
      `whether role ${RoleName} has a permissions boundary`,
      found,
    );
  const role = described?.Role;
  const [identity, permissionsBoundary] = await Promise.all([
    identityPolicies(iam, reader, {
      owner: `role ${RoleName}`,
      inline: {
        list: (page) => iam.listRolePolicies({ RoleName, ...page }),
        get: (PolicyName) => iam.getRolePolicy({ RoleName, PolicyName }),
      },
      attached: (page) => iam.listAttachedRolePolicies({ RoleName, ...page }),
    }, OWN),
    boundaryOf(iam, reader, role?.PermissionsBoundary?.PermissionsBoundaryArn),
  ]);
  // AWS shows the policy that a session was made with to nobody.
  if (known !== undefined) {
    reader.unread.push({ layer: "session", what: "the session policy, which AWS shows to nobody" });
  }
  const session = known?.Arn ?? sessionArn(role?.Arn ?? "");
  const principal = principalOf(session);
  return {
    principal: {
      ...principal,
      ...(principal.type === "session" && role?.Arn && { roleArn: role.Arn }),
      ...(known && { id: known.UserId }),
    } as Principal,
    policies: { identity, permissionsBoundary },
    context: tagContext(role?.Tags),
    ...parts(reader),
  };
}

function sessionArn(roleArn: string): string {
  const [, start, account, name] =
    /^(arn:[^:]+):iam::(\d*):role\/(?:.*\/)?([^/]+)$/.exec(roleArn) ??
      [];
  return `${start}:sts::${account}:assumed-role/${name}/${ANY_SESSION}`;
}

function parts({ unread, errors }: Reader): Pick<Access, "unread" | "errors"> {
  return { unread, errors };
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
    { layer: "session", what: "the session policy, which AWS shows to nobody" },
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

/**
 * Reads what of a bucket decides over requests: its policy, its public access block and that of the account.
 *
 * @param aws the account
 * @param bucket the bucket's name
 * @returns the policies, and what could not be read
 * @throws {S3CredentialsError} `not-found` if there is no such bucket
 *
 * @example A new bucket has no policy
 * ```ts
 * import { connect, readBucketAccess } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.equal((await readBucketAccess(aws, "photos")).policies.resource, undefined);
 * ```
 */
export async function readBucketAccess(aws: Aws, bucket: string): Promise<BucketAccess> {
  const reader = new Reader();
  const home = await aws.s3().catch((error) => {
    throw serviceError(error, `Could not look at bucket ${bucket}`);
  });
  const region = await bucketRegion(home, bucket).catch(() => undefined);
  const s3 = region === undefined ? home : await aws.s3({ region });
  const [document, ofBucket, ofAccount] = await Promise.all([
    reader.read("resource", `the policy of bucket ${bucket}`, bucketPolicy(s3, bucket)),
    reader.read(
      "public-access-block",
      `the public access block of bucket ${bucket}`,
      bucketPublicAccessBlock(s3, bucket),
    ),
    reader.read(
      "public-access-block",
      "the public access block of the account",
      accountPublicAccessBlock(aws),
    ),
  ]);
  const missing = reader.errors.find(({ cause }) => awsErrorCode(cause) === "NoSuchBucket");
  if (missing !== undefined) throw missingBucket(bucket, missing);
  return {
    policies: {
      ...(document && { resource: { type: "bucket", name: `policy of ${bucket}`, document } }),
      publicAccessBlock: { bucket: ofBucket ?? {}, account: ofAccount ?? {} },
    },
    ...parts(reader),
  };
}
