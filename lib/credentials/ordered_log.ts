/**
 * Messages of concurrent work in a fixed order.
 *
 * @module
 */

/** Holds back what a step logs until all steps before it have ended. */
export class OrderedLog {
  readonly #write: (message: string) => void;
  readonly #held: string[][];
  readonly #hasEnded: boolean[] = [];
  #current = 0;

  constructor(steps: number, write: (message: string) => void) {
    this.#write = write;
    this.#held = Array.from({ length: steps }, () => []);
  }

  /** Logs for a step, by its place in the order. */
  add(step: number, message: string): void {
    if (step === this.#current) this.#write(message);
    else this.#held[step]!.push(message);
  }

  /** Ends a step, and with it the wait of those after it. */
  end(step: number): void {
    this.#hasEnded[step] = true;
    while (this.#hasEnded[this.#current]) {
      this.#current++;
      for (const message of this.#held[this.#current]?.splice(0) ?? []) this.#write(message);
    }
  }
}
