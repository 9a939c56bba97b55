// One token keeper for one instance: a token we hold, what lies ready in the pod, a remembered password, that of a
// rucio.cfg, and at last a person. Renewed once for all calls that wait; a person is asked once for all of them.
import { signInUserpass } from '../rucio/auth/userpass.ts';
import { checkToken, tokenExpiry } from '../rucio/auth/token.ts';
import { RucioError } from '../rucio/errors.ts';
import type { TokenSource, Transport } from '../rucio/transport.ts';
import { readPassword } from './config/rucioCfg.ts';
import type { HubTokens, Why } from './hub.ts';
import { type Held, PodSignIn } from './podSignIn.ts';
import { parseSecret, secretOf, type Userpass } from './remembered.ts';
import type { Credentials, Instance, SessionInfo } from './types.ts';

/** The client's secret store for this session: one text, null = none. */
export interface SecretStore {
  get(): Promise<string | null>;
  store(value: string | null): Promise<void>;
}

/** The calls of sign-in, so that tests can stand in for a server. */
export interface SignInCalls {
  readonly userpass: typeof signInUserpass;
  readonly check: typeof checkToken;
}

export interface SessionOptions {
  readonly instance: Instance;
  readonly transport: Transport;
  readonly secrets: SecretStore;
  /** null = dismissed. `reason` is a sentence for a person. */
  readonly ask?: (reason: string) => Promise<Credentials | null>;
  readonly chooseAccount?: (accounts: readonly string[]) => Promise<string | null>;
  /** The variables that the client handed over. */
  readonly environment?: (name: string) => string | undefined;
  readonly hub?: HubTokens;
  /** ms for which refused credentials are not sent again. */
  readonly coolDownMs?: number;
  /** ms before its end at which a token is renewed. */
  readonly marginMs?: number;
  readonly now?: () => number;
  readonly calls?: SignInCalls;
}

type Method = NonNullable<SessionInfo['method']>;

/** Wrong ones may be typed so often before the question counts as dismissed. */
const TRIES = 3;
/** Shortly before a token's end, when nothing better is to be had: so often is looked again. ms. */
const LOOK_AGAIN = 2000;

export class Session implements TokenSource {
  readonly #instance: Instance;
  readonly #options: Required<Omit<SessionOptions, 'ask' | 'chooseAccount' | 'environment' | 'hub'>> & SessionOptions;
  readonly #listeners = new Set<(info: SessionInfo) => void>();
  readonly #pod: PodSignIn;
  #held: Held | undefined;
  #password: Userpass | undefined;
  /** The person signed in by hand: what lies ready in the pod does not take that away again. */
  #byHand = false;
  #signedOut = false;
  #dismissed = false;
  #coolUntil = 0;
  /** The user and password of a rucio.cfg that the server refused: sent again and again they could lock the account. Until the file says others. */
  #cfgRefused: string | undefined;
  #lookedAt = -LOOK_AGAIN;
  #flight: Promise<Held> | undefined;
  /** Counts sign-ins and sign-outs: what was under way before one does not undo it. */
  #turn = 0;

  constructor(options: SessionOptions) {
    this.#instance = options.instance;
    this.#options = { coolDownMs: 60_000, marginMs: 60_000, now: Date.now, calls: { userpass: signInUserpass, check: checkToken }, ...options };
    const { instance, now, marginMs, coolDownMs, environment = () => undefined, hub } = this.#options;
    this.#pod = new PodSignIn({ instance, now, marginMs, coolDownMs, environment, ...(hub && { hub }), check: (token, method) => this.#checked(token, method), onChange: () => this.#filesChanged() });
  }

  get info(): SessionInfo {
    const held = this.#held;
    const instance = this.#instance.name;
    if (!held) return { instance, state: 'signedOut' };
    return { instance, state: 'signedIn', account: held.account, method: held.method, ...(held.expiresAt !== undefined && { expiresAt: held.expiresAt }) };
  }

