// Keeps the files of one sign-in fresh for other programs: a rucio.cfg with its token file for terminals, and the token
// files of a pod. Written when a person signs in, again before the token's end, removed at sign-out.
import fs from 'node:fs/promises';
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';
import { InTime } from '../session/inTime.ts';
import type { Instance, ProgramEnvironment, ProgramSettings, SessionInfo } from '../types.ts';
import { clientConfig, type ClientSignIn } from './clientConfig.ts';
import type { PodFiles } from './podFiles.ts';
import { ownFolder, writeSecretFile } from './secretFile.ts';

/** Of a Session. */
export interface SignIn {
  readonly info: SessionInfo;
  readonly quiet: { current(): Promise<string> };
  signInQuietly(): Promise<SessionInfo>;
  onChange(listener: (info: SessionInfo) => void): () => void;
  /** How Rucio's own client would sign in the same way; no secret in it. */
  readonly clientSignIn: ClientSignIn | undefined;
  /** The file that the token came from. */
  readonly tokenPath: string | undefined;
}

export interface KeeperOptions {
  readonly instance: Instance;
  readonly session: SignIn;
  readonly podFiles: PodFiles;
  /** Ours alone, for this sign-in; made when it is needed. */
  readonly folder: string;
  /** A new sentence for a person, said once; no secret. */
  readonly onProblem: (problem: string) => void;
  /** A fault in the program; no secret. */
  readonly log: (message: string) => void;
  /** What goes with the keeper. */
  readonly onClose?: () => void;
  readonly now?: () => number;
}

/** Who wants what, at the moment. */
export interface Wanted {
  /** Somebody has a terminal. */
  readonly terminal: boolean;
  readonly settings: ProgramSettings;
}

/** ms before a token's end; less than the session's own, so that it gives a new one by then. */
const MARGIN = 50_000;
/** ms after a failure that may pass; doubled each time. */
const AGAIN = { first: 15_000, longest: 600_000 };

