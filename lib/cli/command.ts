/**
 * Commands as data, and the parser that reads a command line by them. The only file that knows
 * which parser it is.
 *
 * @module
 */
import { Argument, Command as Parser, CommanderError, Option as ParserOption } from "commander";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import type { Io } from "./io.ts";

/** An option and how its text becomes a value. */
export interface Option<T> {
  /** Such as `-d, --duration <duration>`; no placeholder means that it takes no value. */
  flags: string;
  /** What it does, for the help. */
  help: string;
  /** The values that are allowed, where there are few. */
  choices?: readonly string[];
  /** Whether it may be given several times. */
  isRepeatable: boolean;
  /** Makes the value from what was given: a text for each time. */
  read(given: string[]): T;
}

/** The values of some options, by the names that the command gives them. */
export type Values<O> = { [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** What a command is run with. */
export interface Invocation<O> {
  /** What is neither an option nor an option's value. */
  operands: string[];
  /** The options' values. */
  options: Values<O>;
}

/** A command: its help, what it takes and what it does. */
export interface Command<O extends Record<string, Option<unknown>>> {
  /** The operands as the help shows them, such as `<buckets...>`. */
  operands?: string;
  /** The values that its one operand may have, where there are few. */
  operandChoices?: readonly string[];
  /** What it does, in sentences. */
  description: string;
  /** What each example does, and its command line without the program's name. */
  examples: readonly (readonly [string, string])[];
  /** Its options, in the order of the help. */
  options: O;
  /**
   * Whether `run` ends by itself when `io.signal` is aborted, after it has cleaned up.
   *
   * @default {false} it is left alone and the program ends
   */
  stopsItself?: boolean;
  /** Does the work. */
  run(invocation: Invocation<O>, io: Io): Promise<void>;
}

/** A command of which no more than its help is needed. */
// deno-lint-ignore no-explicit-any -- a list of commands with different options has no other type
export type AnyCommand = Command<any>;

/**
 * Ties the types of a command's options to what its `run` is given.
 *
 * @param command the command
 * @returns the same command
 */
export function defineCommand<O extends Record<string, Option<unknown>>>(
  command: Command<O>,
): Command<O> {
  return command;
}

/** A line of the command table: enough for the overview, and where to find the rest. */
export interface CommandEntry {
  /** What the user types. */
  name: string;
  /** One line for the overview. */
  summary: string;
  /** Loads the command, and with it only what it needs. */
  load(): Promise<AnyCommand>;
}

/** An option that is given or not. */
export function flag(flags: string, help: string): Option<boolean> {
  return { flags, help, isRepeatable: false, read: (given) => given.length > 0 };
}

/** An option with a text, or with what `parse` makes of it. */
export function value(flags: string, help: string): Option<string | undefined>;
export function value<T>(
  flags: string,
  help: string,
  parse: (text: string) => T,
): Option<T | undefined>;
export function value(
  flags: string,
  help: string,
  parse: (text: string) => unknown = (text) => text,
): Option<unknown> {
  return {
    flags,
    help,
    isRepeatable: false,
    read: ([text]) => text === undefined ? undefined : readValue(flags, text, parse),
  };
}

/** An option whose value may be left out: `parse` is then given an empty text. */
export function optionalValue<T>(
  flags: string,
  help: string,
  parse: (text: string) => T,
): Option<T | undefined> {
  return value(flags, help, parse);
}

/** An option that may be given several times. */
export function values<T>(flags: string, help: string, parse: (text: string) => T): Option<T[]> {
  return {
    flags,
    help,
    isRepeatable: true,
    read: (given) => given.map((text) => readValue(flags, text, parse)),
  };
}

/** An option with one of a few values. */
export function choice<T extends string>(
  flags: string,
  help: string,
  choices: readonly T[],
  fallback: T,
): Option<T> {
  return {
    flags,
    help,
    choices,
    isRepeatable: false,
    read: ([text]) => (text as T | undefined) ?? fallback,
  };
}

function readValue<T>(flags: string, text: string, parse: (text: string) => T): T {
  return asUsageError(() => parse(text), `Invalid value for ${longName(flags)}`);
}

function longName(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

/** A command line that was understood. */
export type Parsed =
  | { kind: "help"; text: string }
  | { kind: "run"; run: (io: Io) => Promise<void>; usage: string; stopsItself: boolean };

/** Wrong usage, with the lines that help. */
export class UsageError extends Error {
  /** The usage line of the command in question, and where to find more. */
  readonly usage: string;

  /** @param message what is wrong; @param usage the lines to print before it */
  constructor(message: string, usage: string) {
    super(message);
    this.name = "UsageError";
    this.usage = usage;
  }
}

/** What the program says of itself. */
export interface Program {
  /** What the user types. */
  name: string;
  /** Its version. */
  version: string;
  /** What it is for. */
  description: string;
  /** Its commands, in the order of the help. */
  commands: readonly CommandEntry[];
}

const HELP_WIDTH = 80;

/**
 * Reads a command line. Loads the one command that it names, and no other.
 *
 * @param program the program and its commands
 * @param args the words after the program's name
 * @returns what to print, or what to run
 * @throws {UsageError} if the command line makes no sense
 */
export async function parseCommandLine(program: Program, args: readonly string[]): Promise<Parsed> {
  const words = args[0] === "help" ? [...args.slice(1), "--help"] : [...args];
  const named = words.find((word) => !word.startsWith("-"));
  const entry = program.commands.find((one) => one.name === named);
  const command = await entry?.load();
  // For help on a command that isn't there, the overview would hide the mistake.
  const isUnknown = entry === undefined && named === words[0];
  const line = isUnknown ? words.filter((word) => word !== "--help") : words;
  let parsed: Parsed | undefined;
  let help = "";
  const write = (text: string) => void (help += text);
  const root = quiet(new Parser(program.name), write)
    .description(program.description)
    .version(`${program.name}, version ${program.version}`, "--version", "Show the version")
    .usage("[OPTIONS] COMMAND [ARGS]...")
    .helpCommand(false);
  for (const { name, summary } of program.commands) {
    const sub = quiet(root.command(name), write).summary(summary).description(summary);
    if (entry?.name !== name || command === undefined) continue;
    configure(sub, program.name, command);
    sub.action(() => {
      parsed = {
        kind: "run",
        run: bind(sub, command),
        usage: usageOf(sub),
        stopsItself: command.stopsItself ?? false,
      };
    });
  }
  try {
    if (words.length === 0) throw new UsageError("Missing command", root.helpInformation());
    await root.parseAsync(line, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return { kind: "help", text: help };
    }
    const sub = root.commands.find((one) => one.name() === entry?.name);
    const message = usageMessage(error, root, sub);
    if (message === undefined) throw error;
    throw new UsageError(message, usageOf(sub ?? root));
  }
  return parsed!;
}

function quiet(parser: Parser, write: (text: string) => void): Parser {
  return parser
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => HELP_WIDTH,
      getOutHasColors: () => false,
    })
    .helpOption("--help", "Show this message");
}

function configure(parser: Parser, programName: string, command: AnyCommand): void {
  const operands = command.operands ?? "";
  const examples = command.examples.map(([what, line]) =>
    `${what}\n\n    ${programName} ${line.replaceAll("\n", "\n    ")}`
  );
  parser.description([command.description, ...examples].join("\n\n"));
  parser.usage(`[OPTIONS]${operands && ` ${operands.replace(/[<>]/g, "").toUpperCase()}`}`);
  if (command.operandChoices !== undefined) {
    parser.addArgument(new Argument(operands).choices([...command.operandChoices]));
  } else if (operands !== "") parser.arguments(operands);
  for (const { flags, help, choices, isRepeatable } of Object.values(options(command))) {
    const option = new ParserOption(flags, help);
    if (choices !== undefined) option.choices([...choices]);
    else if (flags.includes("<") && isRepeatable) {
      option.argParser((text, earlier: string[] = []) => [...earlier, text]);
    }
    parser.addOption(option);
  }
}

function options(command: AnyCommand): Record<string, Option<unknown>> {
  return command.options;
}

function usageOf(parser: Parser): string {
  const path = [parser.parent?.name(), parser.name()].filter(Boolean).join(" ");
  return `Usage: ${path} ${parser.usage()}\nTry '${path} --help' for help.\n`;
}

function usageMessage(error: unknown, root: Parser, parser?: Parser): string | undefined {
  if (error instanceof CommanderError) {
    return ownWords(withoutValues(error, parser)) + (adviceOn(error, root, parser) ?? "");
  }
  return error instanceof S3CredentialsError && error.code === "usage" ? error.message : undefined;
}

/** What was typed in the wrong place may be a secret: the parser's message without it. */
function withoutValues({ code, message }: CommanderError, parser: Parser | undefined): string {
  if (code === "commander.excessArguments") return message.replace(/(but got \d+): .*$/s, "$1");
  if (code !== "commander.unknownOption") return message;
  const [, typed = "", suggestion = ""] = /'(.*)'(\n\(Did you mean .*)?$/s.exec(message) ?? [];
  // What follows one dash and a letter may be a value as well as what follows `=`.
  const [name = ""] = typed.startsWith("--") ? typed.split("=") : [typed.slice(0, 2)];
  const isFlag = name === "--help" ||
    parser?.options.some((one) => one.long === name && !one.required && !one.optional);
  return isFlag ? `option '${name}' takes no value` : `unknown option '${name}'${suggestion}`;
}

/** What to do about a mistake, where the parser has no advice of its own. */
function adviceOn(
  { code, message }: CommanderError,
  root: Parser,
  parser?: Parser,
): string | undefined {
  if (message.includes("(Did you mean")) return undefined;
  const typed = /'([\w-]+)/.exec(message)?.[1] ?? "";
  switch (code) {
    case "commander.unknownCommand":
      return suggestion(typed, root.commands.map((one) => one.name()));
    case "commander.unknownOption":
      return suggestion(typed, (parser ?? root).options.map(({ long }) => long ?? ""));
    case "commander.missingArgument": {
      const greedy = parser?.options.find((option) =>
        option.optional && typeof parser.getOptionValue(option.attributeName()) === "string"
      );
      return greedy === undefined
        ? undefined
        : ` - ${greedy.long} took the word behind it for its ` +
          `value: put it last, or write ${greedy.long}=VALUE`;
    }
  }
}

/** Names of which somebody may have remembered a part only. */
function suggestion(typed: string, names: readonly string[]): string | undefined {
  const parts = typed.replace(/^--?/, "").split("-");
  if (parts.join("").length < 3 || names.includes(typed)) return undefined;
  const alike = names.filter((name) => parts.every((part) => name.includes(part)));
  return alike.length === 0 ? undefined : ` - did you mean ${alike.join(" or ")}?`;
}

/** The parser's messages start with a small `error: ` and may have the suggestion on a line of its own. */
function ownWords(message: string): string {
  const text = message.replace(/^error: /, "").replace(
    /\n\(Did you mean (.+)\?\)$/,
    " - did you mean $1?",
  );
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The values are read only when the command runs, so that a mistake is reported with its usage. */
function bind(parser: Parser, command: AnyCommand): (io: Io) => Promise<void> {
  const given = parser.opts<Record<string, string | string[] | boolean>>();
  const read = Object.entries(options(command)).map(([name, option]) => {
    const raw = given[new ParserOption(option.flags).attributeName()];
    const texts = raw === undefined || raw === false ? [] : raw === true ? [""] : [raw].flat();
    return [name, option.read(texts)];
  });
  const invocation = { operands: parser.args, options: Object.fromEntries(read) };
  return (io) => command.run(invocation, io);
}
