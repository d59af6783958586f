/**
 * Whether a path still leads to the file or directory that it led to. Deno opens, renames and removes
 * by path only, so a user who may write above a file
 * can lead a path elsewhere between two calls.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";
import { infoIfExists } from "../../file_info.ts";
import { dirname } from "./paths.ts";

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

/** The directory that a file is written in. */
export interface Place {
  /** Throws if the path leads to another directory by now. */
  check(): void;
  /** Whether other users may be able to lead the path elsewhere. */
  isShared: boolean;
}

/** The directory that a path leads to now. */
export function placeOf(path: string): Place {
  const known = Deno.statSync(path);
  return {
    check() {
      if (!leadsTo(path, known)) throw changedByOthers(path);
    },
    isShared: true,
  };
}

/** How often the place of a file is checked: somebody who swaps paths must win every time. */
export const ROUNDS = 3;

const WRITABLE_BY_OTHERS = 0o022;
/** In a directory with this bit, nobody renames or removes what is another's. */
const STICKY = 0o1000;

/**
 * Whether users other than root may rename what is in a directory, or its own permissions. On the file
 * systems of Linux itself the mode says so, whatever access list there is; elsewhere, or where Deno
 * may not tell who the user is, it has to be assumed.
 */
export function isShared({ uid, mode }: Deno.FileInfo): boolean {
  if (Deno.build.os !== "linux" || uid === null || mode === null) return true;
  if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) return true;
  return uid !== 0 && uid !== ownUid();
}

function ownUid(): number | null {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
  return state === "granted" ? Deno.uid() : null;
}

/** Throws `conflict` unless an open file has this name, in the directory that is checked. */
export function assertInPlace(file: Deno.FsFile, path: string, place: Place): void {
  const opened = file.statSync();
  const rounds = place.isShared ? ROUNDS : 1;
  for (let round = 0; round < rounds; round++) {
    place.check();
    const found = infoIfExists(Deno.lstatSync, path);
    if (found === undefined || !isSame(found, opened)) throw changedByOthers(dirname(path));
  }
}

/** Names a directory in which somebody else has put something in the place of a file. */
export function changedByOthers(directory: string): S3CredentialsError {
  const message = `somebody else changed directory ${escapeName(directory)} at the same time`;
  return new S3CredentialsError("conflict", message, {
    hint: "Download into a directory that no one else may write to",
  });
}
