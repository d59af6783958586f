/**
 * IAM's delay: what was made a moment ago is not seen everywhere yet.
 *
 * See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** Knows when things were made, and from when on they are seen. */
export class Visibility {
  /** Milliseconds for which new users, access keys and inline policies are not seen. */
  delayMs = 0;
  readonly #clock: Clock;
  #made = new WeakMap<object, Map<string, number>>();

  /** Makes one that tells the time by this clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembers that a thing, or a named part of it, has just been made. */
  note(thing: object, part = ""): void {
    if (this.delayMs === 0) return;
    const parts = this.#made.get(thing) ?? new Map<string, number>();
    this.#made.set(thing, parts.set(part, this.#clock.now().getTime()));
  }

  /** Whether a thing, or a named part of it, is seen by now. */
  sees(thing: object, part = ""): boolean {
    const made = this.#made.get(thing)?.get(part);
    return made === undefined || this.#clock.now().getTime() - made >= this.delayMs;
  }
}
