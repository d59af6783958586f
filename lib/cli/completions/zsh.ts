/**
 * Completion for zsh.
 *
 * @module
 */
import type { Completer, CompletionCommand, CompletionOption, CompletionProgram } from "./words.ts";

/** The script for zsh: a function of its completion system, for a directory of `fpath` or to source. */
export function zshCompletions({ name, options, commands }: CompletionProgram): string {
  return `#compdef ${name}
# Completion of ${name} for zsh, as made by: ${name} completions zsh

_${name}() {
    local curcontext=$curcontext state line
    local -a subcommands
    subcommands=(
${commands.map((one) => `        ${quote(described(one.name, one.summary))}`).join("\n")}
    )
    _arguments -C \\
${options.flatMap(optionSpecs).map((spec) => `        ${quote(spec)} \\`).join("\n")}
        ': :->command' \\
        '*:: :->arguments' && return
    case $state in
        command)
            _describe -t commands command subcommands
            ;;
        arguments)
            curcontext=\${curcontext%:*}-$words[1]:
            case $words[1] in
${commands.map(commandCase).join("\n")}
            esac
            ;;
    esac
}

if [[ $funcstack[1] == _${name} ]]; then
    _${name} "$@"
else
    compdef _${name} ${name}
fi
`;
}

function commandCase({ name, options, operands }: CompletionCommand): string {
  const specs = [
    ...options.flatMap(optionSpecs),
    ...operands.map(({ name, completer, isVariadic }, index) =>
      isVariadic ? variadicSpec(name, completer) : `${index + 1}:${name}:${action(completer)}`
    ),
  ];
  return `                ${name})
                    _arguments -s -S \\
${specs.map((spec) => `                        ${quote(spec)}`).join(" \\\n")}
                    ;;`;
}

/** A program's own arguments are completed by its own rules. */
function variadicSpec(name: string, completer: Completer): string {
  return completer === "program" ? `*:::${name}:_normal` : `*:${name}:${action(completer)}`;
}

function optionSpecs({ names, help, isRepeatable, value }: CompletionOption): string[] {
  return names.map((name) => {
    const isLong = name.startsWith("--");
    const before = isRepeatable ? "*" : names.length > 1 ? `(${names.join(" ")})` : "";
    const explained = `${before}${name}`;
    const text = `[${help.replace(/[\\:[\]]/g, "\\$&")}]`;
    if (value === undefined) return `${explained}${text}`;
    const separator = isLong ? "=" : "+";
    const colon = value.isOptional ? "::" : ":";
    return `${explained}${separator}${text}${colon}${value.name}:${action(value.completer)}`;
  });
}

/** A space stands for: a value is needed here, and there is nothing to complete it with. */
function action(completer: Completer): string {
  switch (completer) {
    case "nothing":
      return " ";
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "program":
      return "_command_names -e";
    default:
      return `(${completer.map(escapeColons).join(" ")})`;
  }
}

function described(name: string, summary: string): string {
  return `${name}:${escapeColons(summary)}`;
}

/** A colon would end a part of a specification. */
function escapeColons(text: string): string {
  return text.replace(/[\\:]/g, "\\$&");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
