// A storage that speaks root://, by XRootD's own programs xrdcp and xrdfs where they are installed: bytes go through their standard input
// and output, so that they are summed like all others. What proves who one is goes by their environment and by files that only we can
// read, never by an argument, which anybody on the machine may list.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RucioError, type ErrorKind } from '../rucio/errors.ts';
import { secrets } from '../rucio/secrets.ts';
import { AuthorityFolder } from './authorityFolder.ts';
import type { Credential } from './asking.ts';
import { adler32Of } from './digest.ts';
import { GridProxies } from './gridProxy.ts';
import { programPlaces } from './programPlaces.ts';
import type { Piece, Storage, Stored } from './storage.ts';

export interface XrootdOptions {
  readonly credential: (signal?: AbortSignal) => Promise<Credential>;
  readonly caFile?: string;
  /** For the files that these programs have to be given; what a kill leaves there is its owner's to take away. Default: the temporary folder. */
  readonly folder?: string;
  /** What the programs are given besides: ours, without secrets. Default process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Folders in which the programs are looked for. Default: by the environment. */
  readonly places?: readonly string[];
  readonly log?: (line: string) => void;
}

/** The oldest client is 5.0; these are its own limits, in seconds, far below the usual minutes of silence. */
const LIMITS = { XRD_CONNECTIONWINDOW: '20', XRD_CONNECTIONRETRY: '2', XRD_REQUESTTIMEOUT: '300', XRD_STREAMTIMEOUT: '120' };
/** Of what a program says, characters. */
const WORDS = 2000;
/** xrdfs ends with 50 + the class of the error; 54 is the server's own word. */
const NOT_FOUND = /\[3011\]|no such file/i;

/** Folders of xrdcp and xrdfs that the person named. */
let named: readonly string[] = [];

/** `paths`: program → full path, as in the setting rucio.programs.paths. For all storages from now on. */
export function nameXrootd(paths: Readonly<Record<string, unknown>>): void {
  named = ['xrdcp', 'xrdfs'].map((program) => paths[program]).filter((file) => typeof file === 'string' && path.isAbsolute(file)).map((file) => path.dirname(file as string));
}

/** What was named goes first, then what the PATH says; behind a hub it is the system's own, which may know nothing of an environment. */
function startPlaces(env: Readonly<Record<string, string | undefined>>): string[] {
  const own = (env['PATH'] ?? '').split(path.delimiter).filter((place) => path.isAbsolute(place));
  return [...new Set([...named, ...own, ...programPlaces(env)])];
}

