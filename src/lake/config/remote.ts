// The `$url` entries of RucioConfig: an instance of which the larger part stands in a JSON document elsewhere. Fetched
// once a day (or until `cache_expires_at`), as the JupyterLab extension does (rucio-jupyterlab: config/config.py).
import { fetchDocument } from '../../rucio/document.ts';
import { RucioError } from '../../rucio/errors.ts';
import { logLine } from '../../rucio/exchange.ts';
import type { NetworkSettings } from '../types.ts';
import { shown } from './entry.ts';

/** What one of them says; `problem` is a sentence. Both: it can't be had now, and what it said earlier is used. */
export interface Remote { readonly object?: object; readonly problem?: string }

const DAY = 24 * 3_600_000;
/** A window waits for this when it opens; ms. */
const DEADLINE = 5000;
/** A broken one is not asked again for each window; ms. */
const COOL_DOWN = 30_000;

interface Known { readonly object?: object; readonly problem?: string; readonly until: number }

/** Shared by all windows of a service. */
export class RemoteConfigs {
  readonly #known = new Map<string, Promise<Known>>();
  readonly #fetch: typeof fetchDocument;
  readonly #now: () => number;
  readonly #log: (line: string) => void;

  /** `log`: one line for each call. */
  constructor({ fetch = fetchDocument, now = Date.now, log = () => undefined }: { readonly fetch?: typeof fetchDocument; readonly now?: () => number; readonly log?: (line: string) => void } = {}) {
    this.#log = log;
    this.#fetch = fetch;
    this.#now = now;
  }

  /** Never rejects. `expires` in seconds since 1970, as the file has it. */
  async get(address: string, network: NetworkSettings, expires: unknown): Promise<Remote> {
    const url = URL.parse(address);
    const problem = addressProblem(url);
    if (!url || problem) return { problem: `$url ${problem}` };
    const key = JSON.stringify([url.href, network]);
    const before = await this.#known.get(key);
    if (before && before.until > this.#now()) return before;
    const asked = this.#ask(url, network, expires, before);
    this.#known.set(key, asked);
    return asked;
  }

  async #ask(url: URL, network: NetworkSettings, expires: unknown, before: Known | undefined): Promise<Known> {
    const now = this.#now();
    try {
      const { status, value } = await this.#fetch({ url, network, deadline: DEADLINE, redirects: 3, log: (entry) => this.#log(`${logLine(entry)} (${url.host})`) });
      if (status !== 200) throw new RucioError('notRucio', `${url.host} answered with status ${status}.`);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RucioError('notRucio', `${url.host} answered with something that is no JSON object.`);
      return { object: value, until: typeof expires === 'number' && expires * 1000 > now ? expires * 1000 : now + DAY };
    } catch (error) {
      if (!(error instanceof RucioError)) throw error;
      const earlier = before?.object;
      const problem = `$url ${shown(url.href)} can't be read: ${error.message}${earlier ? ' What it said earlier is used.' : ''}`;
      return { problem, until: now + COOL_DOWN, ...(earlier && { object: earlier }) };
    }
  }
}

/** Whoever could change this document on its way could name the server that gets the tokens. */
function addressProblem(url: URL | null): string | undefined {
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'is not an address. Write it in full, such as https://config.example.org/rucio.json.';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password.';
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return 'must begin with https://: what comes by http:// could be changed on its way, and it says where tokens are sent.';
  return undefined;
}
