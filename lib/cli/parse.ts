/**
 * Reads a command line. Options may stand anywhere; `--` ends them, and what follows are operands, or the
 * command line of another program. Short options may be combined, and directly followed by their value
 * (`-d15m`).
 *
 * What was typed in the wrong place may be a secret: messages name options, never what follows them.
 *
 * @module
 */
import { asUsageError, InvalidInput, S3CredentialsError } from "../errors.ts";
import {
  allOptions,
  type AnyCommand,
  checkChoice,
  type Option,
  type OptionNames,
  parseFlags,
  parseOperands,
  type Program,
  PROGRAM_OPTIONS,
} from "./command.ts";
import { usageLines } from "./help.ts";
import type { Io } from "./io.ts";
import { didYouMean, nearest } from "../suggest.ts";

/** A command line that was understood. */
export type Parsed =
  | { kind: "version" }
  | { kind: "overview" }
  | { kind: "help"; name: string; command: AnyCommand }
  | { kind: "run"; run: (io: Io) => Promise<void>; usage: string; stopsItself: boolean };

/** Wrong usage, with the usage line of the command in question. */
export class UsageError extends Error {
  /** The lines to print before the message. */
  readonly usage: string;

  /** @param message what is wrong; @param usage the lines to print before it */
  constructor(message: string, usage: string) {
    super(message);
    this.name = "UsageError";
    this.usage = usage;
  }
}

/** Reads a command line. Loads the one command that it names, and no other. */
export async function parseCommandLine(program: Program, args: readonly string[]): Promise<Parsed> {
  const at = args.findIndex((word) => !word.startsWith("-"));
  const name = args[at];
  const ahead = new Scanned(at === -1 ? args : args.slice(0, at), PROGRAM_OPTIONS);
  if (ahead.problem !== undefined) {
    const message = await misplaced(program, args, ahead.problem) ?? ahead.problem.message;
    throw new UsageError(message, usageLines(program));
  }
  if (ahead.has("--version") || name === "version") return { kind: "version" };
  if (name === undefined) return { kind: "overview" };
  const words = args.slice(at + 1);
  if (name === "help" && words.filter((word) => !word.startsWith("-")).length > 1) {
    throw new UsageError("Too many arguments: help takes one command", usageLines(program));
  }
  if (name === "help") return parseCommandLine(program, [...words, "--help"]);
  const entry = commandEntries(program).find((one) => one.name === name);
  if (entry === undefined) throw new UsageError(unknownCommand(program, name), usageLines(program));
  const command = await entry.load();
  if (ahead.has("--help")) return { kind: "help", name, command };
  return parseCommand(name, command, words, usageLines(program, name, command));
}

function parseCommand(
  name: string,
  command: AnyCommand,
  words: readonly string[],
  usage: string,
): Parsed {
  const scanned = new Scanned(words, allOptions(command), command.takesChild);
  if (scanned.has("--help")) return { kind: "help", name, command };
  try {
    if (scanned.problem?.option === "--json" && printsJson(command)) {
      throw new InvalidInput("Unknown option '--json': the output is JSON already");
    }
    if (scanned.problem !== undefined) throw scanned.problem;
    checkOperands(command, scanned);
    const { operands, childWords } = scanned;
    const invocation = { operands, options: readOptions(command, scanned), childWords };
    return {
      kind: "run",
      run: (io) => command.run(invocation, io),
      usage,
      stopsItself: command.stopsItself ?? false,
    };
  } catch (error) {
    const isUsage = error instanceof InvalidInput ||
      error instanceof S3CredentialsError && error.code === "usage";
    throw isUsage ? new UsageError(error.message, usage) : error;
  }
}

function printsJson(command: AnyCommand): boolean {
  return command.printsJson ?? allOptions(command).some(({ flags }) => flags === "--nl");
}

function readOptions(command: AnyCommand, scanned: Scanned): Record<string, unknown> {
  const options: [string, Option<unknown>][] = Object.entries(command.options);
  return Object.fromEntries(options.map(([name, { flags, read }]) => [
    name,
    read(scanned.texts(parseFlags(flags).long)),
  ]));
}

function commandEntries(program: Program) {
  return program.groups.flatMap(({ commands }) => commands);
}

/** A mistake in an option. */
class OptionProblem extends InvalidInput {
  /** @param name the option that is wrong; @param message what is wrong with it */
  constructor(readonly option: string, message: string) {
    super(message);
  }
}

/** The words of a command line, sorted by what they are. */
class Scanned {
  /** The words that are neither options nor their values. */
  readonly operands: string[] = [];
  /** The words after `--`, if they are a command line of their own. */
  readonly childWords: string[] = [];
  /** Which option with an optional value took the word after it. */
  greedy?: string;
  /** The first mistake. */
  problem?: OptionProblem;
  readonly #given = new Map<string, string[]>();
  readonly #known: readonly OptionNames[];
  readonly #rest: string[];

