// Who has which instances: what each client's settings and pod came to, and the lakes behind them.
import type { Lake } from '../lake/lake.ts';
import type { ClientSettings, Instance, Welcome } from '../protocol.ts';
import type { ReadConfiguration } from './configuration.ts';
import type { Lakes, OpenLake } from './lakes.ts';
import type { Client } from './questions.ts';
import { refusal } from './refusal.ts';

/** A client's instances by name, as its settings and its pod say. */
export interface View {
  readonly welcome: Omit<Welcome, 'sessions'>;
  readonly keys: ReadonlyMap<string, { readonly key: string; readonly instance: Instance }>;
  readonly read: ReadConfiguration;
  readonly programs?: ClientSettings['programs'];
}

export class Views {
  readonly #views = new Map<Client, View>();
  readonly #lakes: Pick<Lakes, 'all' | 'get'>;

  constructor(lakes: Pick<Lakes, 'all' | 'get'>) {
    this.#lakes = lakes;
  }

  get all(): readonly (readonly [Client, View])[] {
    return [...this.#views];
  }

  get(client: Client): View | undefined {
    return this.#views.get(client);
  }

  set(client: Client, view: View): void {
    this.#views.set(client, view);
  }

  delete(client: Client): void {
    this.#views.delete(client);
  }

  /** In the order of its settings. */
  lakesOf(view: View): OpenLake[] {
    return [...view.keys.values()].flatMap(({ key }) => this.#lakes.get(key) ?? []);
  }

  /** The lake of the view's instance of this name. */
  lakeIn(view: View | undefined, instance: string | undefined): OpenLake | undefined {
    return this.#lakes.get(view?.keys.get(instance ?? '')?.key);
  }

  /** @throws a refusal when this client has no such instance. */
  openOf(client: Client, instance: string): OpenLake {
    const found = this.#views.get(client)?.keys.get(instance) ?? this.#ofWindows(client, instance);
    const open = this.#lakes.get(found?.key);
    if (!open) throw refusal(`There is no instance “${instance}” in the setting rucio.instances, in this pod's environment or in its files.`, 'Correct the settings, or choose another instance.', { kind: 'configuration', actions: ['openSettings'] });
    return open;
  }

  /** A terminal has what the windows of its person have, where its own surroundings say nothing. */
  #ofWindows(client: Client, instance: string): { readonly key: string } | undefined {
    if (client.hello.client !== 'terminal') return undefined;
    return [...this.#views].findLast(([other, view]) => other.hello.client === 'window' && view.keys.has(instance))?.[1].keys.get(instance);
  }

  /** The sign-ins of all instances that this client may speak of. */
  sessionsOf(client: Client): ReadonlySet<string> {
    const views = client.hello.client === 'terminal' ? [...this.#views.values()] : [this.#views.get(client)];
    return new Set(views.flatMap((view) => (view ? this.lakesOf(view).map(({ session }) => session) : [])));
  }

  /** What the view's instance with this sign-in is called. */
  nameOf(view: View, session: string): string | undefined {
    return [...view.keys].find(([, { key }]) => this.#lakes.get(key)?.session === session)?.[0];
  }

  /** False once its settings were changed and no client has it any more. */
  isOpen(lake: Lake): boolean {
    return this.#lakes.all.some((open) => open.lake === lake);
  }
}
