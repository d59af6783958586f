/**
 * Which files a list of paths means, and under which keys they go.
 *
 * @module
 */
import { basename, join } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { keyFor } from "../keys.ts";
import { shown } from "../shown.ts";
import { fileFault } from "./local_file.ts";
import type { Upload } from "./objects_put.ts";

/** What {@linkcode findUploads} found. */
export interface FoundUploads {
  /** The files, in the order of the paths and, below a folder, of their names. */
  uploads: Upload[];
  /** What can't be uploaded, and why. */
  leftOut: { path: string; reason: string }[];
}

/**
 * Finds the files that paths mean. A file goes by its name; a folder with its name and all that is
 * below it, except that `.` and `..` give no name. Links to files are followed, links to folders are
 * not. Nothing is sent.
 *
 * @param paths files and folders
 * @param prefix what to put before the keys; a slash goes between
 * @returns the files and their keys
 * @throws {S3CredentialsError} `usage` for a path that isn't there, `conflict` for two files with
 *   the same key
 *
 * @example A file below a prefix
 * ```ts
 * import { findUploads } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const { uploads } = findUploads(["README.md"], "docs");
 * assert.equal(uploads[0]?.key, "docs/README.md");
 * ```
 */
export function findUploads(paths: readonly string[], prefix?: string): FoundUploads {
  const found: FoundUploads = { uploads: [], leftOut: [] };
  const add = (path: string, segments: string[], size: number) =>
    found.uploads.push({ path, key: keyFor(segments, prefix), size });
  for (const path of paths) {
    const info = statOf(path);
    const name = basename(path);
    const isNamed = name !== "" && name !== "." && name !== "..";
    if (info.isDirectory) walk(path, isNamed ? [name] : [], add, found.leftOut);
    else add(path, [name], info.isFile ? info.size : 0);
  }
  refuseTwins(found.uploads);
  return found;
}

function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new S3CredentialsError("usage", `Path does not exist: ${shown(path)}`);
    }
    throw fileFault(error, `Could not read ${shown(path)}`);
  }
}

function walk(
  folder: string,
  segments: string[],
  add: (path: string, segments: string[], size: number) => void,
  leftOut: FoundUploads["leftOut"],
): void {
  for (const { name, isDirectory, isSymlink } of entriesOf(folder, leftOut)) {
    const path = join(folder, name);
    if (isDirectory) {
      walk(path, [...segments, name], add, leftOut);
      continue;
    }
    try {
      const info = Deno.statSync(path);
      if (info.isFile) add(path, [...segments, name], info.size);
      else {
        leftOut.push({
          path,
          reason: isSymlink && info.isDirectory
            ? "it is a symbolic link to a folder"
            : "it is no ordinary file",
        });
      }
    } catch (error) {
      const reason = isSymlink && error instanceof Deno.errors.NotFound
        ? "it is a symbolic link to nothing"
        : fileFault(error, "it can't be read").message;
      leftOut.push({ path, reason });
    }
  }
}

function entriesOf(folder: string, leftOut: FoundUploads["leftOut"]): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].sort((one, other) => one.name < other.name ? -1 : 1);
  } catch (error) {
    leftOut.push({ path: folder, reason: fileFault(error, "it can't be read").message });
    return [];
  }
}

/** The second would overwrite the first. */
function refuseTwins(uploads: readonly Upload[]): void {
  const paths = new Map<string, string>();
  for (const { path, key } of uploads) {
    const other = paths.get(key);
    if (other !== undefined) {
      throw new S3CredentialsError(
        "conflict",
        `Two files would have the key ${shown(key)}: ${shown(other)} and ${shown(path)}`,
        { hint: "Upload them one after the other, with a --prefix for each" },
      );
    }
    paths.set(key, path);
  }
}
