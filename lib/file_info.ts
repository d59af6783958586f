/**
 * What is at a path, and what keeps a file from being written there.
 *
 * @module
 */
import { S3CredentialsError } from "./errors.ts";
import { escapeName, shellWord } from "./escape.ts";

/** What `Deno.statSync` or `Deno.lstatSync` finds at a path; `undefined` if nothing is there. */
export function infoIfExists<T>(stat: (path: string) => T, path: string): T | undefined {
  try {
    return stat(path);
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw error;
  }
}

/**
 * Explains an error of Deno that did not allow the file at `path` to be written: Deno itself names the
 * temporary file. Any other error comes back as it is.
 */
export function explainDeniedWrite(path: string, directory: string, cause: unknown): unknown {
  const { name, message } = cause as Partial<Error>;
  if (name !== "NotCapable" || !message?.includes("write access")) return cause;
  const text = `Could not write ${escapeName(path)}: Deno was not allowed to`;
  return new S3CredentialsError("access-denied", text, {
    hint: `Run it with --allow-write=${shellWord(directory)}, or with deno run -A`,
    cause,
  });
}
