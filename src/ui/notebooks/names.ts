// Names of variables: checked while they are typed by the rules of the kernel's language, and recognised when a cell did not find one.
import type { NameRules } from '../../protocol.ts';

/** A sentence; undefined = it may be called so. */
export function nameProblem(name: string, { identifier, reserved, language }: NameRules, taken: readonly string[]): string | undefined {
  if (name === '') return 'Give the variable a name.';
  if (!new RegExp(identifier, 'u').test(name) || name.includes('\n')) return 'Letters, digits and _ only, and no digit at the start.';
  if (name.startsWith('_rucio')) return 'Names that begin with _rucio are taken by the code that sets the variables.';
  if (reserved.includes(name)) return `“${name}” has a meaning of its own${language === '' ? '' : ` in ${languageTitle(language)}`}.`;
  return taken.includes(name) ? `“${name}” is the variable of something else that is attached.` : undefined;
}

/** How a language says that there is no such name: Python, R, C++, Julia. */
const MISSING = [/name '(\w+)' is not defined/u, /object ['‘`"]([\w.]+)['’`"] not found/u, /undeclared identifier '(\w+)'/u, /UndefVarError: `?(\w+)`? not defined/u];

/** The attached variable that a cell's error says is not there. */
export function missingName(error: string, attached: readonly string[]): string | undefined {
  for (const pattern of MISSING) {
    const name = pattern.exec(error)?.[1];
    if (name !== undefined && attached.includes(name)) return name;
  }
  return undefined;
}

const TITLES: Readonly<Record<string, string>> = { 'python': 'Python', 'c++': 'C++', 'r': 'R', 'bash': 'bash', 'julia': 'Julia' };

export const languageTitle = (language: string): string => TITLES[language] ?? language;
