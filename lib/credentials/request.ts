/**
 * Checks what `create` is to do and works out all that follows from it, once.
 *
 * @module
 */
import { checkPermission, prefixPattern, prefixWarnings } from "../policy/build.ts";
import type { CreateRequest, GrantName, ResolvedRequest, ResolvedUser } from "./types.ts";
import { checkDuration } from "../time.ts";
import { asUsageError, InvalidInput } from "../errors.ts";
import { checkArn, checkBucketName, checkUserName } from "../names.ts";
import type { Partition } from "../partitions.ts";
import { defaultUserName, fullAccessArn, readOnlyAccessArn, sessionName } from "./defaults.ts";
import {
  actionsBeyondS3,
  grantedPolicy,
  type GrantRequest,
  isWithinS3,
  sessionPolicy,
} from "./grant.ts";
import { checkExpiry } from "./expiry.ts";
import { checkTags, roleTags, tagList, userTags } from "./tags.ts";

/**
 * Checks a request and fills in all that follows from it: names, policies, permissions boundary.
 *
 * @throws {S3CredentialsError} `usage` if the request makes no sense, `invalid-policy` or `limit` if
 *   AWS would refuse its policy
 */
export function resolveRequest(request: GrantRequest): ResolvedRequest {
  asUsageError(() => check(request));
  const { partition = "aws", createBucket, bucketRegion, duration, roleArn, prefix } = request;
  const buckets = [...new Set(request.buckets)];
  const policies = asUsageError(() => buckets.map((bucket) => grantedPolicy(request, [bucket])));
  const grant = grantOf(request);
  const common = {
    buckets,
    policies,
    grant,
    partition,
    isWithinS3: isWithinS3(request),
    kms: Boolean(request.kms),
    createBucket,
    bucketRegion,
    public: Boolean(request.public || request.website),
    website: Boolean(request.website),
    tags: {
      user: userTags(request, { buckets, grant, expires: request.expires }),
      role: roleTags(request),
      bucket: tagList(request.tags),
    },
  };
  const warnings = prefix === undefined ? [] : prefixWarnings(prefix);
  if (duration === undefined) {
    return { ...common, user: resolveUser(request, grant, buckets, partition), warnings };
  }
  const beyond = roleArn === undefined ? actionsBeyondS3(request) : [];
  if (beyond.length > 0) {
    warnings.push(
      `${beyond.join(", ")} will have no effect: the role of temporary credentials is limited to ` +
        "S3, unless `roleArn` names another one",
    );
  }
  return {
    ...common,
    session: {
      name: sessionName(grant, buckets),
      duration,
      roleArn,
      policy: sessionPolicy({ ...request, buckets }, policies),
    },
    warnings,
  };
}

/** Two fields of which one would silently have no effect. */
const CONTRADICTIONS: [keyof CreateRequest, keyof CreateRequest][] = [
  ["policy", "prefix"],
  ["duration", "username"],
  ["duration", "expires"],
  ["duration", "userPermissionsBoundary"],
];

function check(request: CreateRequest): void {
  const { buckets, permission, prefix, duration, roleArn, username } = request;
  if (!Array.isArray(buckets) || buckets.length === 0) {
    throw new InvalidInput("No bucket is named: at least one is required");
  }
  for (const bucket of buckets) checkBucketName(bucket);
  for (const [one, other] of CONTRADICTIONS) {
    if (request[one] !== undefined && request[other] !== undefined) {
      throw new InvalidInput(`${one} and ${other} cannot be used together`);
    }
  }
  if (request.policy !== undefined && permission !== undefined && permission !== "read-write") {
    throw new InvalidInput(`policy and permission ${permission} cannot be used together`);
  }
  if (roleArn !== undefined && duration === undefined) {
    throw new InvalidInput("roleArn needs duration");
  }
  if (permission !== undefined) checkPermission(permission);
  if (prefix !== undefined) prefixPattern(prefix);
  if (duration !== undefined) checkDuration(duration);
  if (roleArn !== undefined) checkArn(roleArn, "role");
  if (username !== undefined) checkUserName(username);
  if (request.expires !== undefined) checkExpiry(request.expires);
  if (request.tags !== undefined) checkTags(request.tags);
  const boundary = request.userPermissionsBoundary;
  if (boundary !== undefined && boundary !== "none") checkArn(boundary, "policy");
}

function grantOf({ policy, statements = [], permission = "read-write" }: CreateRequest): GrantName {
  return policy !== undefined || statements.length > 0 ? "custom" : permission;
}

function resolveUser(
  { username, expires, userPermissionsBoundary }: CreateRequest,
  grant: GrantName,
  buckets: readonly string[],
  partition: Partition,
): ResolvedUser {
  return {
    ...(username === undefined ? defaultUserName(grant, buckets) : { name: username }),
    permissionsBoundary: boundaryFor(grant, userPermissionsBoundary, partition),
    requestedBoundary: userPermissionsBoundary,
    expires,
  };
}

function boundaryFor(
  grant: GrantName,
  requested: string | undefined,
  partition: Partition,
): string | undefined {
  if (requested !== undefined) return requested === "none" ? undefined : requested;
  if (grant === "custom") return undefined;
  return grant === "read-only" ? readOnlyAccessArn(partition) : fullAccessArn(partition);
}
