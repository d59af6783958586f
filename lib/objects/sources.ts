/**
 * Content to upload, read piece by piece whatever it comes from.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import type { HttpBody } from "../http/connection.ts";
import { fileError } from "../file_error.ts";
import { infoIfExists } from "../file_info.ts";
import { isSame, ROUNDS } from "./local/file_identity.ts";
import { asFileError } from "./local/file_error.ts";
import { openFound } from "./local/open.ts";
import { systemPath } from "./local/system_path.ts";

/** Content of an object: bytes, a blob, a stream, or the path of a local file. */
export type ObjectContent =
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | { path: string };

/** Content that is read once, from its beginning to its end. */
export interface ByteSource extends Disposable {
  /** Length in bytes; `undefined` if it is known only at the end. */
  readonly size: number | undefined;
  /** Fills a buffer and returns the number of bytes, which is less than its length only at the end. */
  fill(buffer: Uint8Array): Promise<number>;
  /** Whether it is another content by now than when it was opened. */
  hasChanged?(): boolean;
  /** Returns a part without holding it in memory, if parts can be read more than once. */
  part?(offset: number, length: number): Uint8Array | HttpBody;
}

/**
 * Opens any content; throws `usage` for what is none, such as a string. A file that is given with its
 * real path must still be there, without a link on the way.
 */
export async function openSource(
  content: ObjectContent,
  signal?: AbortSignal,
  realPath?: string,
): Promise<ByteSource> {
  if (content instanceof Uint8Array) return new BytesSource(content);
  if (content instanceof ReadableStream) return new StreamSource(content, undefined, signal);
  if (content instanceof Blob) return new StreamSource(content.stream(), content.size, signal);
  if (typeof content?.path === "string") return await openFile(content.path, signal, realPath);
  const found = content === null ? "null" : typeof content;
  throw new S3CredentialsError("usage", `Invalid content for an object: ${found}`, {
    hint: "Pass { path } for a file, or the content as bytes, a Blob or a stream; for a text, " +
      "new Blob([text])",
  });
}

class BytesSource implements ByteSource {
  readonly size: number;
  readonly #bytes: Uint8Array;
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = this.#rest = bytes;
    this.size = bytes.length;
  }

  fill(buffer: Uint8Array): Promise<number> {
    const piece = this.#rest.subarray(0, buffer.length);
    buffer.set(piece);
    this.#rest = this.#rest.subarray(piece.length);
    return Promise.resolve(piece.length);
  }

  part(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }

  [Symbol.dispose](): void {}
}

class StreamSource implements ByteSource {
  readonly size: number | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #rest = new Uint8Array();

  constructor(
    stream: ReadableStream<Uint8Array>,
    size: number | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.size = size;
    this.#reader = stream.getReader();
    this.#signal = signal;
    // The other end of a pipe may be slow, and an abort must not wait for it.
    signal?.addEventListener("abort", this.#cancel);
  }

  async fill(buffer: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#reader.read().catch((error) => {
          throw asFileError(error, "Could not read the input");
        });
        this.#signal?.throwIfAborted();
        if (done) break;
        this.#rest = value as Uint8Array<ArrayBuffer>;
      }
      const piece = this.#rest.subarray(0, buffer.length - filled);
      buffer.set(piece, filled);
      filled += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
    return filled;
  }

  readonly #cancel = (): void => {
    this.#reader.cancel().catch(() => {});
  };

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#cancel);
    this.#cancel();
  }
}

async function openFile(
  given: string,
  signal?: AbortSignal,
  realPath?: string,
): Promise<ByteSource> {
  try {
    const path = realPath ?? systemPath(given);
    const info = Deno.statSync(path);
    if (info.isDirectory) throw new Deno.errors.IsADirectory();
    // To open a pipe could wait for ever.
    if (realPath !== undefined && !info.isFile) throw anotherFile(given);
    const file = await openFound(path, info, { read: true }, signal);
    if (realPath !== undefined) assertRealPath(file, given, realPath);
    const opened = file.statSync();
    // Files in /proc call themselves empty and are not, so an empty file is read to its end.
    return opened.isFile && opened.size > 0
      ? new FileSource(given, file, opened)
      : new PipeSource(given, file, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError(error, `Could not read ${escapeName(given)}`);
  }
}

/** Somebody may have put a link into the way since the file was found. */
function assertRealPath(file: Deno.FsFile, given: string, realPath: string): void {
  const opened = file.statSync();
  for (let round = 0; round < ROUNDS; round++) {
    const found = infoIfExists(Deno.lstatSync, realPath);
    if (Deno.realPathSync(realPath) === realPath && found && isSame(found, opened)) continue;
    file.close();
    throw anotherFile(given);
  }
}

function anotherFile(path: string): S3CredentialsError {
  const message = `Could not read ${escapeName(path)}: it is another file than when it was found`;
  return new S3CredentialsError("conflict", message, { hint: "Try again" });
}

/**
 * A file, as long as it was when it was opened. Reading is synchronous: what is read is short, and a
 * change of threads would take longer.
 */
class FileSource implements ByteSource {
  readonly size: number;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #opened: Deno.FileInfo;
  #offset = 0;

  constructor(path: string, file: Deno.FsFile, opened: Deno.FileInfo) {
    this.#path = path;
    this.#file = file;
    this.#opened = opened;
    this.size = opened.size;
  }

  /** Something may have written into it while it was read. */
  hasChanged(): boolean {
    const { size, mtime, ctime } = this.#file.statSync();
    return size !== this.size || mtime?.getTime() !== this.#opened.mtime?.getTime() ||
      ctime?.getTime() !== this.#opened.ctime?.getTime();
  }

  fill(buffer: Uint8Array): Promise<number> {
    const wanted = buffer.subarray(0, this.size - this.#offset);
    for (let filled = 0; filled < wanted.length;) {
      filled += this.#readAt(wanted.subarray(filled), this.#offset + filled);
    }
    this.#offset += wanted.length;
    return Promise.resolve(wanted.length);
  }

  part(start: number, length: number): HttpBody {
    return { length, readInto: (buffer, offset) => this.#readAt(buffer, start + offset) };
  }

  #readAt(buffer: Uint8Array, offset: number): number {
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      const count = this.#file.readSync(buffer);
      if (count !== null) return count;
    } catch (error) {
      throw fileError(error, `Could not read ${escapeName(this.#path)}`);
    }
    const message = `Could not put ${
      escapeName(this.#path)
    }: the file became shorter while it was read`;
    throw new S3CredentialsError("conflict", message, { hint: "Try again" });
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** What has no length and comes as it comes, such as a pipe. */
class PipeSource implements ByteSource {
  readonly size = undefined;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #signal: AbortSignal | undefined;

  constructor(path: string, file: Deno.FsFile, signal: AbortSignal | undefined) {
    this.#path = path;
    this.#file = file;
    this.#signal = signal;
  }

  async fill(buffer: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < buffer.length) {
      const count = await this.#read(buffer.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return filled;
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    try {
      return await abortable(this.#file.read(buffer), this.#signal);
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw fileError(error, `Could not read ${escapeName(this.#path)}`);
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
