# Types each line of standard input into an interactive zsh, presses Tab, and prints what it offers.
# Arguments: the completion script, and a folder for the files in between. A script whose name starts
# with an underscore is loaded by the completion system itself; others are sourced.
zmodload zsh/zpty
script=$1 work=$2
cat > $work/inner.zsh <<'END'
[[ ${script:t} == _* ]] && fpath=(${script:h} $fpath)
autoload -Uz compinit && compinit -u -D
[[ ${script:t} == _* ]] || source $script
# Notes what is offered: -A has the matches that are left of the words given.
compadd() {
    if [[ "${(j: :)@[1,(i)(-|--)]}" == *-(O|A|D)[[:space:]]* ]]; then
        builtin compadd "$@"
        return
    fi
    local -a offered
    builtin compadd -A offered "$@"
    (( $#offered )) && print -rl -- $offered >> $work/offered
    builtin compadd "$@"
}
note() {
    : > $work/offered
    _main_complete
    print done > $work/done
    compstate[insert]='' compstate[list]=''
}
zle -C note complete-word note
bindkey '^T' note
print done > $work/done
END
await_done() {
    repeat 600 {
        [[ -e $work/done ]] && { rm $work/done; return }
        sleep 0.05
    }
    print -u2 "zsh did not answer: $1"
    exit 1
}
zpty shell "PS1= TERM=dumb zsh -f -i"
zpty -w shell "script=${(q)script} work=${(q)work}; source ${(q)work}/inner.zsh"
await_done start
while IFS= read -r line; do
    zpty -w -n shell "$line"$'\x14'
    await_done $line
    print -r -- "> $line"
    cat $work/offered
    zpty -w -n shell $'\x15'
done
zpty -d shell
