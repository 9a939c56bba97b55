// bash: a file is a variable with its path, a collection an array of paths; the PFNs are in <variable>_pfn.
import { bytes, comment, lacking, type Language, literal, words } from './language.ts';

const text = (value: string): string => `$${literal(value, "'", "'\\", (code) => bytes(code, (byte) => `\\${byte.toString(8).padStart(3, '0')}`))}`;

// sed and cut take the lines apart, and all is decoded at once unless a name has a line's end in it: a shell alone takes 10 s for 100 000
// lines, and reads what is no file byte by byte. %b takes at most two digits after \x, and manifests write two.
const PRELUDE = [
  '_rucio_text() { local t=${1//\\\\/\\\\\\\\}; printf -v REPLY \'%b\' "${t//%/\\\\x}"; }',
  '_rucio_column() {',
  '  local -n _rucio_to=$3; local i t text tab=$\'\\t\'',
  '  text=$(LC_ALL=C sed -e \'$d\' -e "/^[^$tab]*$tab$tab/d" "$1" | LC_ALL=C cut -f "$2" | LC_ALL=C sed -e \'s/\\\\/\\\\\\\\/g\' -e \'s/%/\\\\x/g\'; echo .)',
  '  if [[ $text != *\'\\x0A\'* ]]; then printf -v text \'%b\' "$text"; mapfile -t t <<< "$text"',
  '  else mapfile -t t <<< "$text"; for i in "${!t[@]}"; do printf -v "t[i]" \'%b\' "${t[i]}"; done; fi',
  '  unset \'t[-1]\'',
  '  _rucio_to=("${t[@]}")',
  '}',
  '_rucio_attach() {',
  '  local head rest did kind state reason paths pfns tab=$\'\\t\'',
  '  head=$(tail -n 1 "$2") && [[ $head == "rucio-attachment 1$tab"* ]] || { printf \'There is no whole %s\\n\' "$2" >&2; return 1; }',
  '  _rucio_column "$2" 2 paths; _rucio_column "$2" 3 pfns',
  '  rest=${head#*"$tab"}; did=${rest%%"$tab"*}; rest=${rest#*"$tab"}; kind=${rest%%"$tab"*}; rest=${rest#*"$tab"}; state=${rest%%"$tab"*}; reason=${head##*"$tab"}',
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
