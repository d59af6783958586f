/**
 * What a killed download leaves behind: a file under a temporary name.
 *
 * @module
 */
import { isSame } from "./file_identity.ts";
import { dirname, join } from "./paths.ts";

const NAME = /^\.s3-credentials-[0-9a-f]{12}$/;

/** A new name for an unfinished file; short, so that it fits wherever the finished name does. */
export function temporaryBeside(path: string): string {
  return join(
    dirname(path),
    `.s3-credentials-${crypto.getRandomValues(new Uint8Array(6)).toHex()}`,
  );
}

/** Whether this is the name of an unfinished file. */
export function isTemporaryName(name: string): boolean {
  return NAME.test(name);
}

/** Marks an open file as one that is being written. The system forgets that when its process ends. */
export function markUnfinished(file: Deno.FsFile): void {
  try {
    file.tryLockSync(true);
  } catch {
    // This file system has no locks, so that no leftovers are found there either.
  }
}

/** Between its creation and its lock, a file looks like a leftover. */
const MIN_AGE_MS = 60_000;

/** Removes the unfinished files of a directory whose process is gone. */
export function removeLeftovers(directory: string): void {
  try {
    for (const { name, isFile } of Deno.readDirSync(directory)) {
      if (isFile && isTemporaryName(name)) removeIfLeft(join(directory, name));
    }
  } catch {
    // It may be a directory that may be written to but not read.
  }
}

function removeIfLeft(path: string): void {
  try {
    const info = Deno.lstatSync(path);
    if (!info.isFile || Date.now() - (info.mtime?.getTime() ?? Infinity) < MIN_AGE_MS) return;
    // For both, since opening a pipe that has taken its place would wait otherwise.
    using file = Deno.openSync(path, { read: true, write: true });
    if (isSame(file.statSync(), info) && file.tryLockSync(true)) Deno.removeSync(path);
  } catch {
    // Another run removes it, or it belongs to somebody else.
  }
}
