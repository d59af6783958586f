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
import { infoIfExists } from "./file_error.ts";

/** A file that is being written. */
export class LocalFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #replaced: Access | undefined;
  #isOpen = true;

  /** Opens the temporary file. A file that is replaced passes its permissions on, and its owner. */
  constructor(path: string) {
    this.#path = path;
    this.#temporary = temporaryBeside(path);
    this.#replaced = accessOf(path);
    // The finished file may be private, so the unfinished one is.
    const mode = this.#replaced === undefined ? undefined : 0o600;
    this.#file = Deno.openSync(this.#temporary, { write: true, createNew: true, mode });
  }

  /** Throws if a file could not be written at this path; leaves nothing. */
  static probe(path: string): void {
    const temporary = temporaryBeside(path);
    Deno.openSync(temporary, { write: true, createNew: true }).close();
    Deno.removeSync(temporary);
  }

  /** Where the content is until the file is finished. */
  get temporaryPath(): string {
    return this.#temporary;
  }

  /** Appends. */
  write(data: Uint8Array): void {
    writeAll(this.#file, data);
  }

  /** Drops all content. */
  clear(): void {
    this.#file.truncateSync(0);
    this.#file.seekSync(0, Deno.SeekMode.Start);
  }

  /** Opens it once more, to write from an offset on while others write elsewhere. */
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

  /** Removes the file, unless it is finished. */
  discard(): void {
    this.#close();
    try {
      Deno.removeSync(this.#temporary);
    } catch {
      // Finished already, or gone with its directory.
    }
  }

  #close(): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }
}

interface Access {
  mode: number;
  uid: number | null;
  gid: number | null;
}

/** `undefined` where there is no file, or the system knows no modes. */
function accessOf(path: string): Access | undefined {
  const info = infoIfExists(Deno.lstatSync, path);
  if (!info?.isFile || info.mode === null) return undefined;
  return { mode: info.mode & 0o777, uid: info.uid, gid: info.gid };
}

/** Only root may give a file to another user; anyone may give it to a group of their own. */
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
