/**
 * The caller's functions for progress and warnings.
 *
 * @module
 */
import { oneLine } from "./escape.ts";

/** The caller's callbacks. One that throws must not keep changes from being rolled back. */
export class Callbacks {
  #failure: { error: unknown } | undefined;

  /** Makes a callback that never throws. Messages may quote servers, so each is made one line. */
  guard(callback: ((message: string) => void) | undefined): (message: string) => void {
    return (message) => {
      try {
        callback?.(oneLine(message));
      } catch (error) {
        this.#failure ??= { error };
      }
    };
  }

  /** @throws what a callback has thrown */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
