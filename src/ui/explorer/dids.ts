// Which DIDs a command is about, and what is known of them: the same for every feature of the window.
import * as vscode from 'vscode';
import type { ServiceClient } from '../../client/client.ts';
import { availability, type DIDFilter, type Instance } from '../../protocol.ts';
import type { DidRef, Dids } from '../context.ts';
import { commands } from '../contributions.ts';
import { type InstanceList, instanceOf } from '../instances.ts';
import type { ExplorerNode } from './nodes.ts';
import { search, type SearchResult } from './search.ts';
import type { StatusStore } from './statuses.ts';

const LAST_INSTANCE = 'rucio.lastInstance';

export interface DidSources {
  readonly client: ServiceClient;
  readonly log: vscode.LogOutputChannel;
  readonly state: vscode.Memento;
  readonly instances: InstanceList;
  readonly statuses: StatusStore;
  /** What is selected in the tree now. */
  readonly selection: () => readonly ExplorerNode[];
}

export interface Ask {
  readonly title: string;
  readonly type: DIDFilter;
  readonly keep: boolean;
  /** Lets a person choose another filter. */
  readonly filter?: () => Promise<DIDFilter | undefined>;
}

/** *Keep Results* of this search. */
export interface Kept { readonly kept: string; readonly instance: string; readonly type: DIDFilter }

export class DidList implements Dids {
  readonly #from: DidSources;

  constructor(from: DidSources) {
    this.#from = from;
  }

  get onDidChangeState(): Dids['onDidChangeState'] {
    return this.#from.statuses.onDidChange;
  }

  stateOf(did: DidRef) {
    return this.#from.statuses.get(did);
  }

  async pick(argument: unknown, title: string): Promise<DidRef | undefined> {
    const result = refOf(argument) ?? await this.ask({ title, type: 'all', keep: false });
    return result && 'scope' in result ? result : undefined;
  }

  async pickAll(argument: unknown, selected: unknown, title: string): Promise<readonly DidRef[]> {
    const several = Array.isArray(selected) ? selected.map(refOf).filter((ref) => ref !== undefined) : [];
    if (several.length > 0) return several;
    const one = await this.pick(argument, title);
    return one ? [one] : [];
  }

  async recheck(did: DidRef): Promise<void> {
    const { client, statuses, log } = this.#from;
    const { instance, scope, name } = did;
    try {
      statuses.hear(instance, [await client.request(availability, { instance, did: { scope, name } })]);
    } catch (error) {
      // The state that is painted stays; whoever changed it has shown its own failure.
      log.warn(`state of ${scope}:${name} not known: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The search picker, again and again until a DID is chosen, results are kept or it is dismissed. */
  async ask(how: Ask): Promise<DidRef | Kept | undefined> {
    const { client, instances, selection } = this.#from;
    const all = await instances.all();
    let instance = await this.#lastInstance(all);
    let text = '';
    let { type } = how;
    while (instance) {
      const suggestions = selection().map(refOf).filter((ref) => ref !== undefined);
      const result: SearchResult = await search(client, { title: how.title, instance, several: all.length > 1, text, type, suggestions, keep: how.keep });
      if (!result) return undefined;
      if ('chosen' in result) return result.chosen;
      ({ text } = result);
      switch (result.go) {
        case 'keep':
          if (text.includes(':')) return { kept: text.trim(), instance: instance.name, type };
          break;
        case 'filter':
          type = await how.filter?.() ?? type;
          break;
        case 'instance':
          instance = await this.#chooseInstance() ?? instance;
          break;
        case 'signIn':
          await vscode.commands.executeCommand(commands.signIn, { instance: instance.name });
          break;
      }
    }
    return undefined;
  }

  async #lastInstance(all: readonly Instance[]): Promise<Instance | undefined> {
    const last = this.#from.state.get<string>(LAST_INSTANCE);
    return all.find((instance) => instance.name === last) ?? await this.#chooseInstance();
  }

  async #chooseInstance(): Promise<Instance | undefined> {
    const chosen = await this.#from.instances.pick(undefined, 'Search which Rucio instance?');
    if (chosen) await this.#from.state.update(LAST_INSTANCE, chosen.name);
    return chosen;
  }
}

/** Of a tree node or of a {@link DidRef}, which other extensions and tests may hand over: nothing in it is believed. */
export function refOf(argument: unknown): DidRef | undefined {
  const instance = instanceOf(argument);
  if (instance === undefined || typeof argument !== 'object' || argument === null) return undefined;
  if ('ref' in argument) return refOf(argument.ref);
  if (!('scope' in argument) || !('name' in argument) || typeof argument.scope !== 'string' || typeof argument.name !== 'string') return undefined;
  const { scope, name } = argument;
  const type = 'type' in argument ? argument.type : undefined;
  return { instance, scope, name, ...(type === 'FILE' || type === 'DATASET' || type === 'CONTAINER' ? { type } : {}) };
}
