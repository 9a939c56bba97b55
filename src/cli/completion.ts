// `datalake completion bash|zsh`: what the shell needs to complete commands, their options and paths.
import type { Command } from './command.ts';

type Commands = Readonly<Record<string, Command>>;

const flags = ({ options = {} }: Command): string[] => [...Object.entries(options).flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]), '--json', '--instance', '--help'];
const words = ({ completes }: Command): readonly string[] => (Array.isArray(completes) ? completes as readonly string[] : []);

export function bashCompletion(commands: Commands): string {
  const cases = Object.entries(commands).map(([name, command]) => `    ${name}) options="${flags(command).join(' ')}"; words="${words(command).join(' ')}"; files=${command.completes === 'files' ? 1 : ''} ;;`);
  return `# datalake: completion for bash. In ~/.bashrc: eval "$(datalake completion bash)"
_datalake() {
  local current="\${COMP_WORDS[COMP_CWORD]}" options="" words="" files=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${Object.keys(commands).join(' ')} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *)
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      if [ -n "$files" ]; then
        local name
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
      fi
      ;;
  esac
}
complete -F _datalake datalake`;
}

export function zshCompletion(commands: Commands): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const cases = Object.entries(commands).map(([name, command]) => {
    const rest = [...(words(command).length > 0 ? [`compadd -- ${words(command).join(' ')}`] : []), ...(command.completes === 'files' ? ['_files'] : [])];
    return `    ${name}) if [[ $words[CURRENT] == -* ]]; then compadd -- ${flags(command).join(' ')}${rest.length > 0 ? `; else ${rest.join('; ')}` : ''}; fi ;;`;
  });
  return `#compdef datalake
# datalake: completion for zsh. In ~/.zshrc, after compinit: eval "$(datalake completion zsh)"
_datalake() {
  local -a commands
  commands=(${Object.entries(commands).map(([name, { what }]) => quoted(`${name}:${what.replaceAll(':', ' -')}`)).join(' ')})
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case $words[2] in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _datalake ]; then _datalake "$@"; else compdef _datalake datalake; fi`;
}
