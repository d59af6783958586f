/**
 * Text from outside, such as keys and a server's words, made safe for a terminal: control characters
 * could move its cursor, forge lines or reverse the direction of writing.
 *
 * @module
 */

const CONTROLS =
  // deno-lint-ignore no-control-regex -- control characters are what this is about
  /\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text with its control characters as `\x1b`, `\r` or `\u202e`, except for tabs and line breaks, which
 * may be CR and LF.
 *
 * Legal JSON stays legal and keeps its meaning: it may have such characters from DEL on, and has the
 * same escapes for them.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    if (character === "\r") return "\\r";
    const code = character.charCodeAt(0);
    const digits = code.toString(16);
    return code < 0x20 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`;
  });
}

/** A key or path with all its control characters escaped, for the middle of a message. */
export function escapeName(name: string): string {
  return escapeControls(name).replaceAll("\r", "\\r").replaceAll("\n", "\\n");
}

/** A text with its lines joined: a line of its own could pass for one of ours. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}

/**
 * A word that needs no quotes in any shell. AWS's own secrets and tokens, base64, need none; those of
 * other servers may: unquoted, zsh reads `=ls` and `a:=ls` as the path of a command, fish `%self` as a
 * number.
 */
export const PLAIN_WORD = /^[A-Za-z0-9_+/.-][A-Za-z0-9_+/.=-]*$/;

/**
 * A value as one word for bash, zsh and the like, in quotes if necessary. It may still begin with a
 * hyphen: in a suggested command, write `--option=VALUE`.
 */
export function shellWord(value: string): string {
  return PLAIN_WORD.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
