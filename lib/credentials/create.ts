/**
 * Creating credentials: look, plan, apply, and take everything back if a step fails.
 *
 * @module
 */
import { policyText } from "../policy/document.ts";
import { retry } from "../retry.ts";
import { abortable } from "../abortable.ts";
import { checkedRequest } from "./request.ts";
import type { CreateRequest, Step, StepOf } from "./types.ts";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import type { Credentials, PermanentCredentials } from "./format.ts";
import { checkBucketName } from "../names.ts";
import { NOTHING_EXISTS, planCreate } from "./plan.ts";
import { bucketConfiguration, describeDangers, describeFacts, reportStep } from "./describe.ts";
import type { Aws } from "../aws/connect.ts";
import { gatherFacts } from "./facts.ts";
import { assumeRole, ensureRole } from "./role.ts";
import {
  keyTimes,
  type Run,
  takeBackBucket,
  takeBackKey,
  takeBackPolicy,
  takeBackUser,
} from "./rollback_steps.ts";
import { watchClock } from "./server_clock.ts";
import {
  awsErrorCode,
  isMissing,
  isRetriedConflict,
  isThrottled,
  serviceError,
} from "../aws/service_error.ts";
import { UndoList, type UndoReport, withUndoReport } from "./rollback.ts";

/** Choices of {@linkcode createCredentials} that don't change what is created. */
export interface CreateOptions {
  /** Told of each change when it has been made, in one line. */
  onProgress?: (message: string) => void;
  /** Told in a sentence where the credentials will do more or less, or be seen by more, than was asked for. */
  onWarning?: (message: string) => void;
  /** Stops the run before its next change; what was made is taken back. */
  signal?: AbortSignal;
  /**
   * Milliseconds to wait for AWS to see what was made a moment ago.
   *
   * @default {30000}
   */
  patienceMs?: number;
}

/** What {@linkcode createCredentials} gives back. */
export interface CreatedCredentials {
  /** The credentials. A permanent secret can't be fetched again. */
  credentials: Credentials;
  /** Takes back all that the run has changed, for when the credentials could not be delivered. */
  undo(): Promise<UndoReport>;
}

const DEFAULT_PATIENCE_MS = 30_000;
const UNDO_PATIENCE_MS = 10_000;

/**
 * Creates credentials for one or more buckets, with the buckets and the user that they need.
 *
 * All is looked at and checked before the first change. When a step fails, what the run has made is
 * removed again, and the error names what could not be removed.
 *
 * @param aws the account
 * @param asked what shall be created
 * @param options progress, interruption, patience
 * @returns the credentials and the way back
 * @throws {S3CredentialsError} if something is missing, may not be done, or would pass a limit
 *
 * @example A bucket and a key that can only read it
 * ```ts
 * import { connect, createCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, {
 *   buckets: ["photos"],
 *   permission: "read-only",
 *   createBucket: true,
 * });
 * assert.match(credentials.AccessKeyId, /^AKIA/);
 * assert.ok(sandbox.account.users.has("s3.read-only.photos"));
 * aws.close();
 * ```
 */
