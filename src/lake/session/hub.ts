// A JupyterHub that hands out tokens to its pods: asked with the pod's own API token when what lies ready has gone
// stale. The hub renews what it holds when it is asked; when the person's sign-in there has ended it says 403.
import { tokenExpiry } from '../../rucio/auth/token.ts';
import { fetchDocument } from '../../rucio/document.ts';
import { logLine } from '../../rucio/exchange.ts';
import { shown } from '../config/entry.ts';
import { RucioError } from '../../rucio/errors.ts';
import type { Environment } from './podTokens.ts';
import type { NetworkSettings } from '../types.ts';

/** Why there is no token, in a sentence. */
export interface Why {
  readonly text: string;
  /** Where the person can mend it: a page of the hub. */
  readonly link?: string;
  /** Asking for credentials would not help: only that page does. */
  readonly final?: boolean;
}

export interface HubOptions {
  readonly environment: Environment;
  /** The setting rucio.hub.tokenUrl as it is now. */
  readonly tokenUrl: () => string | undefined;
  readonly network: NetworkSettings;
  /** One line for each call to the hub. */
  readonly log?: (line: string) => void;
  readonly fetch?: typeof fetchDocument;
  readonly now?: () => number;
}

type Answer = { readonly token: string } | Why | undefined;

/** Calls wait for it; ms. */
const DEADLINE = 5000;
/** ms before the same is asked again: after a token at most, after 403, when nothing answered, where there is nothing to be had. */
const AGAIN = { token: 30_000, ended: 5000, failed: 30_000, none: 600_000 };

