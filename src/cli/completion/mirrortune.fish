# fish: mirrortune completion fish | source, for example in ~/.config/fish/config.fish
function __mirrortune_candidates
    set -l words (commandline -opc)
    set -l begun (commandline -ct)
    set -q begun[1]; or set begun ""
    set -l found ($words[1] completion candidates -- $words[2..-1] $begun 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path $begun
    end
end
complete -c mirrortune -f -a '(__mirrortune_candidates)'
