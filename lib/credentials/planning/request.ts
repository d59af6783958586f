/**
 * Checks what `create` is to do and works out all that follows from it, once.
 *
 * @module
 */
import {
  bucketsOf,
  checkGrant,
  checkPermission,
  grantsOf,
  scopeWarnings,
} from "../../policy/grants.ts";
import { permissionTag } from "../../policy/permission_words.ts";
import { prefixList, prefixPattern } from "../../policy/prefix.ts";
import type {
  CreateRequest,
  GrantName,
  MissingBuckets,
  ResolvedRequest,
  ResolvedUser,
} from "../types.ts";
import { checkDuration } from "../../time.ts";
import { asUsageError, InvalidInput } from "../../errors.ts";
import { checkOptionNames } from "../../known_options.ts";
import { checkArn, checkBucketName, checkUserName } from "../../names.ts";
import type { Partition } from "../../partitions.ts";
import { defaultUserName, fullAccessArn, readOnlyAccessArn, sessionName } from "../defaults.ts";
import {
  actionsBeyondS3,
  grantedPolicy,
  type GrantRequest,
  isReadOnly,
  isWithinS3,
  sessionPolicy,
} from "./grant.ts";
import { checkExpiry } from "../expiry.ts";
import { checkTags, roleTags, tagList, userTags } from "../tags.ts";

/**
 * Checks a request and fills in all that follows from it: names, policies, permissions boundary.
 *
 * @throws {S3CredentialsError} `usage` if the request makes no sense, `invalid-policy` or `limit` if
 *   AWS would refuse its policy
 */
export function resolveRequest(request: GrantRequest): ResolvedRequest {
  asUsageError(() => check(request));
  const { partition = "aws", createBucket, bucketRegion, duration, roleArn } = request;
  const buckets = bucketsOf(request);
  const policies = asUsageError(() => buckets.map((bucket) => grantedPolicy(request, [bucket])));
  const grant = grantOf(request);
  const common = {
    buckets,
    policies,
    grant,
    partition,
    isWithinS3: isWithinS3(request),
    kms: Boolean(request.kms),
    missingBuckets: missingBuckets(createBucket),
    bucketRegion,
    public: Boolean(request.public || request.website),
    website: Boolean(request.website),
    tags: {
      user: userTags(request, {
        buckets,
        permission: KNOWN_NAMES.includes(grant)
          ? grant
          : permissionTag(buckets, policies, partition),
        expires: request.expires,
      }),
      role: roleTags(request),
      bucket: tagList(request.tags),
    },
  };
  const warnings = request.policy === undefined ? scopeWarnings(grantsOf(request)) : [];
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
      policy: sessionPolicy(request, policies),
    },
    warnings,
  };
}

function missingBuckets(createBucket: boolean | undefined): MissingBuckets {
  if (createBucket === undefined) return "refuse";
  return createBucket ? "create" : "refuse-with-suggestion";
}

/** All fields that a request may have: one that is misspelled could have narrowed the grant. */
const KNOWN_FIELDS: Record<keyof GrantRequest, true> = {
  buckets: true,
  permission: true,
  prefix: true,
  noDelete: true,
  grants: true,
  policy: true,
  statements: true,
  duration: true,
  roleArn: true,
  username: true,
  userPermissionsBoundary: true,
  kms: true,
  partition: true,
  createBucket: true,
  bucketRegion: true,
  public: true,
  website: true,
  expires: true,
  tags: true,
  ownTags: true,
  keyStatements: true,
};

/** Two fields of which one would silently have no effect. */
const CONTRADICTIONS: [keyof CreateRequest, keyof CreateRequest][] = [
  ["policy", "prefix"],
  ["policy", "grants"],
  ["policy", "noDelete"],
  ["grants", "buckets"],
  ["grants", "permission"],
  ["grants", "prefix"],
  ["grants", "noDelete"],
  ["duration", "username"],
  ["duration", "expires"],
  ["duration", "userPermissionsBoundary"],
];

function check(request: CreateRequest): void {
  checkOptionNames(request, Object.keys(KNOWN_FIELDS));
  const { buckets, grants, permission, duration, roleArn, username } = request;
  const named = buckets ?? grants;
  if (!Array.isArray(named) || named.length === 0) {
    throw new InvalidInput("No bucket is named: at least one is required");
  }
  for (const bucket of buckets ?? []) checkBucketName(bucket);
  for (const grant of grants ?? []) checkGrant(grant);
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
  for (const prefix of prefixList(request.prefix)) prefixPattern(prefix);
  if (duration !== undefined) checkDuration(duration);
  if (roleArn !== undefined) checkArn(roleArn, "role");
  if (username !== undefined) checkUserName(username);
  if (request.expires !== undefined) checkExpiry(request.expires);
  if (request.tags !== undefined) checkTags(request.tags);
  const boundary = request.userPermissionsBoundary;
  if (boundary !== undefined && boundary !== "none") checkArn(boundary, "policy");
}

/** Where the tag is the name of the grant. */
const KNOWN_NAMES: readonly GrantName[] = ["read-only", "write-only", "read-write", "custom"];

/** What names say about the grants: the name that all have in common, or that they differ. */
function grantOf(request: CreateRequest): GrantName {
  if (request.policy !== undefined || (request.statements ?? []).length > 0) return "custom";
  const [name = "grants", ...others] = new Set(
    grantsOf(request).map(({ actions }) => actions.name),
  );
  return others.length > 0 ? "grants" : name;
}

function resolveUser(
  request: CreateRequest,
  grant: GrantName,
  buckets: readonly string[],
  partition: Partition,
): ResolvedUser {
  const { username, expires, userPermissionsBoundary } = request;
  return {
    ...(username === undefined ? defaultUserName(grant, buckets) : { name: username }),
    permissionsBoundary: boundaryFor(request, grant, partition),
    requestedBoundary: userPermissionsBoundary,
    expires,
  };
}

function boundaryFor(
  request: CreateRequest,
  grant: GrantName,
  partition: Partition,
): string | undefined {
  const { userPermissionsBoundary: requested } = request;
  if (requested !== undefined) return requested === "none" ? undefined : requested;
  if (grant === "custom") return undefined;
  return isReadOnly(request) ? readOnlyAccessArn(partition) : fullAccessArn(partition);
}
