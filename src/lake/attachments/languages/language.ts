// What a language needs to have DIDs as variables. Adding one is adding a file like python.ts, and its line in table.ts.
import type { Attached } from '../types.ts';

export interface Language {
  /** As kernels and notebooks call it, in lower case. */
  readonly names: readonly string[];
  /** Words that no variable may be called. */
  readonly reserved: ReadonlySet<string>;
  readonly identifier: RegExp;
  /** Any text as a literal, whatever is in it: ASCII only. */
  text(value: string): string;
  /** Sets a variable of the kernel's environment, for what it imports or starts. `name`: checked by code.ts. */
  environment(name: string, value: string): string;
  /** What {@link attach} needs to be there: run any number of times. */
  readonly prelude: string;
  /** Sets the variable to what is in the manifest now; a language whose variables have types gets those of `attached`. */
  attach(attached: Pick<Attached, 'variableName' | 'type' | 'state' | 'manifest'>): string;
  /** For a person to read and keep; reads the manifest where there are more files than `attached` has. */
  cell(attached: Attached): string;
}

/** Code points of a text; halves of pairs, which no file name has, become U+FFFD. */
export function* codePoints(value: string): Generator<number> {
  for (const char of value) {
    const code = char.codePointAt(0) ?? 0xfffd;
    yield code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
  }
}

/** A literal: printable ASCII as it is but for `special`, all else by `escape`. */
export function literal(value: string, quote: string, special: string, escape: (code: number) => string): string {
  let text = '';
  for (const code of codePoints(value)) {
    const char = String.fromCodePoint(code);
    text += code >= 0x20 && code < 0x7f && !special.includes(char) ? char : escape(code);
  }
  return `${quote}${text}${quote}`;
}

export const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** The bytes of a code point in UTF-8, each by `escape`. */
export const bytes = (code: number, escape: (byte: number) => string): string => [...Buffer.from(String.fromCodePoint(code))].map(escape).join('');

export const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Text in one line of a comment: nothing in it can end the line, or go on in the next; kernels take a cell that ends with ? for a call for help. */
export const comment = (value: string): string => value.replace(/[^\x20-\x5b\x5d-\x7e]/g, '_').replaceAll('?', '%3F');

/** After a DID in a comment, where not all is here. */
export const lacking = (missing: number): string => (missing > 0 ? ` (${missing} of its files not here)` : '');
