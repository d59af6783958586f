/**
 * Completion for bash, from version 3.2 on, which macOS has.
 *
 * @module
 */
import type { Offer, OfferedCommand, OfferedOption, OfferedProgram } from "./words.ts";

/**
 * Makes the script for bash.
 *
 * @param program what can be typed
 * @returns the script
 */
export function bashCompletions(program: OfferedProgram): string {
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

# Sets offer to what can follow an option of a command; to nothing, if it takes no value.
${f}_value() {
    case $1:$2 in
${commands.flatMap(valueCases).join("\n")}
        *) offer='' ;;
    esac
}

# Sets offer to what a command takes as its n-th operand.
${f}_operand() {
    case $1:$2 in
        :*) offer='words ${commandNames}' ;;
${commands.flatMap(operandCases).join("\n")}
        *) offer='' ;;
    esac
}

${f}() {
    local IFS=$' \\t\\n' words index word isJoined='' last
    words=()
    # Bash also breaks words at = and :, which here belong to them.
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

    local command='' operand=0 offer='' options isEnded='' prefix='' reply
    for ((index = 0; index < last; index++)); do
        word=\${words[index]}
        [[ $offer == optional && $word == -* ]] && offer=''
        if [[ $offer ]]; then
            offer=''
        elif [[ ! $isEnded && $word == -- ]]; then
            isEnded=yes
        elif [[ $isEnded || $word != -?* ]]; then
            if [[ $command ]]; then operand=$((operand + 1)); else command=$word; fi
        else
            ${f}_value "$command" "$word"
        fi
    done

    [[ $offer == optional && $current == -* ]] && offer=''
    if [[ ! $offer && ! $isEnded && $current == --*=* ]]; then
        prefix=\${current%%=*}=
        ${f}_value "$command" "\${prefix%=}"
        current=\${current#*=}
        offer=\${offer:-nothing}
    fi
    ${f}_options "$command"
    if [[ ! $offer && ! $isEnded && $current == -* ]]; then
        offer="words $options"
    elif [[ ! $offer ]]; then
        ${f}_operand "$command" "$operand"
        [[ $offer || $isEnded ]] || offer="words $options"
    fi

    COMPREPLY=()
    case $offer in
        words*)
            for word in \${offer#words}; do
                [[ $word == "$current"* ]] && COMPREPLY+=("$prefix$word")
            done
            ;;
        file | directory | command)
            compopt -o filenames 2> /dev/null
            while IFS= read -r word; do
                [[ $word ]] && COMPREPLY+=("$prefix$word")
            done <<< "$(compgen -A "$offer" -- "$current")"
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

function optionNames(options: readonly OfferedOption[]): string {
  return options.flatMap(({ names }) => names).join(" ");
}

function offerText(offer: Offer): string {
  if (typeof offer !== "string") return `'words ${offer.join(" ")}'`;
  return offer === "program" ? "command" : offer;
}

function valueCases({ name, options }: OfferedCommand): string[] {
  const byOffer = new Map<string, string[]>();
  for (const { names, value } of options) {
    if (value === undefined) continue;
    const text = value.isOptional ? "optional" : offerText(value.offer);
    byOffer.set(text, [...byOffer.get(text) ?? [], ...names]);
  }
  return [...byOffer].map(([text, names]) =>
    `        ${names.map((option) => `${name}:${option}`).join(" | ")}) offer=${text} ;;`
  );
}

function operandCases({ name, operands }: OfferedCommand): string[] {
  return operands.map(({ offer, isVariadic }, index) =>
    `        ${name}:${isVariadic ? "*" : index}) offer=${offerText(offer)} ;;`
  );
}
