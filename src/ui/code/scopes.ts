// Which scopes a lake has: what tells a DID in code from any other word with a colon. Listed by the lake at most every ten
// minutes, and only while something asks; kept over a restart, so that a window that has not met its lake knows them too.
import type { ServiceClient } from '../../client/client.ts';
import { listScopes } from '../../protocol.ts';

const AGE_MS = 600_000;
/** After a list that failed (nobody is signed in), ms. */
const RETRY_MS = 60_000;
const MOST_SCOPES = 100_000;
/** Of more the window starts without: a Memento is read and written whole. */
const MOST_KEPT = 5000;
const KEY = 'rucio.knownScopes';

interface Memento {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

export interface ScopeSources {
  readonly client: Pick<ServiceClient, 'request' | 'lastWelcome'>;
  readonly state: Memento;
  readonly log: (line: string) => void;
  readonly now?: () => number;
}

export class KnownScopes {
  readonly #from: ScopeSources;
  readonly #now: () => number;
  readonly #scopes = new Map<string, ReadonlySet<string>>();
  readonly #askedAt = new Map<string, number>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(from: ScopeSources) {
    this.#from = from;
    this.#now = from.now ?? (() => Date.now());
    for (const [instance, scopes] of Object.entries(kept(from.state.get(KEY)))) this.#scopes.set(instance, new Set(scopes));
  }

  /** The first instance that has the scope, as far as is known; asks nobody. */
  instanceOf(scope: string): string | undefined {
    const order = this.#from.client.lastWelcome?.instances.map(({ name }) => name) ?? [...this.#scopes.keys()];
    return order.find((instance) => this.#scopes.get(instance)?.has(scope));
  }

  /** Sorted, each once; asks nobody. */
  all(): readonly string[] {
    return [...new Set([...this.#scopes.values()].flatMap((scopes) => [...scopes]))].sort();
  }

  /** Lists those that are old or were never listed, of lakes that this window has met; waits where nothing is known yet. Never fails. */
  async refresh(): Promise<void> {
    const instances = this.#from.client.lastWelcome?.instances ?? [];
    await Promise.all(instances.map(({ name }) => {
      const asking = this.#ask(name);
      return this.#scopes.has(name) ? undefined : asking;
    }));
  }

  /** Somebody signed in: what failed for want of that is asked again when it is needed. */
  forgetFailure(instance: string): void {
    if (!this.#scopes.has(instance)) this.#askedAt.delete(instance);
  }

  #ask(instance: string): Promise<void> {
    const running = this.#asking.get(instance);
    if (running) return running;
    const at = this.#askedAt.get(instance);
    if (at !== undefined && this.#now() - at < (this.#scopes.has(instance) ? AGE_MS : RETRY_MS)) return Promise.resolve();
    const asking = this.#list(instance).finally(() => {
      this.#asking.delete(instance);
      this.#askedAt.set(instance, this.#now());
    });
    this.#asking.set(instance, asking);
    return asking;
  }

  async #list(instance: string): Promise<void> {
    try {
      const scopes = await this.#from.client.request(listScopes, { instance, mine: false, quiet: true });
      this.#scopes.set(instance, new Set(scopes.slice(0, MOST_SCOPES)));
    } catch (error) {
      this.#from.log(`scopes of ${instance} not known: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const configured = new Set(this.#from.client.lastWelcome?.instances.map(({ name }) => name));
    for (const name of this.#scopes.keys()) if (!configured.has(name)) this.#scopes.delete(name);
    const keep = Object.fromEntries([...this.#scopes].filter(([, scopes]) => scopes.size <= MOST_KEPT).map(([name, scopes]) => [name, [...scopes]]));
    await this.#from.state.update(KEY, keep);
  }
}

/** What an earlier version, or anybody, may have left there. */
function kept(value: unknown): Readonly<Record<string, readonly string[]>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string[]] => Array.isArray(entry[1]) && entry[1].every((scope) => typeof scope === 'string')));
}
