/**
 * What `create` will do: a list of steps, worked out before anything is changed.
 *
 * @module
 */
import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import { publicBucketPolicy } from "../policy/build.ts";
import { formatTime } from "../time.ts";
import { checkedRequest } from "./request.ts";
import type {
  AccessKeyFacts,
  CreateFacts,
  CreateRequest,
  RoleFacts,
  Step,
  UserFacts,
} from "./types.ts";
import { S3CredentialsError } from "../errors.ts";
import { grantOf, inlinePolicies, isWithinS3, sessionPolicy, userNameFor } from "./grant.ts";
import { sessionName } from "./default_names.ts";
import { shellWord } from "../escape.ts";

/** The facts of an account in which nothing exists yet: what `--dry-run` plans on. */
export const NOTHING_EXISTS: CreateFacts = { existingBuckets: new Set<string>() };

/** The role that temporary credentials are made from. */
export const ROLE_NAME = "s3-credentials.AmazonS3FullAccess";
/** The managed policy of that role, and the permissions boundary of users who may write. */
export const FULL_ACCESS_ARN = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ_ONLY_ACCESS_ARN = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const ACCESS_KEY_LIMIT = 2;
const CHAINED_SESSION_LIMIT_SECONDS = 3600;

/**
 * Works out the steps of `create`. Changes nothing and calls nobody.
 *
 * @param asked what shall be created
 * @param facts what the account holds
 * @returns the steps in their order; the last one gives the credentials
 * @throws {S3CredentialsError} if the request makes no sense or contradicts the facts, a bucket is
 *   missing, or one of AWS's limits would be passed
 *
 * @example What a dry run shows
 * ```ts
 * import { describeStep, NOTHING_EXISTS, planCreate } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const steps = planCreate({ buckets: ["my-bucket"], createBucket: true }, NOTHING_EXISTS);
 * assert.deepEqual(steps.map((step) => step.kind), [
 *   "create-bucket",
 *   "create-user",
 *   "put-user-policy",
 *   "create-access-key",
 * ]);
 * assert.equal(describeStep(steps[0]!), "Would create bucket: 'my-bucket'");
 * ```
 */
export function planCreate(asked: CreateRequest, facts: CreateFacts): Step[] {
  const request = checkedRequest(asked);
  return [
    ...request.buckets.flatMap((bucket) => bucketSteps(bucket, request, facts)),
    ...(request.duration === undefined
      ? userSteps(request, facts.user)
      : roleSteps(request, request.duration, facts)),
  ];
}

