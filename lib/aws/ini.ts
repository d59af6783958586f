/**
 * The INI text of AWS's shared files, read by the rules of Python's `configparser`, on which boto3
 * and the aws CLI rest: `=` or `:` between name and value, comments only on lines of their own,
 * indented lines that continue a value, `[DEFAULT]` for all sections, nothing twice.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";

/** The settings of a section by their names in small letters; an indented block is a map of its own. */
export type IniSection = ReadonlyMap<string, IniValue>;

/** A text, or the settings of an indented block. */
export type IniValue = string | ReadonlyMap<string, string>;

/** What Python takes for white space; JavaScript has a slightly different set. */
const SPACE =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const SPACE_AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");
const SPACE_AFTER = new RegExp(`${SPACE}+$`);
const INDENT = new RegExp(`^${SPACE}*`);
const HEADER = /^\[(.+)\]/s;
const OPTION = /^(.*?)[=:](.*)$/s;
// deno-lint-ignore no-control-regex -- what Python takes for line ends
const LINE_END_IN_VALUE = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** Whose settings count for every section. */
const DEFAULTS = "DEFAULT";

/** One line of INI text, and what it is. */
export type IniLine =
  | { kind: "header"; name: string }
  | { kind: "option"; key: string; value: string }
  /** A line of the value of the option before it; an empty one if it is blank. */
  | { kind: "continuation"; value: string }
  /** A comment, or a blank line that belongs to no value. */
  | { kind: "nothing" };

/**
 * Tells what each line of INI text is.
 *
 * @throws {RangeError} for a line that Python refuses; the message names it and never quotes it
 */
export function* iniLines(text: string): Generator<IniLine> {
  const sections = new Set<string>();
  let keys: Set<string> | undefined;
  let isInValue = false;
  let indent = 0;
  const defaults = new Set<string>();
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const content = strip(line);
    const lineIndent = INDENT.exec(line)![0].length;
    if (/^[#;]/.test(content) || content === "" && !isInValue) {
      yield { kind: "nothing" };
      continue;
    }
    if (content === "" || isInValue && lineIndent > indent) {
      yield { kind: "continuation", value: content };
      continue;
    }
    indent = lineIndent;
    const name = HEADER.exec(content)?.[1];
    isInValue = name === undefined;
    if (name !== undefined) {
      if (sections.has(name)) throw fault(index, "this section is there already");
      keys = name === DEFAULTS ? defaults : new Set();
      if (name !== DEFAULTS) sections.add(name);
      yield { kind: "header", name };
      continue;
    }
    if (keys === undefined) throw fault(index, "expected a section such as [default] before it");
    const [, before = "", value = ""] = OPTION.exec(content) ?? [];
    const key = strip(before).toLowerCase();
    if (key === "") throw fault(index, "expected a section, NAME = VALUE or a comment");
    if (keys.has(key)) throw fault(index, "this setting is there already in its section");
    keys.add(key);
    yield { kind: "option", key, value: strip(value) };
  }
}

/**
 * Reads INI text.
 *
 * @param text what the file holds
 * @returns the sections by name, in their order
 * @throws {RangeError} for text that Python refuses; the message names the line and never quotes it
 */
export function parseIni(text: string): Map<string, IniSection> {
  const sections = new Map<string, Map<string, string[]>>();
  const defaults = new Map<string, string[]>();
  let section = defaults;
  let value: string[] = [];
  for (const line of iniLines(text)) {
    switch (line.kind) {
      case "header":
        section = line.name === DEFAULTS ? defaults : new Map();
        if (line.name !== DEFAULTS) sections.set(line.name, section);
        break;
      case "option":
        section.set(line.key, value = [line.value]);
        break;
      case "continuation":
        value.push(line.value);
    }
  }
  return new Map(
    [...sections].map(([name, own]) => [name, joined(new Map([...defaults, ...own]))]),
  );
}

function joined(section: ReadonlyMap<string, string[]>): IniSection {
  return new Map(
    [...section].map(([key, lines]) => [key, nested(lines.join("\n").replace(SPACE_AFTER, ""))]),
  );
}

/** A value that begins on the line after its name is a block of settings. */
function nested(value: string): IniValue {
  if (!value.startsWith("\n")) return value;
  const lines = value.split(LINE_END_IN_VALUE).map((line) => strip(line)).filter((line) => line);
  return new Map(lines.map((line) => {
    const at = line.indexOf("=");
    if (at < 0) throw new InvalidInput("an indented line is not of the form NAME = VALUE");
    return [strip(line.slice(0, at)), strip(line.slice(at + 1))];
  }));
}

function strip(text: string): string {
  return text.replace(SPACE_AROUND, "");
}

function fault(index: number, problem: string): InvalidInput {
  return new InvalidInput(`line ${index + 1}: ${problem}`);
}
