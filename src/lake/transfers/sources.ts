// Where a file can be fetched from: its replicas, the nearest first; through a cache where the instance has one; inside an archive where
// the file is part of one (a zip replica).
import { RucioError } from '../../rucio/errors.ts';
import type { FileReplicas } from '../../rucio/types.ts';
import type { Piece, Storage } from '../../storage/storage.ts';
import { urlOf } from '../../storage/url.ts';
import { ownFirst } from './places.ts';

export interface Source {
  readonly url: URL;
  readonly rse: string;
  /** The file's name in the archive at `url`. */
  readonly member?: string;
  /** The cache on the way, `host:port`. */
  readonly via?: string;
}

export interface SourceOptions {
  /** Tapes are asked too, last. */
  readonly tapes?: boolean;
  /** What is put before an address: "root://xcache.example.org:1094//", "https://xcache.example.org:1094//"; its scheme says for which. */
  readonly caches?: readonly string[];
}

/** How rucio writes that a replica is part of an archive (rucio 41: core/replica.py, `xrdcl.unzip`). */
const MEMBER = '?xrdcl.unzip=';

/** Best first, as the server sorted them (rucio 41: by distance from here); tapes, if they are to be asked at all, last. */
export function sourcesOf(replicas: FileReplicas | undefined, name: string, { tapes = false, caches = [] }: SourceOptions = {}): readonly Source[] {
  const late = ({ type }: { readonly type: string }): number => (type === 'TAPE' ? 1 : 0);
  return Object.entries(replicas?.pfns ?? {})
    .filter(([, { type }]) => tapes || type !== 'TAPE')
    .sort(([, a], [, b]) => late(a) - late(b) || a.priority - b.priority)
    .flatMap(([pfn, { rse, domain }]): Source[] => {
      const at = domain === 'zip' ? pfn.indexOf(MEMBER) : -1;
      const [address, member] = at < 0 ? [pfn, undefined] : [pfn.slice(0, at), pfn.slice(at + MEMBER.length)];
      try {
        const direct: Source = { url: urlOf(address, member === undefined ? name : ''), rse, ...(member !== undefined && { member }) };
        const cached = caches.map((prefix) => through(prefix, address)).find((url) => url !== undefined);
        // What the cache can't give comes from where it gets it.
        return cached ? [{ ...direct, url: cached, via: cached.host }, direct] : [direct];
      } catch (error) {
        if (RucioError.is(error)) return []; // another protocol of the same RSE may do
        throw error;
      }
    })
    // An RSE's protocols side by side, those of ours first.
    .map((source, _at, all) => ({ source, place: all.findIndex(({ rse }) => rse === source.rse) }))
    .sort((a, b) => a.place - b.place || ownFirst(a.source.url, b.source.url))
    .map(({ source }) => source);
}

const FAMILY: Readonly<Record<string, string>> = { davs: 'https:', https: 'https:', dav: 'http:', http: 'http:', root: 'root:', roots: 'roots:' };
const schemeOf = (address: string): string => /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase() ?? '';

/** The address of an address through a cache: the whole of it behind the prefix. undefined: that cache is for another protocol. */
export function through(prefix: string, address: string): URL | undefined {
  const family = FAMILY[schemeOf(prefix)];
  if (family === undefined || FAMILY[schemeOf(address)] !== family) return undefined;
  // Both slashes of the inner address count; its own scheme is what the cache asks by.
  const inner = address.replace(/^davs?:/, (scheme) => (scheme === 'davs:' ? 'https:' : 'http:')).split('/').map((part) => encodeURIComponent(part).replaceAll('%3A', ':')).join('/');
  return URL.parse(`${family}${prefix.slice(prefix.indexOf(':') + 1)}${inner}`) ?? undefined;
}

/** Its bytes from `from` on, or from 0 where that can't be: `Piece.from` says so. `bytes`: of the whole file. */
export async function bytesOf(storage: Storage, { url, member }: Source, from: number, bytes: number, signal?: AbortSignal): Promise<Piece> {
  if (member === undefined) return storage.get(url, from, bytes, signal);
  const { memberOf } = await import('./archive.ts'); // with its library: few files are part of one
  return { from: 0, total: bytes, body: await memberOf(storage, url, member, signal) };
}

export function onTapeOnly(replicas: FileReplicas | undefined): boolean {
  const all = Object.values(replicas?.pfns ?? {});
  return all.length > 0 && all.every(({ type }) => type === 'TAPE');
}

export function noSource(about: string, replicas: FileReplicas | undefined): string {
  if (onTapeOnly(replicas)) return `${about} is on tape only (${[...new Set(Object.values(replicas?.pfns ?? {}).map(({ rse }) => rse))].join(', ')}). Make a rule to a disk first; then it can be fetched.`;
  return `No storage that can be read by davs, https or root has ${about} now.`;
}
