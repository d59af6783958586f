/**
 * Requests as they came over the wire: headers, query and parameters before anything was decoded.
 *
 * @module
 */
import type { Content } from "./content.ts";
import { ServiceError } from "./operation.ts";

/** What comes before a request's payload, before anything was decoded. */
export interface WireHead {
  method: string;
  /** Path and query as sent in the request line. */
  rawPath: string;
  /** By their names in small letters; several of one name are joined with a comma. */
  headers: ReadonlyMap<string, string>;
}

/** A request as it came over the wire. */
export interface WireRequest extends WireHead {
  body: Content;
}

/** A request whose payload has not been read yet. */
export interface IncomingRequest extends WireHead {
  /** Whether the client sends the payload only after `100 Continue`. */
  awaitsContinue: boolean;
  /** Reads the payload; `undefined` if it has more bytes than that. */
  read(limit: number): Promise<Content | undefined>;
}

/** Headers by their names in small letters, from names and values in turns; several of one name are joined. */
export function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at < lines.length; at += 2) {
    const name = lines[at]!.toLowerCase();
    const before = headers.get(name);
    const value = lines[at + 1]!;
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

/** Clients send UTF-8 in header values, which `Headers` hands out byte by byte. */
export function latin1ToUtf8(value: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(value) || /[^\x00-\xff]/.test(value)) return value;
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}

/** Words of ASCII with single spaces between them. */
const PLAIN_VALUE = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** Value of a header as signatures take it: with single spaces. */
export function signedHeader({ headers }: WireHead, name: string): string | undefined {
  const value = headers.get(name);
  if (value === undefined || PLAIN_VALUE.test(value)) return value;
  return latin1ToUtf8(value.trim().replace(/ {2,}/g, " "));
}

const VIRTUAL_HOST =
  /^(.+)\.(?:localhost|s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?)(?::\d+)?$/i;

/** The bucket that a host names, as in `my-bucket.localhost`. */
export function bucketOfHost(host: string): string | undefined {
  const bucket = VIRTUAL_HOST.exec(host)?.[1]?.toLowerCase();
  return bucket === "s3" ? undefined : bucket;
}

/** The bucket that a request to S3 addresses, in its host or its path; empty if there is none. */
export function bucketNameOf(request: WireHead): string {
  const [, inPath = ""] = /^\/([^/?]*)/.exec(request.rawPath) ?? [];
  return bucketOfHost(request.headers.get("host") ?? "") ?? percentDecode(inPath);
}

/** Names and values of a query, decoded, in the order in which they were sent. */
export function queryOf(rawPath: string): [string, string][] {
  const at = rawPath.indexOf("?");
  return at === -1 ? [] : decodedPairs(rawPath.slice(at + 1));
}

function decodedPairs(text: string): [string, string][] {
  return text.split("&").filter((part) => part !== "").map((part) => {
    const equals = part.indexOf("=");
    const [name, value] = equals === -1
      ? [part, ""]
      : [part.slice(0, equals), part.slice(equals + 1)];
    return [percentDecode(name.replaceAll("+", " ")), percentDecode(value.replaceAll("+", " "))];
  });
}

/** Names and values of a form. The platform's own reader, several times slower, reads broken ones too. */
function formOf(text: string): [string, string][] {
  try {
    return decodedPairs(text);
  } catch {
    return [...new URLSearchParams(text)];
  }
}

/** Parameters of a request in AWS's query protocol, from its form or its query. */
export function queryParameters(
  request: Pick<WireRequest, "method" | "rawPath" | "headers" | "body">,
): [string, string][] {
  const type = request.headers.get("content-type") ?? "";
  if (request.method === "POST") {
    if (!type.startsWith("application/x-www-form-urlencoded")) return [];
    return formOf(request.body.text());
  }
  try {
    return queryOf(request.rawPath);
  } catch {
    return [];
  }
}

/** Decodes `%XX` bytes as UTF-8, leaving everything else unchanged. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
}
