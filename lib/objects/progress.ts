/**
 * Counts how far a transfer is.
 *
 * @module
 */
import type { TransferOptions, TransferProgress } from "./types.ts";

/** Counts what is found and done, and reports it to the caller. */
export class ProgressCounter {
  readonly #progress: TransferProgress = {
    objects: 0,
    totalObjects: 0,
    bytes: 0,
    totalBytes: 0,
    isTotalFinal: false,
  };
  readonly #onProgress: TransferOptions["onProgress"];

  constructor(onProgress?: TransferOptions["onProgress"]) {
    this.#onProgress = onProgress;
  }

  /** Adds to what was counted. */
  add(more: Partial<Omit<TransferProgress, "isTotalFinal">>): void {
    if (this.#onProgress === undefined) return;
    const progress = this.#progress;
    progress.objects += more.objects ?? 0;
    progress.totalObjects += more.totalObjects ?? 0;
    progress.bytes += more.bytes ?? 0;
    progress.totalBytes += more.totalBytes ?? 0;
    this.#onProgress(progress);
  }

  /** Says that nothing more will be found. */
  finalTotal(): void {
    this.#progress.isTotalFinal = true;
    this.#onProgress?.(this.#progress);
  }
}
