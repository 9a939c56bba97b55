// Storages whose addresses have to be signed by Rucio (RSE attribute `sign_url`): which they are, and the signature for one operation.
// They are looked up once, when the first https address of this instance is about to be asked.
import { SIGNING_SERVICES, type SigningService } from '../rucio/clients/credentials.ts';
import type { RucioClient } from '../rucio/client.ts';
import { RucioError } from '../rucio/errors.ts';
import type { SignedOperation, Signer } from '../storage/signed.ts';

/** Seconds for which a signature is good. It has to be good only when a request begins. */
const LIFETIME = 600;
/** ms after which it is asked again which storages they are. */
const AGE = 600_000;

interface House { readonly rse: string; readonly service: SigningService; readonly origin: string; readonly prefix: string }

export class RucioSigner implements Signer {
  readonly #client: Pick<RucioClient, 'listRses' | 'getRse' | 'getSignedUrl'>;
  readonly #now: () => number;
  #known: { readonly at: number; readonly houses: Promise<readonly House[]> } | undefined;

  /** `client` asks nobody. `now`: ms. */
  constructor(client: Pick<RucioClient, 'listRses' | 'getRse' | 'getSignedUrl'>, now: () => number = () => performance.now()) {
    this.#client = client;
    this.#now = now;
  }

  async signs(url: URL, signal?: AbortSignal): Promise<boolean> {
    return await this.#house(url, signal) !== undefined;
  }

  async sign(url: URL, operation: SignedOperation, signal?: AbortSignal): Promise<URL> {
    const house = await this.#house(url, signal);
    if (!house) throw new RucioError('configuration', `The address at ${url.host} was signed by the server, and none of its storages says that it would sign it again.`, { subject: url.host, exceptionClass: 'NotSigned' });
    const { rse, service } = house;
    let text: string;
    try {
      // The server takes names as they are, and encodes them itself (rucio 41: core/credential.py).
      text = await this.#client.getSignedUrl(rse, `${url.origin}${plain(url.pathname)}`, { service, operation, lifetime: LIFETIME }, signal);
    } catch (error) {
      if (RucioError.is(error, 'accessDenied')) throw new RucioError('accessDenied', `${rse} takes only what Rucio signs, and it signs nothing for your account.`, { subject: rse, exceptionClass: 'MayNotSign', cause: error });
      if (RucioError.is(error, 'serverError', 'refused')) throw new RucioError('configuration', `${rse} takes only what Rucio signs, and this Rucio could not sign: ${error.message}`, { subject: rse, exceptionClass: 'NotSigned', cause: error });
      throw error;
    }
    const signed = URL.parse(text);
    // Swift's come back without their port (rucio 41: core/credential.py).
    if (!signed || signed.protocol !== 'https:' || signed.hostname !== url.hostname || same(signed.pathname) !== same(url.pathname)) throw new RucioError('configuration', `Rucio signed another address than that of the file at ${rse}: names with “#” or “?” can't be signed.`, { subject: rse, exceptionClass: 'NotSigned' });
    return signed;
  }

  async #house(url: URL, signal: AbortSignal | undefined): Promise<House | undefined> {
    const path = same(url.pathname);
    return (await this.#houses(signal)).find(({ origin, prefix }) => origin === url.origin && path.startsWith(prefix));
  }

  #houses(signal: AbortSignal | undefined): Promise<readonly House[]> {
    if (this.#known && this.#now() - this.#known.at < AGE) return waited(this.#known.houses, signal);
    const known = { at: this.#now(), houses: this.#look() };
    this.#known = known;
    known.houses.catch(() => { if (this.#known === known) this.#known = undefined; });
    return waited(known.houses, signal);
  }

  /** Longest prefix first. */
  async #look(): Promise<readonly House[]> {
    let rses: readonly string[];
    try {
      rses = await this.#client.listRses(SIGNING_SERVICES.map((service) => `sign_url=${service}`).join('|'));
    } catch (error) {
      // An expression that means no storage is refused.
      if (RucioError.is(error, 'refused', 'notFound', 'accessDenied')) return [];
      throw error;
    }
    const all = await Promise.all(rses.map(async (rse): Promise<House[]> => {
      const { sign_url: service, protocols = [] } = await this.#client.getRse(rse);
      const known = SIGNING_SERVICES.find((one) => one === service);
      return known === undefined ? [] : protocols.filter(({ scheme }) => scheme === 'https').flatMap(({ hostname, port, prefix }) => {
        const at = URL.parse(`https://${hostname}:${port}/`);
        return at ? [{ rse, service: known, origin: at.origin, prefix: same(prefix) }] : [];
      });
    }));
    return all.flat().sort((a, b) => b.prefix.length - a.prefix.length);
  }
}

/** Who waits no longer leaves; the look-up goes on for the others. */
function waited<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(new RucioError('cancelled', 'Cancelled.'));
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function plain(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // it holds a % of its own
  }
}

/** One spelling of a path: nothing encoded, no slash twice. */
function same(path: string): string {
  return plain(path).replace(/\/+/g, '/');
}
