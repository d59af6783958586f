/**
 * Values as words of a shell's command line.
 *
 * @module
 */

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
 * import { shellWord } from "./shell_word.ts";
 *
 * assert.equal(shellWord("s3.read-only.photos"), "s3.read-only.photos");
 * assert.equal(shellWord("R&D's"), `'R&D'\\''s'`);
 * ```
 */
export function shellWord(value: string): string {
  return PLAIN_WORD.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
