// One question to a storage by HTTP, and its answer: who we are, which connection, redirects, limits of silence (never of the whole).
// On node:https, as XRootD 5.5 takes header names by their case.
import http from 'node:http';
import https from 'node:https';
import type { Identity } from '../rucio/authorities.ts';
import { bypassed } from '../rucio/bypass.ts';
import { RucioError } from '../rucio/errors.ts';
import { hostOf, type Timeouts } from '../rucio/exchange.ts';
import { bodyFailure, connectionFailure, deadlinePassed } from '../rucio/failures.ts';
import { Network, type NetworkOptions } from '../rucio/network.ts';
import { secrets } from '../rucio/secrets.ts';
import { one, shown } from './refusals.ts';
import { send, SourceFailure } from './sending.ts';

/** What is shown to a storage: a token, or a certificate. Asked at each request: tokens are renewed under long transfers. */
export type Credential = { readonly token: string } | { readonly identity: Identity } | undefined;

export interface DavOptions {
  readonly network: NetworkOptions;
  readonly caFile?: string;
  readonly credential: (signal?: AbortSignal) => Promise<Credential>;
  readonly version: string;
  readonly timeouts?: Partial<Timeouts>;
  /** As {@link SOON}. */
  readonly soonMs?: number;
  readonly log?: (line: string) => void;
}

/** ms. A storage may work long on a checksum of a large file before its first byte. */
const TIMEOUTS: Timeouts = { connect: 20_000, firstByte: 300_000, idle: 120_000 };
/** ms, for what needs no look at a file's bytes: a storage that hangs is found out sooner. */
const SOON = 60_000;
/** Bytes of a body, or of a file, that a storage has looked through in no time. */
export const SMALL_BODY = 1 << 20;
const MOST_REDIRECTS = 5;
/** Of an answer that is an error, for its words. */
const WORDS = 2000;
/** Bytes of an answer without a file in it that are read for the sake of the connection; beyond, it is given up. */
const MOST_DRAINED = 256 << 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => AsyncIterable<Uint8Array>;
  readonly bytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Got {
  readonly status: number;
  readonly response: http.IncomingMessage;
  readonly url: URL;
  /** The body; ends without an error only at its proper end. A piece is good until the next is asked for. */
  chunks(): AsyncGenerator<Buffer, void, undefined>;
  /** Reads what is left, so that the connection can be used again. */
  drain(): Promise<string>;
}

export class Asking {
  readonly #options: DavOptions;
  readonly #timeouts: Timeouts;
  /** ms for which an answer that needs no look at many bytes is waited for. */
  readonly soonMs: number;
  readonly #networks = new Map<string, { readonly network: Network; readonly identity: Identity | undefined }>();

