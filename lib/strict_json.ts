/**
 * JSON that people write by hand: where it is not JSON, or would not be read as it is written.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";

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

/** Something that may come next, and what must follow it; if omitted, what follows a value. */
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

/** An object or array that has no end yet. */
interface Open {
  /** What must come after each value inside. */
  next: State;
  /** The names so far; an array has none. */
  names: Set<string>;
}

/** Deeper than any policy, and not too deep for whatever goes through the values. */
const DEEPEST = 100;

/** What is wrong at a place. */
interface Fault {
  position: number;
  problem: string;
}

/**
 * Finds the first place where a text is not JSON, and what should stand there; in JSON, the first place
 * where reading would lose something, such as one of two conditions.
 */
function faultOf(text: string): Fault | undefined {
  const open: Open[] = [];
  let loss: Fault | undefined;
  let state: State = "a value";
  let position = 0;
  while (true) {
    position += lengthAt(SPACE, text, position);
    if (position === text.length && state === "nothing more") return loss;
    const rule: Rule | undefined = RULES[state].find(({ pattern }) =>
      lengthAt(pattern, text, position) > 0
    );
    if (rule === undefined) return unexpected(text, position, state);
    const token = text.slice(position, position + lengthAt(rule.pattern, text, position));
    const problem = lossOf(token, rule, open);
    if (problem !== undefined) loss ??= { position, problem };
    position += token.length;
    if (rule.opens !== undefined) open.push({ next: rule.opens, names: new Set() });
    if (rule.closes) open.pop();
    state = rule.next ?? open.at(-1)?.next ?? "nothing more";
  }
}

/** Repeats no more of the text than one character: a wrong file may be one with secrets. */
function unexpected(text: string, position: number, state: State): Fault {
  const isString = RULES[state].some(({ pattern }) => pattern === STRING);
  const length = isString ? lengthAt(STRING_START, text, position) : 0;
  const expected = length === 0 ? state : "the closing quote";
  const character = String.fromCodePoint(text.codePointAt(position + length) ?? 0);
  const found = position + length === text.length ? "the end" : nameOf(character);
  return { position: position + length, problem: `expected ${expected}, not ${found}` };
}

/** What JSON.parse would silently change about a token. */
function lossOf(token: string, rule: Rule, open: Open[]): string | undefined {
  if (rule === NAME) {
    const name = JSON.parse(token);
    const { names } = open.at(-1)!;
    if (names.has(name)) return `${shownName(token)} stands twice in one object`;
    names.add(name);
  }
  if (rule.opens !== undefined && open.length === DEEPEST) {
    return `more than ${DEEPEST} objects and arrays inside each other`;
  }
  if (rule.pattern === OTHER && !isKept(token)) {
    return "a number that can't be kept exactly: write it as a text, in double quotes";
  }
}

const LONGEST_SHOWN = 100;

function shownName(token: string): string {
  return token.length > LONGEST_SHOWN ? "a name" : `the name ${token}`;
}

function isKept(token: string): boolean {
  const value = Number(token);
  return Number.isNaN(value) || (Number.isFinite(value) && decimal(token) === decimal(`${value}`));
}

/** One text for all ways to write a number. */
function decimal(number: string): string {
  const [, sign, whole = "", fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE](.+))?$/
    .exec(number)!;
  const all = `${whole}${fraction}`;
  const digits = all.replace(/^0+/, "");
  let length = digits.length;
  while (digits[length - 1] === "0") length--;
  const scale = Number(exponent) + whole.length - (all.length - digits.length);
  return length === 0 ? "0" : `${sign}${digits.slice(0, length)}e${scale}`;
}

/** Nobody writes more than this by hand, and the patterns are not made for it. */
const MOST_CHARACTERS = 1_000_000;

function problemOf(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return "more than a million characters";
  const fault = faultOf(text);
  if (fault === undefined) return undefined;
  const lines = text.slice(0, fault.position).split("\n");
  const column = [...lines.at(-1)!].length + 1;
  return `line ${lines.length}, column ${column}: ${fault.problem}`;
}

function nameOf(character: string): string {
  if (character === "\n" || character === "\r") return "a line break";
  if (character === "\t") return "a tab";
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return `U+${code}`;
}

/**
 * The value of a JSON text; throws `InvalidInput`, which begins with `invalid`, and names line and column.
 *
 * Also refuses what `JSON.parse` would silently change: it keeps only the last of several equal names in
 * an object, and rounds long numbers.
 */
export function parseJson(text: string, invalid: string): unknown {
  const problem = problemOf(text);
  if (problem !== undefined) throw new InvalidInput(`${invalid}: ${problem}`);
  return JSON.parse(text);
}
