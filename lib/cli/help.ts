/**
 * The help: the overview of the program, and the help of a command.
 *
 * @module
 */
import {
  allOptions,
  type AnyCommand,
  type Option,
  parseOperands,
  type Program,
  PROGRAM_OPTIONS,
} from "./command.ts";

/** How a help is printed. */
export interface HelpStyle {
  /** Characters a line. */
  width: number;
  /** Makes a heading. */
  bold(text: string): string;
}

/** Where a row's text begins at most; a longer term has its text on the next line. */
const MAX_COLUMN = 34;
/** Under this width, texts stand below their terms. */
const NARROW = 60;
/** With more options than this, they are listed in groups. */
const MAX_UNGROUPED = 12;

/** The usage line, and where to find more. */
export function usageLines(program: Program, name?: string, command?: AnyCommand): string {
  const words = name === undefined ? program.name : `${program.name} ${name}`;
  return `Usage: ${usage(program, name, command)}\nTry '${words} --help' for help.\n`;
}

function usage(program: Program, name?: string, command?: AnyCommand): string {
  if (name === undefined || command === undefined) {
    return `${program.name} [OPTIONS] COMMAND [ARGS]...`;
  }
  const operands = parseOperands(command.operands).map(({ name, isRequired, isVariadic }) => {
    const word = isRequired ? name.toUpperCase() : `[${name.toUpperCase()}]`;
    return isVariadic ? `${word}...` : word;
  });
  const child = command.takesChild ? ["-- COMMAND..."] : [];
  return [program.name, name, "[OPTIONS]", ...operands, ...child].join(" ");
}

function usageText(usage: string, { width, bold }: HelpStyle): string {
  const heading = "Usage:";
  const indent = " ".repeat(heading.length + 1);
  return bold(heading) + wrap(usage, width, indent).slice(heading.length);
}

/** The overview: the commands in groups, an example, where to find more. */
export function overview(program: Program, style: HelpStyle): string {
  const { name, description, example, documentation, groups } = program;
  const commands = groups.map(({ title, commands }): Section => ({
    title,
    rows: commands.map(({ name, summary }) => [name, summary]),
  }));
  const sections = [...commands, { title: "Options", rows: PROGRAM_OPTIONS.map(optionRow) }];
  return paragraphs([
    usageText(usage(program), style),
    wrap(description, style.width),
    exampleText(name, example, style.width),
    ...sectionTexts(sections, style),
    wrap(`'${name} help COMMAND' shows the options of a command, with examples.`, style.width) +
    `\n${wrap(`Documentation: ${documentation}`, style.width)}`,
  ]);
}

/** The help of one command: what it does, examples, every option. */
export function commandHelp(
  program: Program,
  name: string,
  command: AnyCommand,
  style: HelpStyle,
): string {
  const { description, examples } = command;
  return paragraphs([
    usageText(usage(program, name, command), style),
    ...description.split("\n\n").map((paragraph) => wrap(paragraph, style.width)),
    ...examples.map((example) => exampleText(program.name, example, style.width)),
    ...sectionTexts(optionSections(allOptions(command)), style),
  ]);
}

/** Rows under a heading: a term, and what it means. */
interface Section {
  title: string;
  rows: [term: string, text: string][];
}

function optionSections(options: readonly Option<unknown>[]): Section[] {
  if (options.length <= MAX_UNGROUPED) return [{ title: "Options", rows: options.map(optionRow) }];
  const groups = Map.groupBy(options, ({ group }) => group ?? "Options");
  return [...groups].map(([title, members]) => ({ title, rows: members.map(optionRow) }));
}

function optionRow({ flags, help }: Option<unknown>): [string, string] {
  return [flags, help];
}

function paragraphs(texts: readonly string[]): string {
  return `${texts.join("\n\n")}\n`;
}

function sectionTexts(sections: readonly Section[], { width, bold }: HelpStyle): string[] {
  const terms = sections.flatMap(({ rows }) => rows.map(([term]) => term.length + 4));
  const fitting = terms.filter((length) => length <= MAX_COLUMN);
  const column = width < NARROW ? 0 : Math.max(...fitting);
  return sections.map(({ title, rows }) =>
    [bold(`${title}:`), ...rows.map((row) => rowText(row, column, width))].join("\n")
  );
}

function rowText([term, text]: [string, string], column: number, width: number): string {
  const indent = " ".repeat(column === 0 ? 6 : column);
  const lines = wrap(text, width, indent);
  const start = `  ${term}`;
  return start.length + 2 <= column
    ? start.padEnd(column) + lines.slice(column)
    : `${start}\n${lines}`;
}

function exampleText(
  programName: string,
  [what, line]: readonly [string, string],
  width: number,
): string {
  return `${wrap(what, width)}\n\n    ${wrapShell(`${programName} ${line}`, width)}`;
}

/** Breaks text at spaces only. */
function wrap(text: string, width: number, indent = ""): string {
  return fill(text.split(" "), width - indent.length, "").map((line) => indent + line).join("\n");
}

/** Breaks a command line so that it can still be pasted; an option keeps its value if there is room. */
function wrapShell(line: string, width: number): string {
  const room = width - 6;
  const pairs = line.match(/(?:(?<=^| )--?[a-z][a-z-]* (?!-))?(?:'[^']*'|\S)+/g) ?? [];
  const units = pairs.flatMap((pair) =>
    pair.length + 2 > room ? pair.match(/(?:'[^']*'|\S)+/g) ?? [] : [pair]
  );
  return fill(units, room, " \\").join("\n      ");
}

/** Puts words into lines; all but the last end in `end`. */
function fill(words: readonly string[], width: number, end: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && line.length + 1 + word.length + end.length > width) {
      lines.push(line + end);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}