/** undefined: xrdcp and xrdfs are here. Else for a person: what is missing, and where was looked. */
export function noXrootd(places: readonly string[] = startPlaces(process.env)): string | undefined {
  const here = ['xrdcp', 'xrdfs'].every((program) => places.some((folder) => {
    try {
      fs.accessSync(path.join(folder, program), fs.constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  }));
  return here ? undefined : `root:// needs the programs xrdcp and xrdfs (package xrootd-client), which are not installed here (looked in ${places.join(', ')})`;
}

export class XrootdStorage implements Storage {
  readonly #options: XrootdOptions;
  readonly #folder: string;
  readonly #authorities: AuthorityFolder;
  readonly #proxies: GridProxies;

  constructor(options: XrootdOptions) {
    this.#options = options;
    this.#folder = options.folder ?? os.tmpdir();
    this.#authorities = new AuthorityFolder(options.caFile, this.#folder);
    this.#proxies = new GridProxies(this.#folder);
  }

  async stat(url: URL, { checksum = false }: { readonly checksum?: boolean } = {}, signal?: AbortSignal): Promise<Stored | null> {
    const said = await this.#ask(url, ['stat', pathOf(url)], signal);
    if (said === null) return null;
    const bytes = Number(/^Size:\s+(\d+)$/m.exec(said)?.[1] ?? NaN);
    if (!Number.isSafeInteger(bytes)) throw new RucioError('notRucio', `${url.host} did not say how large ${pathOf(url)} is.`, { subject: url.host });
    if (!checksum) return { bytes };
    // A storage without checksums is no failure: it is said that nothing could be verified.
    const sum = await this.#ask(url, ['query', 'checksum', pathOf(url)], signal).catch((error: unknown) => {
      if (RucioError.is(error, 'serverError')) return '';
      throw error;
    });
    const adler32 = adler32Of(/^adler32 (\S+)/im.exec(sum ?? '')?.[1] ?? 'none');
    return { bytes, ...(adler32 !== undefined && { adler32 }) };
  }

  async put(url: URL, body: () => AsyncIterable<Uint8Array>, _bytes: number, signal?: AbortSignal): Promise<void> {
    const running = await this.#start(url, 'xrdcp', ['--nopbar', '--retry', '0', '-', plain(url)], signal);
    let source: unknown;
    const given = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        // The pipe may hold a piece beyond its turn, and its maker uses the memory again.
        for await (const piece of body()) yield Buffer.from(piece);
      } catch (error) {
        source = error;
        throw error;
      }
    };
    await pipeline(given, running.input).catch(() => running.stop());
    const ended = await running.ended.catch((error: unknown) => error);
    if (source !== undefined) throw source;
    if (ended instanceof Error) throw ended;
  }

  /** Always from the first byte: xrdcp has no other. */
  async get(url: URL, _from: number, _bytes: number, signal?: AbortSignal): Promise<Piece> {
    const stored = await this.stat(url, {}, signal);
    if (!stored) throw new RucioError('notFound', `The storage ${url.host} has nothing at ${pathOf(url)}.`, { subject: url.host, exceptionClass: 'StorageNotFound' });
    const running = await this.#start(url, 'xrdcp', ['--nopbar', '--retry', '0', plain(url), '-'], signal);
    running.input.end();
    const chunks = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for await (const chunk of running.output) yield chunk as Buffer;
        await running.ended;
      } finally {
        running.stop();
        await running.ended.catch(() => undefined); // told above, or nobody wants more of it
      }
    };
    return { from: 0, total: stored.bytes, body: chunks() };
  }

  async move(from: URL, to: URL, signal?: AbortSignal): Promise<void> {
    if (await this.#ask(from, ['mv', pathOf(from), pathOf(to)], signal) === null) throw new RucioError('notFound', `The storage ${from.host} has nothing at ${pathOf(from)}.`, { subject: from.host, exceptionClass: 'StorageNotFound' });
  }

  async remove(url: URL, signal?: AbortSignal): Promise<boolean> {
    return await this.#ask(url, ['rm', pathOf(url)], signal) !== null;
  }

  async close(): Promise<void> {
    await this.#authorities.remove();
  }

  /** What xrdfs says; null = there is no such file. */
  async #ask(url: URL, args: readonly string[], signal?: AbortSignal): Promise<string | null> {
    const running = await this.#start(url, 'xrdfs', [`${url.protocol}//${url.host}`, ...args], signal);
    running.input.end();
    let text = '';
    running.output.setEncoding('utf8').on('data', (some: string) => { if (text.length < WORDS) text += some; });
    try {
      await running.ended;
      return text;
    } catch (error) {
      if (RucioError.is(error, 'notFound')) return null;
      throw error;
    }
  }

  async #start(url: URL, program: 'xrdcp' | 'xrdfs', args: readonly string[], signal: AbortSignal | undefined): Promise<{ readonly input: NodeJS.WritableStream; readonly output: Readable; readonly ended: Promise<void>; stop(): void }> {
    const { env: ours = process.env, places = startPlaces(ours), log } = this.#options;
    const missing = noXrootd(places);
    if (missing !== undefined) throw new RucioError('configuration', `The storage ${url.host} can't be reached this way: ${missing}.`, { subject: url.host, exceptionClass: 'NoXrootd' });
    const credential = await this.#options.credential(signal);
    const authorities = await this.#authorities.path();
    const { env, forget } = await this.#proofs({ ...ours, PATH: places.join(path.delimiter) }, credential, authorities);
    if (signal?.aborted) {
      forget();
      throw cancelled();
    }
    const started = performance.now();
    const child = spawn(program, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { if (said.length < WORDS) said += text; });
    child.stdin.on('error', () => undefined); // it ended before it had all: its end says why
    const stop = (): void => void child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    const ended = new Promise<void>((resolve, reject) => {
      child.on('error', (cause) => reject(new RucioError('configuration', `${program} can't be started: ${cause.message}.`, { subject: url.host, exceptionClass: 'NoXrootd', cause })));
      child.on('close', (code, by) => {
        signal?.removeEventListener('abort', stop);
        forget();
        log?.(`${program} ${plain(url)} ${code ?? by} ${Math.round(performance.now() - started)} ms`);
        if (code === 0) resolve();
        else reject(signal?.aborted ? cancelled() : failure(url, program, said, code));
      });
    });
    ended.catch(() => undefined); // whoever started it asks for its end
    return { input: child.stdin, output: child.stdout, ended, stop };
  }

  /** A token by the environment, which only its own user can read; a certificate, as it has to be, by a file. */
  async #proofs(ours: Readonly<Record<string, string | undefined>>, credential: Credential, authorities: string | undefined): Promise<{ readonly env: NodeJS.ProcessEnv; forget(): void }> {
    const env: NodeJS.ProcessEnv = { ...LIMITS, ...ours };
    for (const name of ['BEARER_TOKEN', 'BEARER_TOKEN_FILE', 'X509_USER_PROXY', 'X509_USER_CERT', 'X509_USER_KEY', 'ELECTRON_RUN_AS_NODE']) delete env[name];
    if (authorities !== undefined) env['X509_CERT_DIR'] ??= authorities;
    // Nothing of ours goes out that was not meant: with nobody signed in it looks for no proxy of its own either.
    if (!credential) return { env, forget: () => undefined };
    if ('token' in credential) {
      secrets.learn(credential.token);
      return { env: { ...env, BEARER_TOKEN: credential.token }, forget: () => undefined };
    }
    if (credential.identity.passphrase !== undefined) throw new RucioError('configuration', 'The key of your certificate is encrypted, and root:// would need it plain in a file: it was not written there.', { exceptionClass: 'NoXrootd' });
    const proxy = await this.#proxies.of(credential.identity);
    fs.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = path.join(this.#folder, `x509-${randomBytes(9).toString('hex')}`);
    fs.writeFileSync(file, proxy, { mode: 0o600, flag: 'wx' });
    return { env: { ...env, X509_USER_PROXY: file }, forget: () => fs.rmSync(file, { force: true }) };
  }
}

