/**
 * Texts that others chose, such as keys and a server's words, in the form that a terminal may get:
 * control characters could move its cursor, forge lines or turn the direction of writing.
 *
 * @module
 */

const CONTROLS =
  // deno-lint-ignore no-control-regex -- control characters are what this is about
  /\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes the control characters of a text visible, except for tabs and line breaks, which may be
 * CR and LF.
 *
 * What is legal JSON stays so and keeps its meaning: it may have such characters from DEL on, and
 * has the same escapes for them.
 *
 * @param text one line or several
 * @returns the text with `\x1b`, `\r` or `\u202e` for each of them
 *
 * @example A red word
 * ```ts
 * import assert from "node:assert/strict";
 * import { escapeControls } from "./escape.ts";
 *
 * assert.equal(escapeControls("\x1b[31mred\nblue"), "\\x1b[31mred\nblue");
 * ```
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    if (character === "\r") return "\\r";
    const code = character.charCodeAt(0);
    const digits = code.toString(16);
    return code < 0x20 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`;
  });
}

/**
 * Makes the control characters of a name visible, line breaks included: for keys and paths in the
 * middle of a message.
 *
 * @param name a key or a path
 * @returns the same name where it has none of them
 *
 * @example A key with a line of its own
 * ```ts
 * import assert from "node:assert/strict";
 * import { escapeName } from "./escape.ts";
 *
 * assert.equal(escapeName("photos/1 é.jpg"), "photos/1 é.jpg");
 * assert.equal(escapeName("a\nError: b"), "a\\nError: b");
 * ```
 */
export function escapeName(name: string): string {
  return escapeControls(name).replaceAll("\r", "\\r").replaceAll("\n", "\\n");
}

/**
 * What no shell reads as anything but itself. AWS's own secrets and tokens, base64, need no quotes;
 * those of other servers may: unquoted, zsh reads `=ls` and `a:=ls` as the path of a command, fish
 * `%self` as a number.
 */
export const PLAIN_WORD = /^[A-Za-z0-9_+/.-][A-Za-z0-9_+/.=-]*$/;

/**
 * Writes a value as one word for bash, zsh and their like, in quotes where it needs them.
 *
 * It may still begin with a hyphen: in a command that is shown, write `--option=VALUE`.
 *
 * @param value the value
 * @returns the word
 *
 * @example Two names
 * ```ts
 * import assert from "node:assert/strict";
 * import { shellWord } from "./escape.ts";
 *
 * assert.equal(shellWord("s3.read-only.photos"), "s3.read-only.photos");
 * assert.equal(shellWord("R&D's"), `'R&D'\\''s'`);
 * ```
 */
export function shellWord(value: string): string {
  return PLAIN_WORD.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
