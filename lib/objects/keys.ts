/**
 * Keys of objects and paths of files: one from the other, and which keys a pattern means.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";
import { escapeName } from "../escape.ts";

/** The longest key that S3 takes, in bytes of UTF-8. */
const KEY_LIMIT = 1024;

/** Where the file for a key belongs. */
export type KeyPath =
  | { kind: "file" | "directory"; segments: string[] }
  | { kind: "unsafe"; reason: string };

/** Which rules {@linkcode resolveKeyPath} applies. */
export interface KeyPathOptions {
  /**
   * Whether to apply the rules of Windows too.
   *
   * @default {false}
   */
  isWindows?: boolean;
}

/** Names that Windows reserves for devices, with any extension. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(?:\.|$)/i;
// deno-lint-ignore no-control-regex -- Windows forbids control characters
const WINDOWS_FORBIDDEN = /[<>:"|?*\x00-\x1f]/;

/**
 * Where below a directory the file for a key belongs. A key that could lead out of the directory has
 * no place.
 *
 * Empty and `.` segments are dropped, so that `a//b` and `a/b` are the same file.
 */
export function resolveKeyPath(key: string, { isWindows = false }: KeyPathOptions = {}): KeyPath {
  const parts = key.split("/");
  const segments = parts.filter((part) => part !== "" && part !== ".");
  const reason = reasonAgainst(key, segments, isWindows);
  if (reason !== undefined) return { kind: "unsafe", reason };
  const last = parts.at(-1);
  if (last === "") return { kind: "directory", segments };
  if (last === ".") return { kind: "unsafe", reason: "it names no file" };
  return { kind: "file", segments };
}

function reasonAgainst(
  key: string,
  segments: readonly string[],
  isWindows: boolean,
): string | undefined {
  if (key === "") return "it is empty";
  if (key.startsWith("/")) return "it is an absolute path";
  if (/^[a-z]:/i.test(key)) return "it starts with a drive letter";
  if (key.includes("\0")) return "it contains a NUL character";
  if (segments.includes("..")) return "it contains the segment ..";
  if (!isWindows) return undefined;
  if (key.includes("\\")) return "it contains a backslash";
  for (const segment of segments) {
    if (WINDOWS_FORBIDDEN.test(segment)) return "it has characters that Windows does not allow";
    if (/[ .]$/.test(segment)) return "a name in it ends with a space or dot, which Windows drops";
    if (WINDOWS_DEVICE.test(segment)) return "reserved device name on Windows";
  }
}

/** For comparison only: the same for all names that some file system takes for one. */
export function caseFoldPath(path: string): string {
  // deno-lint-ignore no-control-regex -- the range is all of ASCII
  if (/^[\x00-\x7f]*$/.test(path)) return path.toLowerCase();
  return path.normalize("NFKD").toLowerCase().toUpperCase().toLowerCase().normalize("NFKD");
}

/**
 * Whether a key matches any of the patterns, which are a shell's except that `*` and `?` also match
 * `/`: `*` matches anything, `?` one character, `[seq]` one of some characters, `[!seq]` any other.
 */
export function keyMatcher(patterns: readonly string[]): (key: string) => boolean {
  const tests = patterns.map((pattern) => new RegExp(`^(?:${patternSource(pattern)})$`, "su"));
  return (key) => tests.some((test) => test.test(key));
}

/**
 * What stands between two stars need only be found once, at the first place where it matches: the
 * captured lookahead keeps the matcher from backtracking into the other places.
 */
function patternSource(pattern: string): string {
  const pieces = piecesBetweenStars([...pattern]);
  const [first = ""] = pieces;
  if (pieces.length === 1) return first;
  const between = pieces.slice(1, -1).filter((piece) => piece !== "")
    .map((piece, index) => `(?=(?<p${index}>.*?${piece}))\\k<p${index}>`);
  return `${first}${between.join("")}.*${pieces.at(-1)}`;
}

function piecesBetweenStars(characters: readonly string[]): string[] {
  const pieces = [""];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    if (character === "*") {
      pieces.push("");
      continue;
    }
    const end = character === "[" ? endOfSet(characters, at) : undefined;
    pieces[pieces.length - 1] += end !== undefined
      ? setSource(characters.slice(at + 1, end))
      : character === "?"
      ? "."
      : literal(character);
    at = end ?? at;
  }
  return pieces;
}

/** The first `]` that closes a set; one right after `[` or `[!` belongs to it. */
function endOfSet(characters: readonly string[], start: number): number | undefined {
  const first = characters[start + 1] === "!" ? start + 3 : start + 2;
  const end = characters.indexOf("]", first);
  return end < 0 ? undefined : end;
}

function setSource(characters: readonly string[]): string {
  const isNegated = characters[0] === "!";
  const members = isNegated ? characters.slice(1) : [...characters];
  const ranges: string[] = [];
  for (let at = 0; at < members.length; at++) {
    const from = members[at]!;
    const isRange = members[at + 1] === "-" && members[at + 2] !== undefined;
    const to = isRange ? members[at + 2]! : from;
    if (isRange) at += 2;
    // A range that runs backwards holds nothing, as in a shell.
    if (from.codePointAt(0)! > to.codePointAt(0)!) continue;
    ranges.push(`${literal(from)}-${literal(to)}`);
  }
  if (ranges.length === 0) return isNegated ? "." : "(?!)";
  return `[${isNegated ? "^" : ""}${ranges.join("")}]`;
}

function literal(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/** The longest text that every key that matches one of the patterns starts with. */
export function commonPrefix(patterns: readonly string[]): string {
  const literals = patterns.map((pattern) => /^[^*?[]*/.exec(pattern)![0]);
  return literals.reduce((one, other) => {
    let length = 0;
    while (length < one.length && one[length] === other[length]) length++;
    // Half of a surrogate pair is no character.
    return one.slice(0, length).replace(/[\ud800-\udbff]$/, "");
  });
}

/** The key for a file by the names of its directories and its own. */
export function keyFor(segments: readonly string[], prefix = ""): string {
  const slash = prefix === "" || prefix.endsWith("/") ? "" : "/";
  return `${prefix}${slash}${segments.join("/")}`;
}

/** Throws `InvalidInput` if S3 would not accept the key. */
export function checkKey(key: string): void {
  if (key === "") throw new InvalidInput("Invalid key: it is empty");
  if (!key.isWellFormed()) throw new InvalidInput("Invalid key: it has half of a character");
  const bytes = new TextEncoder().encode(key).length;
  if (bytes > KEY_LIMIT) {
    throw new InvalidInput(
      `Invalid key: it has ${bytes} bytes, more than the ${KEY_LIMIT} that S3 takes: ${
        escapeName(key.slice(0, 40))
      }...`,
    );
  }
}
