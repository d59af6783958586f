/**
 * Files that hold secrets: only their owner may read them, and they appear whole or not at all.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";
import { outputError } from "../../file_error.ts";
import { explainDeniedWrite, infoIfExists } from "../../file_info.ts";

/** A path that can only be a directory's. */
const NAMES_DIRECTORY = Deno.build.os === "windows" ? /[\\/]$/ : /\/$/;

/** A file for a secret, opened before there is one: what can't be written is known in time. */
export class PrivateFile implements Disposable {
  readonly #given: string;
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #isReplaced: boolean;
  #isOpen = true;

  private constructor(given: string, path: string, isReplaced: boolean) {
    this.#given = given;
    this.#path = path;
    this.#isReplaced = isReplaced;
    this.#temporary = join(dirname(path), `.${crypto.randomUUID()}`);
    const options = { read: true, write: true, createNew: true, mode: 0o600 };
    this.#file = Deno.openSync(this.#temporary, options);
  }

  /**
   * Makes sure that the file can be written.
   *
   * @throws {S3CredentialsError} `conflict` if it is there and not to be replaced, `file` if it can't be
   * written
   */
  static open(given: string, { replace = false } = {}): PrivateFile {
    return withFileErrors(given, () => {
      const info = infoIfExists(Deno.lstatSync, given);
      // No option replaces a directory.
      if (info?.isDirectory || NAMES_DIRECTORY.test(given)) throw directory();
      if (info !== undefined && !replace) throw existsAlready(given);
      // A link stays a link: the file that it names is replaced.
      const path = info?.isSymlink ? Deno.realPathSync(given) : given;
      const target = info && Deno.statSync(path);
      if (target?.isDirectory) throw directory();
      if (target?.isFile === false) throw new Error("it is not a regular file");
      return new PrivateFile(given, path, replace);
    });
  }

  /** Writes the content and gives the file its name. */
  write(text: string): void {
    this.fill(text);
    this.commit();
  }

  /** Writes the content, which nobody sees yet. */
  fill(text: string): void {
    withFileErrors(this.#given, () => {
      let rest = new TextEncoder().encode(text);
      while (rest.length > 0) rest = rest.subarray(this.#file.writeSync(rest));
    });
  }

  /** Gives the file its name. */
  commit(): void {
    withFileErrors(this.#given, () => {
      // Somebody else may be able to write in the directory, but must not choose the content.
      const [written, found] = [this.#file.statSync(), Deno.lstatSync(this.#temporary)];
      if (written.ino !== found.ino || written.dev !== found.dev) {
        throw new Error("somebody else changed its directory at the same time");
      }
      if (this.#isReplaced) Deno.renameSync(this.#temporary, this.#path);
      else this.#link();
      this.#close();
    });
  }

  /** Of two runs that write the same new file, one fails. */
  #link(): void {
    try {
      Deno.linkSync(this.#temporary, this.#path);
      Deno.removeSync(this.#temporary);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) throw existsAlready(this.#given);
      // This file system has no links.
      if (infoIfExists(Deno.lstatSync, this.#path) !== undefined) throw existsAlready(this.#given);
      Deno.renameSync(this.#temporary, this.#path);
    }
  }

  /** Removes the file after it was written. */
  remove(): void {
    Deno.removeSync(this.#path);
  }

  #close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#close();
    try {
      Deno.removeSync(this.#temporary);
    } catch {
      // It went with its directory.
    }
  }
}

/** Writes a file that only its owner may read, or replaces the one that is there. */
export function replacePrivateFile(path: string, text: string): void {
  using file = PrivateFile.open(path, { replace: true });
  file.write(text);
}

/** Says which file could not be written, and why. */
export function withFileErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const directory = dirname(path);
    const named = explainDeniedWrite(path, directory, error);
    throw outputError(named, `Could not write ${escapeName(path)}`, directory);
  }
}

function directory(): Error {
  return new Error("it is a directory: name a file in it");
}

function existsAlready(path: string): S3CredentialsError {
  return new S3CredentialsError("conflict", `${escapeName(path)} already exists`, {
    hint: "Choose another file, or replace it with `force`",
  });
}
