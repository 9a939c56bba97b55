// From a PFN to the URL by which a storage is asked. Rucio writes names into PFNs as they are (rucio 41: rse/protocols/gfal.py),
// so `%`, `#`, `?` and blanks in them belong to the name, not to the URL's syntax.
import { RucioError } from '../rucio/errors.ts';

const PROTOCOLS: Readonly<Record<string, string>> = { davs: 'https:', https: 'https:', dav: 'http:', http: 'http:', root: 'root:', roots: 'roots:' };
/** A signature or token that the server put behind the path. */
const SIGNED = /^([^?]*)\?((?:[A-Za-z0-9_.-]+=[^/&]*&?)+)$/s;

/** Schemes that this floor speaks, as Rucio writes them, what it speaks best first: root by another program (xrootd.ts), where that is here. */
export const SCHEMES: readonly string[] = ['davs', 'https', 'http', 'dav', 'root', 'roots'];

/** @throws RucioError configuration for a scheme that is not spoken here, or for what is no PFN. */
export function urlOf(pfn: string, name: string): URL {
  const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)(\/.*)$/is.exec(pfn) ?? [];
  const protocol = PROTOCOLS[scheme.toLowerCase()];
  if (protocol === undefined) throw new RucioError('configuration', `“${pfn}” can't be reached from here: ${scheme === '' ? 'it is no physical file name' : `${scheme}:// is not spoken, only davs://, https:// and root://`}.`, { subject: pfn });
  const [, path = rest, query] = name.includes('?') ? [] : SIGNED.exec(rest) ?? [];
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => segment === '.' || segment === '..')) throw new RucioError('badInput', `“${pfn}” leaves the folder of its storage.`, { subject: pfn });
  const xroot = protocol.startsWith('root');
  if (xroot && path.includes('?')) throw new RucioError('configuration', `“${pfn}” can't be named by root://: a question mark ends a name there.`, { subject: pfn });
  const url = URL.parse(`${protocol}//${host}/${xroot ? '/' : ''}${segments.map(encodeURIComponent).join('/')}${query === undefined ? '' : `?${query}`}`);
  if (!url) throw new RucioError('configuration', `“${pfn}” is no address that can be asked.`, { subject: pfn });
  return url;
}

/** Another name beside this one: what a file is called until it is known to be whole. */
export function besides(url: URL, suffix: string): URL {
  const other = new URL(url);
  other.pathname = `${url.pathname}${suffix}`;
  return other;
}
