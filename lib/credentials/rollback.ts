/**
 * Taking back what a run has made.
 *
 * @module
 */
import { retry } from "../retry.ts";
import { S3CredentialsError } from "../errors.ts";
import { isMissing, mayHaveSucceeded, serviceError } from "../aws/service_error.ts";

/** How one change is taken back. */
export interface Undo {
  /** What the change made, such as `user NAME`. */
  what: string;
  /**
   * Removes it. That it isn't there is no failure. A text that it returns says more precisely what was
   * removed; `null` says that there was nothing to remove.
   */
  run(): Promise<unknown>;
}

/** What became of the changes of a run that was undone. */
export interface UndoReport {
  /** What was removed again. */
  undone: string[];
  /** What is left in the account, each with the reason. */
  left: string[];
}

/** The changes of a run, in their order, with the way back of each. */
export class UndoList {
  #undos: (Undo & { isCertain: boolean })[] = [];
  #patienceMs: number;

  /**
   * Starts with no changes.
   *
   * @param patienceMs how long to wait for AWS to see what is to be removed, in milliseconds
   */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /**
   * Makes a change and notes how to take it back, also where the answer got lost and the change may
   * have been made.
   *
   * @param tried what to say if it fails, such as `Could not create user NAME`
   * @param call makes the change
   * @param undo takes it back
   * @returns what `call` gave
   * @throws {S3CredentialsError} if the change failed
   */
  async change<T>(tried: string, call: () => Promise<T>, undo: Undo): Promise<T> {
    try {
      const made = await call();
      this.#undos.push({ ...undo, isCertain: true });
      return made;
    } catch (error) {
      if (mayHaveSucceeded(error)) this.#undos.push({ ...undo, isCertain: false });
      throw serviceError(error, tried);
    }
  }

  /**
   * Takes all changes back, the last one first.
   *
   * @returns what was removed and what could not be
   */
  async run(): Promise<UndoReport> {
    const report: UndoReport = { undone: [], left: [] };
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) {
      try {
        const done = await this.#takeBack(undo);
        if (done !== null) report.undone.push(typeof done === "string" ? done : undo.what);
      } catch (error) {
        if (isMissing(error)) continue;
        report.left.push(serviceError(error, undo.what).message);
      }
    }
    return report;
  }

  /** Right after a thing was made, AWS may say that it isn't there although it is. */
  #takeBack({ run, isCertain }: Undo & { isCertain: boolean }): Promise<unknown> {
    return retry(run, {
      isRetriable: (error) => isCertain && isMissing(error),
      timeoutMs: this.#patienceMs,
    });
  }
}

/**
 * Adds to an error what became of the run's changes.
 *
 * @param error why the run failed
 * @param report what was undone
 * @returns the error to show
 */
export function withUndoReport(error: S3CredentialsError, report: UndoReport): S3CredentialsError {
  const sentences = [
    ...(report.undone.length > 0 ? [`Undone: ${report.undone.join(", ")}`] : []),
    ...(report.left.length > 0 ? [`Left in the account: ${report.left.join("; ")}`] : []),
    ...(error.hint === undefined ? [] : [error.hint]),
  ];
  const code = report.left.length > 0 && error.code !== "interrupted"
    ? "partial-failure"
    : error.code;
  return new S3CredentialsError(code, error.message, {
    cause: error,
    ...(sentences.length > 0 && { hint: sentences.join("\n") }),
  });
}
