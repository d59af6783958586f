/**
 * What can be typed after the program's name, derived from its commands.
 *
 * @module
 */
import { presets } from "../../policy/presets/presets.ts";
import {
  allOptions,
  type AnyCommand,
  type CommandEntry,
  type Option,
  parseFlags,
  parseOperands,
  type Program,
  PROGRAM_OPTIONS,
} from "../command.ts";
import { COMMAND_PERMISSIONS } from "../policies/command_permissions.ts";

/** What a value is completed with: files, directories, programs, a few words, or nothing. */
export type Completer = "nothing" | "file" | "directory" | "program" | readonly string[];

/** An operand, or the value of an option. */
export interface CompletionValue {
  /** Its name in the help. */
  name: string;
  /** What it is completed with. */
  completer: Completer;
}

/** An option of a command. */
export interface CompletionOption {
  /** Such as `-f` and `--format`. */
  names: readonly string[];
  /** What it does, in a sentence. */
  help: string;
  /** Whether it may be given several times. */
  isRepeatable: boolean;
  /** The value that follows, if any. */
  value?: CompletionValue & {
    /** Whether it may be omitted. */
    isOptional: boolean;
  };
}

/** An argument that is neither an option nor its value. */
export interface CompletionOperand extends CompletionValue {
  /** Whether more of them may follow. */
  isVariadic: boolean;
}

/** A command with everything that can follow it. */
export interface CompletionCommand {
  /** Its name. */
  name: string;
  /** What it does, in a line. */
  summary: string;
  /** Its options. */
  options: readonly CompletionOption[];
  /** Its operands, in order. */
  operands: readonly CompletionOperand[];
}

/** A program with everything that can follow its name. */
export interface CompletionProgram {
  /** Its name. */
  name: string;
  /** The options that it has without a command. */
  options: readonly CompletionOption[];
  /** Its commands. */
  commands: readonly CompletionCommand[];
}

/** By the names that operands and values have in the help. */
const COMPLETERS: Record<string, Completer | undefined> = {
  file: "file",
  path: "file",
  paths: "file",
  policy: "file",
  directory: "directory",
  command: "program",
  boolean: ["true", "false"],
  preset: presets().map(({ name }) => name),
  commands: [...new Set(COMMAND_PERMISSIONS.map(({ command }) => command))],
};

/** Loads all commands of a program, and adds `help`. */
export async function completionProgram(program: Program): Promise<CompletionProgram> {
  const entries = program.groups.flatMap(({ commands }) => commands);
  const commands = await Promise.all(entries.map(completionCommand));
  const names = commands.map(({ name }) => name);
  return {
    name: program.name,
    options: PROGRAM_OPTIONS.map(completionOption),
    commands: [...commands, {
      name: "help",
      summary: "Show the help of a command",
      options: [],
      operands: [{ name: "command", completer: names, isVariadic: false }],
    }],
  };
}

async function completionCommand(
  { name, summary, load }: CommandEntry,
): Promise<CompletionCommand> {
  const command: AnyCommand = await load();
  return {
    name,
    summary,
    options: allOptions(command).map(completionOption),
    operands: completionOperands(command),
  };
}

function completionOption(
  { flags, help, choices, isRepeatable }: Option<unknown>,
): CompletionOption {
  const { short, long, value: name, isValueOptional } = parseFlags(flags);
  const value = name === undefined ? undefined : {
    name,
    completer: choices ?? COMPLETERS[name] ?? "nothing",
    isOptional: isValueOptional,
  };
  return {
    names: short === undefined ? [long] : [short, long],
    help: firstSentence(help),
    isRepeatable,
    value,
  };
}

function firstSentence(text: string): string {
  return text.split(". ")[0] ?? text;
}

function completionOperands({ operands, operandChoices }: AnyCommand): CompletionOperand[] {
  return parseOperands(operands).map(({ name, isVariadic }) => ({
    name,
    completer: operandChoices ?? COMPLETERS[name] ?? "nothing",
    isVariadic,
  }));
}
