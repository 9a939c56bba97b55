// bash: a file is a variable with its path, a collection an array of paths; the PFNs are in <variable>_pfn.
import { bytes, comment, lacking, type Language, literal, words } from './language.ts';

const text = (value: string): string => `$${literal(value, "'", "'\\", (code) => bytes(code, (byte) => `\\${byte.toString(8).padStart(3, '0')}`))}`;

const PRELUDE = [
  '_rucio_text() { if [[ $1 == *%* ]]; then local t=${1//\\\\/\\\\\\\\}; printf -v REPLY \'%b\' "${t//%/\\\\x}"; else REPLY=$1; fi; }',
  '_rucio_attach() {',
  '  local line rest path tab=$\'\\t\' head paths=() pfns=()',
  '  { while IFS= read -r line; do',
  '      head=$line; [[ $line != "rucio-attachment 1$tab"* ]] || break',
  '      rest=${line#*"$tab"}; path=${rest%%"$tab"*}; [[ -n $path ]] || continue',
  '      _rucio_text "$path"; paths+=("$REPLY"); rest=${rest#*"$tab"}; _rucio_text "${rest%%"$tab"*}"; pfns+=("$REPLY")',
  '    done; } < "$2" || return',
  '  local did kind state reason; rest=${head#*"$tab"}; did=${rest%%"$tab"*}; rest=${rest#*"$tab"}; kind=${rest%%"$tab"*}; rest=${rest#*"$tab"}; state=${rest%%"$tab"*}; reason=${head##*"$tab"}',
  '  unset "$1" "$1_pfn"',
  '  if [[ $state == notHere ]]; then _rucio_text "$did is not available here. $reason"; printf \'%s\\n\' "$REPLY" >&2; return; fi',
  '  if [[ $kind == file ]]; then printf -v "$1" \'%s\' "${paths[0]}"; printf -v "$1_pfn" \'%s\' "${pfns[0]}"',
  '  else local -n _rucio_paths=$1 _rucio_pfns=$1_pfn; _rucio_paths=("${paths[@]}"); _rucio_pfns=("${pfns[@]}"); fi',
  '}',
].join('\n');

export const bash: Language = {
  names: ['bash', 'shellscript', 'sh'],
  identifier: /^[A-Za-z_][A-Za-z0-9_]*$/,
  reserved: words('if then else elif fi case esac for select while until do done in function time coproc PATH HOME USER SHELL PWD OLDPWD IFS PS1 PS2 UID EUID PPID RANDOM SECONDS LINENO REPLY OPTARG OPTIND HOSTNAME LANG LD_LIBRARY_PATH LD_PRELOAD BASH_ENV ENV'),
  text,
  environment: (name, value) => `export ${name}=${text(value)}`,
  prelude: PRELUDE,
  attach: ({ variableName, manifest }) => `_rucio_attach ${variableName} ${text(manifest)}`,
  cell: ({ variableName, did, type, state, reason, missing, here, files, manifest }) => {
    if (state === 'notHere') return `# ${comment(did)} is not available here: ${comment(reason)}`;
    if (type === 'file') return `${variableName}=${text(files[0]?.path ?? '')}  # ${comment(did)}`;
    if (here <= files.length) return `${variableName}=(  # ${comment(did)}${lacking(missing)}\n${files.map(({ path }) => `  ${text(path)}\n`).join('')})`;
    return `# ${comment(did)}${lacking(missing)}\n${PRELUDE}\n_rucio_attach ${variableName} ${text(manifest)}`;
  },
};
