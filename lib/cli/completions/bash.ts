/**
 * Completion for bash, from version 3.2 on, which macOS has.
 *
 * @module
 */
import type { Completer, CompletionCommand, CompletionOption, CompletionProgram } from "./words.ts";

/** The script for bash. */
export function bashCompletions(program: CompletionProgram): string {
  const { name, commands } = program;
  const f = `_${name.replaceAll("-", "_")}`;
  const commandNames = commands.map((command) => command.name).join(" ");
  return `# Completion of ${name} for bash, as made by: ${name} completions bash

# Sets options to the options of a command.
${f}_options() {
    case $1 in
        '') options='${optionNames(program.options)}' ;;
${commands.map((one) => `        ${one.name}) options='${optionNames(one.options)}' ;;`).join("\n")}
        *) options='' ;;
    esac
}

# Sets completer to that of an option's value; to nothing, if it takes no value.
${f}_value() {
    case $1:$2 in
${commands.flatMap(valueCases).join("\n")}
        *) completer='' ;;
    esac
}

# Sets completer to that of a command's n-th operand.
${f}_operand() {
    case $1:$2 in
        :*) completer='words ${commandNames}' ;;
${commands.flatMap(operandCases).join("\n")}
        *) completer='' ;;
    esac
}

${f}() {
    local IFS=$' \\t\\n' words index word isJoined='' last
    words=()
    # Bash also splits words at = and :, which here are a part of them.
    for ((index = 1; index <= COMP_CWORD; index++)); do
        word=\${COMP_WORDS[index]}
        last=$((\${#words[@]} - 1))
        if [[ $last -ge 0 && ( $isJoined || ( $word && ! \${word//[=:]/} ) ) ]]; then
            words[last]+=$word
        else
            words[last + 1]=$word
        fi
        isJoined=''
        [[ $word && ! \${word//[=:]/} ]] && isJoined=yes
    done
    last=$((\${#words[@]} - 1))
    local current=\${words[last]} typed=\${COMP_WORDS[COMP_CWORD]}
    [[ \${typed//[=:]/} ]] || typed=''
    local kept=\${current%"$typed"}

    local command='' operand=0 completer='' options isEnded='' prefix='' reply
    for ((index = 0; index < last; index++)); do
        word=\${words[index]}
        [[ $completer == optional && $word == -* ]] && completer=''
        if [[ $completer ]]; then
            completer=''
        elif [[ ! $isEnded && $word == -- ]]; then
            isEnded=yes
        elif [[ $isEnded || $word != -?* ]]; then
            if [[ $command ]]; then operand=$((operand + 1)); else command=$word; fi
        else
            ${f}_value "$command" "$word"
        fi
    done

    [[ $completer == optional && $current == -* ]] && completer=''
    if [[ ! $completer && ! $isEnded && $current == --*=* ]]; then
        prefix=\${current%%=*}=
        ${f}_value "$command" "\${prefix%=}"
        current=\${current#*=}
        completer=\${completer:-nothing}
    fi
    ${f}_options "$command"
    if [[ ! $completer && ! $isEnded && $current == -* ]]; then
        completer="words $options"
    elif [[ ! $completer ]]; then
        ${f}_operand "$command" "$operand"
        [[ $completer || $isEnded ]] || completer="words $options"
    fi

    COMPREPLY=()
    case $completer in
        words*)
            for word in \${completer#words}; do
                [[ $word == "$current"* ]] && COMPREPLY+=("$prefix$word")
            done
            ;;
        file | directory | command)
            compopt -o filenames 2> /dev/null
            while IFS= read -r word; do
                [[ $word ]] && COMPREPLY+=("$prefix$word")
            done <<< "$(compgen -A "$completer" -- "$current")"
            ;;
    esac
    for ((index = 0; index < \${#COMPREPLY[@]}; index++)); do
        reply=\${COMPREPLY[index]}
        COMPREPLY[index]=\${reply#"$kept"}
    done
}

complete -F ${f} ${name}
`;
}

function optionNames(options: readonly CompletionOption[]): string {
  return options.flatMap(({ names }) => names).join(" ");
}

function completerText(completer: Completer): string {
  if (typeof completer !== "string") return `'words ${completer.join(" ")}'`;
  return completer === "program" ? "command" : completer;
}

function valueCases({ name, options }: CompletionCommand): string[] {
  const byCompleter = new Map<string, string[]>();
  for (const { names, value } of options) {
    if (value === undefined) continue;
    const text = value.isOptional ? "optional" : completerText(value.completer);
    byCompleter.set(text, [...byCompleter.get(text) ?? [], ...names]);
  }
  return [...byCompleter].map(([text, names]) =>
    `        ${names.map((option) => `${name}:${option}`).join(" | ")}) completer=${text} ;;`
  );
}

function operandCases({ name, operands }: CompletionCommand): string[] {
  return operands.map(({ completer, isVariadic }, index) =>
    `        ${name}:${isVariadic ? "*" : index}) completer=${completerText(completer)} ;;`
  );
}