export class ProgramKeeper {
  readonly #options: KeeperOptions & { readonly now: () => number };
  readonly #inTime: InTime;
  readonly #unhear: () => void;
  readonly #files: { readonly config: string; readonly token: string };
  #wanted: Wanted | undefined;
  /** One at a time: what was begun earlier must not be written later. */
  #work: Promise<void> = Promise.resolve();
  #problems: readonly string[] = [];
  #notes: readonly string[] = [];
  #ends: number | undefined;
  #config: { readonly account: string; readonly type: ClientSignIn['type'] } | undefined;
  /** Wanted, and so to be removed at sign-out, also when nobody wants them any more. */
  #last: ProgramSettings | undefined;
  #pause = AGAIN.first;
  #retry: NodeJS.Timeout | undefined;
  #who = '';
  /** As it was written last. */
  #token: string | undefined;
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = { now: Date.now, ...options };
    this.#files = { config: path.join(options.folder, 'rucio.cfg'), token: path.join(options.folder, 'token') };
    this.#inTime = new InTime(this.#options.now);
    this.#unhear = options.session.onChange((info) => {
      if (info.state === 'signedOut') void this.#queue(() => this.#remove());
      else if (this.#wanted) void this.#queue(() => this.#refresh(false));
    });
  }

  /** undefined = nobody is there: what was written stays until it ends, and nothing is renewed. */
  want(wanted: Wanted | undefined): void {
    if (JSON.stringify(wanted) === JSON.stringify(this.#wanted)) return;
    this.#wanted = wanted;
    if (wanted) {
      this.#last = wanted.settings;
      this.#options.podFiles.forget();
      if (this.#options.session.info.state === 'signedIn') void this.#queue(() => this.#refresh());
    } else this.#stop();
  }

  /** Signs in by what lies ready, asks nobody; the files are there when it answers. */
  async environment(): Promise<ProgramEnvironment> {
    const { instance: { name, displayName, vo }, podFiles } = this.#options;
    const problem = await this.#signIn();
    await this.#work;
    const about = { instance: name, displayName, problems: [...problem, ...this.#problems, ...this.#notes] };
    if (!this.#config) return { ...about, variables: podFiles.variables() };
    const { account, type } = this.#config;
    return { ...about, account, variables: { RUCIO_CONFIG: this.#files.config, RUCIO_ACCOUNT: account, RUCIO_AUTH_TYPE: type, ...(vo !== undefined && { RUCIO_VO: vo }), ...podFiles.variables() } };
  }

  /** Why nobody knows who is signed in; that nobody is, is no problem. */
  async #signIn(): Promise<string[]> {
    try {
      await this.#options.session.signInQuietly();
      return [];
    } catch (error) {
      if (!RucioError.is(error)) throw error;
      if (!RucioError.is(error, 'signInNeeded', 'wrongCredentials')) return [(error as RucioError).message];
      // What an earlier service wrote is of no use any more.
      if (this.#options.session.info.state === 'signedOut') await this.#queue(() => this.#remove());
      return [];
    }
  }

  /** Files stay until their tokens end: a terminal may still be at work. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unhear();
    this.#stop();
    await this.#work;
    this.#options.onClose?.();
  }

  /** Nobody has this sign-in in its settings any more. */
  async drop(): Promise<void> {
    await this.close();
    await this.#remove();
  }

  #stop(): void {
    this.#inTime.clear();
    clearTimeout(this.#retry);
  }

  /** A fault in a program stops nothing else; it is for the log. */
  #queue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((error: unknown) => this.#options.log(`files for other programs: ${error instanceof Error ? error.message : String(error)}`));
    return this.#work;
  }

  /** `anew`: also with the token that was written already: those that were got in exchange may end before it. */
  async #refresh(anew = true): Promise<void> {
    const wanted = this.#wanted;
    const { session, podFiles, now } = this.#options;
    if (!wanted || this.#closed) return;
    let again = false;
    const problems: string[] = [];
    let notes: readonly string[] = [];
    let ends = Infinity;
    try {
      const token = await session.quiet.current();
      const { account, method, expiresAt, state } = session.info;
      if (state !== 'signedIn' || account === undefined || method === undefined) return; // signed out meanwhile: told about that, too
      if (!anew && token === this.#token) return;
      if (this.#who !== `${method} ${account}`) podFiles.forget();
      this.#who = `${method} ${account}`;
      this.#token = token;
      ends = expiresAt ?? Infinity;
      if (wanted.terminal) await this.#writeConfig(token, account);
      const { tokenPath } = session;
      const outcome = await podFiles.write(wanted.settings, { token, method, ...(tokenPath !== undefined && { path: tokenPath }) });
      ends = Math.min(ends, outcome.ends ?? Infinity);
      problems.push(...outcome.problems);
      notes = outcome.notes;
      again = outcome.again ?? false;
    } catch (error) {
      // Who needs a token hears why there is none; a network that is away comes back.
      if (!RucioError.is(error)) throw error;
      again = !RucioError.is(error, 'signInNeeded', 'wrongCredentials', 'configuration');
      problems.push(error.message);
    }
    for (const problem of problems) if (!this.#problems.includes(problem)) this.#options.onProblem(problem);
    this.#problems = problems;
    this.#notes = notes;
    if (this.#closed || !this.#wanted) return;
    if (ends < Infinity && ends !== this.#ends) {
      this.#inTime.set(ends, Math.min(MARGIN, Math.max(0, ends - now()) / 5), async () => {
        await this.#queue(() => this.#refresh());
        return this.#ends === ends;
      });
    }
    this.#ends = ends < Infinity ? ends : undefined;
    this.#tryAgain(again);
  }

  #tryAgain(again: boolean): void {
    clearTimeout(this.#retry);
    if (!again) {
      this.#pause = AGAIN.first;
      return;
    }
    this.#retry = setTimeout(() => void this.#queue(() => this.#refresh()), this.#pause).unref();
    this.#pause = Math.min(this.#pause * 2, AGAIN.longest);
  }

  async #writeConfig(token: string, account: string): Promise<void> {
    const { session, folder, instance } = this.#options;
    const signIn = session.clientSignIn;
    if (!signIn) return; // signed out meanwhile: told about that, too
    await ownFolder(folder);
    // First the token: who reads the configuration finds one. The client takes its first line as it is.
    await writeSecretFile(this.#files.token, token);
    await writeSecretFile(this.#files.config, clientConfig(instance, { account, tokenFile: this.#files.token, signIn }));
    this.#config = { account, type: signIn.type };
  }

  async #remove(): Promise<void> {
    this.#stop();
    this.#ends = undefined;
    this.#config = undefined;
    this.#who = '';
    this.#token = undefined;
    const { folder, podFiles } = this.#options;
    await fs.rm(folder, { recursive: true, force: true });
    this.#notes = [];
    this.#problems = this.#last ? await podFiles.remove(this.#last) : [];
  }
}
