/**
 * Opening what may be no ordinary file. A pipe can keep whoever opens it, reads or writes waiting
 * for its other end without limit, so that an interruption must not wait for it.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";

/**
 * Opens a file that was looked at. What is no ordinary file is opened in the background.
 *
 * @param path the file
 * @param found what it was
 * @param options whether to read or to write
 * @param signal ends the waiting
 * @returns the open file
 * @throws {S3CredentialsError} `interrupted`, or `conflict` if it is something else by now
 * @throws Deno's errors
 */
export async function openFound(
  path: string,
  found: Deno.FileInfo,
  options: Deno.OpenOptions,
  signal?: AbortSignal,
): Promise<Deno.FsFile> {
  const file = found.isFile
    ? Deno.openSync(path, options)
    : await openSpecial(path, found, options, signal);
  if (file.statSync().isFile === found.isFile) return file;
  file.close();
  throw new S3CredentialsError(
    "conflict",
    `${escapeName(path)} changed while it was being opened`,
    {
      hint: "Try again",
    },
  );
}

async function openSpecial(
  path: string,
  found: Deno.FileInfo,
  options: Deno.OpenOptions,
  signal?: AbortSignal,
): Promise<Deno.FsFile> {
  const opening = Deno.open(path, options);
  try {
    return await abortable(opening, signal);
  } catch (error) {
    opening.then((file) => file.close(), () => {});
    if (signal?.aborted && found.isFifo) wake(path);
    throw error;
  }
}

/** A pipe that is opened for both ends waits for nobody, and ends the waiting of the others. */
function wake(path: string): void {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
  } catch {
    // Then one thread waits until the process ends.
  }
}
