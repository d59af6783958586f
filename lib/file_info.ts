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
 * If Deno did not allow a file to be written, an error that names it: Deno itself names the temporary
 * file. Any other error stays as it is.
 */
export function inNameOf(path: string, directory: string, cause: unknown): unknown {
  const { name, message } = cause as Partial<Error>;
  if (name !== "NotCapable" || !message?.includes("write access")) return cause;
  const text = `Could not write ${escapeName(path)}: Deno was not allowed to`;
  return new S3CredentialsError("access-denied", text, {
    hint: `Run it with --allow-write=${shellWord(directory)}, or with deno run -A`,
    cause,
  });
}
