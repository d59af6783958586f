# Completes each line of standard input, and prints what fish offers.
# Argument: the completion script.
source $argv[1]
while read -l line
    echo "> $line"
    complete -C "$line"
end
