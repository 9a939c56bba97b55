// DIDs and scopes: one method for each call of `/dids/` and `/scopes/`.
import { RucioError } from '../errors.ts';
import { path } from '../paths.ts';
import { checkObject, checkTexts } from '../rows.ts';
import { searchPattern } from '../search.ts';
import type { Call } from '../transport.ts';
import type { DID, DIDContentRow, DIDDetails, DIDFileRow, DIDParentRow, DIDSearchRow, NewRule } from '../types.ts';
import { aboutDids, bare, chunksOf, DID_TEXTS, DID_TYPE_TEXTS, MOST_DIDS, text, type TokenCaller } from './caller.ts';

export type DidCalls = ReturnType<typeof didCalls>;

export function didCalls(caller: TokenCaller) {
  return {
    async listScopes(signal?: AbortSignal): Promise<string[]> {
      return checkTexts(await caller.json({ path: '/scopes/', signal }), 'GET /scopes/');
    },

    /** An account without scopes has none (the server says 404 ScopeNotFound); an unknown account is notFound. */
    async listAccountScopes(account: string, signal?: AbortSignal): Promise<string[]> {
      const call: Call = { path: path`/scopes/${account}/scopes`, about: account, signal };
      try {
        return checkTexts(await caller.json(call), `GET ${call.path}`);
      } catch (error) {
        if (RucioError.is(error, 'notFound') && error.exceptionClass === 'ScopeNotFound') return [];
        throw error;
      }
    },

    /**
     * DIDs of a scope, in no order. `name`: `*` stands for any characters, `*` alone for all; `limit`: at most so many rows.
     * An unknown scope has no rows. DIDs that the server suppresses are not among them.
     */
    async *searchDids(scope: string, { name, type, limit }: { name: string; type: 'all' | 'collection' | 'dataset' | 'container' | 'file'; limit?: number }, signal?: AbortSignal): AsyncGenerator<DIDSearchRow[], void, undefined> {
      const pattern = searchPattern(name);
      let left = pattern.exact ? 1 : limit ?? Infinity;
      if (left <= 0) return;
      const query = {
        type,
        long: 'true',
        name: pattern.sent,
        // With a filter of ours the server can't count: we read until we have enough, and hang up.
        limit: Number.isFinite(left) && !pattern.keeps ? left : undefined,
      };
      for await (const rows of caller.rows<DIDSearchRow>({ path: path`/dids/${scope}/dids/search`, query, about: scope, signal, texts: ['scope', 'name', 'did_type'] })) {
        const { keeps } = pattern;
        const kept = keeps ? rows.filter((row) => keeps(row.name)) : rows;
        const batch = kept.length > left ? kept.slice(0, left) : kept;
        left -= batch.length;
        if (batch.length > 0) yield batch;
        // Where the server counts too it ends by itself, and the connection can be used again.
        if (left <= 0 && query.limit === undefined) return;
      }
    },

    /** `dynamicDepth` makes the server count bytes and length of open collections and containers, down to files or datasets. */
    async getDid(did: DID, options: { dynamicDepth?: 'FILE' | 'DATASET' } = {}, signal?: AbortSignal): Promise<DIDDetails> {
      return checkObject(await caller.json({ path: path`/dids/${did.scope}/${did.name}`, query: { dynamic_depth: options.dynamicDepth }, about: text(did), signal }), DID_TYPE_TEXTS, 'GET /dids/…');
    },

    /** Direct children, in no order; of a file: none. */
    listContent(did: DID, signal?: AbortSignal): AsyncGenerator<DIDContentRow[], void, undefined> {
      return caller.rows({ path: path`/dids/${did.scope}/${did.name}/dids`, about: text(did), signal, texts: DID_TYPE_TEXTS });
    },

    /** All files in it, at whatever depth; one that is in two of its datasets comes twice. Of a file: itself. */
    listFiles(did: DID, signal?: AbortSignal): AsyncGenerator<DIDFileRow[], void, undefined> {
      return caller.rows({ path: path`/dids/${did.scope}/${did.name}/files`, about: text(did), signal, texts: ['scope', 'name'] });
    },

    listParents(did: DID, signal?: AbortSignal): Promise<DIDParentRow[]> {
      return caller.allRows({ path: path`/dids/${did.scope}/${did.name}/parents`, about: text(did), signal, texts: DID_TYPE_TEXTS });
    },

    /** Makes a dataset or container, with rules for it where asked. DataIdentifierAlreadyExists where there is one of that name, of whatever type. */
    addDid(did: DID, type: 'DATASET' | 'CONTAINER', rules: readonly Omit<NewRule, 'dids'>[] = [], signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'POST', path: path`/dids/${did.scope}/${did.name}`, body: { type, ...(rules.length > 0 && { rules }) }, about: text(did), signal });
    },

    /** Which of these collections take more; unknown ones have no row. One call for each thousand. */
    async openDids(dids: readonly DID[], signal?: AbortSignal): Promise<(DID & { readonly is_open: boolean | null })[]> {
      const all: (DID & { readonly is_open: boolean | null })[] = [];
      for (const some of chunksOf(dids, MOST_DIDS)) all.push(...await caller.allRows<DID & { is_open: boolean | null }>({ method: 'POST', reads: true, path: '/dids/bulkmeta', body: { dids: some.map(bare) }, about: aboutDids(dids), signal, texts: DID_TEXTS }));
      return all;
    },

    /** The same keys and values for each of them; keys that the server has no column for are kept as they are (rucio 41: core/did_meta_plugins). At most 1000. */
    setMetadata(dids: readonly DID[], meta: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'POST', path: '/dids/bulkdidsmeta', body: { dids: dids.map((did) => ({ ...bare(did), meta })) }, about: aboutDids(dids), signal });
    },

    /** At most 1000 at a time, all or none. FileAlreadyExists or DuplicateContent when one is in it; UnsupportedOperation when it is closed. */
    attachDids(to: DID, dids: readonly DID[], signal?: AbortSignal): Promise<void> {
      return caller.done({ method: 'POST', path: path`/dids/${to.scope}/${to.name}/dids`, body: { dids: dids.map(bare) }, about: text(to), signal });
    },
  };
}