export class HubTokens {
  readonly #options: HubOptions;
  readonly #fetch: typeof fetchDocument;
  readonly #now: () => number;
  #last: Answer;
  #until = 0;
  #askedAs = '';
  #flight: Promise<Answer> | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? fetchDocument;
    this.#now = options.now ?? Date.now;
  }

  /** Never rejects; undefined = there is no hub, or it hands out no tokens. No secret in a {@link Why}. */
  async token(): Promise<Answer> {
    const secret = this.#options.environment('JUPYTERHUB_API_TOKEN');
    const addresses = this.addresses();
    if (!secret || addresses.length === 0) return undefined;
    const as = JSON.stringify([secret, addresses]);
    if (as !== this.#askedAs) [this.#askedAs, this.#until, this.#flight] = [as, 0, undefined];
    if (this.#now() < this.#until) return this.#last;
    this.#flight ??= this.#ask(addresses, secret).finally(() => { this.#flight = undefined; });
    return this.#flight;
  }

  /** Asked one after the other. A configured one is the only one. */
  addresses(): string[] {
    const { tokenUrl, environment } = this.#options;
    const own = tokenUrl()?.trim();
    if (own) return [own];
    const api = environment('JUPYTERHUB_API_URL')?.replace(/\/+$/, '');
    if (!api) return [];
    const user = environment('JUPYTERHUB_USER');
    return [`${api}/pod-tokens`, ...(user ? [`${api}/users/${encodeURIComponent(user)}`] : []), `${api}/user`];
  }

  /** For *Show Configuration*. */
  states(): { readonly place: string; readonly state: string }[] {
    const secret = this.#options.environment('JUPYTERHUB_API_TOKEN');
    return this.addresses().map((place) => ({
      place: `hub ${shown(place)}`, state: secret ? (this.#askedAs === '' ? 'asked when the token has gone stale' : this.#last && 'text' in this.#last ? this.#last.text : this.#last ? 'gave a token' : 'gives no token') : 'not asked: JUPYTERHUB_API_TOKEN is not set',
    }));
  }

  async #ask(addresses: readonly string[], secret: string): Promise<Answer> {
    const answer = await this.#first(addresses, secret);
    const ends = answer && 'token' in answer ? tokenExpiry(answer.token) : undefined;
    const now = this.#now();
    const wait = answer === undefined ? AGAIN.none : 'text' in answer ? (answer.final ? AGAIN.ended : AGAIN.failed) : Math.min(AGAIN.token, ends === undefined ? AGAIN.token : Math.max(1000, (ends - now) / 2));
    [this.#last, this.#until] = [answer, now + wait];
    return answer;
  }

  async #first(addresses: readonly string[], secret: string): Promise<Answer> {
    let [ended, known] = [false, false];
    let failed: string | undefined;
    for (const address of addresses) {
      const url = URL.parse(address);
      if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return { text: 'The setting rucio.hub.tokenUrl is no usable address (https://… without a user name or password).' };
      try {
        // No redirect is followed: the secret is for this hub.
        const { log } = this.#options;
        const { status, value } = await this.#fetch({ url, network: this.#options.network, deadline: DEADLINE, ...(log && { log: (entry) => log(`${logLine(entry)} (${url.host})`) }), headers: { Authorization: `token ${secret}` } });
        const token = status === 200 ? tokenIn(value) : undefined;
        if (token !== undefined && token.length < 32_768 && /^[\x21-\x7e]+$/.test(token)) return { token };
        if (status === 200) known = true;
        else if (status === 401 || status === 403) ended = true;
        else if (status !== 404) failed = `The hub ${url.host} gave no token (status ${status}).`;
      } catch (error) {
        if (!(error instanceof RucioError)) throw error;
        failed = `The hub could not be asked for a token: ${error.message}`;
      }
    }
    // One that may be asked about us, and has no tokens to give, has not ended anything.
    if (ended && !(known && addresses.length > 1)) {
      const link = this.#link();
      const ending = 'Your sign-in at the hub has ended.';
      return { text: link === undefined ? `${ending} Open the hub in your browser and sign in again; your server need not be restarted.` : ending, final: true, ...(link !== undefined && { link }) };
    }
    if (failed !== undefined) return { text: failed };
    return this.#options.tokenUrl() ? { text: `The hub ${URL.parse(addresses[0] ?? '')?.host ?? ''} gave no token.` } : undefined;
  }

  /** The hub's sign-in page as a browser reaches it; the pod knows the hub by another address. */
  #link(): string | undefined {
    const { environment } = this.#options;
    const root = environment('JUPYTERHUB_PUBLIC_HUB_URL');
    // code-server's own address is under the hub's.
    const host = environment('JUPYTERHUB_HOST') || URL.parse(environment('VSCODE_PROXY_URI')?.replace('{{port}}', '1') ?? '')?.origin;
    const base = environment('JUPYTERHUB_BASE_URL') || '/';
    const url = URL.parse(root ? `${root.replace(/\/*$/, '/')}login` : host ? `${host}${base.replace(/\/*$/, '/')}hub/login` : '');
    return url && /^https?:$/.test(url.protocol) && url.username === '' ? url.href : undefined;
  }
}

/** {tokens: {rucio: {access_token}}} of an own endpoint, {auth_state: {exchanged_tokens: {…}}} of the hub's API, {access_token}. Never the hub's own. */
function tokenIn(value: unknown): string | undefined {
  const state = field(value, 'auth_state');
  for (const set of [field(value, 'tokens'), field(value, 'exchanged_tokens'), field(state, 'exchanged_tokens'), field(state, 'exchanged')]) {
    if (typeof set !== 'object' || set === null) continue;
    const names = Object.keys(set);
    const name = names.find((one) => one === 'rucio') ?? names.find((one) => /rucio/i.test(one)) ?? (names.length === 1 ? names[0] : undefined);
    const token = name === undefined ? undefined : field(set, name);
    const text = typeof token === 'string' ? token : field(token, 'access_token');
    if (typeof text === 'string') return text;
  }
  const sole = state === undefined ? field(value, 'access_token') : undefined;
  return typeof sole === 'string' ? sole : undefined;
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}
