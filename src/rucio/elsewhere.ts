// Calls to servers that are no Rucio (an OpenID provider), by the rules that hold for Rucio: proxy, authorities, deadlines,
// log. It has the shape of fetch, for libraries that bring their own protocol.
import { setTimeout as pause } from 'node:timers/promises';
import { isBusy, retryAfter } from './answers.ts';
import { Clock } from './clock.ts';
import { RucioError } from './errors.ts';
import { Exchange, hostOf, MayPass, type LogEntry, type Timeouts } from './exchange.ts';
import { Network, type NetworkOptions } from './network.ts';
import { RETRY, type Retry, untilNext } from './retry.ts';
import { secrets } from './secrets.ts';

export interface ElsewhereOptions {
  /** Believed beside the usual ones: a provider of the wide world has a certificate of the wide world, one of the lake's own has the lake's. */
  readonly caFile?: string;
  readonly network: NetworkOptions;
  /** For the User-Agent. */
  readonly version: string;
  readonly retry?: Partial<Retry>;
  readonly log?: (entry: LogEntry) => void;
}

export interface ElsewhereCall {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Of one call, ms: a person waits, and nobody computes for long. Under the 30 s of openid-client, so that the words are ours. */
const TIMEOUTS: Timeouts = { connect: 10_000, firstByte: 25_000, idle: 10_000 };
const LARGEST = 4 << 20;
/** Of an answer's headers, those that libraries look at. */
const HEADERS = ['Content-Type', 'WWW-Authenticate', 'Retry-After', 'Cache-Control', 'Date'];

export class Elsewhere {
  /** By the server that answered last. */
  readonly clock = new Clock();
  readonly #options: ElsewhereOptions;
  readonly #networks = new Map<string, Network>();

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** Any status below 500, as a WHATWG Response that was read whole; redirects are not followed. A GET is repeated as Rucio's calls are. Throws RucioError for all else. */
  readonly fetch = async (address: string, { method, headers, body, signal }: ElsewhereCall): Promise<Response> => {
    const url = new URL(address);
    const network = this.#network(url);
    await network.ready();
    const request = {
      url, method, headers: { ...headers, 'User-Agent': `rucio-vscode/${this.#options.version}`, 'Accept-Encoding': 'gzip' }, body: textOf(body),
      agent: method === 'GET' ? network.calls : network.fresh, signal, name: `${method} ${url.pathname}`, clock: this.clock,
    };
    for (let attempt = 1; ; attempt++) {
      const exchange = new Exchange(request, TIMEOUTS, this.#options.log);
      try {
        await exchange.open();
        const answer = await exchange.answer(LARGEST);
        const { status, text, whole, header } = answer;
        const host = hostOf(url);
        if (!whole) throw new RucioError('notRucio', `${host} answered with more than ${LARGEST >> 20} MB where a short answer was due.`, { status, subject: host });
        const failure = (kind: 'busy' | 'serverError'): RucioError => new RucioError(kind, `${host} could not answer (status ${status}).`, { status, subject: host });
        if (isBusy(status)) throw new MayPass(failure('busy'), retryAfter(answer, Date.now()));
        if (status >= 500) throw failure('serverError');
        return new Response([204, 205, 304].includes(status) ? null : text, { status, headers: HEADERS.flatMap((name): [string, string][] => {
          const value = header(name);
          return value === null ? [] : [[name, value]];
        }) });
      } catch (error) {
        if (!(error instanceof MayPass)) throw ended(error, signal, hostOf(url));
        const delay = method === 'GET' ? untilNext({ ...RETRY, ...this.#options.retry }, attempt, error.after) : undefined;
        if (delay === undefined) throw error.failure;
        await pause(delay, undefined, signal && { signal }).catch(() => {
          throw isTimeUp(signal) ? error.failure : new RucioError('cancelled', 'Cancelled.', { request: request.name });
        });
      } finally {
        exchange.drop();
      }
    }
  };

  close(): void {
    for (const network of this.#networks.values()) network.close();
  }

  #network(url: URL): Network {
    let network = this.#networks.get(url.origin);
    if (!network) this.#networks.set(url.origin, network = new Network(url, this.#options.network, { ca: this.#options.caFile, beside: true }, TIMEOUTS.connect));
    return network;
  }
}

/** The library allows a time for all of a call: that is over, and nobody cancelled anything. */
function isTimeUp(signal: AbortSignal | undefined): boolean {
  return signal?.reason instanceof Error && signal.reason.name === 'TimeoutError';
}

function ended(error: unknown, signal: AbortSignal | undefined, host: string): unknown {
  return RucioError.is(error, 'cancelled') && isTimeUp(signal) ? new RucioError('timeout', `${host} did not answer in time.`, { cause: error, subject: host }) : error;
}

function textOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (body instanceof URLSearchParams) secrets.learnFrom(body);
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString();
  throw new TypeError('a body that is neither a text nor a form');
}
