/**
 * The command `completions`.
 *
 * @module
 */
import { type AnyCommand, defineCommand, type Program } from "../command.ts";
import { type CompletionProgram, completionProgram } from "./words.ts";
import { bashCompletions } from "./bash.ts";
import { fishCompletions } from "./fish.ts";
import { powershellCompletions } from "./powershell.ts";
import { zshCompletions } from "./zsh.ts";

const SCRIPTS: Record<string, (program: CompletionProgram) => string> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
  powershell: powershellCompletions,
};

/** `s3-credentials completions`. The script is static: pressing Tab starts no program. */
export function completions(program: Program): AnyCommand {
  return defineCommand({
    operands: "<shell>",
    operandChoices: Object.keys(SCRIPTS),
    description: "Print a script that lets the Tab key complete commands, options and files in " +
      "bash, zsh, fish or PowerShell.",
    examples: [
      ["The script for bash:", "completions bash"],
      ["To try it in fish:", "completions fish | source"],
    ],
    options: {},
    async run({ operands: [shell = ""] }, io) {
      await io.stdout.write(SCRIPTS[shell]!(await completionProgram(program)));
    },
  });
}
