/**
 * The heads of requests and answers: what stands before the body.
 *
 * @module
 */
import { malformed } from "./errors.ts";

/** The first part of an answer. */
export interface HttpHead {
  /** The HTTP status. */
  status: number;
  /** The headers by name in lower case; those that come several times are joined by commas. */
  headers: Record<string, string>;
}

/** How the body of an answer is delimited. */
export type Framing =
  | { kind: "length"; length: number }
  | { kind: "chunked" }
  | { kind: "until close" };

/** An answer's head, and what it means for the connection. */
export interface ParsedHead extends HttpHead {
  /** Whether the server keeps the connection open after the body. */
  isKeptAlive: boolean;
  /** How the body is delimited, unless the request was a `HEAD`. */
  framing: Framing;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\uffff]*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+):([\t\x20-\x7e\x80-\uffff]*)$/;

/** Reads the head of an answer, given without the empty line at its end. */
export function parseHead(text: string): ParsedHead {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const [, minor, digits] = STATUS_LINE.exec(statusLine) ?? [];
  if (digits === undefined) throw malformed("invalid status line");
  const status = Number(digits);
  const headers: Record<string, string> = {};
  for (const line of lines) addHeader(headers, line);
  const { connection = "", "transfer-encoding": encoding } = headers;
  const isChunked = encoding !== undefined;
  if (isChunked && (encoding.toLowerCase() !== "chunked" || minor === "0")) {
    throw malformed("unknown transfer encoding");
  }
  const framing = framingOf(status, headers["content-length"], isChunked);
  const isKeptAlive = minor === "1" &&
    !connection.toLowerCase().split(/\s*,\s*/).includes("close");
  return { status, headers, framing, isKeptAlive };
}

/** Reads one header or trailer; its name is given in lower case. */
export function parseHeader(line: string): [name: string, value: string] {
  const [, name, value] = HEADER_LINE.exec(line) ?? [];
  if (name === undefined) throw malformed("invalid header line");
  return [name.toLowerCase(), value!.trim()];
}

function addHeader(headers: Record<string, string>, line: string): void {
  const [name, value] = parseHeader(line);
  const earlier = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (earlier !== undefined && (name === "content-length" || name === "transfer-encoding")) {
    throw malformed(`${name} twice`);
  }
  // Assigning to __proto__ would define no header.
  if (name === "__proto__") return;
  headers[name] = earlier === undefined ? value : `${earlier}, ${value}`;
}

function framingOf(status: number, length: string | undefined, isChunked: boolean): Framing {
  if (length !== undefined && isChunked) throw malformed("two lengths");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw malformed("invalid content-length");
  if (status < 200 || status === 204 || status === 304) return { kind: "length", length: 0 };
  if (isChunked) return { kind: "chunked" };
  return length === undefined
    ? { kind: "until close" }
    : { kind: "length", length: Number(length) };
}

const SENT_LINE = /^[\w-]+: [\t\x20-\x7e]*$/;

/** Writes the head of a request; throws `TypeError` for what could be read as another request. */
export function formatHead(
  method: string,
  target: string,
  headers: Record<string, string>,
): string {
  const lines = Object.entries(headers).map(([name, value]) => {
    const line = `${name}: ${value}`;
    if (!SENT_LINE.test(line)) throw new TypeError(`Cannot send request: invalid header ${name}`);
    return line;
  });
  if (!/^[\x21-\x7e]+$/.test(target)) throw new TypeError("Cannot send request: invalid target");
  return `${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}
