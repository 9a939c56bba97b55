// A storage that speaks HTTP with WebDAV's MOVE and MKCOL: XRootD, dCache, EOS, StoRM. On node:https, as XRootD 5.5 takes header
// names by their case. A connection is asked to end within limits of silence, never of the whole.
import http from 'node:http';
import https from 'node:https';
import { getDomain } from 'tldts';
import type { Identity } from '../rucio/authorities.ts';
import { RucioError, type ErrorKind } from '../rucio/errors.ts';
import { hostOf, type Timeouts } from '../rucio/exchange.ts';
import { bodyFailure, connectionFailure, deadlinePassed } from '../rucio/failures.ts';
import { Network, type NetworkOptions } from '../rucio/network.ts';
import { secrets } from '../rucio/secrets.ts';
import { digestsIn } from './digest.ts';
import type { Piece, Storage, Stored } from './storage.ts';

/** What is shown to a storage: a token, or a certificate. Asked at each request: tokens are renewed under long transfers. */
export type Credential = { readonly token: string } | { readonly identity: Identity } | undefined;

export interface DavOptions {
  readonly network: NetworkOptions;
  readonly caFile?: string;
  readonly credential: (signal?: AbortSignal) => Promise<Credential>;
  readonly version: string;
  readonly timeouts?: Partial<Timeouts>;
  readonly log?: (line: string) => void;
}

/** ms. A storage may work long on a checksum of a large file before its first byte. */
const TIMEOUTS: Timeouts = { connect: 20_000, firstByte: 300_000, idle: 120_000 };
/** ms, for what needs no look at a file's bytes: a storage that hangs is found out sooner. */
const SOON = 60_000;
/** Checksums asked for at one time of one storage. */
const CHECKSUMS = 2;
const MOST_REDIRECTS = 5;
/** Of an answer that is an error, for its words. */
const WORDS = 2000;
/** Bytes of an answer without a file in it that are read for the sake of the connection; beyond, it is given up. */
const MOST_DRAINED = 256 << 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Busy, locked by another writer, or throttled: the same may work later. */
const LATER: ReadonlySet<number> = new Set([423, 425, 429, 502, 503, 504]);

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
  /** The body; ends without an error only at its proper end. */
  chunks(): AsyncGenerator<Buffer, void, undefined>;
  /** Reads what is left, so that the connection can be used again. */
  drain(): Promise<string>;
}

export class DavStorage implements Storage {
  readonly #options: DavOptions;
  readonly #timeouts: Timeouts;
  /** Checksums that are asked for now, by storage. */
  readonly #checksums = new Map<string, { free: number; readonly waiting: (() => void)[] }>();
  readonly #networks = new Map<string, { readonly network: Network; readonly identity: Identity | undefined }>();

  constructor(options: DavOptions) {
    this.#options = options;
    this.#timeouts = { ...TIMEOUTS, ...options.timeouts };
  }

  async stat(url: URL, { checksum = false }: { readonly checksum?: boolean } = {}, signal?: AbortSignal): Promise<Stored | null> {
    return checksum ? this.#oneOfFew(url, () => this.#stat(url, { 'Want-Digest': 'adler32' }, signal), signal) : this.#stat(url, {}, signal);
  }

