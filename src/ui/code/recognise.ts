// Finds what is shaped like a DID (scope:name) in a text: whole strings of a language, and words where a DID may stand
// bare. Knows nothing of lakes: whether the scope is one is asked of scopes.ts, before anything is asked of a server.
import type { DID } from '../../protocol.ts';
import { SYNTAX, type Syntax } from './languages.ts';

/** `start` and `end`: where scope:name stands in the text, counted as JavaScript and VS Code count. */
export interface FoundDid extends DID {
  readonly start: number;
  readonly end: number;
}

/** What was typed up to a place in a string or word: where it begins, and itself. `quoted`: it stands in a string. */
export interface Typed {
  readonly start: number;
  readonly text: string;
  readonly quoted: boolean;
}

/** Longer texts are data, not code. */
export const LONGEST_TEXT = 2_000_000;
/** rucio 41: db/sqla/models.py: columns of 25 and 255 characters; sites may have widened them. */
const LONGEST_SCOPE = 64;
const LONGEST_NAME = 500;
const MOST_FOUND = 5000;

const SCOPE = /^[A-Za-z0-9_][\w.-]*$/;
/** `{`, `$` and `%s` put values in; `*` makes a pattern; a backslash stands for something else. */
const NO_NAME = /[\u0000-\u001f\u007f"'`\\{}*$\u2028\u2029]|%[-+0-9.]*[sdifgxr](?![A-Za-z0-9])/;
/** Bare words end at what closes or lists them. */
const BARE = /(?<=^|[\s"'`([{<=,>|])(?:rucio:(?:\/\/)?)?([A-Za-z0-9_][\w.-]{0,63}):([^\s"'`()[\]{}<>,;|\\*$]{1,500})/gm;
const LAST_MARKS = /[.:!?]+$/;

/** `scope:name`, whole, with or without `rucio:` before it; undefined for everything else. `at`: where it begins in the text. */
export function didIn(text: string, at = 0): FoundDid | undefined {
  const before = /^rucio:(?:\/\/)?(?=[^:/]+:)/.exec(text)?.[0].length ?? 0;
  const did = text.slice(before);
  const colon = did.indexOf(':');
  if (colon <= 0 || colon > LONGEST_SCOPE) return undefined;
  const [scope, name] = [did.slice(0, colon), did.slice(colon + 1)];
  if (!SCOPE.test(scope) || name === '' || name.length > LONGEST_NAME || name.trim() !== name || /^(:|\/\/)/.test(name) || NO_NAME.test(name)) return undefined;
  return { scope, name, start: at + before, end: at + text.length };
}

/** In the order of the text. An unknown language has none. */
export function didsIn(text: string, language: string): readonly FoundDid[] {
  const syntax = SYNTAX[language];
  if (!syntax || text.length > LONGEST_TEXT) return [];
  const found = new Map<number, FoundDid>();
  const add = (did: FoundDid | undefined): void => {
    if (did && found.size < MOST_FOUND && !found.has(did.start)) found.set(did.start, did);
  };
  for (const { start, end, closed } of strings(text, syntax)) if (closed && end - start <= LONGEST_SCOPE + LONGEST_NAME + 10) add(didIn(text.slice(start, end), start));
  if (syntax.bare) {
    for (const { start, code } of lines(text, syntax)) {
      for (const match of code.matchAll(BARE)) add(didIn(match[0].replace(LAST_MARKS, ''), start + match.index));
    }
  }
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** The string or word that `offset` stands in or behind; undefined elsewhere. */
export function typedAt(text: string, offset: number, language: string): Typed | undefined {
  const syntax = SYNTAX[language];
  if (!syntax || text.length > LONGEST_TEXT) return undefined;
  for (const { start, end } of strings(text, syntax)) {
    if (start > offset) break;
    if (offset <= end) return whole({ start, text: text.slice(start, offset), quoted: true });
  }
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  if (!syntax.bare || commentIn(line, syntax) < line.length) return undefined;
  const word = /[^\s"'`()[\]{}<>,;|\\=]*$/.exec(line)?.[0] ?? '';
  return whole({ start: offset - word.length, text: word, quoted: false });
}

function whole(typed: Typed): Typed {
  const before = /^rucio:(?:\/\/)?(?=[^:/]*:?)/.exec(typed.text)?.[0].length ?? 0;
  return { ...typed, start: typed.start + before, text: typed.text.slice(before) };
}

/** Each line up to its comment. */
function* lines(text: string, syntax: Syntax): Generator<{ readonly start: number; readonly code: string }> {
  for (let start = 0; start <= text.length;) {
    const newline = text.indexOf('\n', start);
    const line = text.slice(start, newline < 0 ? text.length : newline);
    yield { start, code: line.slice(0, commentIn(line, syntax)) };
    start += line.length + 1;
  }
}

/** Where the comment of a line begins, as far as a look at the line tells; its end where there is none. */
function commentIn(line: string, { lineComment, commentAfterBlank }: Syntax): number {
  if (lineComment === undefined) return line.length;
  for (let from = line.indexOf(lineComment); from >= 0; from = line.indexOf(lineComment, from + 1)) {
    if (!commentAfterBlank || from === 0 || /\s/.test(line[from - 1]!)) return from;
  }
  return line.length;
}

interface Piece { readonly start: number; readonly end: number; readonly closed: boolean }

/** The insides of the strings, in order. Reads each character once. */
function* strings(text: string, { quotes, lineComment, commentAfterBlank, blockComment, rawStrings }: Syntax): Generator<Piece> {
  if (quotes.length === 0) return;
  let at = 0;
  while (at < text.length) {
    if (lineComment !== undefined && text.startsWith(lineComment, at) && (!commentAfterBlank || at === 0 || /\s/.test(text[at - 1]!))) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end + 1;
      continue;
    }
    if (blockComment && text.startsWith(blockComment[0], at)) {
      const end = text.indexOf(blockComment[1], at + blockComment[0].length);
      at = end < 0 ? text.length : end + blockComment[1].length;
      continue;
    }
    if (rawStrings && text.startsWith('R"', at)) {
      const [, delimiter] = /^R"([^\s()\\"]{0,16})\(/.exec(text.slice(at, at + 20)) ?? [];
      if (delimiter !== undefined) {
        const start = at + delimiter.length + 3;
        const end = text.indexOf(`)${delimiter}"`, start);
        if (end < 0) return;
        yield { start, end, closed: true };
        at = end + delimiter.length + 2;
        continue;
      }
    }
    const quote = quotes.find((one) => text.startsWith(one, at));
    if (quote === undefined) {
      at++;
      continue;
    }
    const start = at + quote.length;
    const end = endOf(text, start, quote);
    yield { start, ...end };
    at = end.end + (end.closed ? quote.length : 1);
  }
}

function endOf(text: string, start: number, quote: string): { readonly end: number; readonly closed: boolean } {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith(quote, at)) return { end: at, closed: true };
    else if (text[at] === '\n' && quote.length === 1 && quote !== '`') return { end: at, closed: false };
  }
  return { end: text.length, closed: false };
}
