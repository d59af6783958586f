/**
 * What the functions for objects take and give.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";
import { isUntrusted } from "../aws/service_error.ts";

/** An object as a listing shows it. */
export interface ObjectSummary {
  /** Its key. */
  Key: string;
  /** When it was last written. */
  LastModified?: Date;
  /** Its entity tag, in quotes. */
  ETag?: string;
  /** Its length in bytes. */
  Size: number;
  /** Its storage class. */
  StorageClass?: string;
  /** Its owner, where the server tells. */
  Owner?: Record<string, string>;
  /** Its URL, where it was asked for. */
  URL?: string;
}

/** How far a transfer is. Numbers grow as more is found and done. */
export interface TransferProgress {
  /** Objects that are done or have failed. */
  objects: number;
  /** Objects that were found. */
  totalObjects: number;
  /** Bytes that were transferred. */
  bytes: number;
  /** Bytes of all objects that were found, as far as that is known. */
  totalBytes: number;
  /** Whether all objects have been found, so that the totals are final. */
  isTotalFinal: boolean;
}

/** What all transfers can be told. */
export interface TransferOptions {
  /**
   * How many requests are under way at a time.
   *
   * @default {32}
   */
  concurrency?: number;
  /** Told as often as something changes. The object is the same each time. */
  onProgress?: (progress: Readonly<TransferProgress>) => void;
  /** Told what is worth knowing although it is no failure, in a sentence. */
  onWarning?: (message: string) => void;
  /** Ends the transfer; what is half done is removed. */
  signal?: AbortSignal;
}

/** What became of one object of several. */
export interface ObjectResult {
  /** Its key. */
  key: string;
  /** The local file, where there is one. */
  path?: string;
  /** Its length in bytes, where it was transferred. */
  size?: number;
  /** Why it was not transferred or deleted. */
  error?: S3CredentialsError;
}

/** How many requests are under way where nothing else is asked for. */
export const DEFAULT_TRANSFERS = 32;

/** Memory for bodies that are being sent. */
export const BODY_MEMORY = 64 * 1024 * 1024;

/**
 * How much of what is being received is asked for at a time. Each connection costs memory beyond its
 * buffers, since the runtime is slow to give back what it has received.
 */
export const DOWNLOAD_WINDOW = 24 * 1024 * 1024;

/** Counts, and tells the caller. */
export class ProgressCounter {
  readonly #progress: TransferProgress = {
    objects: 0,
    totalObjects: 0,
    bytes: 0,
    totalBytes: 0,
    isTotalFinal: false,
  };
  readonly #onProgress: TransferOptions["onProgress"];

  /** @param onProgress whom to tell */
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

/**
 * Whether an error of one object would meet all the others too.
 *
 * @param error the error
 * @returns true where it is better to stop
 */
export function isFatal({ code, cause }: S3CredentialsError): boolean {
  if (code === "interrupted" || code === "credentials") return true;
  const { name, code: runtimeCode } = (cause ?? {}) as { name?: string; code?: string };
  if (name === "NoSuchBucket") return true;
  return runtimeCode !== undefined && (NO_CONNECTION.has(runtimeCode) || isUntrusted(runtimeCode));
}

/** The runtime's codes for a server that can't be reached, so that no request got there. */
export const UNREACHABLE: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"],
]);

/** The same, and the codes for a server that says nothing for a long time and a proxy that refuses. */
export const NO_CONNECTION: ReadonlySet<string> = new Set([
  ...[...UNREACHABLE, "ETIMEDOUT", "ERR_PROXY_TUNNEL"],
]);
