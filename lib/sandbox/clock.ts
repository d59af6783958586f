/**
 * The sandbox's clock, which a test can move.
 *
 * @module
 */

/**
 * The time in the sandbox: that of this machine until it is moved, and it goes on from there.
 *
 * @example Half an hour passes
 * ```ts
 * import { startSandbox } from "@s3creds/cli/sandbox";
 *
 * await using sandbox = await startSandbox();
 * sandbox.clock.advance(30 * 60 * 1000);
 * ```
 */
export class Clock {
  #offsetMs = 0;

  /** The time now. */
  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Moves the clock forward by this many milliseconds, or back if the number is negative. */
  advance(milliseconds: number): void {
    this.#offsetMs += milliseconds;
  }

  /** Sets the clock to a time. */
  set(time: Date): void {
    this.#offsetMs = time.getTime() - Date.now();
  }
}