function bucketSteps(bucket: string, request: CreateRequest, facts: CreateFacts): Step[] {
  const isPublic = request.public || request.website;
  if (facts.existingBuckets.has(bucket)) {
    if (!isPublic) return [];
    throw new S3CredentialsError(
      "conflict",
      `Bucket exists already: ${bucket} - \`public\` and \`website\` only work on new buckets`,
      { hint: "Omit them, or name a bucket that does not exist yet" },
    );
  }
  if (!request.createBucket) {
    throw new S3CredentialsError(
      "not-found",
      // Callers that never create buckets leave the option undefined.
      `Bucket does not exist: ${bucket}${
        request.createBucket === undefined ? "" : " - try `createBucket` to create it"
      }`,
    );
  }
  const region = request.bucketRegion ?? facts.region;
  const where = { bucket, ...(region && { region }) };
  const steps: Step[] = [{ kind: "create-bucket", ...where }];
  if (isPublic) {
    // The policy is refused for as long as the block stands.
    steps.push(
      { kind: "set-public-access-block", ...where, settings: NO_PUBLIC_ACCESS_BLOCK },
      { kind: "put-bucket-policy", ...where, policy: publicBucketPolicy(bucket) },
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

const NO_PUBLIC_ACCESS_BLOCK: PublicAccessBlockSettings = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

function userSteps(request: CreateRequest, user: UserFacts | undefined): Step[] {
  const userName = userNameFor(request).name;
  const boundary = boundaryFor(request);
  const steps: Step[] = [];
  if (user === undefined) {
    steps.push({
      kind: "create-user",
      userName,
      ...(boundary !== undefined && { permissionsBoundary: boundary }),
    });
  } else {
    checkExistingUser(userName, user, request.userPermissionsBoundary);
  }
  for (const { policyName, policy } of inlinePolicies(request, userName, user)) {
    steps.push({ kind: "put-user-policy", userName, policyName, policy });
  }
  return [...steps, { kind: "create-access-key", userName }];
}

function boundaryFor(request: CreateRequest): string | undefined {
  const asked = request.userPermissionsBoundary;
  if (asked !== undefined) return asked === "none" ? undefined : asked;
  if (grantOf(request) === "custom") return undefined;
  return request.permission === "read-only" ? READ_ONLY_ACCESS_ARN : FULL_ACCESS_ARN;
}

/**
 * The permissions boundary of an existing user, where it may take away from what a request grants.
 *
 * @param request what shall be created
 * @param user the user as it was found
 * @returns its ARN; nothing where a new user would get the same, or where it allows all of S3 and no
 *   more is asked for
 */
export function limitingBoundary(request: CreateRequest, user: UserFacts): string | undefined {
  const found = user.permissionsBoundary;
  const isNoLimit = found === boundaryFor(request) ||
    (found === FULL_ACCESS_ARN && isWithinS3(request));
  return isNoLimit ? undefined : found;
}

function checkExistingUser(name: string, user: UserFacts, askedBoundary: string | undefined) {
  const keys = user.accessKeys ?? [];
  if (keys.length >= ACCESS_KEY_LIMIT) {
    throw new S3CredentialsError(
      "limit",
      `User ${name} has ${keys.length} access keys already, the most that AWS allows: ` +
        keys.map(describeKey).join(", "),
      {
        hint: "Choose another `username`, or delete a key that is no longer needed: " +
          `aws iam delete-access-key --user-name=${shellWord(name)} --access-key-id ID`,
      },
    );
  }
  const asksForAnother = askedBoundary !== undefined &&
    askedBoundary !== (user.permissionsBoundary ?? "none");
  if (asksForAnother) {
    throw new S3CredentialsError(
      "conflict",
      `User ${name} exists already, with ${
        user.permissionsBoundary === undefined
          ? "no permissions boundary"
          : `permissions boundary ${user.permissionsBoundary}`
      }; an existing user is used as it is`,
      { hint: "Omit `userPermissionsBoundary`, or choose another `username`" },
    );
  }
}

/**
 * Tells how old an access key is, and when it was last used.
 *
 * @param key the key
 * @returns its id, with the rest in brackets
 */
export function describeKey(key: AccessKeyFacts): string {
  const created = key.createDate ? `created ${formatTime(key.createDate)}` : "age unknown";
  return `access key ${key.accessKeyId} (${created}, ${describeUse(key.lastUsedDate)})`;
}

function describeUse(lastUsed: Date | null | undefined): string {
  if (lastUsed === undefined) return "last use unknown";
  return lastUsed === null ? "never used" : `last used ${formatTime(lastUsed)}`;
}

function roleSteps(request: CreateRequest, duration: number, facts: CreateFacts): Step[] {
  checkCaller(facts.callerArn, duration);
  checkRole(facts.role, duration);
  const assume: Step = {
    kind: "assume-role",
    ...(request.roleArn !== undefined && { roleArn: request.roleArn }),
    sessionName: sessionName(grantOf(request), request.buckets),
    policy: sessionPolicy(request),
    duration,
  };
  if (request.roleArn !== undefined) return [assume];
  return [
    { kind: "ensure-role", roleName: ROLE_NAME, ...(facts.role && { found: facts.role }) },
    assume,
  ];
}

function checkCaller(arn: string | undefined, duration: number): void {
  if (arn?.endsWith(":root")) {
    throw new S3CredentialsError(
      "access-denied",
      "Root of the account cannot make temporary credentials: AWS lets root assume no role",
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
    `Role ${ROLE_NAME} allows sessions of ${role.maxSessionDuration} seconds, ${duration} were ` +
      "asked for",
    {
      hint: `Raise it with: aws iam update-role --role-name ${ROLE_NAME} ` +
        "--max-session-duration 43200",
    },
  );
}