  /** Beyond a few at a time (`xrootd.chksum max`), XRootD makes whoever asks for a checksum wait for 30 s, whatever the file. */
  async #oneOfFew<T>(url: URL, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const queue = this.#checksums.get(url.origin) ?? { free: CHECKSUMS, waiting: [] };
    this.#checksums.set(url.origin, queue);
    if (queue.free > 0) queue.free--;
    else await turn(queue.waiting, signal);
    try {
      return await work();
    } finally {
      const next = queue.waiting.shift();
      if (next) next();
      else queue.free++;
    }
  }

  async #stat(url: URL, wanted: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<Stored | null> {
    const got = await this.ask({ method: 'HEAD', url, headers: wanted, signal });
    await got.drain();
    if (got.status === 404 || got.status === 410) return null;
    this.expect(got, 'HEAD', [200, 204]);
    const bytes = Number(got.response.headers['content-length'] ?? NaN);
    if (!Number.isSafeInteger(bytes)) throw new RucioError('notRucio', `${hostOf(got.url)} did not say how large ${shown(url)} is.`, { subject: hostOf(got.url) });
    const { headers } = got.response;
    return { bytes, ...digestsIn(one(headers['repr-digest'])), ...digestsIn(one(headers['digest'])) };
  }

  async put(url: URL, body: () => AsyncIterable<Uint8Array>, bytes: number, signal?: AbortSignal): Promise<void> {
    const put = async (): Promise<Got> => {
      const got = await this.ask({ method: 'PUT', url, headers: { 'Content-Type': 'application/octet-stream' }, body, bytes, signal });
      const words = await got.drain();
      if (![404, 409].includes(got.status)) this.expect(got, 'PUT', [200, 201, 204], words);
      return got;
    };
    let got = await put();
    // A folder on the way is missing (dCache, StoRM; XRootD makes them by itself).
    if (got.status === 404 || got.status === 409) {
      await this.#makeFolders(url, signal);
      got = await put();
      this.expect(got, 'PUT', [200, 201, 204]);
    }
  }

  async get(url: URL, from: number, bytes: number, signal?: AbortSignal, part = false): Promise<Piece> {
    const ranged = from > 0 || part;
    // With its end: XRootD 5.5.3 answers `bytes=10-` with nothing (Content-Range: bytes 10--1).
    const got = await this.ask({ method: 'GET', url, headers: ranged ? { Range: `bytes=${from}-${bytes - 1}` } : {}, signal });
    const { response, status } = got;
    if (status === 206 && ranged) {
      const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(one(response.headers['content-range']) ?? '') ?? [];
      if (Number(start) === from && Number(end) >= from) return { from, total: total === undefined || total === '*' ? Number(end) + 1 : Number(total), body: got.chunks() };
      response.destroy();
      return this.get(url, 0, bytes, signal); // it answered with another piece than was asked for
    }
    if (status === 416) {
      await got.drain();
      return this.get(url, 0, bytes, signal); // what we have is longer than what is there
    }
    if (status !== 200) this.expect(got, 'GET', [200], await got.drain());
    const length = Number(response.headers['content-length'] ?? NaN);
    return { from: 0, total: Number.isSafeInteger(length) ? length : null, body: got.chunks() };
  }

  async move(from: URL, to: URL, signal?: AbortSignal): Promise<void> {
    const move = async (): Promise<{ got: Got; words: string }> => {
      const got = await this.ask({ method: 'MOVE', url: from, headers: { Destination: to.href, Overwrite: 'F' }, signal });
      return { got, words: await got.drain() };
    };
    let { got, words } = await move();
    if (got.status === 409) {
      await this.#makeFolders(to, signal);
      ({ got, words } = await move());
    }
    this.expect(got, 'MOVE', [200, 201, 204], words);
  }

  async remove(url: URL, signal?: AbortSignal): Promise<boolean> {
    const got = await this.ask({ method: 'DELETE', url, signal });
    const words = await got.drain();
    if (got.status === 404 || got.status === 410) return false;
    this.expect(got, 'DELETE', [200, 202, 204], words);
    return true;
  }

  close(): void {
    for (const { network } of this.#networks.values()) network.close();
    this.#networks.clear();
  }

  /** From the outside in; a folder that is there is refused with 405, which is as good. */
  async #makeFolders(url: URL, signal: AbortSignal | undefined): Promise<void> {
    const segments = url.pathname.split('/').filter(Boolean).slice(0, -1);
    for (let n = 1; n <= segments.length; n++) {
      const folder = new URL(url);
      folder.pathname = `/${segments.slice(0, n).join('/')}/`;
      folder.search = '';
      const got = await this.ask({ method: 'MKCOL', url: folder, signal });
      const words = await got.drain();
      // Outer folders may be none of ours to make or to see; the last one has to be there.
      if (n === segments.length) this.expect(got, 'MKCOL', [200, 201, 204, 405, 409], words);
    }
  }

  protected expect({ status, url, response }: Got, method: string, good: readonly number[], words = ''): void {
    if (good.includes(status)) return;
    const host = hostOf(url);
    const said = sentence(words, response.statusMessage ?? '');
    const fail = (kind: ErrorKind, what: string, exceptionClass?: string): RucioError => new RucioError(kind, `The storage ${host} ${what}`, { status, subject: host, request: `${method} ${shown(url)}`, ...(exceptionClass && { exceptionClass }) });
    if (status === 401) throw fail('accessDenied', `does not know you (401${said}).`, 'StorageDenied');
    if (status === 403) throw fail('accessDenied', `does not let you do this (${method}, 403${said}).`, 'StorageDenied');
    if (status === 404) throw fail('notFound', `has nothing at ${shown(url)} (404).`, 'StorageNotFound');
    if (status === 507 || status === 413) throw fail('quota', `has no room for it (${status}${said}).`, 'StorageFull');
    if (status === 412) throw fail('refused', `says that something is there already (412${said}).`, 'StorageExists');
    if (LATER.has(status)) throw fail('busy', status === 423 ? `says that another writer has the file open (423${said}).` : `is too busy (${status}${said}).`, 'StorageBusy');
    throw fail('serverError', `could not do it (${method}, ${status}${said}).`, 'StorageFailed');
  }

  /** Follows redirects; the token goes along only to where it belongs. */
  protected async ask(asked: Asked): Promise<Got> {
    let { url } = asked;
    for (let hops = 0; ; hops++) {
      const credential = hops === 0 || sameHouse(asked.url, url) ? await this.#options.credential(asked.signal) : undefined;
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
    const network = new Network(url, options, { ca: caFile, beside: true, identity }, this.#timeouts.connect);
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
    const answer = new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.once('error', reject);
      request.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    });
    answer.catch(() => undefined);
    try {
      within('did not answer', body || method === 'GET' || headers?.['Want-Digest'] !== undefined ? firstByte : Math.min(firstByte, SOON));
      if (body) {
        const ended = await send(request, body(), answer, { begun: () => within('took no more bytes', idle), over: () => clearTimeout(timer) });
        if (ended) within('did not answer', firstByte);
      } else request.end();
      const response = await answer;
      clearTimeout(timer);
      const chunks = async function* (): AsyncGenerator<Buffer, void, undefined> {
        try {
          within('sent nothing more', idle);
          for await (const chunk of response) {
            clearTimeout(timer);
            yield chunk as Buffer;
            within('sent nothing more', idle);
          }
          if (!response.complete) throw Object.assign(new Error('closed'), { code: 'ECONNRESET' });
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

/** @throws RucioError cancelled when the signal comes before the turn. */
function turn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(new RucioError('cancelled', 'Cancelled.'));
    };
    const go = (): void => {
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    if (signal?.aborted) return reject(new RucioError('cancelled', 'Cancelled.'));
    signal?.addEventListener('abort', leave, { once: true });
    waiting.push(go);
  });
}

/** What we read from failed, not the storage. */
class SourceFailure extends Error {}

/** Sends the body; tells when a piece is given and when it has gone; stops, and gives false, when the answer is there before its end. */
async function send(request: http.ClientRequest, body: AsyncIterable<Uint8Array>, answer: Promise<unknown>, piece: { begun(): void; over(): void }): Promise<boolean> {
  let over = false;
  let failure: unknown;
  const answered = answer.then(() => { over = true; }, (error: unknown) => { over = true; failure = error; });
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      let step;
      try {
        step = await iterator.next();
      } catch (cause) {
        throw new SourceFailure('the source', { cause });
      }
      if (over) break;
      if (step.done) {
        request.end();
        return true;
      }
      piece.begun();
      // Until it has gone: whoever made it uses its memory again.
      const gone = new Promise<void>((resolve) => { request.write(step.value, () => resolve()); });
      await Promise.race([gone, answered]);
      piece.over(); // the next one may be long in coming: that is not the storage's silence
      if (over) break;
    }
  } finally {
    await iterator.return?.();
  }
  if (failure !== undefined) throw failure;
  return false;
}

/** Without what may be a signature behind the path. */
export function shown(url: URL): string {
  return url.origin + decodeURIComponent(url.pathname.replace(/%(?![0-9a-f]{2})/gi, '%25'));
}

export function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function sentence(words: string, message: string): string {
  const text = (/^\s*</.test(words) ? /<(?:title|Message)>([^<]*)</i.exec(words)?.[1] ?? '' : words).replace(/\s+/g, ' ').trim().slice(0, 300) || message;
  return text === '' ? '' : `: ${text}`;
}

/**
 * A door sends its clients on to its disk servers: door.example.org to disk7.pool.example.org. The same machine, or both in the domain that one
 * owner registered; below what strangers share (co.uk, s3.amazonaws.com), and for addresses in numbers, only the same machine.
 */
export function sameHouse(from: URL, to: URL): boolean {
  if (from.hostname === to.hostname) return true;
  const domain = (url: URL): string | null => getDomain(url.hostname, { allowPrivateDomains: true });
  return domain(from) !== null && domain(from) === domain(to);
}

function isLoopback(url: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
