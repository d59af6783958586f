/**
 * Carrying out a plan: steps that don't depend on each other at the same time.
 *
 * @module
 */
import { anySignal } from "../abortable.ts";
import type { Aws } from "../aws/connect.ts";
import { DEFAULT_CONCURRENCY, Limiter } from "../concurrency.ts";
import type { S3CredentialsError } from "../errors.ts";
import { changeBucket, createBucket } from "./bucket.ts";
import { reportStep } from "./planning/describe.ts";
import { OrderedLog } from "./ordered_log.ts";
import { assumeRole, ensureRole, type Role } from "./role.ts";
import { type Outcome, rollBack, type RollbackReport, rollbackTimeout } from "./rollback.ts";
import { Discoveries, type Run } from "./run.ts";
import type { NewAccessKey, NewSession, Step, UserFacts } from "./types.ts";
import { createAccessKey, createUser, putUserPolicy } from "./user.ts";
import { serviceError } from "../aws/service_error.ts";

const DEFAULT_PATIENCE_MS = 30_000;

/** What is to be carried out, and how. */
export interface ApplyOptions {
  steps: readonly Step[];
  /** The user as it was found. */
  user: UserFacts | undefined;
  /**
   * Milliseconds to wait for AWS to see what was made a moment ago.
   *
   * @default {30000}
   */
  patienceMs: number | undefined;
  signal: AbortSignal | undefined;
  /** Called with each change that was made, in the order of the steps. */
  log: (message: string) => void;
  /** Called with a sentence where less was done than requested. */
  warn: (message: string) => void;
}

/** What came of the steps. */
export interface Applied {
  /** The credentials; `undefined` if a step has failed or the run was stopped. */
  created: NewAccessKey | NewSession | undefined;
  /** Why a step has failed, of several the first one. */
  error: S3CredentialsError | undefined;
  rollBack(): Promise<RollbackReport>;
}

/**
 * Takes the steps of a plan, each as soon as those are done that it depends on. Once a step has failed
 * or the signal is aborted no further one is begun, and those under way are waited for.
 */
export async function apply(aws: Aws, options: ApplyOptions): Promise<Applied> {
  const { steps, user, patienceMs = DEFAULT_PATIENCE_MS } = options;
  const rollbackTimeoutMs = rollbackTimeout(patienceMs);
  const failure = new AbortController();
  const signal = anySignal(failure.signal, options.signal);
  const run: Run = {
    aws,
    user,
    patience: { timeoutMs: patienceMs, signal },
    rollbackTimeoutMs,
    discoveries: new Discoveries(),
    id: crypto.randomUUID(),
    warn: options.warn,
  };
  const perform = performer(run);
  const log = new OrderedLog(steps.length, options.log);
  const limiter = new Limiter(DEFAULT_CONCURRENCY);
  const outcomes: Outcome<unknown>[] = [];
  let error: S3CredentialsError | undefined;

  const take = async (step: Step, index: number) => {
    if (!signal.aborted) {
      const outcome = await perform(step, (message) => log.add(index, message))
        .catch((cause): Outcome => ({
          error: serviceError(cause, "Could not create credentials"),
          changes: [],
        }));
      outcomes[index] = outcome;
      error ??= outcome.error;
      if (outcome.error !== undefined) failure.abort();
      const line = outcome.error === undefined ? reportStep(step) : undefined;
      if (line !== undefined) log.add(index, line);
    }
    log.end(index);
  };
  const done: Promise<void>[] = [];
  for (const [index, step] of steps.entries()) {
    const needed = done.filter((_, earlier) => dependsOn(step, steps[earlier]!));
    done.push(Promise.all(needed).then(() => limiter.run(() => take(step, index))));
  }
  await Promise.all(done);

  const changes = outcomes.flatMap((outcome) => outcome.changes);
  const last = outcomes[steps.length - 1]?.value as NewAccessKey | NewSession | undefined;
  return { created: last, error, rollBack: () => rollBack(changes, rollbackTimeoutMs) };
}

/** Whether a step needs what an earlier one has done. Credentials come last, when all else is there. */
function dependsOn(step: Step, earlier: Step): boolean {
  switch (step.kind) {
    case "create-bucket":
    case "create-user":
    case "ensure-role":
      return false;
    case "set-public-access-block":
    case "put-bucket-policy":
    case "put-bucket-website":
    case "put-bucket-tagging":
      // S3 refuses changes of one bucket that come at the same time.
      return "bucket" in earlier && earlier.bucket === step.bucket;
    case "put-user-policy":
      // An existing user's policy is only touched when the buckets are there.
      return earlier.kind === "create-user" || earlier.kind === "create-bucket";
    case "create-access-key":
    case "assume-role":
      return true;
  }
}

type Performer = (step: Step, log: (message: string) => void) => Promise<Outcome<unknown>>;

/** Takes single steps. The role that one of them ensures is the one that a later one assumes. */
function performer(run: Run): Performer {
  let role: Role | undefined;
  return async (step, log) => {
    switch (step.kind) {
      case "create-bucket":
        return await createBucket(step, run);
      case "set-public-access-block":
      case "put-bucket-policy":
      case "put-bucket-website":
      case "put-bucket-tagging":
        return await changeBucket(step, run);
      case "create-user":
        return await createUser(step, run);
      case "put-user-policy":
        return await putUserPolicy(step, run);
      case "create-access-key":
        return await createAccessKey(step, run);
      case "ensure-role": {
        const outcome = await ensureRole(step, run, log);
        role = outcome.value;
        return outcome;
      }
      case "assume-role": {
        const outcome = await assumeRole(step, role, run, log);
        if (outcome.error !== undefined) return outcome;
        return { value: { credentials: outcome.value }, changes: outcome.changes };
      }
    }
  };
}
