/**
 * Completion for fish, from version 3 on.
 *
 * @module
 */
import type { Offer, OfferedCommand, OfferedOption, OfferedProgram } from "./words.ts";

/**
 * Makes the script for fish.
 *
 * @param program what can be typed
 * @returns the script
 */
export function fishCompletions({ name, options, commands }: OfferedProgram): string {
  const f = `__${name.replaceAll("-", "_")}`;
  const line = (condition: string, rest: string) =>
    `complete -c ${name} -n ${quote(condition)} ${rest}`;
  return `# Completion of ${name} for fish, as made by: ${name} completions fish

function ${f}_command --description 'Whether a command is typed; without a name, none yet'
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        string match -q -- '-*' $word; and continue
        test "$word" = "$argv[1]"
        return
    end
    test -z "$argv[1]"
end

# After its name: the first and last of the wanted places, and the options that take a value.
function ${f}_operand --description 'Whether one of some operands of a command is typed'
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

function optionWords({ names, help, value }: OfferedOption): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name[1]}`
  );
  const words = [...flags, ...(value && !value.isOptional ? [valueWords(value.offer)] : [])];
  return `${words.join(" ")} -d ${quote(help)}`;
}

/** Fish wants no files unless it is told so. */
function valueWords(offer: Offer): string {
  return offer === "file" ? "-r -F" : `-x ${offered(offer, [])}`.trimEnd();
}

function offered(offer: Offer, optionsWithValue: readonly string[]): string {
  switch (offer) {
    case "nothing":
      return "";
    case "file":
      return "-F";
    case "directory":
      return "-a '(__fish_complete_directories)'";
    case "program":
      // It skips the program and its command, and completes what stands after them.
      return `-a '(__fish_complete_subcommand --fcs-skip=2 ${optionsWithValue.join(" ")})'`;
    default:
      return `-a '${offer.join(" ")}'`;
  }
}

const LAST_PLACE = 9999;

function operandLines({ name, options, operands }: OfferedCommand, f: string): [string, string][] {
  const withValue = options.filter(({ value }) => value && !value.isOptional)
    .flatMap(({ names }) => names);
  return operands.flatMap(({ offer, isVariadic }, index): [string, string][] => {
    const text = offered(offer, withValue);
    const last = isVariadic ? LAST_PLACE : index;
    const condition = [`${f}_operand`, name, index, last, ...withValue].join(" ");
    return text === "" ? [] : [[condition, text]];
  });
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
