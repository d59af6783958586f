/**
 * Which files a list of paths means, and their keys.
 *
 * @module
 */
import { basename, join, resolve, sep } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { fileError } from "../file_error.ts";
import { infoIfExists } from "../file_info.ts";
import { keyFor } from "./keys.ts";
import { isTemporaryName } from "./local/leftovers.ts";
import { systemPath } from "./local/system_path.ts";
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
 * directory's name and its own path there, except that `.` and `..` give no name. Links to directories
 * are not followed, and links to files only if these are below the same directory. What is below
 * `/proc`, `/sys` and `/dev` counts only if it is named itself. A path that is given twice counts once.
 * Nothing is sent.
 *
 * @param paths files and directories
 * @param prefix what to put before the keys, with a slash between
 * @param options which links to follow
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
export function findUploads(
  paths: readonly string[],
  prefix?: string,
  options: {
    /**
     * Whether to follow links to files wherever these are. A user who can write below a directory
     * can make one to any file that you can read.
     *
     * @default {false}
     */
    followLinks?: boolean;
  } = {},
): FoundUploads {
  const found: FoundUploads = { uploads: [], skipped: [] };
  for (const given of paths) {
    const path = systemPath(given);
    const info = infoOf(path);
    const name = basename(given);
    const isNamed = name !== "" && name !== "." && name !== "..";
    // What is named itself is meant; pipes have no real path.
    const isMeant = isOfSystem(resolve(path)) && !info.isDirectory;
    const realPath = options.followLinks || isMeant ? undefined : Deno.realPathSync(path);
    if (realPath !== undefined && isOfSystem(realPath) && !isOfSystem(resolve(path))) {
      found.skipped.push({ path, reason: OF_SYSTEM, isFailure: false });
    } else if (info.isDirectory) {
      const tree = { root: realPath, prefix, found };
      walk(tree, { path, realPath, segments: isNamed ? [name] : [] });
    } else {
      const size = info.isFile ? info.size : 0;
      found.uploads.push({ path, key: keyFor([name], prefix), size });
    }
  }
  return { ...found, uploads: assertUniqueKeys(found.uploads) };
}

const OF_SYSTEM = "it is a file of the running system, which only `followLinks` uploads";
const SYSTEM_DIRECTORIES = ["/proc", "/sys", "/dev"];
/** Ordinary files that happen to be in memory. */
const MEMORY_DIRECTORY = "/dev/shm";

/** Files there may hold the secrets of this very process. */
function isOfSystem(path: string): boolean {
  return !isWithin(path, MEMORY_DIRECTORY) &&
    SYSTEM_DIRECTORIES.some((directory) => isWithin(path, directory));
}

function isWithin(path: string, directory: string): boolean {
  return path === directory ||
    path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}

function infoOf(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (error) {
    throw fileError(error, `Could not read ${escapeName(path)}`);
  }
}

/** What a directory is searched for. */
interface Tree {
  /** Where it really is; `undefined` if links may lead out of it. */
  root: string | undefined;
  prefix: string | undefined;
  found: FoundUploads;
}

interface Place {
  path: string;
  realPath: string | undefined;
  segments: string[];
}

function walk(tree: Tree, { path: directory, realPath: realDirectory, segments }: Place): void {
  const { uploads, skipped } = tree.found;
  const skip = (path: string, reason: string) => skipped.push({ path, reason, isFailure: false });
  for (const { name, isDirectory, isSymlink } of entriesOf(directory, skipped)) {
    const path = join(directory, name);
    const place = {
      path,
      realPath: realDirectory && join(realDirectory, name),
      segments: [...segments, name],
    };
    if (isDirectory) {
      walk(tree, place);
      continue;
    }
    if (isTemporaryName(name)) {
      skip(path, "it is an unfinished download");
      continue;
    }
    try {
      const info = Deno.statSync(path);
      if (!info.isFile) {
        const isLink = isSymlink && info.isDirectory;
        skip(path, isLink ? "it is a symbolic link to a directory" : "it is not a regular file");
        continue;
      }
      if (tree.root !== undefined && isSymlink) place.realPath = Deno.realPathSync(path);
      const reason = reasonAgainst(place.realPath, tree.root);
      if (reason !== undefined) skip(path, reason);
      else {
        const key = keyFor(place.segments, tree.prefix);
        uploads.push({ path, key, size: info.size, realPath: place.realPath });
      }
    } catch (error) {
      skipped.push(isSymlink ? brokenLink(path, error) : unreadable(path, error));
    }
  }
}

function reasonAgainst(realPath: string | undefined, root: string | undefined): string | undefined {
  if (realPath === undefined || root === undefined) return undefined;
  if (isOfSystem(realPath)) return OF_SYSTEM;
  return isWithin(realPath, root)
    ? undefined
    : "it is a symbolic link out of the directory, which only `followLinks` uploads";
}

function brokenLink(path: string, error: unknown): SkippedFile {
  const isBroken = error instanceof Deno.errors.NotFound &&
    infoIfExists(Deno.lstatSync, path) !== undefined;
  const reason = "it is a symbolic link to nothing";
  return isBroken ? { path, reason, isFailure: false } : unreadable(path, error);
}

const NOT_UTF8 = "its name is not UTF-8";

function unreadable(path: string, error: unknown): SkippedFile {
  // Deno puts a replacement character into such a name, under which nothing is found.
  const isNotUtf8 = error instanceof Deno.errors.NotFound && basename(path).includes("\ufffd");
  const reason = isNotUtf8 ? NOT_UTF8 : fileError(error, "it can't be read").message;
  return { path, reason, isFailure: true };
}

function entriesOf(directory: string, skipped: SkippedFile[]): Deno.DirEntry[] {
  try {
    const entries = [...Deno.readDirSync(directory)]
      .sort((one, other) => one.name < other.name ? -1 : 1);
    // Only one of those that Deno gives the same name is found under it.
    return entries.filter(({ name }, index) => {
      const isRepeated = name === entries[index - 1]?.name;
      if (isRepeated) {
        skipped.push({ path: join(directory, name), reason: NOT_UTF8, isFailure: true });
      }
      return !isRepeated;
    });
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
