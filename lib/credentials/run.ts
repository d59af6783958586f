/**
 * What the steps of one run of `create` share.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import type { UserFacts } from "./types.ts";

/** Where and how the steps of a run are taken. */
export interface Run {
  readonly aws: Aws;
  /** The user as it was found; `undefined` if this run creates it. */
  readonly user: UserFacts | undefined;
  /** How long to wait for AWS to see what was just made; aborted as soon as the run is to end. */
  readonly patience: { readonly timeoutMs: number; readonly signal: AbortSignal };
  /** The same while rolling back, in milliseconds. */
  readonly rollbackTimeoutMs: number;
  readonly discoveries: Discoveries;
  /** Names this run in the tags of what it creates. */
  readonly id: string;
  /** Called with a sentence where less was done than requested. */
  readonly warn: (message: string) => void;
}

/** The few facts that come to light on the way and decide what a rollback may remove. */
export class Discoveries {
  #concurrentRunSeen = false;
  readonly #ownKeys = new Set<string>();

  /** Whether another run has turned up that creates the same credentials. */
  get concurrentRunSeen(): boolean {
    return this.#concurrentRunSeen;
  }

  noteConcurrentRun(): void {
    this.#concurrentRunSeen = true;
  }

  /** Whether this run has created an access key, and received its id. */
  isOwnKey(id: string): boolean {
    return this.#ownKeys.has(id);
  }

  noteOwnKey(id: string): void {
    this.#ownKeys.add(id);
  }
}
