// Where DIDs stand in the languages that scientists write: which quotes make strings, what comments look like, and
// whether a DID may stand bare. A language more is a line more.

export interface Syntax {
  /** What begins and ends a string; longer ones first. A string of three quotes may hold lines. */
  readonly quotes: readonly string[];
  /** Where a comment begins that ends with its line. */
  readonly lineComment?: string;
  /** Only after a blank or at the line's beginning (YAML, shells: `a#b` is a word). */
  readonly commentAfterBlank?: boolean;
  readonly blockComment?: readonly [begin: string, end: string];
  /** C++: R"x(…)x". */
  readonly rawStrings?: boolean;
  /** Words without quotes count, too. */
  readonly bare?: boolean;
}

const HASH = { lineComment: '#' } as const;
const C: Syntax = { quotes: ['"'], lineComment: '//', blockComment: ['/*', '*/'] };
const TEXT: Syntax = { quotes: [], bare: true };

/** By VS Code's language ids. */
export const SYNTAX: Readonly<Record<string, Syntax>> = {
  python: { quotes: ['"""', "'''", '"', "'"], ...HASH },
  cpp: { ...C, rawStrings: true },
  'cuda-cpp': { ...C, rawStrings: true },
  c: C,
  java: C,
  r: { quotes: ['"', "'"], ...HASH },
  julia: { quotes: ['"""', '"'], ...HASH },
  javascript: { ...C, quotes: ['"', "'", '`'] },
  typescript: { ...C, quotes: ['"', "'", '`'] },
  json: { quotes: ['"'] },
  jsonc: { ...C },
  yaml: { quotes: ['"', "'"], ...HASH, commentAfterBlank: true, bare: true },
  toml: { quotes: ['"""', '"', "'"], ...HASH, commentAfterBlank: true },
  ini: { quotes: ['"', "'"], ...HASH, commentAfterBlank: true, bare: true },
  shellscript: { quotes: ['"', "'"], ...HASH, commentAfterBlank: true, bare: true },
  markdown: TEXT,
  latex: TEXT,
  plaintext: TEXT,
};

export const LANGUAGES: readonly string[] = Object.keys(SYNTAX);
