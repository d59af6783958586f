/**
 * A file that appears whole or not at all: written under another name beside its place, then
 * renamed.
 *
 * The calls are the synchronous ones: a small file takes a fraction of the time that a change of
 * threads would.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { type ErrorCode, S3CredentialsError } from "../errors.ts";

/** A file that is being written. */
export class LocalFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #replaced: Access | undefined;
  #isOpen = true;

  /**
   * Opens the temporary file.
   *
   * @param path the place of the finished file; one that is there already hands on its permissions
   *   and, as far as that is allowed, its owner and group
   */
  constructor(path: string) {
    this.#path = path;
    this.#temporary = temporaryBeside(path);
    this.#replaced = accessOf(path);
    // Until it is finished, nobody else may read what perhaps nobody else may read then.
    const mode = this.#replaced === undefined ? {} : { mode: 0o600 };
    this.#file = Deno.openSync(this.#temporary, { write: true, createNew: true, ...mode });
  }

  /**
   * Finds out whether a file could be written, without leaving anything.
   *
   * @param path the place of the file
   */
  static probe(path: string): void {
    const temporary = temporaryBeside(path);
    Deno.openSync(temporary, { write: true, createNew: true }).close();
    Deno.removeSync(temporary);
  }

  /** The path under which the content is at present. */
  get temporaryPath(): string {
    return this.#temporary;
  }

  /** Writes behind what was written before. */
  write(data: Uint8Array): void {
    writeAll(this.#file, data);
  }

  /** Starts again. */
  clear(): void {
    this.#file.truncateSync(0);
    this.#file.seekSync(0, Deno.SeekMode.Start);
  }

  /**
   * Opens it a second time, to write elsewhere in it at the same time.
   *
   * @param offset where to write first
   */
  writerAt(offset: number): { write(data: Uint8Array): void } & Disposable {
    const file = Deno.openSync(this.#temporary, { write: true });
    file.seekSync(offset, Deno.SeekMode.Start);
    return { write: (data) => writeAll(file, data), [Symbol.dispose]: () => file.close() };
  }

  /** Gives the file its name. */
  finish(): void {
    this.#close();
    if (this.#replaced !== undefined) copyAccess(this.#replaced, this.#temporary);
    Deno.renameSync(this.#temporary, this.#path);
  }

  /** Removes it, if it isn't finished. */
  discard(): void {
    this.#close();
    try {
      Deno.removeSync(this.#temporary);
    } catch {
      // Finished already, or gone with its folder.
    }
  }

  #close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }
}

/** Who may do what with a file. */
interface Access {
  mode: number;
  uid: number | null;
  gid: number | null;
}

/** @returns that of a file; `undefined` where it isn't there or the system has none */
function accessOf(path: string): Access | undefined {
  try {
    const { isFile, mode, uid, gid } = Deno.lstatSync(path);
    return isFile && mode !== null ? { mode: mode & 0o777, uid, gid } : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Only root may give a file away; of the groups, everybody has the choice of his own. */
function copyAccess({ mode, uid, gid }: Access, path: string): void {
  if (uid !== null && gid !== null && !tryChown(path, uid, gid)) tryChown(path, null, gid);
  Deno.chmodSync(path, mode);
}

function tryChown(path: string, uid: number | null, gid: number): boolean {
  try {
    Deno.chownSync(path, uid, gid);
    return true;
  } catch {
    return false;
  }
}

/** Short, so that it fits wherever the finished name does. */
function temporaryBeside(path: string): string {
  return join(dirname(path), `.s3-credentials-${randomBytes(6).toString("hex")}`);
}

function writeAll(file: Deno.FsFile, data: Uint8Array): void {
  let rest = data;
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
}

const FAULTS: [new (message?: string) => Error, ErrorCode, string][] = [
  [Deno.errors.NotFound, "not-found", "it does not exist"],
  [Deno.errors.PermissionDenied, "access-denied", "permission denied"],
  [Deno.errors.IsADirectory, "conflict", "it is a folder"],
  [Deno.errors.NotADirectory, "conflict", "a part of the path is not a folder"],
  [Deno.errors.AlreadyExists, "conflict", "something else has that name"],
];

/** By the runtime's code, where the error has no type of its own. */
const FAULT_CODES: Record<string, string> = {
  ENOSPC: "no space left on the disk",
  ENAMETOOLONG: "the name is longer than the file system allows",
  EROFS: "the file system is read-only",
  EDQUOT: "the disk quota is used up",
  ELOOP: "too many symbolic links",
};

/**
 * Says what is wrong with a local file.
 *
 * @param error what the runtime threw
 * @param tried what was tried
 * @param hint what to do about it
 * @returns the error; one that is for persons already comes back as it is
 */
export function fileFault(error: unknown, tried: string, hint?: string): S3CredentialsError {
  if (error instanceof S3CredentialsError) return error;
  // Permissions of Deno are explained where all commands end.
  if (error instanceof Deno.errors.NotCapable) throw error;
  const { code = "", message } = error as Error & { code?: string };
  const [, kind, words] = FAULTS.find(([type]) => error instanceof type) ??
    [, "conflict" as const, FAULT_CODES[code] ?? message.replace(/ \(os error \d+\).*/s, "")];
  return new S3CredentialsError(kind, `${tried}: ${words}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}

/**
 * The same for what may be something else.
 *
 * @param error what was thrown
 * @param tried what was tried
 * @param hint what to do about it
 * @returns the error of a local file; what is none comes back as it is
 */
export function localError(error: unknown, tried: string, hint?: string): unknown {
  const isLocal = error instanceof Error && !(error instanceof S3CredentialsError) &&
    (error.constructor.name in Deno.errors || "code" in error || /os error/.test(error.message));
  return isLocal ? fileFault(error, tried, hint) : error;
}
