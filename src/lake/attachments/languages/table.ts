// The languages that have DIDs as variables.
import { bash } from './bash.ts';
import { cpp } from './cpp.ts';
import { julia } from './julia.ts';
import type { Language } from './language.ts';
import { python } from './python.ts';
import { r } from './r.ts';

export const LANGUAGES: readonly Language[] = [python, cpp, r, bash, julia];

/** By what a kernel or a notebook calls it, in any case. */
export function languageOf(name: string): Language | undefined {
  return LANGUAGES.find(({ names }) => names.includes(name.toLowerCase()));
}
