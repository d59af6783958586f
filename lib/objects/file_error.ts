/**
 * Errors of files and directories of this machine.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";

const WORDS_BY_TYPE: [new (message?: string) => Error, string][] = [
  [Deno.errors.NotFound, "it does not exist"],
  [Deno.errors.PermissionDenied, "permission denied"],
  [Deno.errors.IsADirectory, "it is a directory"],
  [Deno.errors.NotADirectory, "a part of the path is not a directory"],
  [Deno.errors.AlreadyExists, "something else has that name"],
];

/** By the system's code, where Deno has no type for the error. */
const WORDS_BY_CODE: Record<string, string> = {
  ENOSPC: "no space left on the disk",
  ENAMETOOLONG: "the name is longer than the file system allows",
  EROFS: "the file system is read-only",
  EDQUOT: "the disk quota is used up",
  ELOOP: "too many symbolic links",
};

/** Says what went wrong with a file; an error that is ours already stays as it is. */
export function fileError(error: unknown, action: string, hint?: string): S3CredentialsError {
  if (error instanceof S3CredentialsError) return error;
  // A missing permission of Deno is explained by the command line, for all commands alike.
  if (error instanceof Deno.errors.NotCapable) throw error;
  const { code = "", message } = error as Error & { code?: string };
  const words = WORDS_BY_TYPE.find(([type]) => error instanceof type)?.[1] ??
    WORDS_BY_CODE[code] ?? message.replace(/ \(os error \d+\).*/s, "");
  return new S3CredentialsError("file", `${action}: ${words}`, { cause: error, hint });
}

/** The same for what may be no error of a file, and then stays as it is. */
export function asFileError(error: unknown, action: string, hint?: string): unknown {
  const isOfFile = error instanceof Error && !(error instanceof S3CredentialsError) &&
    (error.constructor.name in Deno.errors || "code" in error || /os error/.test(error.message));
  return isOfFile ? fileError(error, action, hint) : error;
}
