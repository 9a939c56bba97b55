// A server's address and the way to it. A Rucio may have two: one for its REST API, one for signing in.
import { RucioError } from './errors.ts';
import { hostOf } from './exchange.ts';
import type { Trust } from './authorities.ts';
import { Network, type NetworkOptions } from './network.ts';
import { queryString, type Query, type UrlPath } from './paths.ts';

export interface PlaceOptions {
  readonly url: string;
  readonly trust: Trust;
  readonly network: NetworkOptions;
  /** ms */
  readonly connectTimeout: number;
}

export class Place {
  /** host:port; the text itself where it is no URL. */
  readonly host: string;
  readonly network: Network;
  readonly #base: URL | undefined;
  readonly #problem: RucioError | undefined;

  /** Never throws; see {@link url}. */
  constructor(options: PlaceOptions) {
    const url = URL.parse(options.url);
    this.#problem = problemOf(url);
    this.#base = this.#problem ? undefined : url ?? undefined;
    this.host = url?.hostname ? hostOf(url) : options.url.slice(0, 100);
    this.network = new Network(this.#base, options.network, options.trust, options.connectTimeout);
  }

  /** Whether a client certificate can be shown there. */
  get secure(): boolean {
    return this.#base?.protocol === 'https:';
  }

  /** Throws RucioError configuration when the address, the proxy or the CA file can't be used. */
  async url(path: UrlPath, query: Query | undefined): Promise<URL> {
    if (!this.#base) throw this.#problem ?? new Error('an address without a problem is a URL');
    await this.network.ready();
    return new URL(this.#base.pathname.replace(/\/+$/, '') + path + queryString(query), this.#base);
  }
}

function problemOf(url: URL | null): RucioError | undefined {
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') return new RucioError('configuration', 'The address of the Rucio server is no http:// or https:// URL.');
  // Not repeated: it is a secret.
  if (url.username !== '' || url.password !== '') return new RucioError('configuration', `The address of the Rucio server ${url.host} must not hold a user name or a password.`, { subject: url.host });
  return undefined;
}
