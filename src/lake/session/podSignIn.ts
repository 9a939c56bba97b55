// Signs in by what lies ready, without anybody: tokens of the pod (watched, so that a renewed one is taken at once), the
// hub when they have gone stale. What the server refused is not sent again for a while.
import { refusedPerhaps } from '../../rucio/auth/token.ts';
import { RucioError } from '../../rucio/errors.ts';
import { watchFiles } from './fileWatch.ts';
import type { HubTokens, Why } from './hub.ts';
import { readSmallFile } from '../config/files.ts';
import { type Environment, lasts, type PodToken, podTokens, tokenPlaces } from './podTokens.ts';
import type { Instance, SessionInfo } from '../types.ts';

/** What a session holds. */
export interface Held {
  readonly token: string;
  readonly account: string;
  readonly method: NonNullable<SessionInfo['method']>;
  /** ms since 1970. */
  readonly expiresAt?: number;
  /** The file it came from. */
  readonly path?: string;
}

export interface PodSignInOptions {
  readonly instance: Instance;
  readonly environment: Environment;
  readonly hub?: HubTokens;
  /** Asks the server, where it is not known whom the token is for. Fails with wrongCredentials or signInNeeded when it does not take the token. */
  readonly check: (token: string, method: Held['method']) => Promise<Held>;
  /** The server took this token before. */
  readonly isKnown: (token: string) => boolean;
  /** A file that may hold a token was written. */
  readonly onChange: () => void;
  readonly now: () => number;
  /** Asks the server for its time where nobody knows it yet; true = this machine's clock is wrong. */
  readonly learnTime?: () => Promise<boolean>;
  readonly marginMs: number;
  readonly coolDownMs: number;
}

type Candidate = Pick<PodToken, 'token' | 'name' | 'ends' | 'path' | 'discovered'> & { readonly method: Held['method'] };

/** A token's file is looked at for a newer one at most so often, beside the watch. ms. */
const FILE_LOOK = 2000;
const MOST_REFUSED = 50;
const REFUSED = ['wrongCredentials', 'signInNeeded'] as const;
/** A token for something else altogether may trouble a server, too; it must not stand in the way of other sign-ins. */
const STRANGE = ['serverError', 'refused', 'accessDenied', 'notFound', 'notRucio', 'badInput'] as const;

export class PodSignIn {
  readonly #options: PodSignInOptions;
  /** Tokens, and until when they are not tried again. */
  readonly #refused = new Map<string, number>();
  #lookedAt = 0;
  #unwatch: (() => void) | undefined;
  #closed = false;

  constructor(options: PodSignInOptions) {
    this.#options = options;
  }

  /** The server refused it; so it does for a while, whatever the reason. */
  refuse(token: string): void {
    if (this.#refused.size >= MOST_REFUSED) this.#refused.clear();
    this.#refused.set(token, this.#options.now() + this.#options.coolDownMs);
  }

  forget(): void {
    this.#refused.clear();
  }

  close(): void {
    this.#closed = true;
    this.#unwatch?.();
    this.forget();
  }

  /** Another token than `current` that works; else why there is none; undefined where no place is known. */
  async next(current: Held | undefined): Promise<Held | Why | undefined> {
    const { instance, now, marginMs } = this.#options;
    this.#watch();
    let { tokens, why, expired } = await this.#look();
    // By this machine's clock; nobody is sent to sign in again because of that.
    if (expired && await this.#options.learnTime?.()) ({ tokens, why, expired } = await this.#look());
    const lasting = tokens.filter((one) => lasts(one, now(), marginMs));
    const first = await this.#first(lasting, current);
    if (typeof first === 'object') return first;
    const hub = usesHub(instance) ? await this.#options.hub?.token() : undefined;
    const given = hub && 'token' in hub ? await this.#first([{ token: hub.token, method: 'hub', name: 'The token that the hub gave' }], current) : undefined;
    if (typeof given === 'object') return given;
    const last = await this.#first(tokens.filter((one) => !lasting.includes(one)), current);
    if (typeof last === 'object') return last;
    if (hub && 'text' in hub) return hub;
    const text = given ?? last ?? first ?? why;
    return text === undefined ? undefined : { text };
  }

  /** The token that {@link next} would try first, where it is known whom it is for; nobody is asked. */
  async asBefore(): Promise<Held | undefined> {
    const { isKnown, now, marginMs } = this.#options;
    const [first] = (await this.#look()).tokens;
    if (!first || !lasts(first, now(), marginMs) || !isKnown(first.token)) return undefined;
    this.#watch();
    const found = await this.#first([first], undefined);
    return typeof found === 'object' ? found : undefined;
  }

  /** Whether the file that it came from holds another token by now. Its time says nothing: two writes may have the same. */
  async isNewer({ path, token }: Held): Promise<boolean> {
    const now = this.#options.now();
    if (path === undefined || now - this.#lookedAt < FILE_LOOK) return false;
    this.#lookedAt = now;
    const read = await readSmallFile(path);
    // Being written, or gone: the one that we hold still lasts.
    const text = 'text' in read ? read.text.trim() : '';
    return text !== '' && text !== token && !this.#isRefused(text);
  }

  #look(): ReturnType<typeof podTokens> {
    const { instance, environment, now, marginMs } = this.#options;
    this.#lookedAt = now();
    return podTokens(instance, environment, now(), marginMs);
  }

  #isRefused(token: string): boolean {
    return (this.#refused.get(token) ?? 0) > this.#options.now();
  }

  async #first(candidates: readonly Candidate[], current: Held | undefined): Promise<Held | string | undefined> {
    let reason: string | undefined;
    for (const { token, method, name, ends, path, discovered } of candidates) {
      reason = this.#refusal(name, token, ends);
      if (this.#isRefused(token)) continue;
      if (token === current?.token) {
        reason = `${name} ends.`;
        continue;
      }
      // Of another place, and no gain; the same place's own new word always holds.
      if (current?.expiresAt !== undefined && ends !== undefined && ends <= current.expiresAt && (path === undefined || path !== current.path)) continue;
      try {
        return { ...await this.#options.check(token, method), ...(path !== undefined && { path }) };
      } catch (error) {
        if (!RucioError.is(error, ...REFUSED, ...(discovered ? STRANGE : []))) throw error;
        this.refuse(token);
        // The refusal said what time it is.
        reason = this.#refusal(name, token, ends);
      }
    }
    return reason;
  }

  /** "The token in … was refused by the server", and why that may be. */
  #refusal(name: string, token: string, ends: number | undefined): string {
    const now = this.#options.now();
    return ends !== undefined && ends <= now ? `${name} has expired.` : `${name} was refused by the server${refusedPerhaps(token, now)}`;
  }

  /** From the first use on: before it nobody wants to know. */
  #watch(): void {
    if (this.#unwatch || this.#closed) return;
    const { instance, environment, onChange } = this.#options;
    const files = tokenPlaces(instance, environment).filter(({ kind }) => kind === 'file').map(({ at }) => at);
    this.#unwatch = watchFiles(files, () => {
      this.#lookedAt = 0;
      onChange();
    });
  }
}

/** The hub's tokens are for the server that the pod was made for: one that signs in by tokens and says so. */
export function usesHub({ authType, tokenEnv, tokenFile }: Instance): boolean {
  return authType === 'oidc' || (authType === undefined && (tokenEnv !== undefined || tokenFile !== undefined));
}
