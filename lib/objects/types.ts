/**
 * What the functions for objects take and return, and the limits that they share.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";

/** An object in a listing. */
export interface ObjectSummary {
  /** Its key. */
  Key: string;
  /** When it was last written. */
  LastModified?: Date;
  /** Its entity tag, in quotes. */
  ETag?: string;
  /** The algorithms of the checksums that the server holds, such as `CRC32`. */
  ChecksumAlgorithm?: string[];
  /** `FULL_OBJECT`, or `COMPOSITE` for checksums of parts. */
  ChecksumType?: string;
  /** Its length in bytes. */
  Size: number;
  /** Its storage class. */
  StorageClass?: string;
  /** Its owner, if the server names one. */
  Owner?: Record<string, string>;
  /** Its URL, if URLs are wanted. */
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
  /** Bytes of all objects that were found, as far as their lengths are known. */
  totalBytes: number;
  /** Whether all objects have been found, so that the totals are final. */
  isTotalFinal: boolean;
}

/** How objects are transferred, and what to call on the way. */
export interface TransferOptions {
  /**
   * Maximum number of concurrent requests. One stream takes one request, whatever stands here.
   *
   * @default {64}
   */
  concurrency?: number;
  /** Called whenever something changes, with the same object each time. */
  onProgress?: (progress: Readonly<TransferProgress>) => void;
  /** Called with a sentence about what is worth knowing, but not a failure. */
  onWarning?: (message: string) => void;
  /** Ends the transfer, which then throws the signal's reason; what is half done is removed. */
  signal?: AbortSignal;
}

/** A local file to upload. */
export interface Upload {
  /** The file. */
  path: string;
  /** The key of the new object. */
  key: string;
  /** Its length in bytes if it is known; for progress only. */
  size?: number;
  /** Where it must still be, without a link on the way; if omitted, wherever `path` leads. */
  realPath?: string;
}

/** What became of one object of several. */
export interface ObjectResult {
  /** Its key. */
  key: string;
  /** The local file, if there is one. */
  path?: string;
  /** Its length in bytes, if it was transferred. */
  size?: number;
  /** Why it was not transferred or deleted. */
  error?: S3CredentialsError;
}

/**
 * Maximum number of concurrent requests, if omitted. S3 takes some 20 ms to answer: with fewer, small
 * objects would wait most of the time; with more, connections would take more memory than time is won.
 */
export const DEFAULT_TRANSFERS = 64;

/** How much is being sent at a time. */
export const UPLOAD_WINDOW = 64 * 1024 * 1024;

/** Memory for what is being sent of streams, whose parts can't be read again. */
export const STREAM_MEMORY = 16 * 1024 * 1024;

/** What a connection counts for in {@linkcode DOWNLOAD_WINDOW} that receives much. */
export const LONG_DOWNLOAD = 8 * 1024 * 1024;

/**
 * How much comes at a time: of long objects, over eight connections at most. S3 sends some 90 MB a second over
 * each. Each connection costs memory beyond its buffers, since the runtime is slow to give back what it
 * has received.
 */
export const DOWNLOAD_WINDOW = 8 * LONG_DOWNLOAD;
