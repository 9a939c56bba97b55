// rucio.cfg's way of writing: what Python's configparser reads, as rucio's own client does (rucio 41: common/config.py,
// configparser.ConfigParser() with its basic interpolation).

export interface Ini {
  /** undefined = not there. `{ problem }`: it is there and can't be used; the text is not repeated, as it may be a secret. */
  get(section: string, option: string): string | { readonly problem: string } | undefined;
}

const DEEPEST = 10;
/** Nothing that a configuration needs is longer; interpolation could make it endless. */
const LONGEST = 100_000;

/** Never throws: a line that means nothing is passed over. Of two of the same name the last one holds. */
export function parseIni(text: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  let options: Map<string, string> | undefined;
  let option: string | undefined;
  let indent = 0;
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const bare = line.trim();
    if (bare === '' || bare.startsWith('#') || bare.startsWith(';')) continue;
    const here = line.length - line.trimStart().length;
    if (options && option !== undefined && here > indent) {
      options.set(option, `${options.get(option) ?? ''}\n${bare}`.trim());
      continue;
    }
    indent = here;
    option = undefined;
    const header = /^\[(.+)\]/.exec(bare)?.[1];
    if (header !== undefined) {
      options = sections.get(header) ?? new Map();
      sections.set(header, options);
      continue;
    }
    const at = bare.search(/[=:]/);
    if (!options || at <= 0) continue;
    option = bare.slice(0, at).trim().toLowerCase();
    options.set(option, bare.slice(at + 1).trim());
  }
  const raw = (section: string, name: string): string | undefined => sections.get(section)?.get(name) ?? sections.get('DEFAULT')?.get(name);
  return { get: (section, name) => interpolated(raw(section, name.toLowerCase()), (other) => raw(section, other), 0) };
}

/** `%%` is a per cent sign, `%(name)s` another option of the section. */
function interpolated(text: string | undefined, other: (name: string) => string | undefined, depth: number): string | { readonly problem: string } | undefined {
  if (!text?.includes('%')) return text;
  if (depth > DEEPEST) return { problem: 'its references (%(…)s) lead in a circle' };
  let problem: string | undefined;
  const whole = text.replace(/%(?:(%)|\(([^)]+)\)s|)/g, (_, percent: string | undefined, name: string | undefined) => {
    if (percent) return '%';
    if (name === undefined) problem ??= 'it holds a "%" that is not written as "%%"';
    const value = name === undefined ? undefined : interpolated(other(name.toLowerCase()), other, depth + 1);
    if (typeof value === 'string' && value.length <= LONGEST) return value;
    problem ??= typeof value === 'object' ? value.problem : 'it refers (%(…)s) to something that is not there';
    return '';
  });
  if (whole.length > LONGEST) return { problem: 'it is too long' };
  return problem === undefined ? whole : { problem };
}
