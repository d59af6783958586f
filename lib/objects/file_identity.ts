/**
 * Whether a path still leads to the file or directory that it led to. Deno opens, renames and removes
 * by path only, so a user who may write above a file
 * can lead a path elsewhere between two calls.
 *
 * @module
 */
import { dirname } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { infoIfExists } from "../file_info.ts";

type Identity = Pick<Deno.FileInfo, "dev" | "ino">;

/** Whether two descriptions are of one file. Always so where the system numbers no files. */
export function isSame(one: Identity, other: Identity): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** Whether a path, followed through links, leads to a file or directory that is known. */
export function leadsTo(path: string, known: Identity): boolean {
  const found = infoIfExists(Deno.statSync, path);
  return found !== undefined && isSame(found, known);
}

/** Fails, each time it is called, once a path leads to another directory than at first. */
export function directoryCheck(path: string): () => void {
  const known = Deno.statSync(path);
  return () => {
    if (!leadsTo(path, known)) throw replaced(path);
  };
}

/** How often the place of a file is checked: somebody who swaps paths must win every time. */
export const ROUNDS = 3;

/** Throws `conflict` unless an open file has this name, in the directory that is checked. */
export function assertInPlace(file: Deno.FsFile, path: string, checkDirectory: () => void): void {
  const opened = file.statSync();
  for (let round = 0; round < ROUNDS; round++) {
    checkDirectory();
    const found = infoIfExists(Deno.lstatSync, path);
    if (found === undefined || !isSame(found, opened)) throw replaced(dirname(path));
  }
}

function replaced(directory: string): S3CredentialsError {
  const message = `somebody else changed directory ${escapeName(directory)} at the same time`;
  return new S3CredentialsError("conflict", message, {
    hint: "Download into a directory that no one else may write to",
  });
}
