/**
 * Creating credentials: resolve, look, plan, apply; and roll everything back if a step fails.
 *
 * @module
 */
import { Callbacks } from "../callbacks.ts";
import { serviceError } from "../aws/service_error.ts";
import { abortable } from "../abortable.ts";
import { type Aws, connectionOf } from "../aws/connect.ts";
import { asUsageError, interruptedError, messageOf, S3CredentialsError } from "../errors.ts";
import { customEndpoint } from "../aws/settings.ts";
import { checkBucketName } from "../names.ts";
import { partitionOfArn, partitionOfRegion } from "../partitions.ts";
import { apply } from "./apply.ts";
import { checkIsFuture, checkNotExpired, EXPIRES_POLICY, expiryOfText } from "./expiry.ts";
import { proveExpiry, usesAwsEndpoints } from "./keys/expiry_proof.ts";
import { findEncryptionKeys, findForeignBuckets, findUser, gatherFacts } from "./planning/facts.ts";
import { keyStatements } from "./planning/grant.ts";
import { NOTHING_EXISTS, planCreate } from "./planning/plan.ts";
import { resolveRequest } from "./planning/request.ts";
import { withRollbackReport } from "./rollback.ts";
import type {
  CreatedCredentials,
  CreatedKey,
  CreatedSession,
  CreateFacts,
  CreatePlan,
  CreateRequest,
  NewAccessKey,
  NewSession,
  ResolvedRequest,
  Step,
} from "./types.ts";
import {
  foreignBucketWarning,
  keyWarnings,
  overwriteWarnings,
  removalWarnings,
  userWarnings,
} from "./planning/warnings.ts";

/** Options of {@linkcode createCredentials} that don't change what is created. */
export interface CreateOptions {
  /** Called with each change when it has been made, in one line. */
  onProgress?: (message: string) => void;
  /** Called with a sentence where the credentials will do more or less, or be seen by more, than requested. */
  onWarning?: (message: string) => void;
  /** Stops the run before its next change; what was made is rolled back. */
  signal?: AbortSignal;
  /**
   * Milliseconds to wait for AWS to see what was made a moment ago.
   *
   * @default {30000}
   */
  patienceMs?: number;
  /** The time now, by which a key expires or has expired; a test may pass another one. */
  now?: Date;
}

const MAX_PROBE_PATIENCE_MS = 10_000;

/**
 * Creates credentials for one or more buckets, with the buckets and the user that they need.
 *
 * Everything is looked at and checked before the first change. When a step fails, what the run has
 * made is removed again, and the error names what could not be removed.
 *
 * @param aws the account
 * @param request what to create; with `duration` the credentials are temporary
 * @param options progress, interruption, patience
 * @returns the credentials, as any client of AWS takes them, and the way back
 * @throws {S3CredentialsError} if something is missing, may not be done, or would pass a limit
 *
 * @example A bucket, and temporary credentials that a client of the SDK takes
 * ```ts
 * import { connect, createCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import { S3Client } from "@aws-sdk/client-s3";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, {
 *   buckets: ["photos"],
 *   permission: "read-only",
 *   createBucket: true,
 *   duration: 900,
 * });
 * const s3 = new S3Client({ credentials });
 * assert.ok(credentials.expiration.getTime() > Date.now());
 * s3.destroy();
 * ```
 */
export function createCredentials(
  aws: Aws,
  request: CreateRequest & { duration: number },
  options?: CreateOptions,
): Promise<CreatedSession>;
/**
 * Creates permanent credentials: a key of a user.
 *
 * @param aws the account
 * @param request what to create
 * @param options progress, interruption, patience
 * @returns the credentials, the details of the key, and the way back
 * @throws {S3CredentialsError} if something is missing, may not be done, or would pass a limit
 *
 * @example A bucket and a key that can only read it
 * ```ts
 * import { connect, createCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials, accessKey } = await createCredentials(aws, {
 *   buckets: ["photos"],
 *   permission: "read-only",
 *   createBucket: true,
 * });
 * assert.match(credentials.accessKeyId, /^AKIA/);
 * assert.equal(accessKey.userName, "s3.read-only.photos");
 * ```
 */
export function createCredentials(
  aws: Aws,
  request: CreateRequest & { duration?: undefined },
  options?: CreateOptions,
): Promise<CreatedKey>;
/**
 * Creates credentials of either kind.
 *
 * @param aws the account
 * @param request what to create; with `duration` the credentials are temporary
 * @param options progress, interruption, patience
 * @returns the credentials, for a permanent key its details, and the way back
 * @throws {S3CredentialsError} if something is missing, may not be done, or would pass a limit
 */
