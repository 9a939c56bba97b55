// What a variable may be called, and what to propose for a DID.
import { LANGUAGES, languageOf } from './languages/table.ts';
import type { NameRules } from './types.ts';

const LONGEST = 40;

export function nameRules(language: string): NameRules {
  const known = languageOf(language);
  if (known) return { language: known.names[0]!, identifier: known.identifier.source, reserved: [...known.reserved].sort() };
  return { language: '', identifier: '^[A-Za-z][A-Za-z0-9_]*$', reserved: [...new Set(LANGUAGES.flatMap(({ reserved }) => [...reserved]))].sort() };
}

/** A sentence; undefined = it may be called so. */
export function nameProblem(name: string, rules: NameRules, taken: readonly string[]): string | undefined {
  if (name === '') return 'Give the variable a name.';
  if (!new RegExp(rules.identifier).test(name) || name.includes('\n')) return `“${name.slice(0, 60)}” can’t be the name of a variable: letters, digits and _ only, no digit at the start.`;
  if (name.startsWith('_rucio')) return 'Names that begin with _rucio are ours.';
  if (rules.reserved.includes(name)) return `“${name}” means something else${rules.language ? ' in this language' : ''}.`;
  return taken.includes(name) ? `“${name}” is the name of another attached DID.` : undefined;
}

/** From the DID's name: what stands after the last `/`, without its ending, letters and digits kept; free and allowed. */
export function proposeName(did: string, rules: NameRules, taken: readonly string[]): string {
  const name = did.slice(did.indexOf(':') + 1);
  const last = name.split('/').filter((part) => part !== '').at(-1) ?? '';
  const bare = last.normalize('NFKD').replace(/\p{M}+/gu, '').replace(/(?<=[^.])\.[A-Za-z][A-Za-z0-9]{0,4}$/, '').replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '').slice(0, LONGEST).replace(/_+$/, '');
  const start = /^[A-Za-z]/.test(bare) ? bare : `data${bare === '' ? '' : `_${bare}`}`;
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? start : `${start}_${n}`;
    if (nameProblem(candidate, rules, taken) === undefined) return candidate;
  }
}

/** One for each DID, all different. */
export function proposeNames(dids: readonly string[], rules: NameRules, taken: readonly string[]): string[] {
  const all = [...taken];
  return dids.map((did) => {
    const name = proposeName(did, rules, all);
    all.push(name);
    return name;
  });
}
