# bash: eval "$(mirrortune completion bash)", for example in ~/.bashrc
_mirrortune() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("${COMP_WORDS[0]/#\~/$HOME}" completion candidates -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ ${COMPREPLY[0]-} == *= ]]; then
    compopt -o nospace
  fi
}
complete -o default -F _mirrortune mirrortune
