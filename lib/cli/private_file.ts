/**
 * Files that hold secrets.
 *
 * @module
 */
import { dirname } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { fileError } from "../objects/file_error.ts";

/** Writes a file that only its owner may read, whole or not at all. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    const action = `Could not write ${escapeName(path)}`;
    if (!(error instanceof Deno.errors.NotFound)) throw fileError(error, action);
    throw new S3CredentialsError("file", `${action}: its directory does not exist`, {
      hint: `Create the directory ${escapeName(dirname(path))} first`,
      cause: error,
    });
  }
}
