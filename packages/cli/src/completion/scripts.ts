import type { Shell } from "./shells.ts";

/** The script that makes a shell complete `cilo`: it asks `cilo __complete` with the words so far. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}

const bash = `# bash completion for cilo
_cilo() {
  local cur line
  cur="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    [ -n "$line" ] && COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(cilo __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$cur" 2>/dev/null)
  if [ "\${#COMPREPLY[@]}" -eq 0 ]; then
    compopt -o default 2>/dev/null
  fi
}
complete -F _cilo cilo
`;

const zsh = `#compdef cilo
# zsh completion for cilo
_cilo() {
  local line
  local -a candidates
  while IFS= read -r line; do
    [[ -n "$line" ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(cilo __complete -- "\${(@)words[2,CURRENT-1]}" "\${words[CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then
    _describe 'cilo' candidates
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_cilo" ]; then
  _cilo "$@"
else
  compdef _cilo cilo
fi
`;

const fish = `# fish completion for cilo
function __cilo_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  cilo __complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c cilo -f -a '(__cilo_complete)'
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
