// How a list is written: a line of text for each file, JSON, or Metalink 4 (RFC 5854, with Rucio's own words where it has some:
// rucio 41: web/rest/flaskapi/v1/replicas.py).
import { pathToFileURL } from 'node:url';
import { RucioError } from '../../rucio/errors.ts';
import { urlOf } from '../../storage/url.ts';
import type { FileListFormat } from './types.ts';

export interface ListedFile {
  /** scope:name */
  readonly did: string;
  /** Bytes. */
  readonly size: number;
  /** '' = unknown. */
  readonly adler32: string;
  /** A path here, else an address. */
  readonly place: string;
  readonly local: boolean;
  /** '' for a path. */
  readonly rse: string;
}

export interface Format {
  readonly head: string;
  readonly between: string;
  readonly tail: string;
  /** undefined: this format can't say it. */
  row(file: ListedFile): string | undefined;
}

export const FORMATS: Readonly<Record<FileListFormat, Format>> = {
  txt: { head: '', between: '', tail: '', row: ({ place }) => (/[\r\n]/.test(place) ? undefined : `${place}\n`) },
  json: {
    head: '[', between: ',', tail: '\n]\n',
    row: ({ did, size, adler32, place, local, rse }) => `\n  ${JSON.stringify({ did, ...(local ? { path: place } : { pfn: place, rse }), bytes: size, ...(adler32 && { adler32 }) })}`,
  },
  metalink: {
    head: '<?xml version="1.0" encoding="UTF-8"?>\n<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n', between: '', tail: '</metalink>\n',
    row: ({ did, size, adler32, place, local, rse }) => [
      ` <file name="${xml(nameIn(did))}">`, `  <identity>${xml(did)}</identity>`, `  <size>${size}</size>`, ...(adler32 ? [`  <hash type="adler32">${xml(adler32)}</hash>`] : []),
      `  <url${rse ? ` location="${xml(rse)}"` : ''} priority="1">${xml(local ? pathToFileURL(place).href : webAddress(place, did))}</url>`, ' </file>', '',
    ].join('\n'),
  },
};

/** Where a downloader puts it: a relative name that stays below its folder. */
function nameIn(did: string): string {
  const parts = did.slice(did.indexOf(':') + 1).split('/').filter((part) => part !== '' && part !== '.');
  return parts.map((part) => (part === '..' ? '_' : part)).join('/') || 'file';
}

/** davs:// is https:// to all programs but Rucio's, and there names are encoded. */
function webAddress(pfn: string, did: string): string {
  if (!/^(davs?|https?):/i.test(pfn)) return pfn; // root:// and others are written as they are
  try {
    return urlOf(pfn, did.slice(did.indexOf(':') + 1)).href;
  } catch (error) {
    if (RucioError.is(error)) return pfn;
    throw error;
  }
}

/** What XML 1.0 can't hold becomes U+FFFD. */
function xml(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd').replace(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
