/**
 * Opening what may not be a regular file. Opening, reading or writing a pipe can wait for its other end
 * without limit, and an abort must not wait with it.
 *
 * @module
 */
import { abortable } from "../../abortable.ts";
import { S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";

/** Opens what `info` describes; anything but a regular file is opened in the background. */
export async function openFound(
  path: string,
  info: Deno.FileInfo,
  options: Deno.OpenOptions,
  signal?: AbortSignal,
): Promise<Deno.FsFile> {
  const file = info.isFile
    ? Deno.openSync(path, options)
    : await openSpecial(path, info, options, signal);
  if (file.statSync().isFile === info.isFile) return file;
  file.close();
  const message = `${escapeName(path)} changed while it was being opened`;
  throw new S3CredentialsError("conflict", message, { hint: "Try again" });
}

async function openSpecial(
  path: string,
  info: Deno.FileInfo,
  options: Deno.OpenOptions,
  signal?: AbortSignal,
): Promise<Deno.FsFile> {
  const opening = Deno.open(path, options);
  try {
    return await abortable(opening, signal);
  } catch (error) {
    opening.then((file) => file.close(), () => {});
    if (signal?.aborted && info.isFifo) wake(path);
    throw error;
  }
}

/** Opening a pipe for both ends never waits, and ends the waiting of those who opened one end. */
function wake(path: string): void {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
  } catch {
    // Then one thread waits until the process ends.
  }
}