  /** Told whenever {@link info} changed. Gives the way to stop it. */
  onChange(listener: (info: SessionInfo) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A token that should work; signInNeeded when none can be had. */
  async current(signal?: AbortSignal): Promise<string> {
    return (await this.#current(signal)).token;
  }

  /** The account that the token is for. */
  async account(signal?: AbortSignal): Promise<string> {
    return (await this.#current(signal)).account;
  }

  /** The server refused this token: another one, or signInNeeded. */
  async renew(refused: string, signal?: AbortSignal): Promise<string> {
    this.#pod.refuse(refused);
    if (this.#held?.token === refused) this.#held = undefined;
    return this.current(signal);
  }

  /** Signs in with what a person gave. Fails with wrongCredentials; on success the secret store holds the password, or nothing after a token. */
  async signIn(credentials: Credentials, signal?: AbortSignal): Promise<SessionInfo> {
    const turn = ++this.#turn;
    const held = await this.#try(credentials, signal);
    if (turn !== this.#turn) throw new RucioError('cancelled', 'Another sign-in or sign-out came in between.');
    this.#accept(held, credentials);
    await this.#remember(credentials, held);
    return this.info;
  }

  /** Signs in by what lies ready (the pod's token, the secret store); never asks. Fails with signInNeeded. */
  async signInQuietly(signal?: AbortSignal): Promise<SessionInfo> {
    this.#signedOut = false;
    await this.#current(signal, true);
    return this.info;
  }

  /** Forgets token and password, here and in the secret store. Nothing signs in again until a person does. */
  async signOut(): Promise<SessionInfo> {
    this.#turn++;
    this.#forget();
    this.#signedOut = true;
    await this.#options.secrets.store(null);
    return this.info;
  }

  /** The secrets leave the memory; the store keeps its own. */
  close(): void {
    this.#turn++;
    this.#listeners.clear();
    this.#forget();
    this.#pod.close();
    this.#signedOut = true;
  }

  toString(): string {
    return `Session(${this.#instance.name}, ${this.info.state})`;
  }

  toJSON(): SessionInfo {
    return this.info;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  #forget(): void {
    this.#held = undefined;
    this.#password = undefined;
    this.#cfgRefused = undefined;
    this.#byHand = false;
    this.#pod.forget();
    this.#flight = undefined;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener(this.info);
  }

  #accept(held: Held, credentials?: Credentials): void {
    if (credentials) {
      this.#byHand = true;
      this.#password = credentials.method === 'userpass' ? { ...credentials, account: held.account } : undefined;
      this.#flight = undefined;
    }
    this.#held = held;
    this.#signedOut = false;
    this.#dismissed = false;
    this.#coolUntil = 0;
    this.#changed();
  }

  async #current(signal: AbortSignal | undefined, quietly = false): Promise<Held> {
    if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.', { cause: signal.reason });
    if (this.#signedOut) throw this.#needed('You signed out.');
    const held = this.#held;
    if (held && (this.#lasts(held) || this.#lookedJustNow(held)) && !await this.#pod.isNewer(held)) return held;
    if (!quietly) {
      this.#flight ??= this.#fly(this.#obtain(true));
      return untilAborted(this.#flight, signal);
    }
    // A quiet one must not wait for a question, nor begin one.
    return untilAborted(this.#obtain(false), signal);
  }

  #fly(obtaining: Promise<Held>): Promise<Held> {
    const flight = obtaining.finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
    return flight;
  }

  #lasts(held: Held): boolean {
    return held.expiresAt === undefined || held.expiresAt - this.#options.marginMs > this.#options.now();
  }

  /** It ends soon, and a moment ago there was nothing better. */
  #lookedJustNow({ expiresAt }: Held): boolean {
    const now = this.#options.now();
    return expiresAt !== undefined && expiresAt > now && now - this.#lookedAt < LOOK_AGAIN;
  }

  /** A token file was written: taken at once, so that nobody has to wait or be asked when the old one ends. */
  #filesChanged(): void {
    if (this.#signedOut || this.#byHand) return;
    // Whoever needs a token next hears why there is none.
    void this.#current(undefined, true).catch(() => undefined);
  }

  /** Source after source. A server that can't be reached is no reason to ask a person: that failure is thrown. */
  async #obtain(mayAsk: boolean): Promise<Held> {
    const turn = this.#turn;
    const done = (held: Held, credentials?: Credentials): Held => {
      if (turn === this.#turn) {
        this.#accept(held, credentials);
        return held;
      }
      // Somebody signed in or out meanwhile: that counts.
      if (this.#held) return this.#held;
      throw this.#needed('You signed out.');
    };
    let why: Why = { text: `Sign in to ${this.#instance.displayName}.` };
    if (!this.#byHand) {
      const ready = await this.#pod.next(this.#held);
      if (ready && 'token' in ready) return done(ready);
      if (ready) why = ready;
    }
    for (const source of this.#byHand ? [() => this.#fromMemory()] : [() => this.#fromMemory(), () => this.#fromConfig()]) {
      const remembered = await source();
      if (typeof remembered === 'object') return done(remembered);
      if (remembered !== undefined && !why.final) why = { text: remembered };
    }
    const old = this.#held;
    // Nothing better came: a token that ends soon is good until it ends.
    if (old && (old.expiresAt === undefined || old.expiresAt > this.#options.now())) {
      this.#lookedAt = this.#options.now();
      return old;
    }
    if (this.#held) {
      if (!why.final) why = { text: 'Your sign-in has ended.' };
      this.#held = undefined;
      this.#changed();
    }
    const { ask } = this.#options;
    if (!mayAsk || !ask || why.final || this.#dismissed || this.#signedOut) throw this.#needed(why.text, why.link);
    let reason = why.text;
    for (let tries = 0; tries < TRIES; tries++) {
      const credentials = await ask(reason);
      // Somebody signed in another way while the question stood, or a token came.
      if (this.#held && (turn !== this.#turn || !credentials)) return this.#held;
      if (!credentials) break;
      try {
        const held = done(await this.#try(credentials), credentials);
        await this.#remember(credentials, held);
        return held;
      } catch (error) {
        if (RucioError.is(error, 'signInNeeded')) break; // of several accounts none was chosen: dismissed
        if (!RucioError.is(error, 'wrongCredentials', 'badInput') || turn !== this.#turn) {
          // The server did not get to see it: what was typed need not be typed again.
          if (credentials.method === 'userpass' && turn === this.#turn) this.#password = credentials;
          throw error;
        }
        reason = error.message;
      }
    }
    this.#dismissed = true;
    throw this.#needed(reason);
  }

  /** What a person signed in with takes the place of what was remembered: an old password must not come back as another account. */
  async #remember(credentials: Credentials, { account }: Held): Promise<void> {
    await this.#options.secrets.store(credentials.method === 'userpass' ? secretOf(credentials, account) : null);
  }

  async #checked(token: string, method: Method, signal?: AbortSignal): Promise<Held> {
    const { account, expiresAt } = await this.#options.calls.check(this.#options.transport, token, signal);
    const ends = expiresAt ?? tokenExpiry(token);
    return { token, account, method, ...(ends !== undefined && { expiresAt: ends }) };
  }

  /** By the remembered password, unless it was refused a moment ago. */
  async #fromMemory(): Promise<Held | string | undefined> {
    const { now, secrets, coolDownMs } = this.#options;
    if (!this.#password) {
      const text = await secrets.get();
      this.#password = text === null ? undefined : parseSecret(text);
    }
    const password = this.#password;
    if (!password) return undefined;
    const refused = `The server does not accept the remembered password of ${password.username}.`;
    if (now() < this.#coolUntil) return refused;
    try {
      return await this.#try(password);
    } catch (error) {
      if (!RucioError.is(error, 'wrongCredentials', 'signInNeeded')) throw error;
      this.#coolUntil = now() + coolDownMs;
      return refused;
    }
  }

  /** By the password of a rucio.cfg, quietly as `rucio` does; it is read each time and kept nowhere. */
  async #fromConfig(): Promise<Held | string | undefined> {
    const { passwordFile, authType } = this.#instance;
    if (passwordFile === undefined || (authType !== undefined && authType !== 'userpass')) return undefined;
    const refused = `The server does not accept the password in ${passwordFile}.`;
    const found = await readPassword(passwordFile);
    if (!found) return `There is no password in ${passwordFile} any more.`;
    const text = JSON.stringify(found);
    if (text === this.#cfgRefused) return refused;
    try {
      return { ...await this.#try({ method: 'userpass', ...found }), method: 'config' };
    } catch (error) {
      if (!RucioError.is(error, 'wrongCredentials', 'signInNeeded', 'badInput')) throw error;
      this.#cfgRefused = text;
      return refused;
    }
  }

  async #try(credentials: Credentials, signal?: AbortSignal): Promise<Held> {
    const { calls, transport, chooseAccount } = this.#options;
    if (credentials.method === 'token') {
      const token = credentials.token.trim();
      if (token === '' || /[^\x20-\x7e]/.test(token)) throw new RucioError('wrongCredentials', 'This is not a token: it is empty, or has line breaks or other characters that no token has.');
      try {
        return await this.#checked(token, 'token', signal);
      } catch (error) {
        throw RucioError.is(error, 'signInNeeded') ? new RucioError('wrongCredentials', error.message, { cause: error }) : error;
      }
    }
    const { username, password } = credentials;
    const sign = (account: string | undefined): ReturnType<typeof signInUserpass> => calls.userpass(transport, { username, password, ...(account !== undefined && { account }) }, signal);
    let answer = await sign(credentials.account ?? this.#instance.account);
    if ('accounts' in answer) {
      const account = await chooseAccount?.(answer.accounts);
      if (!account) throw new RucioError('signInNeeded', `This user has several accounts (${answer.accounts.join(', ')}), and none was chosen.`);
      answer = await sign(account);
      if ('accounts' in answer) throw new RucioError('notRucio', 'The server asked for an account twice.');
    }
    return { token: answer.token, account: answer.account, method: 'userpass', ...(answer.expiresAt !== undefined && { expiresAt: answer.expiresAt }) };
  }

  #needed(reason: string, link?: string): RucioError {
    return new RucioError('signInNeeded', reason, { subject: this.#instance.displayName, ...(link !== undefined && { link }) });
  }
}

/** The shared work goes on when one of those who wait for it leaves. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new RucioError('cancelled', 'Cancelled.', { cause: signal.reason }));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
