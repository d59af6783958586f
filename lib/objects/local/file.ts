/**
 * A file that appears whole or not at all: written under another name beside its place, then
 * renamed.
 *
 * Others may be able to write in the directory. So all work is done on the open file, and never on
 * what has its name by then.
 *
 * The calls are the synchronous ones: a small file takes a fraction of the time that a change of
 * threads would.
 *
 * @module
 */
import { explainDeniedWrite } from "../../file_info.ts";
import { assertInPlace, changedByOthers, isSame, type Place, placeOf } from "./file_identity.ts";
import { markUnfinished, temporaryBeside } from "./leftovers.ts";
import { dirname } from "./paths.ts";

/** Only Node's functions change an open file. To load them takes long, and few files need it. */
let fs: NodeFs | undefined;

/** A file that is being written. */
export class LocalFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #replaced: Access | undefined;
  readonly #place: Place;
  #isOpen = true;

  /**
   * Opens the temporary file. The existing file passes its permissions on, if it is the caller's own.
   */
  static async open(
    path: string,
    existing: Deno.FileInfo | undefined,
    place: Place = placeOf(dirname(path)),
  ): Promise<LocalFile> {
    const file = new LocalFile(path, existing, place);
    if (file.#replaced !== undefined) fs ??= await import("node:fs");
    return file;
  }

  private constructor(path: string, existing: Deno.FileInfo | undefined, place: Place) {
    this.#path = path;
    this.#temporary = temporaryBeside(path);
    this.#place = place;
    const replaced = existing && accessOf(existing);
    // The finished file may be private, so the unfinished one is.
    const mode = replaced && (replaced.mode & 0o666 | 0o600);
    try {
      this.#file = Deno.openSync(this.#temporary, {
        read: true,
        write: true,
        createNew: true,
        mode,
      });
    } catch (error) {
      throw explainDeniedWrite(path, dirname(path), this.#reasonOf(error));
    }
    try {
      markUnfinished(this.#file);
      assertInPlace(this.#file, this.#temporary, place);
      // A user who has put a file of theirs here must not be given the content.
      const made = accessOf(this.#file.statSync());
      const isOwn = replaced?.uid === made?.uid;
      const hasSame = replaced?.mode === made?.mode && replaced?.gid === made?.gid;
      this.#replaced = isOwn && !hasSame ? replaced : undefined;
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Throws if a file could not be written at this path; leaves nothing. */
  static probe(path: string): void {
    const temporary = temporaryBeside(path);
    try {
      Deno.openSync(temporary, { write: true, createNew: true }).close();
    } catch (error) {
      throw explainDeniedWrite(path, dirname(path), error);
    }
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

  /** Writes from an offset on while others write elsewhere. */
  writerAt(offset: number): (data: Uint8Array) => void {
    let position = offset;
    return (data) => {
      this.#file.seekSync(position, Deno.SeekMode.Start);
      writeAll(this.#file, data);
      position += data.length;
    };
  }

  /** Reads what was written, from its beginning. The pieces share their memory. */
  async *content(): AsyncGenerator<Uint8Array> {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const buffer = new Uint8Array(1 << 20);
    for (
      let count = await this.#file.read(buffer);
      count !== null;
      count = await this.#file.read(buffer)
    ) {
      yield buffer.subarray(0, count);
    }
  }

  /** Gives the file its name. */
  finish(): void {
    try {
      if (this.#replaced !== undefined) {
        copyAccess(fs!, this.#replaced, this.#file, this.#temporary);
      }
    } finally {
      // That another file is in its place says more than why that one can't be opened.
      assertInPlace(this.#file, this.#temporary, this.#place);
    }
    try {
      Deno.renameSync(this.#temporary, this.#path);
    } catch (error) {
      throw this.#reasonOf(error);
    }
    this.#close();
  }

  /** That the directory was changed says more than that something is not there. */
  #reasonOf(error: unknown): unknown {
    try {
      this.#place.check();
      return error;
    } catch (changed) {
      return changed;
    }
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

/** `undefined` where the system knows no modes. */
function accessOf({ mode, uid, gid }: Deno.FileInfo): Access | undefined {
  return mode === null ? undefined : { mode: mode & 0o777, uid, gid };
}

type NodeFs = typeof import("node:fs");

/**
 * Node's functions take no open file of Deno's: it is opened once more, through no link, and must be
 * the same.
 */
function copyAccess(
  fs: NodeFs,
  { mode, uid, gid }: Access,
  file: Deno.FsFile,
  temporary: string,
): void {
  const opened = file.statSync();
  const descriptor = openUnlinked(fs, temporary);
  try {
    if (!isSame(fs.fstatSync(descriptor), opened)) throw changedByOthers(dirname(temporary));
    const hasGroup = gid === opened.gid || tryChown(fs, descriptor, uid!, gid!);
    // What a group was allowed to do is for that group only.
    fs.fchmodSync(descriptor, hasGroup ? mode : mode & 0o707);
  } finally {
    fs.closeSync(descriptor);
  }
}

function openUnlinked(fs: NodeFs, path: string): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  try {
    return fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    // Without all permissions Deno follows the link itself, and opens what it leads to.
    throw (error as { code?: string }).code === "ELOOP" ? changedByOthers(dirname(path)) : error;
  }
}

/** Anyone may give a file to a group of their own. */
function tryChown(fs: NodeFs, descriptor: number, uid: number, gid: number): boolean {
  try {
    fs.fchownSync(descriptor, uid, gid);
    return true;
  } catch {
    return false;
  }
}

function writeAll(file: Deno.FsFile, data: Uint8Array): void {
  let rest = data;
  while (rest.length > 0) rest = rest.subarray(file.writeSync(rest));
}
