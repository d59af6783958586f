/**
 * IAM's eventual consistency: what was just created isn't visible everywhere yet.
 *
 * See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** Keeps when entities were created, and when they become visible. */
export class Visibility {
  /** Milliseconds for which new users, access keys and inline policies are not visible. */
  delayMs = 0;
  readonly #clock: Clock;
  #made = new WeakMap<object, Map<string, number>>();

  /** Makes one that tells the time by this clock. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records that an entity, or a named part of it, was just created. */
  note(thing: object, part = ""): void {
    if (this.delayMs === 0) return;
    const parts = this.#made.get(thing) ?? new Map<string, number>();
    this.#made.set(thing, parts.set(part, this.#clock.now().getTime()));
  }

  /** Whether an entity, or a named part of it, is visible by now. */
  sees(thing: object, part = ""): boolean {
    const made = this.#made.get(thing)?.get(part);
    return made === undefined || this.#clock.now().getTime() - made >= this.delayMs;
  }
}