export function createCredentials(
  aws: Aws,
  request: CreateRequest,
  options?: CreateOptions,
): Promise<CreatedKey | CreatedSession>;
export async function createCredentials(
  aws: Aws,
  request: CreateRequest,
  options: CreateOptions = {},
): Promise<CreatedCredentials> {
  const { signal, patienceMs } = options;
  const callbacks = new Callbacks();
  const onProgress = callbacks.guard(options.onProgress);
  const onWarning = callbacks.guard(options.onWarning);
  const view = await lookAndPlan(aws, request, options);
  const { resolved, plan, facts } = view;
  for (const warning of plan.warnings) onWarning(warning);
  for (const notice of plan.notices) onProgress(notice);
  callbacks.throwFailure();
  // No step depends on them, so they need not hold up the first changes.
  const furtherWarnings = bucketWarnings(aws, view);
  furtherWarnings.catch(() => {});
  const { created, error, rollBack } = await apply(aws, {
    steps: plan.steps,
    user: facts.user,
    patienceMs,
    signal,
    log: onProgress,
    warn: onWarning,
  });
  try {
    if (created === undefined) throw error ?? signal?.reason;
    for (const warning of await abortable(furtherWarnings, signal)) onWarning(warning);
    await checkExpires(aws, request, created, options);
    const changes = await abortable(lookAgain(aws, resolved, plan, facts), signal);
    for (const warning of changes) onWarning(warning);
    callbacks.throwFailure();
    signal?.throwIfAborted();
    const regions = regionsOf(resolved, facts);
    return { ...created, region: regions.get(resolved.buckets[0] ?? ""), regions, rollBack };
  } catch (thrown) {
    const failure = serviceError(thrown, "Could not create credentials");
    const reason = signal?.aborted ? interruption(failure, signal) : failure;
    throw withRollbackReport(reason, await rollBack());
  }
}

/** Whether a server other than AWS lets keys expire can be tried only with a key. */
async function checkExpires(
  aws: Aws,
  { expires }: CreateRequest,
  { credentials, accessKey }: NewAccessKey | NewSession,
  { patienceMs = MAX_PROBE_PATIENCE_MS, signal }: CreateOptions,
): Promise<void> {
  if (expires === undefined || accessKey === undefined || await usesAwsEndpoints(aws)) return;
  const { userName } = accessKey;
  const timeoutMs = Math.min(patienceMs, MAX_PROBE_PATIENCE_MS);
  await proveExpiry(aws, { userName, expires, credentials }, { timeoutMs, signal });
}

/**
 * What a new key of an existing user can do by what another run has changed since this one looked. The
 * run that is the last to look again sees what both have done.
 */
async function lookAgain(
  aws: Aws,
  resolved: ResolvedRequest,
  plan: CreatePlan,
  { user: earlier }: CreateFacts,
): Promise<string[]> {
  const { user } = resolved;
  if (user === undefined || earlier === undefined) return [];
  const policies = plan.steps.filter((step) => step.kind === "put-user-policy");
  try {
    const found = await findUser(aws, user.name) ?? earlier;
    return [
      ...overwriteWarnings(user, earlier, found, policies),
      ...removalWarnings(user, earlier, found, policies),
      ...userWarnings(resolved, user, found, policies),
    ].filter((warning) => !plan.warnings.includes(warning));
  } catch (error) {
    return [`What else the new key can do by now is unknown: ${messageOf(error)}`];
  }
}

/** The waiting for AWS ends in its last answer, but the reason is the caller. */
function interruption(
  error: S3CredentialsError,
  signal: AbortSignal,
): S3CredentialsError {
  return interruptedError({
    cause: error,
    hint: error.code === "interrupted" || error === signal.reason ? undefined : error.message,
  });
}

/**
 * Looks at an account and works out what {@linkcode createCredentials} would do there now. Changes
 * nothing.
 *
 * @param aws the account
 * @param request what to create
 * @param options interruption
 * @returns the plan; {@linkcode describeStep} puts its steps in words
 * @throws {S3CredentialsError} as `createCredentials` would before its first change
 *
 * @example What is still missing
 * ```ts
 * import { connect, describeStep, planCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { steps } = await planCredentials(aws, { buckets: ["photos"] });
 * assert.equal(steps.length, 3);
 * assert.match(describeStep(steps[0]!), /^Would create user: 's3.read-write.photos'/);
 * ```
 */
