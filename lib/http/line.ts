/**
 * How fast the bytes of a long object come, and whether another connection would make them come faster.
 *
 * @module
 */
import { startTimer } from "../timer.ts";

/** On a fast line these bring all that can be written; more connections only slow each other down. */
const FEW_CONNECTIONS = 2;
/** Bytes a millisecond that each connection brings on a fast line. S3 sends some 90 KB. */
const FAST = 150 * 1024;
/** On a fast line the first bytes come within so many milliseconds. */
const LATENCY_MS = 10;
/** How many milliseconds of bytes tell the speed. */
const TRIAL_MS = 50;

/** Admits connections for one object. */
export class Line implements Disposable {
  readonly #started = performance.now();
  #connections = 0;
  #received = 0;
  #wake = () => {};
  readonly #stopTimer = startTimer(LATENCY_MS, () => this.#wake());

  /** Waits until another connection helps, and returns the function to call at its end. */
  async admit(): Promise<() => void> {
    while (this.#hasEnough()) await new Promise<void>((next) => this.#wake = next);
    this.#connections++;
    return () => {
      this.#connections--;
      this.#wake();
    };
  }

  /** Counts bytes that have come. */
  count(bytes: number): void {
    this.#received += bytes;
    this.#wake();
  }

  #hasEnough(): boolean {
    const passed = performance.now() - this.#started;
    const isTrial = passed < (this.#received > 0 ? TRIAL_MS : LATENCY_MS);
    const isFast = this.#received > FAST * passed * this.#connections;
    return this.#connections >= FEW_CONNECTIONS && (isTrial || isFast);
  }

  [Symbol.dispose](): void {
    this.#stopTimer();
  }
}
