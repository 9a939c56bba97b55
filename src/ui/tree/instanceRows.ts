// The rows of instances at the top of a view that is read branch by branch. They keep what was opened below them when the instances are asked
// for again, and tell of one that is read when another account signs in there.
import type { ServiceClient } from '../../client/client.ts';
import type { Instance } from '../../protocol.ts';
import { segment } from '../explorer/ids.ts';
import type { SessionStore } from '../sessions.ts';
import { Branch, type Row } from './branch.ts';
import type { Asked } from './listing.ts';

export interface InstanceRow extends Row { readonly kind: 'instance'; readonly instance: string; readonly config: Instance; readonly branch: Branch }

export interface InstanceRowsOptions {
  readonly client: Pick<ServiceClient, 'welcome'>;
  readonly sessions: SessionStore;
  /** Whether this one has a row; all when absent. */
  readonly shows?: (config: Instance) => boolean;
  /** What is below the row of this instance. */
  readonly ask: (instance: string, asked: Asked<Row>) => Promise<{ readonly more: boolean }>;
  readonly onChange: (row: Row | undefined) => void;
  /** What was read below this row is another account's, or nobody's. */
  readonly onAccount?: (row: InstanceRow) => void;
}

export class InstanceRows {
  readonly root: Branch;
  readonly #options: InstanceRowsOptions;
  readonly #accounts = new Map<string, string | undefined>();
  #rows = new Map<string, InstanceRow>();

  constructor(options: InstanceRowsOptions) {
    const { sessions, onChange, onAccount } = this.#options = options;
    this.root = new Branch({ owner: () => undefined, page: Number.MAX_SAFE_INTEGER, ask: (asked) => this.#ask(asked), onChange: () => onChange(undefined) });
    if (!onAccount) return;
    sessions.onDidChange(({ instance, account, state }) => {
      const now = state === 'signedIn' ? account ?? '' : undefined;
      if (this.#accounts.has(instance) && this.#accounts.get(instance) === now) return;
      this.#accounts.set(instance, now);
      const row = this.get(instance);
      if (row?.branch.listing.asked && !row.branch.listing.loading) onAccount(row);
    });
  }

  get all(): readonly InstanceRow[] {
    return [...this.#rows.values()];
  }

  get(instance: string): InstanceRow | undefined {
    return this.#rows.get(instance);
  }

  /** The instances themselves, then what is open below them. */
  async refresh(): Promise<void> {
    await this.root.listing.refresh();
    await Promise.all(this.all.filter(({ branch }) => branch.listing.asked).map(({ branch }) => branch.listing.refresh()));
  }

  async #ask(asked: Asked<Row>): Promise<{ readonly more: boolean }> {
    const { client, sessions, shows = () => true, ask, onChange } = this.#options;
    const { instances, sessions: now } = await client.welcome();
    for (const session of now) sessions.hear(session);
    this.#rows = new Map(instances.filter(shows).map((config): [string, InstanceRow] => {
      const { name } = config;
      const branch = this.get(name)?.branch ?? new Branch({ owner: () => this.get(name), onChange: () => onChange(this.get(name)), ask: (inner) => ask(name, inner) });
      return [name, { kind: 'instance', key: `/${segment(name)}`, parent: undefined, instance: name, config, branch }];
    }));
    asked.rows(this.all);
    return { more: false };
  }
}
