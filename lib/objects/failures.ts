/**
 * Which failures of one object end the work on all of them.
 *
 * @module
 */
import { isUntrusted } from "../aws/service_error.ts";
import { S3CredentialsError } from "../errors.ts";
import { NO_CONNECTION } from "../http/errors.ts";
import type { ObjectResult } from "./types.ts";

/** The result of an object that failed; throws an error that would meet all other objects too. */
export function failedResult(error: unknown, object: { key: string; path?: string }): ObjectResult {
  if (error instanceof S3CredentialsError && !isFatal(error)) return { ...object, error };
  throw error;
}

/** Whether an error of one object would meet all the others too. */
export function isFatal({ code, cause }: S3CredentialsError): boolean {
  if (code === "interrupted" || code === "credentials") return true;
  const { name, code: runtimeCode } = (cause ?? {}) as { name?: string; code?: string };
  if (name === "NoSuchBucket") return true;
  return runtimeCode === "ENOTS3" ||
    runtimeCode !== undefined && (NO_CONNECTION.has(runtimeCode) || isUntrusted(runtimeCode));
}
