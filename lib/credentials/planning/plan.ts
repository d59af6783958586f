/**
 * What `create` will do: a list of steps, worked out before anything is changed.
 *
 * @module
 */
import { NO_PUBLIC_ACCESS_BLOCK } from "../../policy/public_access.ts";
import { publicBucketPolicy } from "../../policy/build.ts";
import type {
  CreateFacts,
  CreatePlan,
  CreateRequest,
  ResolvedRequest,
  ResolvedSession,
  ResolvedUser,
  RoleFacts,
  Step,
  UserFacts,
} from "../types.ts";
import { S3CredentialsError } from "../../errors.ts";
import { SEE_BUCKETS } from "../../aws/missing.ts";
import { DEFAULT_REGION, partitionOfRegion } from "../../partitions.ts";
import { policyText } from "../../policy/document.ts";
import { accountOfArn } from "../../policy/language/principal.ts";
import { ROLE_NAME } from "../defaults.ts";
import { resolveRequest } from "./request.ts";
import { EXPIRES_POLICY, expiryPolicy } from "../expiry.ts";
import { type NamedPolicy, policiesToPut } from "./grant.ts";
import { describeKey } from "./describe.ts";
import {
  bucketNotices,
  bucketWarnings,
  expiryWarnings,
  replacementWarnings,
  userNotices,
  userWarnings,
} from "./warnings.ts";

/** The facts of an account in which nothing exists yet: what `--dry-run` plans on. */
export const NOTHING_EXISTS: CreateFacts = {
  existingBuckets: new Map<string, string | undefined>(),
};

/** See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ACCESS_KEY_LIMIT = 2;
/** Of a role that is assumed from a role, see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const CHAINED_SESSION_LIMIT_SECONDS = 3600;

/**
 * Works out what `createCredentials` would do in an account where nothing exists yet. Makes no request.
 *
 * @param request what to create; missing buckets are created
 * @param options the region of new buckets if the request names none
 * @returns the plan; {@linkcode describeStep} puts its steps in words
 * @throws {S3CredentialsError} if the request makes no sense, or one of AWS's limits would be passed
 *
 * @example What a dry run shows
 * ```ts
 * import { describeStep, planForEmptyAccount } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const { steps } = planForEmptyAccount({ buckets: ["my-bucket"] });
 * assert.deepEqual(steps.map((step) => step.kind), [
 *   "create-bucket",
 *   "create-user",
 *   "put-user-policy",
 *   "create-access-key",
 * ]);
 * assert.equal(describeStep(steps[0]!), "Would create bucket: 'my-bucket'");
 * ```
 */
export function planForEmptyAccount(
  request: CreateRequest,
  options: { region?: string } = {},
): CreatePlan {
  const region = options.region ?? request.bucketRegion ?? DEFAULT_REGION;
  const partition = request.partition ?? partitionOfRegion(region);
  const resolved = resolveRequest({ ...request, partition, createBucket: true });
  return planCreate(resolved, { ...NOTHING_EXISTS, region: options.region });
}

/**
 * Works out the steps of `create`, and what a person should know before they are taken. Pure.
 *
 * @throws {S3CredentialsError} if the request contradicts the facts, a bucket is missing, or one of
 *   AWS's limits would be passed
 */
export function planCreate(request: ResolvedRequest, facts: CreateFacts): CreatePlan {
  const { user, session } = request;
  checkBuckets(request, facts);
  const bucketSteps = request.buckets.flatMap((bucket) => stepsForBucket(bucket, request, facts));
  const holder = user !== undefined
    ? planUser(request, user, facts.user)
    : planSession(request, session, facts);
  return {
    steps: [...bucketSteps, ...holder.steps],
    notices: [...bucketNotices(request, facts), ...holder.notices],
    warnings: [...request.warnings, ...bucketWarnings(request, facts), ...holder.warnings],
  };
}

/** Names all buckets at once that are there or missing against the request. */
function checkBuckets(
  { buckets, missingBuckets, public: isPublic }: ResolvedRequest,
  { existingBuckets }: CreateFacts,
): void {
  const existing = buckets.filter((bucket) => existingBuckets.has(bucket));
  const missing = buckets.filter((bucket) => !existingBuckets.has(bucket));
  if (isPublic && existing.length > 0) {
    const are = existing.length === 1 ? "Bucket already exists" : "Buckets already exist";
    throw new S3CredentialsError(
      "conflict",
      `${are}: ${existing.join(", ")} - \`public\` and \`website\` only work on new buckets`,
      { hint: "Omit them, or name a bucket that does not exist yet" },
    );
  }
  if (missingBuckets !== "create" && missing.length > 0) {
    const [are, them] = missing.length === 1 ? ["Bucket does", "it"] : ["Buckets do", "them"];
    const suggestion = missingBuckets === "refuse"
      ? ""
      : ` - try \`createBucket\` to create ${them}`;
    throw new S3CredentialsError(
      "not-found",
      `${are} not exist: ${missing.join(", ")}${suggestion}`,
      { hint: missingBuckets === "refuse" ? SEE_BUCKETS : undefined },
    );
  }
}

