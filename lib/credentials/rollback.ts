/**
 * Rolling back what a run has made.
 *
 * @module
 */
import { oneLine } from "../escape.ts";
import { retry } from "../retry.ts";
import { S3CredentialsError } from "../errors.ts";
import { isMissing, mayHaveSucceeded, serviceError } from "../aws/service_error.ts";

/** How one change is undone. */
export interface Undo {
  /** What the change made, such as `user NAME`. */
  what: string;
  /**
   * Removes it, or throws why it must stay. That it isn't there is no failure.
   *
   * @param isCertain whether the change was made; false if its answer was lost
   * @returns what was removed, if not `what`; `null` if there was nothing to remove
   */
  run(isCertain: boolean): Promise<string | null | void>;
}

/** A change that was made, or, if its answer was lost, may have been. */
export interface Change {
  undo: Undo;
  isCertain: boolean;
}

/** What a step gave or why it failed, and what it has changed either way. */
export type Outcome<T = void> =
  | { value: T; error?: undefined; changes: Change[] }
  | { value?: undefined; error: S3CredentialsError; changes: Change[] };

/** Makes a change; if it fails, `action` says what could not be done, as `Could not create user NAME`. */
export async function change<T>(
  action: string,
  call: () => Promise<T>,
  undo: Undo,
): Promise<Outcome<T>> {
  try {
    return { value: await call(), changes: [{ undo, isCertain: true }] };
  } catch (error) {
    return {
      error: serviceError(error, action),
      changes: mayHaveSucceeded(error) ? [{ undo, isCertain: false }] : [],
    };
  }
}

/** What became of the changes of a run that was rolled back. */
export interface RollbackReport {
  /** What was removed again. */
  undone: string[];
  /** What is left in the account, each with the reason. */
  left: string[];
}

const MAX_TIMEOUT_MS = 10_000;

/** Milliseconds to wait for AWS while rolling back: not as long as before, since a caller waits for an error. */
export function rollbackTimeout(patienceMs: number): number {
  return Math.min(patienceMs, MAX_TIMEOUT_MS);
}

/**
 * Undoes changes, the last one first, and takes them out of the list.
 *
 * @param timeoutMs how long to wait for AWS to see what is to be removed
 */
export async function rollBack(changes: Change[], timeoutMs: number): Promise<RollbackReport> {
  const report: RollbackReport = { undone: [], left: [] };
  for (let one = changes.pop(); one !== undefined; one = changes.pop()) {
    const { undo, isCertain } = one;
    try {
      const removed = await retry(() => undo.run(isCertain), {
        // Right after a thing was made, AWS may say that it isn't there although it is.
        isRetriable: (error) => isCertain && isMissing(error),
        timeoutMs,
      });
      if (removed !== null) report.undone.push(oneLine(removed ?? undo.what));
    } catch (error) {
      if (isMissing(error)) continue;
      report.left.push(serviceError(error, undo.what).message);
    }
  }
  return report;
}

/** The error of a run that failed, with what became of its changes. */
export function withRollbackReport(
  error: S3CredentialsError,
  { undone, left }: RollbackReport,
): S3CredentialsError {
  const sentences = [
    ...(undone.length > 0 ? [`Undone: ${undone.join(", ")}`] : []),
    ...(left.length > 0 ? [`Left in the account: ${left.join("; ")}`] : []),
    ...(error.hint === undefined ? [] : [error.hint]),
  ];
  const code = left.length > 0 && error.code !== "interrupted" ? "partial-failure" : error.code;
  return new S3CredentialsError(code, error.message, {
    cause: error,
    hint: sentences.length > 0 ? sentences.join("\n") : undefined,
  });
}
