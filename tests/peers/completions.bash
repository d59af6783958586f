# Completes each line of standard input as bash would, and prints what is offered. The words of a line
# stand between tabs, broken where bash breaks them.
# Argument: the completion script.
source "$1"
while IFS= read -r line; do
    COMP_WORDS=()
    rest=$line$'\t'
    while [[ $rest ]]; do
        COMP_WORDS+=("${rest%%$'\t'*}")
        rest=${rest#*$'\t'}
    done
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    "$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \([^ ]*\).*/\1/')"
    printf '> %s\n' "$line"
    ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
done
