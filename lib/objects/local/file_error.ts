/**
 * Tells errors of files of this machine from all others.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { fileError } from "../../file_error.ts";

/** An error in words if it is one of a file; any other stays as it is. */
export function asFileError(error: unknown, action: string, hint?: string): unknown {
  const isOfFile = error instanceof Error && !(error instanceof S3CredentialsError) &&
    (error.constructor.name in Deno.errors || "code" in error || /os error/.test(error.message));
  return isOfFile ? fileError(error, action, hint) : error;
}
