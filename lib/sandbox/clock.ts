/**
 * The sandbox's clock, which a test can move.
 *
 * @module
 */

const FAR_OFF_MS = 23 * 60 * 60 * 1000;

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

  /** Whether it has been moved further than clients would correct their own clocks: about a day. */
  get isFarOff(): boolean {
    return Math.abs(this.#offsetMs) > FAR_OFF_MS;
  }

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
