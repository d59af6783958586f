/**
 * Ending a command with an exit code of its own.
 *
 * @module
 */

/** Thrown by a command that has already reported its errors. */
export class ExitCode extends Error {
  /** The exit code of the process. */
  readonly code: number;

  /** @param code the exit code of the process */
  constructor(code: number) {
    super(`exit ${code}`);
    this.name = "ExitCode";
    this.code = code;
  }
}