export async function planCredentials(
  aws: Aws,
  request: CreateRequest,
  options: Pick<CreateOptions, "signal" | "now"> = {},
): Promise<CreatePlan> {
  const view = await lookAndPlan(aws, request, options);
  const { plan } = view;
  const further = await abortable(bucketWarnings(aws, view), options.signal);
  return { ...plan, warnings: [...further, ...plan.warnings] };
}

/** The regions of the buckets that existed and that were created, as far as they are known. */
function regionsOf(
  { buckets, bucketRegion }: ResolvedRequest,
  { existingBuckets, region }: CreateFacts,
): Map<string, string> {
  const found = buckets.map((bucket): [string, string | undefined] => [
    bucket,
    existingBuckets.has(bucket) ? existingBuckets.get(bucket) : bucketRegion ?? region,
  ]);
  return new Map(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** An account as it was looked at, the request as it applies there, and the plan. */
interface View {
  /** With the account's partition. */
  request: CreateRequest;
  resolved: ResolvedRequest;
  facts: CreateFacts;
  plan: CreatePlan;
}

/** What a person should know about the existing buckets, for which they are looked at once more. */
async function bucketWarnings(aws: Aws, { request, facts, plan }: View): Promise<string[]> {
  const [foreignBuckets, encryptionKeys] = await Promise.all([
    findForeignBuckets(aws, facts),
    facts.encryptionKeys ?? findEncryptionKeys(aws, [...facts.existingBuckets.keys()]),
  ]);
  return [
    ...foreignBuckets.map(foreignBucketWarning),
    ...keyWarnings(request, { ...facts, encryptionKeys }, plan),
  ];
}

/**
 * All that comes before the first change. The request is resolved twice: first to refuse what fits into no
 * account at all before anything is sent, then with what only the account can tell, its partition and the
 * KMS keys of its buckets.
 */
async function lookAndPlan(
  aws: Aws,
  given: CreateRequest,
  { signal, now = new Date() }: Pick<CreateOptions, "signal" | "now">,
): Promise<View> {
  if (given.expires !== undefined) checkIsFuture(given.expires, now);
  const settings = await connectionOf(aws).settings;
  const likelyPartition = given.partition ?? partitionOfRegion(settings.region);
  // At another endpoint than Amazon's, the region need not say where the account is.
  if (customEndpoint(settings, "STS") === undefined) checkPartitions(given, likelyPartition);
  const preliminary = resolveRequest({ ...given, partition: likelyPartition });
  planCreate({ ...preliminary, missingBuckets: "create" }, NOTHING_EXISTS);
  const facts = await abortable(gatherFacts(aws, preliminary), signal);
  const partition = given.partition ?? partitionOfArn(facts.callerArn ?? "") ?? likelyPartition;
  const request = { ...given, partition };
  checkPartitions(request, partition);
  const withKeys = { ...request, keyStatements: keyStatements(request, facts) };
  const resolved = resolveRequest(withKeys);
  const plan = planCreate(resolved, facts);
  checkNewBuckets(plan.steps);
  if (resolved.user !== undefined && request.expires === undefined) {
    const policy = facts.user?.inlinePolicies?.get(EXPIRES_POLICY);
    checkNotExpired(resolved.user.name, expiryOfText(policy), now);
  }
  const { grantsBeyond, provePlan } = await import("./planning/proof.ts");
  provePlan(withKeys, plan);
  const warnings = [...plan.warnings, ...grantsBeyond(withKeys, plan)];
  return { request, resolved, facts, plan: { ...plan, warnings } };
}

/** @throws {S3CredentialsError} `usage` if the request names something of another partition */
function checkPartitions(
  { roleArn, userPermissionsBoundary }: CreateRequest,
  partition: string,
): void {
  for (const arn of [roleArn, userPermissionsBoundary]) {
    const named = partitionOfArn(arn ?? "") ?? partition;
    if (named === partition) continue;
    throw new S3CredentialsError(
      "usage",
      `Invalid ARN ${JSON.stringify(arn)}: the account is in partition ${partition}, not ${named}`,
      { hint: "Name a `region` of the other partition, or an ARN of this one" },
    );
  }
}

/** @throws {S3CredentialsError} `usage` if a bucket that is to be created can't have such a name */
function checkNewBuckets(steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind !== "create-bucket") continue;
    asUsageError(() => checkBucketName(step.bucket, { forNewBucket: true }));
  }
}
