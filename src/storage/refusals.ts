// What a storage's answer means when it is not the one that was wanted, in words for a person.
import { RucioError, type ErrorKind } from '../rucio/errors.ts';
import { hostOf } from '../rucio/exchange.ts';

/** Busy, locked by another writer, or throttled: the same may work later. */
const LATER: ReadonlySet<number> = new Set([423, 425, 429, 502, 503, 504]);

/** @throws RucioError when the status is none of the good ones; `words`: the body. */
export function expect({ status, url, response }: { readonly status: number; readonly url: URL; readonly response: { readonly statusMessage?: string | undefined } }, method: string, good: readonly number[], words = ''): void {
  if (good.includes(status)) return;
  const host = hostOf(url);
  const said = sentence(words, response.statusMessage ?? '');
  const fail = (kind: ErrorKind, what: string, exceptionClass?: string): RucioError => new RucioError(kind, `The storage ${host} ${what}`, { status, subject: host, request: `${method} ${shown(url)}`, ...(exceptionClass && { exceptionClass }) });
  if (status === 401) throw fail('accessDenied', `does not know you (401${said}).`, 'StorageDenied');
  if (status === 403) throw fail('accessDenied', `does not let you do this (${method}, 403${said}).`, 'StorageDenied');
  if (status === 404) throw fail('notFound', `has nothing at ${shown(url)} (404).`, 'StorageNotFound');
  if (status === 507 || status === 413) throw fail('quota', `has no room for it (${status}${said}).`, 'StorageFull');
  if (status === 412) throw fail('refused', `says that something is there already (412${said}).`, 'StorageExists');
  if (LATER.has(status)) throw fail('busy', status === 423 ? `says that another writer has the file open (423${said}).` : `is too busy (${status}${said}).`, 'StorageBusy');
  throw fail('serverError', `could not do it (${method}, ${status}${said}).`, 'StorageFailed');
}

/** Without what may be a signature behind the path. */
export function shown(url: URL): string {
  return url.origin + decodeURIComponent(url.pathname.replace(/%(?![0-9a-f]{2})/gi, '%25'));
}

export function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function sentence(words: string, message: string): string {
  const text = (/^\s*</.test(words) ? /<(?:title|Message)>([^<]*)</i.exec(words)?.[1] ?? '' : words).replace(/\s+/g, ' ').trim().slice(0, 300) || message;
  return text === '' ? '' : `: ${text}`;
}
