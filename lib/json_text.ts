/**
 * JSON that people write by hand: where it stops being JSON.
 *
 * @module
 */

/** What must come next, in the words of a message. */
type State =
  | "a value"
  | "a value or ]"
  | "a name in double quotes"
  | "a name in double quotes or }"
  | "a colon"
  | "a comma or }"
  | "a comma or ]"
  | "nothing more";

/** Something that may come next, and what must follow it; left out, what follows a value. */
interface Rule {
  pattern: RegExp;
  next?: State;
  /** What must come after each value inside. */
  opens?: State;
  closes?: true;
}

// deno-lint-ignore no-control-regex -- the strings of JSON don't hold them
const STRING_START = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*/y;
const STRING = new RegExp(`${STRING_START.source}"`, "y");
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SPACE = /[ \t\r\n]*/y;

const VALUES: readonly Rule[] = [
  { pattern: STRING },
  { pattern: OTHER },
  { pattern: /\{/y, opens: "a comma or }", next: "a name in double quotes or }" },
  { pattern: /\[/y, opens: "a comma or ]", next: "a value or ]" },
];
const NAME: Rule = { pattern: STRING, next: "a colon" };
const END_OF_OBJECT: Rule = { pattern: /\}/y, closes: true };
const END_OF_ARRAY: Rule = { pattern: /\]/y, closes: true };

const RULES: Record<State, readonly Rule[]> = {
  "a value": VALUES,
  "a value or ]": [...VALUES, END_OF_ARRAY],
  "a name in double quotes": [NAME],
  "a name in double quotes or }": [NAME, END_OF_OBJECT],
  "a colon": [{ pattern: /:/y, next: "a value" }],
  "a comma or }": [{ pattern: /,/y, next: "a name in double quotes" }, END_OF_OBJECT],
  "a comma or ]": [{ pattern: /,/y, next: "a value" }, END_OF_ARRAY],
  "nothing more": [],
};

function lengthAt(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Finds the first place that makes a text no JSON, and what should stand there. */
function faultOf(text: string): { position: number; expected: string } | undefined {
  const open: State[] = [];
  let state: State = "a value";
  let position = 0;
  while (true) {
    position += lengthAt(SPACE, text, position);
    if (position === text.length && state === "nothing more") return undefined;
    const rule: Rule | undefined = RULES[state].find(({ pattern }) =>
      lengthAt(pattern, text, position) > 0
    );
    if (rule === undefined) {
      const isString = RULES[state].some(({ pattern }) => pattern === STRING);
      const length = isString ? lengthAt(STRING_START, text, position) : 0;
      return length === 0
        ? { position, expected: state }
        : { position: position + length, expected: "the closing quote" };
    }
    position += lengthAt(rule.pattern, text, position);
    if (rule.opens !== undefined) open.push(rule.opens);
    if (rule.closes) open.pop();
    state = rule.next ?? open.at(-1) ?? "nothing more";
  }
}

/** Nobody writes more than this by hand, and the patterns are not made for it. */
const MOST_CHARACTERS = 1_000_000;

/** Shows no more of the text than one character: whoever names the wrong file may have named a secret. */
function placeOf(text: string): string {
  const fault = text.length > MOST_CHARACTERS ? undefined : faultOf(text);
  if (fault === undefined) return "";
  const lines = text.slice(0, fault.position).split("\n");
  const column = [...lines.at(-1)!].length + 1;
  const [character] = text.slice(fault.position);
  const found = character === undefined ? "the end" : nameOf(character);
  return `: line ${lines.length}, column ${column}: expected ${fault.expected}, not ${found}`;
}

function nameOf(character: string): string {
  if (character === "\n" || character === "\r") return "a line break";
  if (character === "\t") return "a tab";
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `U+${code}`;
}

/**
 * Reads JSON, and says of what is none where it goes wrong.
 *
 * @param text the text
 * @param invalid how the message begins
 * @returns the value
 * @throws {SyntaxError} if the text is not JSON
 *
 * @example A comma too many
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseJson } from "./json_text.ts";
 *
 * assert.throws(() => parseJson('{"a": 1,}', "Invalid JSON string"), {
 *   message: "Invalid JSON string: line 1, column 9: expected a name in double quotes, not }",
 * });
 * ```
 */
export function parseJson(text: string, invalid: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError(`${invalid}${placeOf(text)}`);
  }
}
