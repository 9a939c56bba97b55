// From a call to a good answer of one server: attempts, redirects within the server, one renewal of a refused token, no secret in an error.
import { setTimeout as pause } from 'node:timers/promises';
import type { Identity } from './authorities.ts';
import { answerFailure, ERROR_BODY, isBusy, retryAfter, tokenRefused, type Asked } from './answers.ts';
import { Clock } from './clock.ts';
import { RucioError } from './errors.ts';
import { Exchange, MayPass, type LogEntry, type Timeouts } from './exchange.ts';
import type { NetworkOptions } from './network.ts';
import type { Query, UrlPath } from './paths.ts';
import { Place } from './place.ts';
import { RETRY, type Retry, untilNext } from './retry.ts';

export interface TransportOptions {
  /** With or without a path prefix. */
  baseUrl: string;
  /** Where `/auth/…` is, if elsewhere; only calls that sign in go there. */
  authUrl?: string;
  /** PEM file or a folder of them, in place of all other authorities. */
  caFile?: string;
  /** They are believed beside the usual ones. */
  caBeside?: boolean;
  vo?: string;
  appId?: string;
  /** For the User-Agent: rucio-vscode/<version>. */
  version: string;
  network: NetworkOptions;
  timeouts?: Partial<Timeouts>;
  retry?: Partial<Retry>;
  log?: (entry: LogEntry) => void;
}

/** Where tokens come from; a session is one. Both throw RucioError signInNeeded when there is none without asking a person. */
export interface TokenSource {
  current(signal?: AbortSignal): Promise<string>;
  /** The server refused this one: another. */
  renew(refused: string, signal?: AbortSignal): Promise<string>;
}

export interface Call {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Made by paths.ts `path`, so that names are encoded. */
  readonly path: UrlPath;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent: the call carries no token. */
  readonly tokens?: TokenSource;
  /** A POST that only reads: repeated like a GET. */
  readonly reads?: boolean;
  /** The call carries credentials: it goes to the place for signing in, and a 401 means that they are wrong. */
  readonly signIn?: boolean;
  /** With `signIn`: the certificate to show there. */
  readonly identity?: Identity;
  /** What it is about, for errors: a DID, an RSE, a rule, an account. */
  readonly about?: string;
  readonly signal?: AbortSignal | undefined;
}

const TIMEOUTS: Timeouts = { connect: 20_000, firstByte: 600_000, idle: 300_000 };
export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;

export class Caller {
  /** Where calls go, and where those that sign in go. */
  readonly api: Place;
  readonly auth: Place;
  readonly clock = new Clock();
  readonly #authUrl: string;
  readonly #newPlace: (url: string, identity?: Identity) => Place;
  /** The place for signing in as this one: connections on which a certificate was shown are for nothing else. */
  #certified: { readonly identity: Identity; readonly place: Place } | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeouts: Timeouts;
  readonly #retry: Retry;
  readonly #log: ((entry: LogEntry) => void) | undefined;
  readonly #problem: RucioError | undefined;
  readonly #open = new Set<Exchange>();
  #closed = false;

