/**
 * Files below a directory, named by keys: nothing is ever written outside the directory, no file of
 * one key is overwritten by another's, and a file appears whole or not at all.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";
import { fileError } from "../../file_error.ts";
import { infoIfExists } from "../../file_info.ts";
import { isSame, isShared, leadsTo, type Place } from "./file_identity.ts";
import { caseFoldPath, resolveKeyPath } from "../keys.ts";
import { isTemporaryName, removeLeftovers } from "./leftovers.ts";
import { LocalFile } from "./file.ts";
import { dirname, join } from "./paths.ts";
import { systemPath } from "./system_path.ts";

/** Where the file for a key goes, checked and ready to be written. */
export interface Target {
  /** The path of the file; `undefined` where the key made a directory. */
  path: string | undefined;
  /** What is at that path. */
  existing?: Deno.FileInfo;
  /** Whether the same key had a target before. */
  isRepeated?: true;
  /** The directory that the file goes into. */
  place: Place;
  /** Says that the file is finished or given up. */
  release(): void;
}

interface Reservation {
  key: string;
  path: string;
  released: Promise<void>;
}

/** A directory that was made or looked at: what it is, or what is wrong with it. */
type KnownDirectory =
  | {
    info: Deno.FileInfo;
    /** Whether other users may be able to lead its path elsewhere. */
    isShared: boolean;
    /** Whether nothing was in it when it was first looked at. */
    wasEmpty: boolean;
    problem?: undefined;
  }
  | { problem: string };

const IS_WINDOWS = Deno.build.os === "windows";

/** A directory that objects are written into. */
export class LocalDirectory {
  readonly #root: string;
  /** By their paths. What is wrong with one stays so until the end. */
  readonly #directories = new Map<string, KnownDirectory>();
  /** Files by their path without regard to case. */
  readonly #reserved = new Map<string, Reservation[]>();