function stepsForBucket(bucket: string, request: ResolvedRequest, facts: CreateFacts): Step[] {
  if (facts.existingBuckets.has(bucket)) return [];
  const region = request.bucketRegion ?? facts.region;
  const where = region === undefined ? { bucket } : { bucket, region };
  const steps: Step[] = [{ kind: "create-bucket", ...where }];
  const tags = request.tags.bucket;
  if (tags.length > 0) steps.push({ kind: "put-bucket-tagging", ...where, tags });
  if (request.public) {
    // The policy is refused until the block is off.
    steps.push(
      { kind: "set-public-access-block", ...where, settings: NO_PUBLIC_ACCESS_BLOCK },
      {
        kind: "put-bucket-policy",
        ...where,
        policy: publicBucketPolicy(bucket, { partition: request.partition }),
      },
    );
  }
  if (request.website) {
    steps.push({
      kind: "put-bucket-website",
      ...where,
      indexDocument: "index.html",
      errorDocument: "error.html",
    });
  }
  return steps;
}

function planUser(
  request: ResolvedRequest,
  user: ResolvedUser,
  found: UserFacts | undefined,
): CreatePlan {
  if (found !== undefined) checkExistingUser(user, found);
  const end = user.expires && { policyName: EXPIRES_POLICY, policy: expiryPolicy(user.expires) };
  const granting = policiesToPut({
    ...request,
    userName: user.name,
    existing: new Map([
      ...found?.inlinePolicies ?? [],
      // AWS counts it too.
      ...end === undefined ? [] : [[end.policyName, policyText(end.policy)] as const],
    ]),
  });
  const policies = end === undefined ? granting : [...granting, end];
  return {
    steps: stepsForUser(request, user, found, policies),
    notices: userNotices(user, found),
    warnings: found === undefined ? [] : [
      ...expiryWarnings(user, found),
      ...replacementWarnings(user, found, policies),
      ...userWarnings(request, user, found, policies),
    ],
  };
}

function stepsForUser(
  { tags: { user: tags } }: ResolvedRequest,
  { name: userName, permissionsBoundary }: ResolvedUser,
  found: UserFacts | undefined,
  policies: readonly NamedPolicy[],
): Step[] {
  const create: Step = {
    kind: "create-user",
    userName,
    ...(permissionsBoundary !== undefined && { permissionsBoundary }),
    ...(tags.length > 0 && { tags }),
  };
  return [
    ...(found === undefined ? [create] : []),
    ...policies.map((named): Step => ({ kind: "put-user-policy", userName, ...named })),
    { kind: "create-access-key", userName },
  ];
}

function checkExistingUser({ name, requestedBoundary }: ResolvedUser, user: UserFacts): void {
  const keys = user.accessKeys ?? [];
  if (keys.length >= ACCESS_KEY_LIMIT) {
    throw new S3CredentialsError(
      "limit",
      `User ${name} already has ${keys.length} access keys, the maximum that AWS allows: ` +
        keys.map(describeKey).join(", "),
      {
        hint: "Choose another `username`, or delete a key that is no longer needed: `deleteKey`",
      },
    );
  }
  const isOther = requestedBoundary !== undefined &&
    requestedBoundary !== (user.permissionsBoundary ?? "none");
  if (isOther) {
    throw new S3CredentialsError(
      "conflict",
      `User ${name} already exists, with ${
        user.permissionsBoundary === undefined
          ? "no permissions boundary"
          : `permissions boundary ${user.permissionsBoundary}`
      }; an existing user is used as it is`,
      { hint: "Omit `userPermissionsBoundary`, or choose another `username`" },
    );
  }
}

function planSession(
  { partition, tags: { role: tags } }: ResolvedRequest,
  session: ResolvedSession,
  facts: CreateFacts,
): CreatePlan {
  const { duration, roleArn, name: sessionName, policy } = session;
  const assume: Step = {
    kind: "assume-role",
    ...(roleArn !== undefined && { roleArn }),
    sessionName,
    policy,
    duration,
  };
  const none = { notices: [], warnings: [] };
  if (roleArn !== undefined) return { steps: [assume], ...none };
  checkCaller(facts.callerArn, duration);
  checkRole(facts.role, duration);
  const ensure: Step = {
    kind: "ensure-role",
    roleName: ROLE_NAME,
    partition,
    account: accountOfArn(facts.callerArn ?? "") ?? "",
    ...(facts.role && { existingArn: facts.role.arn }),
    needsPolicy: !facts.role?.hasFullAccess,
    ...(facts.role === undefined && tags.length > 0 && { tags }),
  };
  return { steps: [ensure, assume], ...none };
}

function checkCaller(arn: string | undefined, duration: number): void {
  if (arn?.endsWith(":root")) {
    throw new S3CredentialsError(
      "access-denied",
      "Root of the account cannot create temporary credentials: AWS lets root assume no role",
      { hint: "Use the keys of an IAM user, or omit `duration`" },
    );
  }
  if (arn?.includes(":assumed-role/") && duration > CHAINED_SESSION_LIMIT_SECONDS) {
    throw new S3CredentialsError(
      "limit",
      `A role cannot be assumed for ${duration} seconds from ${arn}: AWS allows one hour where ` +
        "the caller is in a role itself",
      { hint: "Choose a `duration` of one hour or less, or use the keys of an IAM user" },
    );
  }
}

function checkRole(role: RoleFacts | undefined, duration: number): void {
  if (role === undefined || duration <= role.maxSessionDuration) return;
  throw new S3CredentialsError(
    "limit",
    `Role ${ROLE_NAME} allows sessions of ${role.maxSessionDuration} seconds, not of ${duration}`,
    {
      hint: `Raise it with: aws iam update-role --role-name ${ROLE_NAME} ` +
        "--max-session-duration 43200",
    },
  );
}