  constructor(
    words: readonly string[],
    options: readonly Option<unknown>[],
    takesChild = false,
  ) {
    const afterDashes = takesChild ? this.childWords : this.operands;
    this.#known = options.map(({ flags }) => parseFlags(flags));
    this.#rest = [...words];
    for (let word = this.#rest.shift(); word !== undefined; word = this.#rest.shift()) {
      if (word === "--") afterDashes.push(...this.#rest.splice(0));
      else if (word === "-" || !word.startsWith("-")) this.operands.push(word);
      else if (word.startsWith("--")) this.#readLong(word);
      else this.#readShort(word);
    }
  }

  /** The values given for an option, by its long name; an empty text where it has no value. */
  texts(long: string): string[] {
    return this.#given.get(long) ?? [];
  }

  has(long: string): boolean {
    return this.#given.has(long);
  }

  #readLong(word: string): void {
    const [name = "", ...parts] = word.split("=");
    const value = parts.length > 0 ? parts.join("=") : undefined;
    const option = this.#known.find(({ long }) => long === name);
    if (option === undefined) this.#fail(unknownOption(name, this.#known));
    else if (option.value !== undefined) this.#readValue(option, name, value);
    else if (value === undefined) this.#note(option, "");
    else this.#fail(new OptionProblem(name, `Option '${name}' takes no value`));
  }

  /** One letter or several, of which the last may have a value. */
  #readShort(word: string): void {
    for (let at = 1; at < word.length; at++) {
      const name = `-${word[at]}`;
      const option = this.#known.find(({ short }) => short === name);
      if (option === undefined) return this.#fail(unknownOption(name, this.#known));
      if (option.value !== undefined) {
        return this.#readValue(option, name, word.slice(at + 1) || undefined);
      }
      this.#note(option, "");
    }
  }

  #readValue(option: OptionNames, name: string, attached: string | undefined): void {
    const next = this.#rest[0];
    if (attached !== undefined) return this.#note(option, attached);
    if (option.isValueOptional) {
      if (next === undefined || next.startsWith("-")) return this.#note(option, "");
      this.greedy = name;
    } else if (next === undefined) return this.#fail(missingValue(option, name));
    this.#note(option, this.#rest.shift()!);
  }

  #note({ long }: OptionNames, text: string): void {
    this.#given.set(long, [...this.texts(long), text]);
  }

  /** Goes on, since --help may follow. */
  #fail(problem: OptionProblem): void {
    this.problem ??= problem;
  }
}

function missingValue({ value = "" }: OptionNames, name: string): OptionProblem {
  return new OptionProblem(name, `Option '${name}' needs a value: ${name} ${value.toUpperCase()}`);
}

function unknownOption(name: string, known: readonly OptionNames[]): OptionProblem {
  const long = known.map((one) => one.long);
  const advice = name.startsWith("--") ? didYouMean(nearest(name, long)) : "";
  return new OptionProblem(name, `Unknown option '${name}'${advice}`);
}

/** What other tools call our commands, and what resembles the wrong ones of them. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  "cp": ["put-object", "get-object"],
  "download": ["get-objects"],
  "list": ["list-bucket", "list-buckets", "list-credentials"],
  "list-keys": ["list-credentials"],
  "list-objects": ["list-bucket"],
  "ls": ["list-bucket", "list-buckets"],
  "rm": ["delete-objects"],
  "rotate-key": ["rotate"],
  "sync": ["put-objects", "get-objects"],
  "upload": ["put-objects"],
};

function unknownCommand(program: Program, name: string): string {
  const names = commandEntries(program).map((entry) => entry.name);
  const meant = Object.hasOwn(SYNONYMS, name) ? SYNONYMS[name]! : nearest(name, names);
  return `Unknown command '${name}'${didYouMean(meant)}`;
}

/** For an option that stands before the command it belongs to. */
async function misplaced(
  program: Program,
  args: readonly string[],
  { option }: OptionProblem,
): Promise<string | undefined> {
  const entry = commandEntries(program).find(({ name }) => args.includes(name));
  if (entry === undefined) return undefined;
  const own = allOptions(await entry.load()).map(({ flags }) => parseFlags(flags));
  if (!own.some(({ short, long }) => short === option || long === option)) return undefined;
  return `Option '${option}' must come after the command: ` +
    `${program.name} ${entry.name} ${option} ...`;
}

function checkOperands(command: AnyCommand, scanned: Scanned): void {
  const { operands, childWords } = scanned;
  checkCount(command, scanned);
  if (command.takesChild && !childWords[0]) {
    throw new InvalidInput("Missing argument COMMAND: put it after --, such as -- aws s3 ls");
  }
  const { operandChoices } = command;
  if (operandChoices !== undefined) {
    const context = `Invalid ${parseOperands(command.operands)[0]!.name.toUpperCase()}`;
    for (const one of operands) asUsageError(() => checkChoice(one, operandChoices), context);
  }
}

/** The name of a user is easily given as an argument. */
function userAdvice(command: AnyCommand): string {
  const hasUser = allOptions(command).some(({ flags }) => flags === "--user <name>");
  return hasUser ? " - name a user with --user NAME" : "";
}

function checkCount(command: AnyCommand, scanned: Scanned): void {
  const { operands, greedy } = scanned;
  const { operandsOption } = command;
  if (operandsOption !== undefined && scanned.has(operandsOption)) {
    if (operands.length === 0) return;
    throw new InvalidInput(`${operandsOption} takes the place of the arguments: omit them`);
  }
  const places = parseOperands(command.operands);
  const missing = places.find(({ isRequired }, index) => isRequired && index >= operands.length);
  if (missing !== undefined) {
    const advice = greedy === undefined
      ? ""
      : ` - ${greedy} took the word after it as its value: put it last, or write ${greedy}=VALUE`;
    throw new InvalidInput(`Missing argument ${missing.name.toUpperCase()}${advice}`);
  }
  if (operands.length > places.length && !places.at(-1)?.isVariadic) {
    const expected = places.length === 0 ? "none" : `${places.length}`;
    throw new InvalidInput(
      `Too many arguments: expected ${expected}, got ${operands.length}${userAdvice(command)}`,
    );
  }
}
