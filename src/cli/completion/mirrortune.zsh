#compdef mirrortune
# zsh: eval "$(mirrortune completion zsh)" after compinit, for example in ~/.zshrc; or this file as _mirrortune in $fpath
_mirrortune() {
  local -a found
  found=("${(@f)$("${(Q)words[1]/#\~/$HOME}" completion candidates -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" \
    2>/dev/null)}")
  if [[ -z ${found[1]-} ]]; then
    _files
  elif [[ ${found[1]%%$'\t'*} == *= ]]; then
    compadd -S '' -- "${(@)found%%$'\t'*}"
  else
    found=("${(@)found//:/\\:}")
    found=("${(@)found/$'\t'/:}")
    _describe mirrortune found
  fi
}
if [[ ${funcstack[1]-} == _mirrortune ]]; then
  _mirrortune "$@"
else
  compdef _mirrortune mirrortune
fi
