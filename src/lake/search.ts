// From what a person types to rows of DIDs: reading pages of a scope or a collection without ever reading it whole.
import { RucioError } from '../rucio/errors.ts';
import type { RucioClient } from '../rucio/client.ts';
import type { DID, DIDType } from '../rucio/types.ts';
import type { DIDFilter, DIDRow } from './types.ts';

/** Batches of rows as they come; the return value says whether the server had more than was given. */
export type RowStream = AsyncGenerator<readonly DIDRow[], { readonly more: boolean }, undefined>;

export type SearchClient = Pick<RucioClient, 'searchDids' | 'listContent' | 'getDid'>;

/** `pattern` is the name with Rucio's wildcard `*`; `name` is set where the text holds no wildcard and may be a DID's own. */
export interface ParsedDid {
  readonly scope: string;
  readonly name?: string;
  readonly pattern: string;
  /** True where no colon said what the scope is (Rucio's default extraction: rucio 41: common/utils.py extract_scope_default). */
  readonly guessed: boolean;
}

/**
 * What `text` means as a DID or pattern, or why it means nothing (a sentence for a person). The scope ends at the first
 * colon, so names may hold more of them. Blanks and quotes around it go, and so does what comes with a pasted line
 * (`rucio://`, `rucio did list …`).
 */
export function parseDidText(text: string): ParsedDid | { readonly reason: string } {
  const did = unwrap(text);
  if (did === '') return { reason: 'Type scope:name, or scope: for all of a scope.' };
  const colon = did.indexOf(':');
  if (colon < 0) {
    const scope = /^(user|group)/.test(did) ? did.split('.').slice(0, 2).join('.') : did.split('.')[0]!;
    const name = did.endsWith('/') ? did.slice(0, -1) : did;
    if (scope === '' || name === '' || /[*%/\s]/.test(scope)) return { reason: `"${did}" has no scope. Type scope:name.` };
    return { scope, ...(!isPattern(name) && { name }), pattern: name, guessed: true };
  }
  const scope = did.slice(0, colon).trim();
  const name = did.slice(colon + 1);
  if (scope === '') return { reason: 'The scope before the colon is missing. Type scope:name.' };
  if (scope.includes('*')) return { reason: `Rucio knows no wildcard in the scope ("${scope}"). Type the scope in full; * may stand in the name.` };
  if (name.trim() === '') return { scope, pattern: '*', guessed: false };
  return { scope, ...(!isPattern(name) && { name }), pattern: name, guessed: false };
}

/** `*` is Rucio's wildcard. `%` is one too, but it may as well be a letter of a name: exact look-up decides. */
function isPattern(name: string): boolean {
  return name.includes('*');
}

function unwrap(text: string): string {
  let did = text.trim();
  // A pasted line of the command line: its last word with a colon is the DID.
  if (/^(\$\s*)?rucio\s/.test(did)) did = did.split(/\s+/).findLast((word) => /[^:/]:(?!\/\/)/.test(word) && !word.startsWith('-')) ?? '';
  for (;;) {
    const inner = did.replace(/^(["'`])(.*)\1$/s, '$2').trim().replace(/^rucio:\/\//i, '');
    if (inner === did) return did;
    did = inner;
  }
}

const SERVER_TYPE = { all: 'all', collection: 'collection', dataset: 'dataset', container: 'container', file: 'file' } as const;

function fits(type: DIDType, filter: DIDFilter): boolean {
  return filter === 'all' || (filter === 'collection' ? type !== 'FILE' : filter.toUpperCase() === type);
}

/** DIDs of a scope by name pattern ('' = all), at most `limit`: one more is asked for, to know whether there are more. */
export async function* listDids(client: Pick<RucioClient, 'searchDids'>, scope: string, query: { readonly name: string; readonly type: DIDFilter; readonly limit: number }, signal?: AbortSignal): RowStream {
  const rows = client.searchDids(scope, { name: query.name === '' ? '*' : query.name, type: SERVER_TYPE[query.type], limit: query.limit + 1 }, signal);
  return yield* page(rows, query.limit, (row) => ({ scope: row.scope, name: row.name, type: row.did_type, bytes: row.bytes, length: row.length }));
}

/** Children of a collection, one level, at most `limit` that fit the filter; the answer is closed once the page is full. */
export async function* listContent(client: Pick<RucioClient, 'listContent'>, did: DID, query: { readonly type: DIDFilter; readonly limit: number }, signal?: AbortSignal): RowStream {
  return yield* page(client.listContent(did, signal), query.limit, (row) =>
    fits(row.type, query.type) ? { scope: row.scope, name: row.name, type: row.type, bytes: row.bytes, length: row.type === 'FILE' ? 1 : null } : undefined);
}

/**
 * What a person typed. Without a wildcard the DID of exactly that name comes first (looked up, not searched: that works
 * for every name), then the names that begin so. Fails with badInput when the text means nothing.
 */
export async function* searchDids(client: SearchClient, text: string, query: { readonly type: DIDFilter; readonly limit: number }, signal?: AbortSignal): RowStream {
  const parsed = parseDidText(text);
  if ('reason' in parsed) throw new RucioError('badInput', parsed.reason);
  const { scope, name } = parsed;
  if (name === undefined) return yield* listDids(client, scope, { ...query, name: parsed.pattern }, signal);

  let exact: DIDRow | undefined;
  try {
    const did = await client.getDid({ scope, name }, {}, signal);
    if (fits(did.type, query.type)) exact = { scope: did.scope, name: did.name, type: did.type, bytes: did.bytes, length: did.length };
  } catch (error) {
    // No DID has exactly this name: it is the beginning of others, or of nothing.
    if (!RucioError.is(error, 'notFound')) throw error;
  }
  if (exact) yield [exact];
  const found = exact;
  const rows = listDids(client, scope, { ...query, name: `${name}*` }, signal);
  let left = query.limit - (found ? 1 : 0);
  for (;;) {
    const step = await rows.next();
    if (step.done) return { more: step.value.more };
    const others = found ? step.value.filter((row) => row.name !== found.name || row.scope !== found.scope) : step.value;
    if (others.length > left) {
      if (left > 0) yield others.slice(0, left);
      await rows.return({ more: true });
      return { more: true };
    }
    left -= others.length;
    if (others.length > 0) yield others;
  }
}

/** Reads until `limit` rows were given and one more was seen, closes the source, and gives no row twice. */
async function* page<R>(source: AsyncGenerator<readonly R[]>, limit: number, rowOf: (row: R) => DIDRow | undefined): RowStream {
  const seen = new Set<string>();
  try {
    for await (const batch of source) {
      const rows: DIDRow[] = [];
      let more = false;
      for (const raw of batch) {
        const row = rowOf(raw);
        if (!row) continue;
        const key = `${row.scope}:${row.name}`;
        if (seen.has(key)) continue;
        if (seen.size === limit) {
          more = true;
          break;
        }
        seen.add(key);
        rows.push(row);
      }
      if (rows.length > 0) yield rows;
      if (more) return { more: true };
    }
    return { more: false };
  } finally {
    await source.return(undefined);
  }
}
