/**
 * Content to upload, read piece by piece whatever it comes from.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { asFileError, fileError, infoIfExists } from "./file_error.ts";
import { isSame, ROUNDS } from "./file_identity.ts";
import { openFound } from "./local_open.ts";
import { systemPath } from "./system_path.ts";

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
  /** Fills a buffer and gives the number of bytes, which is less than its length only at the end. */
  fill(buffer: Uint8Array): Promise<number>;
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
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
    this.size = bytes.length;
  }

  fill(buffer: Uint8Array): Promise<number> {
    const piece = this.#rest.subarray(0, buffer.length);
    buffer.set(piece);
    this.#rest = this.#rest.subarray(piece.length);
    return Promise.resolve(piece.length);
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
    const file = await openFound(path, info, { read: true }, signal);
    if (realPath !== undefined) assertRealPath(file, given, realPath);
    return new FileSource(given, file, signal);
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
    const message = `Could not read ${
      escapeName(given)
    }: it is another file than when it was found`;
    throw new S3CredentialsError("conflict", message, { hint: "Try again" });
  }
}

/** Up to this many bytes are read synchronously: a change of threads would take longer. */
const SYNC_READ_SIZE = 1024 * 1024;

/** A file as long as it was when it was opened, or a pipe. */
class FileSource implements ByteSource {
  readonly size: number | undefined;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #signal: AbortSignal | undefined;
  #left: number;

  constructor(path: string, file: Deno.FsFile, signal?: AbortSignal) {
    this.#path = path;
    this.#file = file;
    this.#signal = signal;
    const { isFile, size } = file.statSync();
    // Files in /proc call themselves empty and are not, so an empty file is read to its end.
    this.size = isFile && size > 0 ? size : undefined;
    this.#left = this.size ?? Infinity;
  }

  async fill(buffer: Uint8Array): Promise<number> {
    const wanted = Math.min(buffer.length, this.#left);
    let filled = 0;
    while (filled < wanted) {
      const count = await this.#read(buffer.subarray(filled, wanted));
      if (count === null && this.size === undefined) break;
      if (count === null) throw this.#truncated();
      filled += count;
    }
    this.#left -= filled;
    return filled;
  }

  async #read(buffer: Uint8Array): Promise<number | null> {
    try {
      if (this.size === undefined) return await abortable(this.#file.read(buffer), this.#signal);
      return buffer.length <= SYNC_READ_SIZE
        ? this.#file.readSync(buffer)
        : await this.#file.read(buffer);
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw fileError(error, `Could not read ${escapeName(this.#path)}`);
    }
  }

  #truncated(): S3CredentialsError {
    const message = `Could not put ${
      escapeName(this.#path)
    }: the file became shorter while it was read`;
    return new S3CredentialsError("conflict", message, { hint: "Try again" });
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
