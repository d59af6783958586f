/**
 * Which files a list of paths means, and under which keys they go.
 *
 * @module
 */
import { basename, join } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { keyFor } from "./keys.ts";
import { escapeName } from "../escape.ts";
import { fileFault } from "./local_file.ts";
import type { Upload } from "./put.ts";
import { systemPath } from "./system_path.ts";

/** What {@linkcode findUploads} found. */
export interface FoundUploads {
  /** The files, in the order of the paths and, below a folder, of their names. */
  uploads: Upload[];
  /** What is not among them, and why. */
  skipped: SkippedFile[];
}

/** What is left out of an upload. */
export interface SkippedFile {
  /** The file or folder. */
  path: string;
  /** Why, in words for persons. */
  reason: string;
  /** Whether it should have been uploaded; else it is a kind of thing that never is. */
  isFailure: boolean;
}

/**
 * Finds the files that paths mean. A file goes by its name; a folder with its name and all that is
 * below it, except that `.` and `..` give no name. Links to files are followed, links to folders are
 * not. A path that is given twice counts once. Nothing is sent.
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
  const found: FoundUploads = { uploads: [], skipped: [] };
  const add = (path: string, segments: string[], size: number) =>
    found.uploads.push({ path, key: keyFor(segments, prefix), size });
  for (const given of paths) {
    const path = systemPath(given);
    const info = statOf(path);
    const name = basename(given);
    const isNamed = name !== "" && name !== "." && name !== "..";
    if (info.isDirectory) walk(path, isNamed ? [name] : [], add, found.skipped);
    else add(path, [name], info.isFile ? info.size : 0);
  }
  return { ...found, uploads: assertUniqueKeys(found.uploads) };
}

function statOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new S3CredentialsError("usage", `Path does not exist: ${escapeName(path)}`);
    }
    throw fileFault(error, `Could not read ${escapeName(path)}`);
  }
}

function walk(
  folder: string,
  segments: string[],
  add: (path: string, segments: string[], size: number) => void,
  skipped: FoundUploads["skipped"],
): void {
  for (const { name, isDirectory, isSymlink } of entriesOf(folder, skipped)) {
    const path = join(folder, name);
    if (isDirectory) {
      walk(path, [...segments, name], add, skipped);
      continue;
    }
    try {
      const info = Deno.statSync(path);
      if (info.isFile) add(path, [...segments, name], info.size);
      else {
        skipped.push({
          path,
          reason: isSymlink && info.isDirectory
            ? "it is a symbolic link to a folder"
            : "it is no ordinary file",
          isFailure: false,
        });
      }
    } catch (error) {
      const isBroken = isSymlink && error instanceof Deno.errors.NotFound && isThere(path);
      const reason = "it is a symbolic link to nothing";
      skipped.push(isBroken ? { path, reason, isFailure: false } : unreadable(path, error));
    }
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}

function unreadable(path: string, error: unknown): SkippedFile {
  // Deno puts a substitute into such a name, under which nothing is found.
  const isNoText = error instanceof Deno.errors.NotFound && basename(path).includes("\ufffd");
  const reason = isNoText ? "its name is not UTF-8" : fileFault(error, "it can't be read").message;
  return { path, reason, isFailure: true };
}

function entriesOf(folder: string, skipped: FoundUploads["skipped"]): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].sort((one, other) => one.name < other.name ? -1 : 1);
  } catch (error) {
    skipped.push(unreadable(folder, error));
    return [];
  }
}

/** The second of two files with one key would overwrite the first. */
function assertUniqueKeys(uploads: readonly Upload[]): Upload[] {
  const byKey = new Map<string, Upload>();
  for (const upload of uploads) {
    const { path, key } = upload;
    const other = byKey.get(key);
    if (other === undefined) byKey.set(key, upload);
    else if (other.path !== path) {
      throw new S3CredentialsError(
        "conflict",
        `Two files would have the key ${escapeName(key)}: ${escapeName(other.path)} and ${
          escapeName(path)
        }`,
        { hint: "Upload them one after the other, with a `prefix` for each" },
      );
    }
  }
  return [...byKey.values()];
}
