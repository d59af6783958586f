/**
 * What can be typed after the program's name, worked out from its commands, for shells to offer.
 *
 * @module
 */
import type { AnyCommand, CommandEntry, Option, Program } from "../command.ts";

/** What a shell offers for a value: files, folders, programs, a few words, or nothing. */
export type Offer = "nothing" | "file" | "directory" | "program" | readonly string[];

/** An operand, or the value of an option. */
export interface OfferedValue {
  /** Its name in the help. */
  name: string;
  /** What to offer for it. */
  offer: Offer;
}

/** An option of a command. */
export interface OfferedOption {
  /** Such as `-f` and `--format`. */
  names: readonly string[];
  /** What it does, in a sentence. */
  help: string;
  /** Whether it may be given several times. */
  isRepeatable: boolean;
  /** The value that follows, if any. */
  value?: OfferedValue & {
    /** Whether it may be left out. */
    isOptional: boolean;
  };
}

/** What stands at one place of a command line that is neither an option nor its value. */
export interface OfferedOperand extends OfferedValue {
  /** Whether more of them may follow. */
  isVariadic: boolean;
}

/** A command with all that can follow it. */
export interface OfferedCommand {
  /** What the user types. */
  name: string;
  /** What it does, in a line. */
  summary: string;
  /** Its options. */
  options: readonly OfferedOption[];
  /** Its operands, in order. */
  operands: readonly OfferedOperand[];
}

/** A program with all that can follow its name. */
export interface OfferedProgram {
  /** What the user types. */
  name: string;
  /** The options that it has without a command. */
  options: readonly OfferedOption[];
  /** Its commands. */
  commands: readonly OfferedCommand[];
}

/** The names that operands and values have in the help tell what they are. */
const OFFERS: Record<string, Offer | undefined> = {
  file: "file",
  path: "file",
  paths: "file",
  policy: "file",
  directory: "directory",
  command: "program",
  boolean: ["true", "false"],
};

const HELP: OfferedOption = { names: ["--help"], help: "Show this message", isRepeatable: false };
const VERSION: OfferedOption = {
  names: ["--version"],
  help: "Show the version",
  isRepeatable: false,
};

/**
 * Loads all commands of a program and gathers what can be typed.
 *
 * @param program the program
 * @returns its commands in order, and after them `help`
 */
export async function offeredProgram(program: Program): Promise<OfferedProgram> {
  const commands = await Promise.all(program.commands.map(offeredCommand));
  const names = commands.map(({ name }) => name);
  return {
    name: program.name,
    options: [HELP, VERSION],
    commands: [...commands, {
      name: "help",
      summary: "Show the help of a command",
      options: [],
      operands: [{ name: "command", offer: names, isVariadic: false }],
    }],
  };
}

async function offeredCommand({ name, summary, load }: CommandEntry): Promise<OfferedCommand> {
  const command: AnyCommand = await load();
  const options: Option<unknown>[] = Object.values(command.options);
  return {
    name,
    summary,
    options: [...options.map(offeredOption), HELP],
    operands: offeredOperands(command),
  };
}

function offeredOption({ flags, help, choices, isRepeatable }: Option<unknown>): OfferedOption {
  const names = flags.match(/(?<![\w-])--?[\w-]+/g) ?? [];
  const [, bracket, name] = /([<[])([\w-]+)/.exec(flags) ?? [];
  return {
    names,
    help: firstSentence(help),
    isRepeatable,
    ...(name !== undefined && {
      value: {
        name,
        offer: choices ?? OFFERS[name] ?? "nothing",
        isOptional: bracket === "[",
      },
    }),
  };
}

function firstSentence(text: string): string {
  return text.split(". ")[0] ?? text;
}

function offeredOperands({ operands = "", operandChoices }: AnyCommand): OfferedOperand[] {
  return [...operands.matchAll(/[<[]([\w-]+)(\.\.\.)?[>\]]/g)].map(([, name = "", dots]) => ({
    name,
    offer: operandChoices ?? OFFERS[name] ?? "nothing",
    isVariadic: dots !== undefined,
  }));
}