export async function createCredentials(
  aws: Aws,
  asked: CreateRequest,
  options: CreateOptions = {},
): Promise<CreatedCredentials> {
  const request = checkedRequest(asked);
  // What fits into no account at all is found out before anything is sent.
  planCreate({ ...request, createBucket: true }, NOTHING_EXISTS);
  const facts = await abortable(gatherFacts(aws, request), options.signal);
  const steps = planCreate(request, facts);
  checkNewBuckets(steps);
  for (const line of describeDangers(request, facts)) options.onWarning?.(line);
  for (const line of describeFacts(request, facts)) options.onProgress?.(line);
  const patienceMs = options.patienceMs ?? DEFAULT_PATIENCE_MS;
  const undoPatienceMs = Math.min(patienceMs, UNDO_PATIENCE_MS);
  const undos = new UndoList(undoPatienceMs);
  const run: Run = {
    aws,
    facts,
    undos,
    log: options.onProgress ?? (() => {}),
    patience: { timeoutMs: patienceMs, ...(options.signal && { signal: options.signal }) },
    undoPatienceMs,
    madeUser: steps.some((step) => step.kind === "create-user"),
    madeKeyId: undefined,
    lostKey: undefined,
    hasRival: false,
    role: {
      arn: facts.role?.arn,
      isNew: false,
      mayBeOthers: false,
      wasAttached: false,
      wasTried: false,
    },
  };
  try {
    let credentials: Credentials | undefined;
    for (const step of steps) {
      options.signal?.throwIfAborted();
      credentials = await perform(step, run) ?? credentials;
      const line = reportStep(step);
      if (line !== undefined) run.log(line);
    }
    options.signal?.throwIfAborted();
    return { credentials: credentials!, undo: () => undos.run() };
  } catch (error) {
    const failure = serviceError(error, "Could not create credentials");
    const problem = options.signal?.aborted ? interruptionOf(failure) : failure;
    throw withUndoReport(problem, await undos.run());
  }
}

/** What ends the waiting for AWS is its last answer, but the reason is the caller. */
function interruptionOf(failure: S3CredentialsError): S3CredentialsError {
  if (failure.code === "interrupted") return failure;
  return new S3CredentialsError("interrupted", "Interrupted", {
    cause: failure,
    hint: failure.message,
  });
}

/** @throws {S3CredentialsError} `usage` if a bucket that is to be created can't have such a name */
function checkNewBuckets(steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind !== "create-bucket") continue;
    asUsageError(() => checkBucketName(step.bucket, { forNewBucket: true }));
  }
}

async function perform(step: Step, run: Run): Promise<Credentials | undefined> {
  switch (step.kind) {
    case "create-bucket":
      return void await createBucket(step, run);
    case "set-public-access-block":
      return void await changeBucket(
        step,
        run,
        "set the public access block of",
        (s3) =>
          s3.putPublicAccessBlock({
            Bucket: step.bucket,
            PublicAccessBlockConfiguration: step.settings,
          }),
      );
    case "put-bucket-policy":
      return void await changeBucket(
        step,
        run,
        "attach a policy to",
        (s3) => s3.putBucketPolicy({ Bucket: step.bucket, Policy: policyText(step.policy) }),
      );
    case "put-bucket-website":
      return void await changeBucket(
        step,
        run,
        "configure the website of",
        (s3) =>
          s3.putBucketWebsite({
            Bucket: step.bucket,
            WebsiteConfiguration: {
              IndexDocument: { Suffix: step.indexDocument },
              ErrorDocument: { Key: step.errorDocument },
            },
          }),
      );
    case "create-user":
      return void await createUser(step, run);
    case "put-user-policy":
      return void await putUserPolicy(step, run);
    case "create-access-key":
      return await createAccessKey(step, run);
    case "ensure-role":
      return void await ensureRole(step, run);
    case "assume-role":
      return await assumeRole(step, run);
  }
}

async function createBucket({ bucket, region }: StepOf<"create-bucket">, run: Run) {
  const s3 = await run.aws.s3({ ...(region && { region }), keepAlive: false });
  const configuration = bucketConfiguration(region);
  await run.undos.change(
    `Could not create bucket ${bucket}`,
    () =>
      s3.createBucket({
        Bucket: bucket,
        ...(configuration && { CreateBucketConfiguration: configuration as never }),
      }).catch((error) => {
        if (!isRetriedConflict(error, /^BucketAlreadyOwnedByYou$/)) throw error;
      }),
    {
      what: `bucket ${bucket}`,
      run: () => takeBackBucket(run, bucket, () => s3.deleteBucket({ Bucket: bucket })),
    },
  );
}

