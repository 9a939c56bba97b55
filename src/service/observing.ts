// What each client shows of each instance: its lakes look at that, and so does the lake that takes the place of one whose settings changed.
import { ResponseError } from 'vscode-jsonrpc/node';
import { explain } from '../lake/advice.ts';
import type { Tell } from '../lake/availability/watcher.ts';
import * as protocol from '../protocol.ts';
import type { DID, DIDType, Failure } from '../protocol.ts';
import type { Lakes } from './lakes.ts';
import { send } from './news.ts';
import { caller, type Client } from './questions.ts';
import type { View, Views } from './views.ts';

export type TypedDID = DID & { readonly type: DIDType };

export class Observing {
  readonly #views: Pick<Views, 'openOf'>;
  readonly #lakes: Pick<Lakes, 'get' | 'all'>;
  readonly #shown = new Map<Client, Map<string, readonly TypedDID[]>>();

  constructor(views: Pick<Views, 'openOf'>, lakes: Pick<Lakes, 'get' | 'all'>) {
    this.#views = views;
    this.#lakes = lakes;
  }

  /** In place of what the client showed of this instance before. */
  observe(client: Client, instance: string, dids: readonly TypedDID[]): void {
    const shown = this.#shown.get(client) ?? new Map<string, readonly TypedDID[]>();
    this.#shown.set(client, shown.set(instance, dids));
    const tell: Tell = (items, error) => send(client, protocol.availabilityChanged, { instance, items, ...(error !== undefined && { failure: error instanceof ResponseError ? error.data as Failure : explain(error, { instance }) }) });
    try {
      const { lake } = this.#views.openOf(client, instance);
      caller.run(client, () => lake.observe(client, dids, tell));
    } catch (error) {
      tell([], error); // a notification has no answer: the news say why nothing will come
    }
  }

  /** The client's settings changed. */
  follow(client: Client, before: View | undefined, now: View): void {
    for (const [name, { key }] of before?.keys ?? []) {
      const next = now.keys.get(name);
      if (next?.key === key) continue;
      this.#lakes.get(key)?.lake.observe(client, [], () => undefined);
      const dids = this.#shown.get(client)?.get(name);
      if (next && dids) this.observe(client, name, dids);
    }
  }

  leave(client: Client): void {
    this.#shown.delete(client);
    for (const { lake } of this.#lakes.all) lake.observe(client, [], () => undefined);
  }
}
