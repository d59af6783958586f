/**
 * Files below a folder, named by keys: nothing is ever written outside the folder, no file of one
 * key is overwritten by another's, and a file appears whole or not at all.
 *
 * @module
 */
import { join } from "node:path";
import { S3CredentialsError } from "../errors.ts";
import { caseFoldPath, resolveKeyPath } from "./keys.ts";
import { escapeName } from "../escape.ts";
import { fileFault, LocalFile } from "./local_file.ts";
import { systemPath } from "./system_path.ts";

/** The name of a folder or file for a key, checked and ready to be written. */
export interface Claim {
  /** The path of the file; `undefined` where the key made a folder. */
  path: string | undefined;
  /** Says that nothing more will be done with it. */
  release(): void;
}

const IS_WINDOWS = Deno.build.os === "windows";

/** A folder that objects are written into. */
export class LocalFolder {
  readonly #root: string;
  readonly #folders = new Map<string, string | undefined>();
  readonly #taken = new Map<string, Taken[]>();

  private constructor(root: string) {
    this.#root = root;
  }

  /**
   * Makes the folder if it isn't there, and makes sure that it can be written to.
   *
   * @param path the folder
   * @returns the folder
   * @throws {S3CredentialsError} if nothing can be written there
   */
  static open(path: string): LocalFolder {
    const folder = systemPath(path);
    try {
      Deno.mkdirSync(folder, { recursive: true });
      const root = Deno.realPathSync(folder);
      LocalFile.probe(join(root, "probe"));
      return new LocalFolder(root);
    } catch (error) {
      throw fileFault(error, `Could not write to folder ${escapeName(path)}`);
    }
  }

  /**
   * Finds the place for a key, and makes the folders that lead there.
   *
   * @param key the key
   * @param checkFolder called before a folder is made for the key itself; may throw
   * @returns the place
   * @throws {S3CredentialsError} if there is no safe place for it
   */
  async claim(key: string, checkFolder?: () => Promise<void>): Promise<Claim> {
    const place = resolveKeyPath(key, { isWindows: IS_WINDOWS });
    if (place.kind === "unsafe") throw skipped(key, place.reason);
    if (place.kind === "folder") await checkFolder?.();
    const folders = place.kind === "folder" ? place.segments : place.segments.slice(0, -1);
    const waitedFor = new Set<Taken>();
    for (;;) {
      // Others may have come to be under way meanwhile.
      const file = this.#underWayAt(folders).find((file) => !waitedFor.has(file));
      if (file === undefined) break;
      await file.done;
      waitedFor.add(file);
    }
    const fault = this.#makeFolders(folders);
    if (fault !== undefined) throw skipped(key, fault);
    if (place.kind === "folder") return { path: undefined, release: () => {} };
    const path = join(this.#root, ...place.segments);
    const inTheWay = obstacle(path);
    if (inTheWay !== undefined) throw skipped(key, inTheWay);
    return { path, release: await this.#take(key, path) };
  }

  /** Files that a folder in their place would keep from being; whether they come is known later. */
  #underWayAt(segments: readonly string[]): Taken[] {
    const paths = segments.map((_, index) => join(this.#root, ...segments.slice(0, index + 1)));
    return paths.filter((path) => !this.#folders.has(path))
      .flatMap((path) => this.#taken.get(caseFoldPath(path)) ?? []);
  }

  /** Each folder is looked at once a run: nobody but us makes folders here meanwhile. */
  #makeFolders(segments: readonly string[]): string | undefined {
    let path = this.#root;
    for (const segment of segments) {
      path = join(path, segment);
      if (!this.#folders.has(path)) this.#folders.set(path, makeFolder(path));
      const fault = this.#folders.get(path);
      if (fault !== undefined) return fault;
    }
  }

  /**
   * Two keys whose names differ only in case or in how Unicode writes them may be one file or two,
   * as the file system sees it: the second is looked at when the first has been written.
   */
  async #take(key: string, path: string): Promise<() => void> {
    const folded = caseFoldPath(path);
    const { promise, resolve } = Promise.withResolvers<void>();
    const others = this.#taken.get(folded);
    if (others === undefined) {
      this.#taken.set(folded, [{ key, path, done: promise }]);
      return resolve;
    }
    const earlier = [...others];
    others.push({ key, path, done: promise });
    for (const other of earlier) {
      await other.done;
      try {
        if (other.path !== path && !isSameFile(other.path, path)) continue;
      } catch (error) {
        resolve();
        throw error;
      }
      resolve();
      const reason = `on this file system it is the same file as that of ${escapeName(other.key)}`;
      throw skipped(key, reason);
    }
    return resolve;
  }
}

interface Taken {
  key: string;
  path: string;
  done: Promise<void>;
}

function skipped(key: string, reason: string): S3CredentialsError {
  return new S3CredentialsError("conflict", `Skipped ${JSON.stringify(key)}: ${reason}`);
}

function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** @returns what is wrong, if anything */
function makeFolder(path: string): string | undefined {
  try {
    const found = lookAt(path);
    if (found === undefined) Deno.mkdirSync(path);
    else if (found.isSymlink) return `${escapeName(path)} is a symbolic link`;
    else if (!found.isDirectory) return `${escapeName(path)} is a file and not a folder`;
  } catch (error) {
    return fileFault(error, `could not make folder ${escapeName(path)}`).message;
  }
}

/** @returns what is wrong, if anything */
function obstacle(path: string): string | undefined {
  try {
    const found = lookAt(path);
    if (found === undefined || found.isFile) return undefined;
    if (found.isSymlink) return `${escapeName(path)} is a symbolic link`;
    return found.isDirectory
      ? `${escapeName(path)} is a folder`
      : `${escapeName(path)} is not an ordinary file`;
  } catch (error) {
    return fileFault(error, `could not look at ${escapeName(path)}`).message;
  }
}

function isSameFile(one: string, other: string): boolean {
  const [first, second] = [lookAt(one), lookAt(other)];
  if (first === undefined || second === undefined) return false;
  if (first.ino !== null && second.ino !== null) {
    return first.ino === second.ino && first.dev === second.dev;
  }
  return Deno.realPathSync(one) === Deno.realPathSync(other);
}