  /** Never throws: wrong settings are raised by each call, as RucioError configuration. */
  constructor(options: TransportOptions) {
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts };
    this.#retry = { ...RETRY, ...options.retry };
    this.#log = options.log;
    this.#headers = {
      'User-Agent': `rucio-vscode/${options.version}`,
      'Accept-Encoding': 'gzip',
      ...(options.vo !== undefined && { 'X-Rucio-VO': options.vo }),
      ...(options.appId !== undefined && { 'X-Rucio-AppID': options.appId }),
    };
    this.#problem = problemOf(options);
    this.#newPlace = (url, identity) => new Place({ url, trust: { ca: options.caFile, beside: options.caBeside ?? false, identity }, network: options.network, connectTimeout: this.#timeouts.connect });
    this.api = this.#newPlace(options.baseUrl);
    this.#authUrl = options.authUrl ?? options.baseUrl;
    this.auth = this.#authUrl === options.baseUrl ? this.api : this.#newPlace(this.#authUrl);
  }

  /**
   * The answer with a status below 300 (or, with `follow: false`, a redirect), as `read` reads it; asked for again when it was cut
   * meanwhile and the call is safe. When `read` gives back the exchange itself, the caller reads on, and must {@link release} it.
   */
  async call<T>(call: Call, read: (exchange: Exchange) => Promise<T>, how: { stream?: boolean; follow?: boolean } = {}): Promise<T> {
    const safe = isSafe(call);
    let token = await call.tokens?.current(call.signal);
    let renewed = false;
    let keep: Exchange | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        const exchange = await this.#exchange(call, token, how);
        try {
          const { status } = exchange;
          if (status < 300 || (how.follow === false && REDIRECTS.has(status))) {
            const result = await read(exchange);
            if (result === exchange) keep = exchange;
            return result;
          }
          const answer = await exchange.answer(ERROR_BODY);
          const failure = answerFailure(answer, this.asked(call));
          if (token !== undefined && call.tokens && tokenRefused(answer)) {
            if (renewed) throw new RucioError('signInNeeded', failure.message, failure);
            renewed = true;
            token = await call.tokens.renew(token, call.signal);
            attempt--;
            continue;
          }
          throw isBusy(status) ? new MayPass(failure, retryAfter(answer, Date.now())) : failure;
        } finally {
          if (keep !== exchange) this.release(exchange);
        }
      } catch (error) {
        if (this.#closed) throw closed(call);
        const sent = { ...call.headers, ...(token !== undefined && { token }) };
        if (!(error instanceof MayPass)) throw withoutSecrets(error, sent);
        const delay = safe ? untilNext(this.#retry, attempt, error.after) : undefined;
        if (delay === undefined) throw withoutSecrets(error.failure, sent);
        await this.#wait(delay, call);
      }
    }
  }

  async #wait(ms: number, call: Call): Promise<void> {
    try {
      await pause(ms, undefined, { signal: call.signal });
    } catch {
      // It only fails when the signal says so.
      throw new RucioError('cancelled', 'Cancelled.', { request: nameOf(call) });
    }
  }

  /** An answer's head; redirects within the server are followed (not with `follow: false`). */
  async #exchange(call: Call, token: string | undefined, how: { stream?: boolean; follow?: boolean }): Promise<Exchange> {
    if (this.#problem) throw this.#problem;
    const place = this.#place(call);
    const { network } = place;
    let url = await place.url(call.path, call.query);
    if (this.#closed) throw closed(call);
    const safe = isSafe(call);
    // A kept connection may be closed by the server at the moment it is used; what must not be repeated gets a new one.
    const agent = !safe ? network.fresh : how.stream ? network.streams : network.calls;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = { ...this.#headers, ...(body !== undefined && { 'Content-Type': 'application/json' }), ...call.headers, ...(token !== undefined && { 'X-Rucio-Auth-Token': headerText(token) }) };
    for (let hops = 0; ; hops++) {
      const exchange = new Exchange({ url, method: call.method ?? 'GET', headers, body, agent, signal: call.signal, name: nameOf(call), clock: this.clock }, this.#timeouts, this.#log);
      this.#open.add(exchange);
      try {
        await exchange.open();
      } catch (error) {
        this.#open.delete(exchange);
        throw error;
      }
      const location = exchange.header('Location');
      if (how.follow === false || !REDIRECTS.has(exchange.status) || location === null) return exchange;
      try {
        url = this.#redirected(url, location, exchange.status, call, hops);
        // Read, so that the connection can be used for the next hop.
        await exchange.answer(4096);
      } finally {
        this.release(exchange);
      }
    }
  }

  #redirected(from: URL, location: string, status: number, call: Call, hops: number): URL {
    const to = URL.parse(location, from.href);
    const asked = this.asked(call);
    if (!to || to.origin !== from.origin) {
      const elsewhere = to ? to.origin : 'an address that is none';
      throw wrongAnswer(asked, `sends us on to ${elsewhere}; nothing was sent there. If that is the Rucio server, set it as the address; if it is a log-in page, something on the way wants you to log in first`, status);
    }
    if (hops >= MOST_REDIRECTS) throw wrongAnswer(asked, `sends us round in circles (${MOST_REDIRECTS} redirects)`, status);
    if ((call.method ?? 'GET') !== 'GET' && status !== 307 && status !== 308) throw wrongAnswer(asked, `sends us on to another page (${status}) in answer to ${asked.request}; is its address complete?`, status);
    return to;
  }

  #place({ signIn, identity }: Call): Place {
    if (!signIn) return this.api;
    if (!identity) return this.auth;
    if (this.#certified?.identity.cert !== identity.cert || this.#certified.identity.key !== identity.key) {
      this.#certified?.place.network.close();
      this.#certified = { identity, place: this.#newPlace(this.#authUrl, identity) };
    }
    return this.#certified.place;
  }

  asked(call: Call): Asked {
    return { host: this.#place(call).host, request: nameOf(call), about: call.about, signIn: call.signIn };
  }

  release(exchange: Exchange): void {
    exchange.drop();
    this.#open.delete(exchange);
  }

  /** What the reading of a released answer failed with, as it may leave the house. */
  failureOf(error: unknown, call: Call, exchange: Exchange): unknown {
    if (this.#closed) return closed(call);
    return withoutSecrets(error instanceof MayPass ? error.failure : error, exchange.headers);
  }

  /** Ends all that is under way (as cancelled) and all connections. */
  close(): void {
    this.#closed = true;
    for (const exchange of this.#open) exchange.drop();
    for (const place of new Set([this.api, this.auth, this.#certified?.place])) place?.network.close();
  }
}

/** A page or a server may repeat what we sent it. */
function withoutSecrets(error: unknown, headers: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof RucioError)) return error;
  const secrets = Object.entries(headers).filter(([name, text]) => /token|password|signature/i.test(name) && text.length > 3).map(([, text]) => text);
  if (!secrets.some((secret) => error.message.includes(secret))) return error;
  return new RucioError(error.kind, secrets.reduce((message, secret) => message.replaceAll(secret, '…'), error.message), error);
}

/** `GET /dids/…`: without the query. */
export function nameOf(call: Call): string {
  return `${call.method ?? 'GET'} ${call.path}`;
}

function isSafe(call: Call): boolean {
  return (call.method ?? 'GET') === 'GET' || call.reads === true;
}

function closed(call: Call): RucioError {
  return new RucioError('cancelled', 'The connection to the server was closed.', { request: nameOf(call) });
}

/** Node would name the header and not say what to do. */
function headerText(token: string): string {
  if (!/^[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(token)) throw new RucioError('signInNeeded', 'The token holds characters that no token has (a line break, a space at its end?).');
  return token;
}

export function wrongAnswer({ host, request }: Asked, what: string, status: number): RucioError {
  return new RucioError('notRucio', `${host} ${what}${what.endsWith('?') ? '' : '.'}`, { status, request, subject: host });
}

function problemOf(options: TransportOptions): RucioError | undefined {
  for (const [what, text] of [['VO', options.vo], ['application id', options.appId]] as const) {
    if (text !== undefined && !/^[\x21-\x7e]+$/.test(text)) return new RucioError('configuration', `The ${what} “${text}” can't be sent: letters, digits and punctuation only.`);
  }
  return undefined;
}