/** As XRootD has it: the name as it is, nothing in it escaped. */
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/^\/+/, '/');
}

function plain(url: URL): string {
  return `${url.protocol}//${url.host}/${pathOf(url)}`;
}

function cancelled(): RucioError {
  return new RucioError('cancelled', 'Cancelled.');
}

function failure(url: URL, program: string, said: string, code: number | null): RucioError {
  const words = said.replace(/\s+/g, ' ').replace(/^.*?\[(?:ERROR|FATAL)\]\s*/, '').trim().slice(0, 300) || `it ended with ${code ?? 'a signal'}`;
  const fail = (kind: ErrorKind, what: string, exceptionClass: string): RucioError => new RucioError(kind, `The storage ${url.host} ${what} (${program}: ${words})`, { subject: url.host, exceptionClass });
  if (NOT_FOUND.test(said)) return fail('notFound', `has nothing at ${pathOf(url)}`, 'StorageNotFound');
  if (/auth failed|\[3030\]|\[3010\]|permission denied|not authorized/i.test(said)) return fail('accessDenied', 'does not let you do this', 'StorageDenied');
  if (/\[3033\]|no space|quota/i.test(said)) return fail('quota', 'has no room for it', 'StorageFull');
  if (/\[3018\]|file exists/i.test(said)) return fail('refused', 'says that something is there already', 'StorageExists');
  if (/tls|certificate/i.test(said)) return fail('certificate', 'could not be trusted', 'StorageAway');
  if (/socket|connection|address|timeout|expired|network/i.test(said)) return fail('unreachable', 'could not be reached', 'StorageAway');
  return fail('serverError', 'could not do it', 'StorageFailed');
}
