/**
 * Commands as data: their options, operands, help and work. `parse.ts` reads command lines by them,
 * `help.ts` describes them.
 *
 * @module
 */
import { asUsageError, InvalidInput } from "../errors.ts";
import type { Io } from "./io.ts";

/** An option and how its text becomes a value. */
export interface Option<T> {
  /** Such as `-d, --duration <duration>`; no placeholder means that it takes no value. */
  flags: string;
  /** What it does, for the help. */
  help: string;
  /** The allowed values, if there are only a few. */
  choices?: readonly string[];
  /** Whether it may be repeated. */
  isRepeatable: boolean;
  /** Under which heading a long help lists it; see {@linkcode optionGroup}. */
  group?: string;
  /** Makes the value from the given texts, one for each time. */
  read(given: string[]): T;
}

/** The values of some options, by the names that the command gives them. */
export type Values<O> = { [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** What a command is run with. */
export interface Invocation<O> {
  /** The arguments that are neither options nor their values. */
  operands: string[];
  /** The options' values. */
  options: Values<O>;
  /** The words of the command line to run, which stand after `--`, if the command takes one. */
  childWords: string[];
}

/** A command: its help, what it takes and what it does. */
export interface Command<O extends Record<string, Option<unknown>>> {
  /** The operands as the help shows them, such as `<bucket> [keys...]`. */
  operands?: string;
  /** The long name of an option that stands in place of the operands. */
  operandsOption?: string;
  /** The allowed values of its one operand, if there are only a few. */
  operandChoices?: readonly string[];
  /**
   * Whether another program's command line must follow, after `--`.
   *
   * @default {false} what follows `--` are operands
   */
  takesChild?: boolean;
  /** What it does, in sentences. */
  description: string;
  /** What each example does, and its command line without the program's name. */
  examples: readonly (readonly [string, string])[];
  /** Its options, in the order of the help. */
  options: O;
  /**
   * Whether `run` ends by itself when `io.signal` is aborted, after it has cleaned up.
   *
   * @default {false} the program ends without waiting for it
   */
  stopsItself?: boolean;
  /**
   * Whether it always prints JSON, so that there is no option for it.
   *
   * @default {false} a list prints JSON if it has the other formats as options
   */
  printsJson?: boolean;
  /** Does the work. */
  run(invocation: Invocation<O>, io: Io): Promise<void>;
}

/** A command with any options. */
// deno-lint-ignore no-explicit-any -- a list of commands with different options has no other type
export type AnyCommand = Command<any>;

/** Ties the types of a command's options to what its `run` is called with. */
export function defineCommand<O extends Record<string, Option<unknown>>>(
  command: Command<O>,
): Command<O> {
  return command;
}

/** A line of the overview, and where to find the command. */
export interface CommandEntry {
  /** What the user types. */
  name: string;
  /** What the command does, in one line. */
  summary: string;
  /** Loads the command, and with it only what it needs. */
  load(): Promise<AnyCommand>;
}

/** The program: its commands, and what the overview says about it. */
export interface Program {
  /** What the user types. */
  name: string;
  /** Its version. */
  version: string;
  /** What it is for. */
  description: string;
  /** What one example does, and its command line. */
  example: readonly [string, string];
  /** The address of the documentation. */
  documentation: string;
  /** Its commands in groups, in the order of the overview. */
  groups: readonly { title: string; commands: readonly CommandEntry[] }[];
}

/** `get-object` for `getObject`. */
type KebabCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? Tail extends Uncapitalize<Tail> ? `${Lowercase<Head>}${KebabCase<Tail>}`
  : `${Lowercase<Head>}-${KebabCase<Tail>}`
  : S;

/**
 * Lines of the overview for the commands of one file, which exports each under its name in camel case.
 */
export function commandsOf<M extends Record<keyof M, AnyCommand>>(
  load: () => Promise<M>,
  summaries: { [K in keyof M & string as KebabCase<K>]?: string },
): CommandEntry[] {
  return Object.entries<string>(summaries as Record<string, string>).map(([name, summary]) => {
    const key = name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase()) as keyof M;
    return { name, summary, load: async () => (await load())[key] };
  });
}

/** Lists options under a heading of their own where a command has many. */
export function optionGroup<O extends Record<string, Option<unknown>>>(
  title: string,
  options: O,
): O {
  const grouped = Object.entries(options).map(([name, option]) => [
    name,
    { ...option, group: title },
  ]);
  return Object.fromEntries(grouped) as O;
}

/** An option without a value. */
export function flag(flags: string, help: string): Option<boolean> {
  return { flags, help, isRepeatable: false, read: (given) => given.length > 0 };
}

/** An option whose value is a text, or what `parse` makes of it. The last one counts. */
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
    read: (given) => given.length > 0 ? readValue(flags, given.at(-1)!, parse) : undefined,
  };
}

