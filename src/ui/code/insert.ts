// What dropping or pasting a DID can put into a text: the DID, its path, a link, or the lines that open it, by language
// and by what kind of file it is. Knows nothing of VS Code: places to type over are marked by their number.
import type { DID } from '../../protocol.ts';

/** Text, or a place that a person types over. */
export type Part = string | { readonly place: string };

/** `text` needs the paths for all but the DID itself; [] = none is here. */
export interface Insertion {
  /** The last part of its kind: rucio.did, rucio.path, … */
  readonly id: 'did' | 'path' | 'link' | 'snippet';
  readonly title: string;
  readonly needsPaths: boolean;
  text(paths: readonly string[]): readonly Part[];
}

/** Paths in one snippet. */
const MOST_PATHS = 100;

/** In the order in which they are offered: the first is what a drop does. `bare`: it goes into a string that is there already. */
export function insertions(language: string, dids: readonly DID[], bare: boolean): readonly Insertion[] {
  const quote = (text: string): string => (bare ? text : literal(text, language));
  const texts = dids.map(({ scope, name }) => `${scope}:${name}`);
  const several = texts.length > 1;
  const did: Insertion = { id: 'did', title: several ? 'Insert DIDs' : 'Insert DID', needsPaths: false, text: () => [list(texts.map(quote), language, bare)] };
  const path: Insertion = { id: 'path', title: several ? 'Insert Paths' : 'Insert Path', needsPaths: true, text: (paths) => [list(paths.slice(0, MOST_PATHS).map(quote), language, bare)] };
  if (language === 'markdown') return [{ id: 'link', title: several ? 'Insert Links to Explore' : 'Insert Link to Explore', needsPaths: false, text: () => [texts.map(markdownLink).join('\n')] }, did, path];
  const snippet = bare ? undefined : snippetOf(language, texts);
  return [path, did, ...(snippet ? [snippet] : [])];
}

/** The address of a DID in Markdown, whatever is in its name. */
export function markdownLink(did: string): string {
  return `[${did.replace(/[\\[\]*_`<>]/g, '\\$&')}](<rucio:${did.replace(/[\\<>]/g, '\\$&')}>)`;
}

/** Means nothing but itself inside of the quotes of any language: no quote, no escape, nothing that puts a value in. */
export const isPlain = (text: string): boolean => /^[\p{L}\p{N}_./:@+=,~ #-]*$/u.test(text);

/** A string of the language that means exactly this text; unquoted where strings need no quotes. */
export function literal(text: string, language: string): string {
  switch (language) {
    case 'shellscript': return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
    case 'julia': return JSON.stringify(text).replaceAll('$', '\\$');
    case 'yaml': return /^[A-Za-z0-9_./-][\w./:+=-]*$/.test(text) && !text.endsWith(':') ? text : JSON.stringify(text);
    case 'markdown': case 'plaintext': case 'latex': case 'ini': return text;
    default: return JSON.stringify(text);
  }
}

function list(items: readonly string[], language: string, bare: boolean): string {
  if (items.length <= 1 || bare) return items.join('\n');
  switch (language) {
    case 'python': case 'julia': case 'json': case 'jsonc': case 'javascript': case 'typescript': case 'toml': return `[\n${items.map((item) => `    ${item}`).join(',\n')}${language === 'python' ? ',' : ''}\n]`;
    case 'cpp': case 'c': case 'cuda-cpp': case 'java': return `{\n${items.map((item) => `    ${item}`).join(',\n')}\n}`;
    case 'r': return `c(\n${items.map((item) => `  ${item}`).join(',\n')}\n)`;
    case 'yaml': return items.map((item) => `- ${item}`).join('\n');
    case 'shellscript': return items.join(' ');
    default: return items.join('\n');
  }
}

/** By the files' endings; a dataset's are known by its paths only. */
type Kind = 'root' | 'fits' | 'other';
const kindOf = (paths: readonly string[]): Kind => (paths.some((path) => /\.root$/i.test(path)) ? 'root' : paths.some((path) => /\.fits?(\.gz|\.fz)?$/i.test(path)) ? 'fits' : 'other');

function snippetOf(language: string, texts: readonly string[]): Insertion | undefined {
  const write = SNIPPETS[language];
  if (!write) return undefined;
  const kind = kindOf(texts);
  const title = { python: { root: 'Open with uproot', fits: 'Open with astropy', other: 'Open in Python' }, cpp: { root: 'Open with ROOT', fits: 'Open in C++', other: 'Open in C++' } }[language]?.[kind] ?? 'Open the Files';
  return { id: 'snippet', title, needsPaths: true, text: (paths) => write(paths.slice(0, MOST_PATHS), language) };
}

const SNIPPETS: Readonly<Record<string, (paths: readonly string[], language: string) => readonly Part[]>> = {
  python: (paths, language) => {
    const [first = ''] = paths;
    const one = paths.length === 1;
    const files = list(paths.map((path) => literal(path, language)), language, false);
    switch (kindOf(paths)) {
      case 'root': return one
        ? ['import uproot\n\n', { place: 'events' }, ` = uproot.open(${literal(first, language)})["`, { place: 'Events' }, '"]\n']
        : ['import uproot\n\nfiles = ', files, '\nfor ', { place: 'events' }, ' in uproot.iterate([f"{file}:', { place: 'Events' }, '" for file in files]):\n    ', { place: 'pass' }, '\n'];
      case 'fits': return one
        ? ['from astropy.io import fits\n\nwith fits.open(', literal(first, language), ') as ', { place: 'hdus' }, ':\n    hdus.info()\n']
        : ['from astropy.io import fits\n\nfor path in ', files, ':\n    with fits.open(path) as ', { place: 'hdus' }, ':\n        hdus.info()\n'];
      case 'other': return one
        ? ['import fsspec\n\nwith fsspec.open(', literal(first, language), ', "rb") as ', { place: 'file' }, ':\n    data = file.read()\n']
        : ['import fsspec\n\nfor file in fsspec.open_files(', files, ', "rb"):\n    with file as ', { place: 'opened' }, ':\n        data = opened.read()\n'];
    }
  },
  cpp: (paths, language) => {
    if (kindOf(paths) !== 'root') return paths.length === 1 ? ['std::ifstream ', { place: 'file' }, `(${literal(paths[0] ?? '', language)}, std::ios::binary);\n`] : ['std::vector<std::string> ', { place: 'files' }, list(paths.map((path) => literal(path, language)), language, false), ';\n'];
    return paths.length === 1
      ? ['auto ', { place: 'file' }, ` = TFile::Open(${literal(paths[0] ?? '', language)});\n`]
      : ['TChain chain("', { place: 'Events' }, '");\n', paths.map((path) => `chain.Add(${literal(path, language)});\n`).join('')];
  },
  r: (paths, language) => [{ place: 'files' }, ` <- ${list(paths.map((path) => literal(path, language)), language, false)}\n`],
  julia: (paths, language) => [{ place: 'files' }, ` = ${list(paths.map((path) => literal(path, language)), language, false)}\n`],
};
