/**
 * Reads answers from a stream of bytes, however it is cut into pieces.
 *
 * @module
 */
import { ConnectionError, malformed } from "./errors.ts";
import { type Framing, type ParsedHead, parseHead, parseHeader } from "./head.ts";

/** Where the bytes come from; `null` at the end. */
export interface ByteStream {
  read(buffer: Uint8Array): Promise<number | null>;
}

/**
 * Takes the body of an answer piece by piece; a promise makes the sender wait. A piece is valid until
 * then: its memory is used again.
 */
export type Sink = (piece: Uint8Array) => void | Promise<void>;

const SMALL_BUFFER = 64 * 1024;
/** Pieces that come one right after the other, as records of TLS do, are handed on together. */
const GATHERED_SIZE = 256 * 1024;
/** For long bodies: a read takes as much as has arrived. */
const LARGE_BUFFER = 1024 * 1024;
/** Of shorter bodies many come at a time, each over a connection with a buffer of its own. */
const LONG_BODY = 4 * 1024 * 1024;
const GATHERING_MS = 2;
const MAX_HEAD = 64 * 1024 - 4;
const MAX_LINE = 4 * 1024;
const MAX_TRAILERS = 100;
/** Answers with a status below 200 that may come before the final one. */
const MAX_INTERIM_ANSWERS = 20;

const CR = 0x0d;
const LF = 0x0a;
const latin1 = new TextDecoder("latin1");

/** Reads one answer after the other. */
export class MessageReader {
  readonly #stream: ByteStream;
  #buffer = new Uint8Array(SMALL_BUFFER);
  /** What was read and not yet used. */
  #start = 0;
  #end = 0;
  #reading: Promise<boolean> | undefined;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Whether bytes follow that belong to no answer so far. */
  get hasMore(): boolean {
    return this.#end > this.#start;
  }

  /** Waits for bytes or the end, between two answers; what comes is used by the next answer. */
  async wait(): Promise<void> {
    this.#reading = this.#fill();
    await this.#reading;
  }

  /** Reads the head of the final answer; `onInterim` is called with the status of each before. */
  async readHead(onInterim: (status: number) => void = () => {}): Promise<ParsedHead> {
    for (let count = 0; count < MAX_INTERIM_ANSWERS; count++) {
      const head = parseHead(await this.#readHeadText());
      if (head.status >= 200) return head;
      if (head.status === 101) throw malformed("status 101, which changes to another protocol");
      onInterim(head.status);
    }
    throw malformed("too many interim answers");
  }

  async #readHeadText(): Promise<string> {
    for (let searched = 0;;) {
      const bytes = this.#buffer.subarray(this.#start, this.#end);
      if (!isBeginning(bytes)) throw malformed("invalid status line");
      const length = endOfHead(bytes, Math.max(0, searched - 3));
      if (length !== undefined) {
        this.#start += length + 4;
        return latin1.decode(bytes.subarray(0, length));
      }
      if (bytes.length > MAX_HEAD) throw malformed("the head is too long");
      searched = bytes.length;
      if (!await this.#more()) {
        throw new ConnectionError("ECONNRESET", "the connection was cut before the answer");
      }
    }
  }

  /** Reads a body and hands it on. */
  async readBody(framing: Framing, sink: Sink): Promise<void> {
    if (framing.kind === "length") return await this.#readBytes(framing.length, sink);
    if (framing.kind === "chunked") return await this.#readChunks(sink);
    do {
      const waiting = this.hasMore ? sink(this.#take(Infinity)) : undefined;
      if (waiting !== undefined) await waiting;
      this.#enlarge(LARGE_BUFFER);
    } while (await this.#more());
  }

  async #readBytes(length: number, sink: Sink): Promise<void> {
    for (let left = length; left > 0;) {
      if (!this.hasMore) {
        if (left > SMALL_BUFFER) this.#enlarge(left < LONG_BODY ? GATHERED_SIZE : LARGE_BUFFER);
        await this.#gather(Math.min(left, GATHERED_SIZE));
      }
      const piece = this.#take(left);
      left -= piece.length;
      const waiting = sink(piece);
      if (waiting !== undefined) await waiting;
    }
  }

  /** Reads so many bytes, if they come at once. The buffer must have room for them. */
  async #gather(length: number): Promise<void> {
    if (!await this.#more()) throw cut();
    try {
      for (let last = performance.now(); this.#end < length;) {
        const count = await this.#stream.read(this.#buffer.subarray(this.#end));
        if (count === null) return;
        this.#end += count;
        const now = performance.now();
        if (now - last > GATHERING_MS) return;
        last = now;
      }
    } catch {
      // What has come is handed on first; the next read fails again.
    }
  }

  async #readChunks(sink: Sink): Promise<void> {
    for (;;) {
      const line = await this.#readLine();
      const [, digits] = /^([\da-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
      if (digits === undefined) throw malformed("invalid length of a chunk");
      const length = parseInt(digits, 16);
      if (length === 0) break;
      await this.#readBytes(length, sink);
      if (await this.#readLine() !== "") throw malformed("a chunk is longer than its length");
    }
    for (let count = 0;; count++) {
      const trailer = await this.#readLine();
      if (trailer === "") return;
      if (count === MAX_TRAILERS) throw malformed("too many trailers");
      parseHeader(trailer);
    }
  }

  /** Reads up to CR LF, of which neither may stand alone. */
  async #readLine(): Promise<string> {
    for (;;) {
      const bytes = this.#buffer.subarray(this.#start, this.#end);
      const end = bytes.indexOf(LF);
      if (end >= 0) {
        const line = latin1.decode(bytes.subarray(0, end - 1));
        if (bytes[end - 1] !== CR || line.includes("\r")) throw malformed("invalid line");
        this.#start += end + 1;
        return line;
      }
      if (bytes.length > MAX_LINE) throw malformed("a line is too long");
      if (!await this.#more()) throw cut();
    }
  }

  #take(most: number): Uint8Array {
    const end = Math.min(this.#end, this.#start + most);
    const piece = this.#buffer.subarray(this.#start, end);
    this.#start = end;
    return piece;
  }

  #enlarge(size: number): void {
    if (this.hasMore || this.#buffer.length >= size) return;
    this.#buffer = new Uint8Array(size);
    this.#start = this.#end = 0;
  }

  /** Reads more; false at the end of the stream. */
  async #more(): Promise<boolean> {
    const reading = this.#reading ?? this.#fill();
    this.#reading = undefined;
    return await reading;
  }

  async #fill(): Promise<boolean> {
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    for (;;) {
      const count = await this.#stream.read(this.#buffer.subarray(this.#end));
      if (count === null) return false;
      this.#end += count;
      // Zero bytes are not the end.
      if (count > 0) return true;
    }
  }
}

function cut(): ConnectionError {
  return new ConnectionError("ECONNRESET", "the connection was cut in the middle of the answer");
}

const BEGINNING = [..."HTTP/1."].map((letter) => letter.charCodeAt(0));

/** Whether bytes may be the beginning of an answer, so that no answer of another kind is awaited. */
function isBeginning(bytes: Uint8Array): boolean {
  return BEGINNING.every((code, at) => at >= bytes.length || bytes[at] === code);
}

/** Where the empty line after a head begins. */
function endOfHead(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(CR, from); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) return at;
  }
  return undefined;
}
