// One token keeper for one instance: a token we hold, else what a source gives without asking, and at last a person. Renewed once for all
// calls that wait; a person is asked once for all of them. What people do counts: what was under way before a sign-in or sign-out does not undo it.
import type { Clock } from '../../rucio/clock.ts';
import { RucioError } from '../../rucio/errors.ts';
import type { Identity, TokenSource } from '../../rucio/transport.ts';
import { type ClientSignIn, clientSignInOf } from '../programs/clientConfig.ts';
import type { Credentials, Instance, SessionInfo } from '../types.ts';
import { askPerson } from './asking.ts';
import { Holding } from './holding.ts';
import type { Why } from './hub.ts';
import { InTime } from './inTime.ts';
import { heldBy } from './kept.ts';
import { type SessionOptions, whole, type WholeOptions } from './options.ts';
import type { Held } from './podSignIn.ts';
import { Shared } from './shared.ts';
import { Sources } from './sources.ts';
import type { NamedWay } from './ways.ts';

const SIGNED_OUT: Why = { text: 'You signed out.' };

export class Session implements TokenSource {
  /** The server's, as its answers have it. */
  readonly clock: Clock;
  readonly #instance: Instance;
  readonly #options: WholeOptions;
  readonly #listeners = new Set<(info: SessionInfo) => void>();
  readonly #sources: Sources;
  readonly #holding: Holding;
  readonly #inTime: InTime;
  /** The person signed in by hand: what lies ready in the pod does not take that away again. */
  #byHand = false;
  #signedOut = false;
  #dismissed = false;
  /** Counts sign-ins and sign-outs: what was under way before one does not undo it. */
  #turn = 0;
  /** What listeners heard last. */
  #told: SessionInfo['state'] = 'signedOut';
  readonly #quietly = new Shared(() => this.#obtain());
  /** What may ask a person: first it waits for the quiet one. */
  readonly #asking = new Shared(() => this.#ask());

  constructor(options: SessionOptions) {
    this.#instance = options.instance;
    this.#options = whole(options);
    const { transport, now, marginMs } = this.#options;
    this.clock = transport.clock;
    this.#holding = new Holding({ now, marginMs });
    this.#sources = new Sources(this.#options, () => this.#filesChanged());
    this.#inTime = new InTime(now);
  }

  get info(): SessionInfo {
    const held = this.#held;
    const instance = this.#instance.name;
    if (!held) return { instance, state: 'signedOut' };
    return { instance, state: 'signedIn', account: held.account, method: held.method, ...(held.expiresAt !== undefined && { expiresAt: this.clock.here(held.expiresAt) }) };
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
    this.#drop(refused);
    return this.current(signal);
  }

