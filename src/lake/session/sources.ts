// Where a token comes from without anybody being asked, in this order: what lies ready in the pod, the way that was signed in last, what a
// rucio.cfg holds or names. What the server refused, none of them gives again.
import { tokenExpiry } from '../../rucio/auth/token.ts';
import type { Credentials, Instance } from '../types.ts';
import type { Why } from './hub.ts';
import { KeptWay, proxyFileIn } from './kept.ts';
import type { WholeOptions } from './options.ts';
import { type Held, PodSignIn } from './podSignIn.ts';
import { Variables } from './variables.ts';

/** What the session is like while a token is looked for. */
export interface Seeking {
  /** The one that is to be renewed. */
  readonly held: () => Held | undefined;
  /** The person signed in by hand: what lies ready in the pod does not take that away again. */
  readonly byHand: boolean;
  /** Nobody signed in or out meanwhile. */
  readonly isCurrent: () => boolean;
}

export class Sources {
  readonly kept: KeptWay;
  readonly #options: WholeOptions;
  readonly #instance: Instance;
  readonly #pod: PodSignIn;
  readonly #variables: Variables;
  /** Last token that the server refused. */
  #refused: string | undefined;

  /** `onFiles`: a file that may hold a token was written. */
  constructor(options: WholeOptions, onFiles: () => void) {
    const { instance, transport, secrets, people, calls, now, marginMs, coolDownMs, hub, environment, known } = options;
    this.#options = options;
    this.#instance = instance;
    this.#variables = new Variables(environment);
    this.kept = new KeptWay({ instance, secrets, now, coolDownMs, context: { transport, people, calls, proxyFile: () => this.proxyFile } });
    this.#pod = new PodSignIn({
      instance, now, marginMs, coolDownMs, environment: this.#variables.get, ...(hub && { hub }),
      check: (token, method) => this.#checked(token, method), isKnown: (token) => known.accountOf(this.#server, token) !== undefined, onChange: onFiles, learnTime: () => this.#learnTime(),
    });
  }

  get #server(): string {
    return `${this.#instance.baseUrl} ${this.#instance.vo ?? ''}`;
  }

  /** Where a grid proxy lies. */
  get proxyFile(): string | undefined {
    return proxyFileIn(this.#instance, this.#variables.get);
  }

  /** The ways of signing in that are on offer here, the best first. */
  methods(): Promise<readonly Credentials['method'][]> {
    return this.kept.methods();
  }

  /** Source after source; else why a person is needed. A server that can't be reached is a failure, and thrown. What comes after `isCurrent` has become false counts for nothing. */
  async next({ held, byHand, isCurrent }: Seeking): Promise<Held | Why> {
    let why: Why = { text: `Sign in to ${this.#instance.displayName}.` };
    if (!byHand) {
      const ready = await this.#pod.next(held());
      if (ready && 'token' in ready) {
        if (isCurrent()) this.#options.known.remember(this.#server, ready.token, ready.account);
        return ready;
      }
      if (ready) why = ready;
    }
    const fromMemory = (): ReturnType<KeptWay['renewed']> => this.kept.renewed(isCurrent, this.#refused, held);
    for (const source of byHand ? [fromMemory] : [fromMemory, () => this.kept.fromConfig(isCurrent)]) {
      if (!isCurrent()) break;
      const found = await source();
      if (typeof found === 'object') return found;
      if (found !== undefined && !why.final) why = { text: found };
    }
    return why;
  }

  /** What lies ready in the pod, where the server need not be asked whom it is for. */
  asBefore(): Promise<Held | undefined> {
    return this.#pod.asBefore();
  }

  /** Whether the file that it came from holds another token by now. */
  isNewer(held: Held): Promise<boolean> {
    return this.#pod.isNewer(held);
  }

  refuse(token: string): void {
    this.#refused = token;
    this.#options.known.forget(this.#server, token);
    this.kept.refuse(token);
    this.#pod.refuse(token);
  }

  /** As Session.useEnvironment. True: a variable that may hold a token is another one now. */
  useEnvironment(env: Readonly<Record<string, string>>): boolean {
    return this.#variables.take(env, this.#instance);
  }

  /** Somebody signed out: whom tokens were for is kept no longer. */
  signedOut(): void {
    this.#options.known.forgetAll(this.#server);
  }

  /** Way and refusals go. */
  forget(): void {
    this.#refused = undefined;
    this.kept.forget();
    this.#pod.forget();
  }

  /** Nothing of it stays in memory. */
  close(): void {
    this.forget();
    this.kept.forget(true);
    this.#variables.forget();
    this.#pod.close();
  }

  async #checked(token: string, method: Held['method']): Promise<Held> {
    const { calls, transport, known } = this.#options;
    const before = known.accountOf(this.#server, token);
    const { account, expiresAt } = before === undefined ? await calls.check(transport, token) : { account: before };
    const ends = expiresAt ?? tokenExpiry(token);
    return { token, account, method, ...(ends !== undefined && { expiresAt: ends }) };
  }

  /** A ping says what time it is. Who can't be asked will be heard of by what is asked next. */
  async #learnTime(): Promise<boolean> {
    const { transport } = this.#options;
    if (transport.clock.known) return false;
    await transport.raw({ path: '/ping' }).catch(() => undefined);
    return transport.clock.fast !== 0;
  }
}