/** A text as it is, of which `check` throws what is wrong with it. */
export function checked(check: (text: string) => unknown): (text: string) => string {
  return (text) => {
    check(text);
    return text;
  };
}

/** An option whose value may be omitted; `parse` is then called with an empty text. */
export function optionalValue<T>(
  flags: string,
  help: string,
  parse: (text: string) => T,
): Option<T | undefined> {
  return value(flags, help, parse);
}

/** An option that may be repeated. Its values are texts, or what `parse` makes of them. */
export function values(flags: string, help: string): Option<string[]>;
export function values<T>(flags: string, help: string, parse: (text: string) => T): Option<T[]>;
export function values(
  flags: string,
  help: string,
  parse: (text: string) => unknown = (text) => text,
): Option<unknown[]> {
  return {
    flags,
    help,
    isRepeatable: true,
    read: (given) => given.map((text) => readValue(flags, text, parse)),
  };
}

/** An option with one of a few values, or with the fallback if it is omitted. */
export function choice<T extends string>(
  flags: string,
  help: string,
  choices: readonly T[],
  fallback: T,
): Option<T> {
  return {
    flags,
    help: `${help}: ${choices.join(", ")} (default: ${fallback})`,
    choices,
    isRepeatable: false,
    read: (given) => {
      const text = given.at(-1) ?? fallback;
      return readValue(flags, text, () => checkChoice(text, choices));
    },
  };
}

/** An option with one of a few values, which may be omitted; `normalize` makes it of what was typed. */
export function optionalChoice<T extends string>(
  flags: string,
  help: string,
  choices: readonly T[],
  normalize: (text: string) => string = (text) => text,
): Option<T | undefined> {
  return { ...value(flags, help, (text) => checkChoice(normalize(text), choices)), choices };
}

/** The choice that was typed; throws `InvalidInput` for a value that is none of them. */
export function checkChoice<T extends string>(text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw new InvalidInput(`expected one of ${choices.join(", ")}, not ${JSON.stringify(text)}`);
}

function readValue<T>(flags: string, text: string, parse: (text: string) => T): T {
  return asUsageError(() => parse(text), `Invalid value for ${parseFlags(flags).long}`);
}

/** The names of an option, and the name of its value if it takes one. */
export interface OptionNames {
  /** Such as `-d`. */
  short?: string;
  /** Such as `--duration`. */
  long: string;
  /** Such as `duration`. */
  value?: string;
  /** Whether the value may be omitted. */
  isValueOptional: boolean;
}

/** Takes flags such as `-d, --duration <duration>` apart. */
export function parseFlags(flags: string): OptionNames {
  const [, short, long = "", bracket, value] =
    /^(?:(-\w), )?(--[\w-]+)(?: ([<[])([\w-]+)[>\]])?$/.exec(flags) ?? [];
  return { short, long, value, isValueOptional: bracket === "[" };
}

/** An operand of a command. */
export interface Operand {
  /** Such as `bucket`. */
  name: string;
  /** Whether it must be given. */
  isRequired: boolean;
  /** Whether it may be repeated. */
  isVariadic: boolean;
}

/** Takes operands such as `<bucket> [keys...]` apart. */
export function parseOperands(operands = ""): Operand[] {
  return [...operands.matchAll(/([<[])([\w-]+)(\.\.\.)?[>\]]/g)].map(([, bracket, name, dots]) => ({
    name: name!,
    isRequired: bracket === "<",
    isVariadic: dots !== undefined,
  }));
}

const NO_COLOR = flag("--no-color", "Don't use colors");
const HELP = flag("-h, --help", "Show this message");
const GENERAL = "General options";

/** The options of the program without a command. */
export const PROGRAM_OPTIONS: readonly Option<unknown>[] = [
  flag("-V, --version", "Show the version"),
  NO_COLOR,
  HELP,
];

/** All options of a command: its own, then those of every command. */
export function allOptions(command: AnyCommand): Option<unknown>[] {
  const own: Option<unknown>[] = Object.values(command.options);
  const isShortTaken = own.some(({ flags }) => parseFlags(flags).short === "-h");
  const help = isShortTaken ? { ...HELP, flags: "--help" } : HELP;
  return [...own, ...Object.values(optionGroup(GENERAL, { noColor: NO_COLOR, help }))];
}
