/**
 * What the listings of an account have in common: options, and errors of single items.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";
import { serviceError } from "../aws/service_error.ts";

/** Options of a listing that continues when something in the middle of it fails. */
export interface ListOptions {
  /** Only these; if omitted or empty, all of them. */
  names?: readonly string[];
  /**
   * Whether to fetch the details of each, which takes several requests more.
   *
   * @default {false}
   */
  details?: boolean;
  /**
   * Called with each error of a single item; the listing continues. If omitted, the first such error
   * ends the listing.
   */
  onError?: (error: S3CredentialsError) => void;
  /**
   * Maximum number of concurrent requests.
   *
   * @default {16}
   */
  concurrency?: number;
}

/** Reports an error of a single item, or throws it if nobody listens. */
export function reportError({ onError }: ListOptions, error: S3CredentialsError): void {
  if (onError === undefined) throw error;
  onError(error);
}

/** A detail, or the error that was reported of it in its place. */
export async function detailOrError<T>(
  options: ListOptions,
  action: string,
  detail: Promise<T>,
): Promise<T | S3CredentialsError> {
  try {
    return await detail;
  } catch (cause) {
    const error = serviceError(cause, action);
    reportError(options, error);
    return error;
  }
}