/** Settings of a bucket that this run has made go with the bucket. */
async function changeBucket(
  { bucket, region }: { bucket: string; region?: string },
  run: Run,
  verb: string,
  call: (s3: Awaited<ReturnType<Aws["s3"]>>) => Promise<unknown>,
): Promise<void> {
  const s3 = await run.aws.s3(region === undefined ? {} : { region });
  try {
    await retry(() => call(s3), { isRetriable: isMissing, ...run.patience });
  } catch (error) {
    throw serviceError(error, `Could not ${verb} bucket ${bucket}`);
  }
}

async function createUser({ userName, permissionsBoundary }: StepOf<"create-user">, run: Run) {
  const iam = await run.aws.iam({ keepAlive: false });
  await run.undos.change(
    `Could not create user ${userName}`,
    () =>
      iam.createUser({
        UserName: userName,
        ...(permissionsBoundary !== undefined && { PermissionsBoundary: permissionsBoundary }),
      }).catch((error) => {
        if (isRetriedConflict(error, /^EntityAlreadyExists/)) return;
        // It wasn't there when this run looked.
        run.hasRival = awsErrorCode(error).startsWith("EntityAlreadyExists");
        throw error;
      }),
    { what: `user ${userName}`, run: () => takeBackUser(run, userName) },
  );
}

async function putUserPolicy(step: StepOf<"put-user-policy">, run: Run) {
  const iam = await run.aws.iam();
  watchClock(iam);
  const target = { UserName: step.userName, PolicyName: step.policyName };
  const earlier = run.facts.user?.inlinePolicies?.get(step.policyName);
  await run.undos.change(
    `Could not attach policy ${step.policyName} to user ${step.userName}`,
    () =>
      whenVisible(
        run,
        () => iam.putUserPolicy({ ...target, PolicyDocument: policyText(step.policy) }),
      ),
    {
      what: `policy ${step.policyName} of user ${step.userName}`,
      run: () => takeBackPolicy(run, target),
    },
  );
  if (earlier !== undefined && earlier !== policyText(step.policy)) {
    run.log(
      `Replaced the earlier policy ${step.policyName}: what it says now also counts for the other ` +
        `access keys of user ${step.userName}`,
    );
  }
}

/** IAM may not see a user everywhere for some seconds. */
function whenVisible<T>(run: Run, call: () => Promise<T>): Promise<T> {
  return retry(call, {
    isRetriable: (error) => run.madeUser && isMissing(error),
    ...run.patience,
  });
}

async function createAccessKey(
  { userName }: StepOf<"create-access-key">,
  run: Run,
): Promise<PermanentCredentials> {
  // Sent twice it could make two keys, and nobody would have the secret of the first.
  const iam = await run.aws.iam({ keepAlive: false, retry: false });
  const clocked = await run.aws.iam();
  const times = keyTimes(clocked);
  const answer = await run.undos.change(
    `Could not create an access key for user ${userName}`,
    async () => {
      const answer = await retry(
        () => {
          times.since = keyTimes(clocked).since;
          return iam.createAccessKey({ UserName: userName }).finally(() => {
            times.until = keyTimes(clocked).until;
          });
        },
        {
          isRetriable: (error) => isThrottled(error) || (run.madeUser && isMissing(error)),
          ...run.patience,
        },
      );
      run.madeKeyId = answer.AccessKey?.AccessKeyId;
      return answer;
    },
    {
      what: `access key of user ${userName}`,
      run: () => takeBackKey(run, userName, times),
    },
  );
  const key = answer.AccessKey;
  if (!key?.AccessKeyId || !key.SecretAccessKey) {
    throw new S3CredentialsError(
      "aws",
      `Could not create an access key for user ${userName}: the answer held no key`,
    );
  }
  return {
    UserName: key.UserName ?? userName,
    AccessKeyId: key.AccessKeyId,
    Status: key.Status ?? "Active",
    SecretAccessKey: key.SecretAccessKey,
    CreateDate: key.CreateDate ?? new Date(),
  };
}
