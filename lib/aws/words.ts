/**
 * Text split into words as a shell would, for section names and the command lines of profiles.
 *
 * @module
 */

/** Splits as Python's `shlex` does, with quotes and backslashes; undefined if a quote is left open. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === "\\") {
      const next = text[++at];
      if (next === undefined) return undefined;
      word = `${word ?? ""}${next}`;
    } else if (character === "'" || character === '"') {
      const rest = text.slice(at + 1);
      const quoted = (character === "'" ? /^([^']*)'/ : /^((?:\\[^]|[^"\\])*)"/).exec(rest);
      if (quoted === null) return undefined;
      // Between double quotes a backslash escapes a quote and itself only.
      const inner = character === "'" ? quoted[1]! : quoted[1]!.replace(/\\(["\\])/g, "$1");
      word = `${word ?? ""}${inner}`;
      at += quoted[0].length;
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = `${word ?? ""}${character}`;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** Splits as programs on Windows do: double quotes only, and backslashes count before one alone. */
export function splitWindowsWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (const [part, slashes = "", quote] of text.matchAll(/(\\*)(")|\\+|[ \t]|[^\\" \t]+/g)) {
    if (quote !== undefined) {
      word = `${word ?? ""}${"\\".repeat(Math.floor(slashes.length / 2))}`;
      if (slashes.length % 2 === 1) word += '"';
      else isQuoted = !isQuoted;
    } else if (/^[ \t]$/.test(part) && !isQuoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = `${word ?? ""}${part}`;
    }
  }
  if (isQuoted) return undefined;
  return word === undefined ? words : [...words, word];
}
