/**
 * What went wrong with a file or directory of this machine, in words.
 *
 * @module
 */
import { S3CredentialsError } from "./errors.ts";
import { escapeName } from "./escape.ts";

/** By the name of Deno's error. */
const WORDS_BY_NAME: Record<string, string> = {
  NotFound: "it does not exist",
  PermissionDenied: "permission denied",
  IsADirectory: "it is a directory",
  NotADirectory: "a part of the path is not a directory",
  AlreadyExists: "something else has that name",
};

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
  if ((error as Error).name === "NotCapable") throw error;
  const message = `${action}: ${fileErrorWords(error)}`;
  return new S3CredentialsError("file", message, { cause: error, hint });
}

/** The same as a part of a sentence. */
export function fileErrorWords(error: unknown): string {
  const { name, code = "", message } = error as Error & { code?: string };
  return WORDS_BY_NAME[name] ?? WORDS_BY_CODE[code] ??
    message.replace(/ \(os error \d+\).*/s, "");
}

/** The same for a file to write: what does not exist can only be its directory. */
export function outputError(
  error: unknown,
  action: string,
  directory: string,
  hint?: string,
): S3CredentialsError {
  if ((error as Error).name !== "NotFound") return fileError(error, action, hint);
  return new S3CredentialsError("file", `${action}: its directory does not exist`, {
    hint: `Create the directory ${escapeName(directory)} first`,
    cause: error,
  });
}
