/**
 * Which files a list of paths means, and their keys.
 *
 * @module
 */
import { basename, join } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { fileError, infoIfExists } from "./file_error.ts";
import { keyFor } from "./keys.ts";
import { isTemporaryName } from "./leftovers.ts";
import { systemPath } from "./system_path.ts";
import type { Upload } from "./types.ts";

/** What {@linkcode findUploads} found. */
export interface FoundUploads {
  /** The files, in the order of the paths and, below a directory, of their names. */
  uploads: Upload[];
  /** The files and directories that are not among them. */
  skipped: {
    /** The file or directory. */
    path: string;
    /** Why, in words for a person. */
    reason: string;
    /** Whether it should have been uploaded; otherwise it is of a kind that never is. */
    isFailure: boolean;
  }[];
}

type SkippedFile = FoundUploads["skipped"][number];

/**
 * Finds the files that paths mean. A file is named by its name; what is below a directory by the
 * directory's name and its own path there, except that `.` and `..` give no name. Links to files are
 * followed, links to directories are not. A path that is given twice counts once. Nothing is sent.
 *
 * @param paths files and directories
 * @param prefix what to put before the keys, with a slash between
 * @returns the files and their keys
 * @throws {S3CredentialsError} `file` for a path that is missing or can't be read, `conflict` for two
 *   files with the same key
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
    const info = infoOf(path);
    const name = basename(given);
    const isNamed = name !== "" && name !== "." && name !== "..";
    if (info.isDirectory) walk(path, isNamed ? [name] : [], add, found.skipped);
    else add(path, [name], info.isFile ? info.size : 0);
  }
  return { ...found, uploads: assertUniqueKeys(found.uploads) };
}

function infoOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw fileError(error, `Could not read ${escapeName(path)}`);
  }
}

function walk(
  directory: string,
  segments: string[],
  add: (path: string, segments: string[], size: number) => void,
  skipped: SkippedFile[],
): void {
  for (const { name, isDirectory, isSymlink } of entriesOf(directory, skipped)) {
    const path = join(directory, name);
    if (isDirectory) {
      walk(path, [...segments, name], add, skipped);
      continue;
    }
    if (isTemporaryName(name)) {
      skipped.push({ path, reason: "it is an unfinished download", isFailure: false });
      continue;
    }
    try {
      const info = Deno.statSync(path);
      if (info.isFile) add(path, [...segments, name], info.size);
      else {
        const isLink = isSymlink && info.isDirectory;
        const reason = isLink ? "it is a symbolic link to a directory" : "it is no ordinary file";
        skipped.push({ path, reason, isFailure: false });
      }
    } catch (error) {
      skipped.push(isSymlink ? brokenLink(path, error) : unreadable(path, error));
    }
  }
}

function brokenLink(path: string, error: unknown): SkippedFile {
  const isBroken = error instanceof Deno.errors.NotFound &&
    infoIfExists(Deno.lstatSync, path) !== undefined;
  const reason = "it is a symbolic link to nothing";
  return isBroken ? { path, reason, isFailure: false } : unreadable(path, error);
}

function unreadable(path: string, error: unknown): SkippedFile {
  // Deno puts a replacement character into such a name, under which nothing is found.
  const isNotUtf8 = error instanceof Deno.errors.NotFound && basename(path).includes("\ufffd");
  const reason = isNotUtf8 ? "its name is not UTF-8" : fileError(error, "it can't be read").message;
  return { path, reason, isFailure: true };
}

function entriesOf(directory: string, skipped: SkippedFile[]): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(directory)].sort((one, other) => one.name < other.name ? -1 : 1);
  } catch (error) {
    skipped.push(unreadable(directory, error));
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
      const files = `${escapeName(other.path)} and ${escapeName(path)}`;
      throw new S3CredentialsError(
        "conflict",
        `Two files would have the key ${escapeName(key)}: ${files}`,
        { hint: "Upload them one after the other, with a `prefix` for each" },
      );
    }
  }
  return [...byKey.values()];
}
