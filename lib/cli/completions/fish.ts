/**
 * Completion for fish, from version 3 on.
 *
 * @module
 */
import type { Completer, CompletionCommand, CompletionOption, CompletionProgram } from "./words.ts";

/** The script for fish. */
export function fishCompletions({ name, options, commands }: CompletionProgram): string {
  const f = `__${name.replaceAll("-", "_")}`;
  const line = (condition: string, rest: string) =>
    `complete -c ${name} -n ${quote(condition)} ${rest}`;
  return `# Completion of ${name} for fish, as made by: ${name} completions fish

function ${f}_command --description 'Whether this command has been typed; without a name, none yet'
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        string match -q -- '-*' $word; and continue
        test "$word" = "$argv[1]"
        return
    end
    test -z "$argv[1]"
end

# Takes a command, the first and last position, and the options that take a value.
function ${f}_operand --description 'Whether an operand at one of these positions is being typed'
    set -l wanted $argv[1..3]
    set -l words (commandline -opc)
    set -e words[1]
    set -l command
    set -l count 0
    set -l isValue no
    set -l isEnded no
    for word in $words
        if test $isValue = yes
            set isValue no
        else if test $isEnded = no; and test "x$word" = x--
            set isEnded yes
        else if test $isEnded = no; and string match -q -- '-?*' $word
            contains -- $word $argv[4..]; and set isValue yes
        else if test -z "$command"
            set command $word
        else
            set count (math $count + 1)
        end
    end
    test $isValue = no -a "$command" = "$wanted[1]" -a $count -ge $wanted[2] -a $count -le $wanted[3]
end

complete -c ${name} -f
${options.map((option) => line(`${f}_command`, optionWords(option))).join("\n")}
${commands.map((one) => line(`${f}_command`, `-a ${one.name} -d ${quote(one.summary)}`)).join("\n")}
${
    commands.flatMap((one) => [
      "",
      ...one.options.map((option) => line(`${f}_command ${one.name}`, optionWords(option))),
      ...operandLines(one, f).map(([condition, rest]) => line(condition, rest)),
    ]).join("\n")
  }
`;
}

function optionWords({ names, help, value }: CompletionOption): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name[1]}`
  );
  const words = [...flags, ...(value && !value.isOptional ? [valueWords(value.completer)] : [])];
  return `${words.join(" ")} -d ${quote(help)}`;
}

/** Fish completes no files unless told to. */
function valueWords(completer: Completer): string {
  return completer === "file" ? "-r -F" : `-x ${completerWords(completer, [])}`.trimEnd();
}

function completerWords(completer: Completer, optionsWithValue: readonly string[]): string {
  switch (completer) {
    case "nothing":
      return "";
    case "file":
      return "-F";
    case "directory":
      return "-a '(__fish_complete_directories)'";
    case "program":
      // It skips the program and its command, and completes what follows them.
      return `-a '(__fish_complete_subcommand --fcs-skip=2 ${optionsWithValue.join(" ")})'`;
    default:
      return `-a '${completer.join(" ")}'`;
  }
}

const LAST_PLACE = 9999;

function operandLines(
  { name, options, operands }: CompletionCommand,
  f: string,
): [string, string][] {
  const withValue = options.filter(({ value }) => value && !value.isOptional)
    .flatMap(({ names }) => names);
  return operands.flatMap(({ completer, isVariadic }, index): [string, string][] => {
    const text = completerWords(completer, withValue);
    const last = isVariadic ? LAST_PLACE : index;
    const condition = [`${f}_operand`, name, index, last, ...withValue].join(" ");
    return text === "" ? [] : [[condition, text]];
  });
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
