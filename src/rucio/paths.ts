// Names into URLs: whatever a community allows in a scope, a name or an RSE goes over the wire as one path segment.
import { RucioError } from './errors.ts';

/** The part of a URL after the base: encoded, with a leading slash. */
export type UrlPath = string;

export type QueryValue = string | number | boolean | undefined | readonly string[];
/** A text is sent as it is: what the server itself gave us, and no list of pairs. */
export type Query = Readonly<Record<string, QueryValue>> | string;

/**
 * path`/dids/${scope}/${name}/dids`: literal parts stay, values are encoded (also `/`, as %2F: a leading or double slash of a name
 * survives proxies that merge them). Throws RucioError badInput for what no URL can carry: an empty value (it would ask for something
 * else: `/dids/<scope>/` lists the whole scope), `.` and `..` (URL parsers take them out), half a surrogate pair.
 *
 * A name that ends in `/dids`, `/meta`, `/files`, `/rules`, `/parents`, `/status`, … can't be asked for by `GET /dids/<scope>/<name>`:
 * the server decodes %2F before it routes, and takes the end for one of its own routes (rucio 41: web/rest/flaskapi/v1/dids.py).
 */
export function path(literals: TemplateStringsArray, ...values: readonly string[]): UrlPath {
  return literals.map((literal, i) => (i === 0 ? literal : encodeSegment(values[i - 1] ?? '') + literal)).join('');
}

export function encodeSegment(value: string): string {
  if (value === '') throw new RucioError('badInput', 'A scope, name, account, rule or RSE is missing.');
  if (value === '.' || value === '..') throw new RucioError('badInput', `“${value}” can't be used as a name.`, { subject: value });
  return encode(value);
}

/** `?a=1&b=c` or nothing; undefined values are left out, arrays give the key several times. */
export function queryString(query: Query | undefined): string {
  if (typeof query === 'string') return query === '' ? '' : `?${query}`;
  const pairs: string[] = [];
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value as readonly string[] : [String(value)]) pairs.push(`${encode(key)}=${encode(one)}`);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function encode(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch (cause) {
    // URIError: the only reason it can have.
    throw new RucioError('badInput', `“${value}” holds half a character (a lone surrogate) and can't be sent.`, { cause });
  }
}