  private constructor(root: string) {
    this.#root = root;
    const info = Deno.statSync(root);
    this.#directories.set(root, {
      info,
      isShared: isShared(info) || ancestors(root).some(maybeShared),
      wasEmpty: isEmpty(root),
    });
  }

  /** Makes the directory if it is missing, and checks that files can be written there. */
  static open(given: string): LocalDirectory {
    const path = systemPath(given);
    try {
      Deno.mkdirSync(path, { recursive: true });
      const root = Deno.realPathSync(path);
      LocalFile.probe(join(root, "probe"));
      removeLeftovers(root);
      return new LocalDirectory(root);
    } catch (error) {
      throw fileError(error, `Could not write to directory ${escapeName(given)}`);
    }
  }

  /**
   * Finds the place for a key and makes the directories that lead there; throws if no place is safe.
   * `checkDirectory` is called before a directory is made for the key itself, and may throw.
   */
  async target(key: string, checkDirectory?: () => Promise<void>): Promise<Target> {
    const keyPath = resolveKeyPath(key, { isWindows: IS_WINDOWS });
    if (keyPath.kind === "unsafe") throw skipped(key, keyPath.reason);
    if (keyPath.kind === "directory") await checkDirectory?.();
    const { segments } = keyPath;
    const parents = keyPath.kind === "directory" ? segments : segments.slice(0, -1);
    const awaited = new Set<Reservation>();
    for (;;) {
      const file = this.#reservedAlong(parents).find((file) => !awaited.has(file));
      if (file === undefined) break;
      await file.released;
      // Others may have been reserved in the meantime.
      awaited.add(file);
    }
    const directory = join(this.#root, ...parents);
    const known = this.#makeDirectories(parents);
    if (known.problem !== undefined) throw skipped(key, known.problem);
    const place = { check: () => this.#check(directory, key), isShared: known.isShared };
    if (keyPath.kind === "directory") return { path: undefined, place, release: () => {} };
    const path = join(this.#root, ...segments);
    if (isTemporaryName(segments.at(-1)!)) {
      throw skipped(key, "its name is one of those that unfinished downloads have");
    }
    const existing = this.#mayExist(path) ? existingFile(path, key) : undefined;
    const earlier = this.#reserved.get(caseFoldPath(path))?.find((other) => other.key === key);
    if (earlier !== undefined) return { path, isRepeated: true, place, release: () => {} };
    return { path, existing, place, release: await this.#reserve(key, path) };
  }

  /** To look at what is not there takes long: an error is made each time. */
  #mayExist(path: string): boolean {
    const parent = this.#directories.get(dirname(path))!;
    return parent.problem !== undefined || !parent.wasEmpty || this.#directories.has(path);
  }

  /** Throws if a directory is another one than when it was first looked at, then and from then on. */
  #check(path: string, key: string): void {
    let known = this.#directories.get(path)!;
    if (known.problem === undefined && !leadsTo(path, known.info)) {
      known = { problem: changed(path) };
      this.#directories.set(path, known);
    }
    if (known.problem !== undefined) throw skipped(key, known.problem);
  }

  /** Unfinished files where a directory is wanted: whether they come decides if it can be made. */
  #reservedAlong(segments: readonly string[]): Reservation[] {
    const paths = segments.map((_, index) => join(this.#root, ...segments.slice(0, index + 1)));
    return paths.filter((path) => !this.#directories.has(path))
      .flatMap((path) => this.#reserved.get(caseFoldPath(path)) ?? []);
  }

  /** Looks at each directory once a run; that it is still the same is checked at each file. */
  #makeDirectories(segments: readonly string[]): KnownDirectory {
    let path = this.#root;
    for (const segment of segments) {
      const parent = this.#directories.get(path)!;
      if (parent.problem !== undefined) return parent;
      const inner = join(path, segment);
      if (!this.#directories.has(inner)) {
        const made = makeDirectory(inner, parent);
        // It may have been found through a link that has taken the place of its parent.
        const isInside = made.problem !== undefined || leadsTo(path, parent.info);
        this.#directories.set(inner, isInside ? made : { problem: changed(path) });
      }
      path = inner;
    }
    return this.#directories.get(path)!;
  }

  /**
   * Two keys whose names differ only in case, or in how Unicode writes them, are one file or two
   * depending on the file system: the second is looked at when the first has been written.
   */
  async #reserve(key: string, path: string): Promise<() => void> {
    const folded = caseFoldPath(path);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const earlier = this.#reserved.get(folded) ?? [];
    this.#reserved.set(folded, [...earlier, { key, path, released }]);
    try {
      for (const other of earlier) {
        await other.released;
        if (other.path !== path && !isSameFile(other.path, path)) continue;
        const name = escapeName(other.key);
        throw skipped(key, `on this file system it is the same file as that of ${name}`);
      }
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }
}

function skipped(key: string, reason: string): S3CredentialsError {
  return new S3CredentialsError("conflict", `Skipped ${JSON.stringify(key)}: ${reason}`);
}

function changed(path: string): string {
  return `somebody else changed directory ${escapeName(path)} at the same time`;
}

function makeDirectory(path: string, parent: { isShared: boolean }): KnownDirectory {
  try {
    const wasThere = infoIfExists(Deno.lstatSync, path) !== undefined || !isMadeHere(path);
    const info = Deno.lstatSync(path);
    if (info.isSymlink) return { problem: `${escapeName(path)} is a symbolic link` };
    if (!info.isDirectory) {
      return { problem: `${escapeName(path)} is a file and not a directory` };
    }
    if (wasThere) removeLeftovers(path);
    return {
      info,
      isShared: parent.isShared || isShared(info),
      wasEmpty: !wasThere || isEmpty(path),
    };
  } catch (error) {
    return { problem: fileError(error, `could not make directory ${escapeName(path)}`).message };
  }
}

/** Makes a directory, unless another run has just made it. */
function isMadeHere(path: string): boolean {
  try {
    Deno.mkdirSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Where Deno may not look, it has to be assumed: to look would be a question, or an error. */
function maybeShared(path: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "read", path });
  return state !== "granted" || isShared(Deno.statSync(path));
}

/** The directories above a real path. */
function ancestors(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...ancestors(above)];
}

function isEmpty(path: string): boolean {
  try {
    return Deno.readDirSync(path)[Symbol.iterator]().next().done === true;
  } catch {
    // It may be a directory that may be written to but not read.
    return false;
  }
}

/** The file at a path, if there is one; throws if anything else is. */
function existingFile(path: string, key: string): Deno.FileInfo | undefined {
  let info: Deno.FileInfo | undefined;
  try {
    info = infoIfExists(Deno.lstatSync, path);
  } catch (error) {
    throw skipped(key, fileError(error, `could not look at ${escapeName(path)}`).message);
  }
  if (info === undefined || info.isFile) return info;
  const kind = info.isSymlink
    ? "a symbolic link"
    : info.isDirectory
    ? "a directory"
    : "not a regular file";
  throw skipped(key, `${escapeName(path)} is ${kind}`);
}

function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => infoIfExists(Deno.lstatSync, path));
  if (first === undefined || second === undefined) return false;
  if (first.ino !== null && second.ino !== null) return isSame(first, second);
  return Deno.realPathSync(one) === Deno.realPathSync(other);
}