  constructor(options: DavOptions) {
    this.#options = options;
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts };
    this.soonMs = options.soonMs ?? SOON;
  }

  close(): void {
    for (const { network } of this.#networks.values()) network.close();
    this.#networks.clear();
  }

  /** Follows redirects; the token goes along only to where it belongs. */
  async ask(asked: Asked): Promise<Got> {
    let { url } = asked;
    for (let hops = 0; ; hops++) {
      const credential = hops === 0 || await sameHouse(asked.url, url) ? await this.#options.credential(asked.signal) : undefined;
      if (credential && 'token' in credential && url.protocol !== 'https:' && !isLoopback(url)) throw new RucioError('configuration', `The storage ${hostOf(url)} is asked without encryption (${url.protocol}//): your token is not sent there.`, { subject: hostOf(url) });
      const got = await this.#once({ ...asked, url }, credential);
      const location = one(got.response.headers['location']);
      if (!REDIRECTS.has(got.status) || location === undefined) return got;
      got.response.destroy();
      const to = URL.parse(location, url.href);
      const elsewhere = (why: string): RucioError => new RucioError('refused', `The storage ${hostOf(url)} sends us on ${why}.`, { status: got.status, subject: hostOf(url), exceptionClass: 'StorageRedirect' });
      if (!to || (to.protocol !== 'https:' && to.protocol !== 'http:')) throw elsewhere('to an address that is none');
      if (url.protocol === 'https:' && to.protocol === 'http:') throw elsewhere(`to ${to.origin}, without encryption; nothing was sent there`);
      if (hops >= MOST_REDIRECTS) throw elsewhere('round in circles');
      url = to;
    }
  }

  async #network(url: URL, identity: Identity | undefined): Promise<Network> {
    const known = this.#networks.get(url.origin);
    if (known && known.identity?.cert === identity?.cert) return known.network;
    known?.network.close();
    const { network: options, caFile } = this.#options;
    const network = new Network(url, options, { ca: caFile, beside: true, identity }, this.#timeouts.connect, { files: true });
    this.#networks.set(url.origin, { network, identity });
    return network;
  }

  /** A kept connection may be closed by the server at the moment it is used: what can be done twice is done once more on a new one. */
  async #once(asked: Asked, credential: Credential): Promise<Got> {
    const used = { kept: false };
    try {
      return await this.#try(asked, credential, used);
    } catch (error) {
      if (!used.kept || asked.method === 'MOVE' || asked.signal?.aborted || !RucioError.is(error, 'unreachable')) throw error;
      return this.#try(asked, credential, used);
    }
  }

  async #try({ method, url, headers, body, bytes, signal }: Asked, credential: Credential, used: { kept: boolean }): Promise<Got> {
    const network = await this.#network(url, credential && 'identity' in credential ? credential.identity : undefined);
    await network.ready();
    const host = hostOf(url);
    const { idle, firstByte } = this.#timeouts;
    const cancelled = (): RucioError => new RucioError('cancelled', 'Cancelled.', { request: `${method} ${shown(url)}` });
    if (signal?.aborted) throw cancelled();
    const token = credential && 'token' in credential ? credential.token : undefined;
    if (token !== undefined) secrets.learn(token);
    const started = performance.now();
    const request = (url.protocol === 'https:' ? https : http).request(url, {
      method, agent: network.streams,
      headers: { Host: url.host, 'User-Agent': `rucio-vscode/${this.#options.version}`, ...headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...(bytes !== undefined && { 'Content-Length': String(bytes) }) },
    });
    let why: Error | undefined;
    const stop = (error: Error): void => {
      why ??= error;
      request.destroy(error);
    };
    const abort = (): void => stop(cancelled());
    signal?.addEventListener('abort', abort, { once: true });
    let timer: NodeJS.Timeout | undefined;
    const within = (phase: string, ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => stop(deadlinePassed(phase, ms)), ms);
    };
    const done = (status: number | string): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      this.#options.log?.(`${method} ${shown(url)} ${status} ${Math.round(performance.now() - started)} ms`);
    };
    const failed = (error: unknown, inWords: typeof connectionFailure): unknown => {
      used.kept = request.reusedSocket && why === undefined && !(body && request.writableFinished); // with all of a body there, the answer may be all that was lost
      const failure = why instanceof RucioError ? why : inWords(why ?? error, host, { request: `${method} ${shown(url)}`, exceptionClass: 'StorageAway' });
      done(failure instanceof Error ? failure.message : String(failure));
      return failure;
    };
    // Before the first await: nobody else hears it.
    let large: ReturnType<typeof bypassed>;
    const answer = new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', (response) => {
        if (method === 'GET') large = bypassed(request, response);
        resolve(response);
      });
      request.once('error', reject);
      request.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    });
    answer.catch(() => undefined);
    try {
      const mayLast = (body && (bytes ?? Infinity) > SMALL_BODY) || method === 'GET' || headers?.['Want-Digest'] !== undefined;
      const patience = mayLast ? firstByte : Math.min(firstByte, this.soonMs);
      within('did not answer', patience);
      if (body) {
        const ended = await send(request, body(), bytes ?? Infinity, answer, { begun: () => within('took no more bytes', idle), over: () => clearTimeout(timer) });
        if (ended) within('did not answer', patience);
      } else request.end();
      const response = await answer;
      clearTimeout(timer);
      const chunks = async function* (): AsyncGenerator<Buffer, void, undefined> {
        try {
          within('sent nothing more', idle);
          for await (const chunk of large?.() ?? response) {
            clearTimeout(timer);
            yield chunk as Buffer;
            within('sent nothing more', idle);
          }
          if (!large && !response.complete) throw Object.assign(new Error('closed'), { code: 'ECONNRESET' });
          done(response.statusCode ?? 0);
        } catch (error) {
          throw failed(error, bodyFailure);
        } finally {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          // An answer that came before the end of what we sent: the connection is for nothing else any more.
          if (!response.complete || !request.writableFinished) request.destroy();
        }
      };
      const drain = async (): Promise<string> => {
        let text = '';
        let bytes = 0;
        for await (const chunk of chunks()) {
          if (text.length < WORDS) text += chunk.toString('utf8');
          bytes += chunk.length;
          if (bytes > MOST_DRAINED) break; // no answer of a storage to such a call has an end that is worth waiting for
        }
        return text.slice(0, WORDS);
      };
      return { status: response.statusCode ?? 0, response, url, chunks, drain };
    } catch (error) {
      request.destroy();
      throw error instanceof SourceFailure ? (done('not sent'), error.cause) : failed(error, connectionFailure);
    }
  }
}

/**
 * A door sends its clients on to its disk servers: door.example.org to disk7.pool.example.org. The same machine, or both in the domain that one
 * owner registered; below what strangers share (co.uk, s3.amazonaws.com), and for addresses in numbers, only the same machine.
 */
export async function sameHouse(from: URL, to: URL): Promise<boolean> {
  if (from.hostname === to.hostname) return true;
  const { getDomain } = await import('tldts'); // its list is long
  const domain = (url: URL): string | null => getDomain(url.hostname, { allowPrivateDomains: true });
  return domain(from) !== null && domain(from) === domain(to);
}

function isLoopback(url: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