  /** The same tokens for what no person asked for just now (polling): nobody is asked anything. */
  readonly quiet: TokenSource = {
    current: async (signal) => (await this.#current(signal, true)).token,
    renew: (refused, signal) => {
      this.#drop(refused);
      return this.quiet.current(signal);
    },
  };

  /** The file that the token came from; undefined where it came from elsewhere. */
  get tokenPath(): string | undefined {
    return this.#held?.path;
  }

  /** How Rucio's own client would sign in the same way: names and paths, no secret. undefined = nobody is signed in. */
  get clientSignIn(): ClientSignIn | undefined {
    const held = this.#held;
    const way = this.#sources.kept.wayOf(held);
    return held && clientSignInOf(held, way?.secret() ?? {}, this.#sources.proxyFile);
  }

  /** The certificate that was signed in with; undefined = it was another way. */
  async identity(): Promise<Identity | undefined> {
    return this.#sources.kept.wayOf(this.#held)?.identity?.();
  }

  /** The ways of signing in that are on offer here, the best first. */
  methods(): Promise<readonly Credentials['method'][]> {
    return this.#sources.kept.methods();
  }

  /** Signs in with what a person gave. Fails with wrongCredentials or badInput; on success the secret store holds what the next start needs, or nothing after a token. */
  async signIn(credentials: Credentials, signal?: AbortSignal): Promise<SessionInfo> {
    const turn = ++this.#turn;
    const way = this.#sources.kept.from(credentials);
    const held = heldBy(way, await way.signIn(signal));
    if (turn !== this.#turn) throw new RucioError('cancelled', 'Another sign-in or sign-out came in between.');
    this.#accept(held, way);
    await this.#sources.kept.remember(way);
    return this.info;
  }

  /**
   * Signs in by what lies ready (the pod's token, the secret store); never asks. Fails with signInNeeded: also for who
   * signed out, unless a person wants in `again`.
   */
  async signInQuietly({ again = false }: { readonly again?: boolean } = {}, signal?: AbortSignal): Promise<SessionInfo> {
    if (again) this.#signedOut = false;
    await this.#current(signal, true);
    return this.info;
  }

  /** Signs in by what lies ready where nobody need be asked for that, no server either: a view that opens says at once who is signed in. */
  async signInAsBefore(): Promise<void> {
    if (this.#held || this.#signedOut) return;
    const isCurrent = this.#now();
    const found = await this.#sources.asBefore();
    if (found && isCurrent() && !this.#held) this.#accept(found);
  }

  /**
   * Forgets token and password, here and in the secret store, and tells the provider where there is one to tell. Nothing signs in again
   * until a person does. Fails, with all forgotten, when the provider could not be told.
   */
  async signOut(): Promise<SessionInfo> {
    const way = this.#sources.kept.way ?? await this.#sources.kept.remembered();
    this.#turn++;
    this.#sources.signedOut();
    this.#forget();
    this.#signedOut = true;
    await this.#sources.kept.remember(undefined);
    try {
      await way?.end?.();
    } catch (error) {
      if (!(error instanceof RucioError)) throw error;
      throw new RucioError(error.kind, `You are signed out here, but the provider could not be told, so what it gave lasts until its end. ${error.message}`, error);
    }
    return this.info;
  }

  /**
   * What a client handed over later holds from now on; what it does not say stays. A new token in a variable is taken at
   * once when nobody is signed in, else when the token that is held ends or is refused.
   */
  useEnvironment(env: Readonly<Record<string, string>>): void {
    if (this.#sources.useEnvironment(env)) this.signInQuietly().catch(() => undefined); // whoever needs a token hears why there is none
  }

  /** The secrets leave the memory; the store keeps its own. Its transport is closed. */
  close(): void {
    this.#turn++;
    this.#listeners.clear();
    this.#forget();
    this.#sources.close();
    this.#signedOut = true;
    this.#options.transport.close();
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
    this.#inTime.clear();
    this.#holding.drop();
    this.#sources.forget();
    this.#byHand = false;
    this.#asking.leave();
    this.#quietly.leave();
    this.#changed();
  }

  #drop(refused: string): void {
    this.#sources.refuse(refused);
    if (this.#held?.token === refused) this.#holding.drop();
  }

  get #held(): Held | undefined {
    return this.#holding.held;
  }

  #changed(): void {
    this.#told = this.info.state;
    for (const listener of this.#listeners) listener(this.info);
  }

  /** `way`: a person just signed in by it. */
  #accept(held: Held, way?: NamedWay): void {
    if (way) {
      this.#byHand = true;
      this.#sources.kept.take(way);
      this.#asking.leave();
    }
    this.#holding.take(held);
    this.#signedOut = false;
    this.#dismissed = false;
    this.#changed();
    this.#renewInTime();
  }

  #renewInTime(): void {
    const held = this.#held;
    const way = this.#sources.kept.way;
    if (held?.expiresAt === undefined || !way?.whileGood || held.method !== way.method) return this.#inTime.clear();
    this.#inTime.set(held.expiresAt, 2 * this.#holding.margin(held), async () => {
      // What brought nothing was asked too early: until the token's end it is asked again, but only from here.
      await this.#sources.kept.mayTryAgain(way);
      // A failure is said to whoever asks for a token when there is none.
      await this.#quietly.join().catch(() => undefined);
      return this.#held === held;
    });
  }

  async #current(signal: AbortSignal | undefined, quietly = false): Promise<Held> {
    if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.', { cause: signal.reason });
    if (this.#signedOut) throw this.#needed(SIGNED_OUT);
    const held = this.#held;
    if (held && this.#holding.isGood(held) && !await this.#sources.isNewer(held)) return held;
    // A quiet one must not wait for a question, nor begin one.
    const found = await (quietly ? this.#quietly : this.#asking).join(signal);
    if ('token' in found) return found;
    throw this.#needed(found);
  }

  /** A token file was written: taken at once, so that nobody has to wait or be asked when the old one ends. */
  #filesChanged(): void {
    if (this.#signedOut || this.#byHand) return;
    // Whoever needs a token next hears why there is none.
    void this.#current(undefined, true).catch(() => undefined);
  }

  /** To be called when work begins: gives whether nobody has signed in or out since. */
  #now(): () => boolean {
    const turn = this.#turn;
    return () => turn === this.#turn;
  }

  /** Somebody signed in or out while a token was looked for: that counts. */
  #decided(): Held {
    if (this.#held) return this.#held;
    throw this.#needed(SIGNED_OUT);
  }

  /** Without asking; else why a person is needed. A server that can't be reached is a failure, and thrown. */
  async #obtain(): Promise<Held | Why> {
    const isCurrent = this.#now();
    const found = await this.#sources.next({ held: () => this.#held, byHand: this.#byHand, isCurrent });
    if ('token' in found) {
      if (!isCurrent()) return this.#decided();
      this.#accept(found);
      return found;
    }
    const old = this.#held;
    // Nothing better came: a token that ends soon is good until it ends.
    if (old && this.#holding.isGoodYet(old)) return old;
    this.#holding.drop();
    if (!this.#asking.isUnderWay) this.#lost();
    return old && !found.final ? { text: 'Your sign-in has ended.' } : found;
  }

  /** What lies ready, then a person; else why not. */
  async #ask(): Promise<Held | Why> {
    const isCurrent = this.#now();
    const ready = await this.#quietly.join();
    if ('token' in ready) return ready;
    const { ask } = this.#options;
    if (!ask || ready.final || this.#dismissed || this.#signedOut) {
      this.#lost();
      return ready;
    }
    const found = await askPerson(ready.text, { ask, kept: this.#sources.kept, held: () => this.#held, isCurrent, accept: (held, way) => this.#accept(held, way), decided: () => this.#decided() });
    if ('token' in found) return found;
    this.#dismissed = true;
    this.#lost();
    return found;
  }

  /** No token could be had: who was told of a sign-in hears that it is over. */
  #lost(): void {
    if (!this.#held && this.#told === 'signedIn') this.#changed();
  }

  #needed({ text, link }: Why): RucioError {
    const clock = this.clock.problem;
    return new RucioError('signInNeeded', clock === undefined ? text : `${text} ${clock}`, { subject: this.#instance.displayName, ...(link !== undefined && { link }) });
  }
}
