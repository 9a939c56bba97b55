// The instances as the service understood them, and the question which one is meant where there are several.
import * as vscode from 'vscode';
import { type ServiceClient, ServiceFailure } from '../client/client.ts';
import type { Instance } from '../protocol.ts';
import type { Instances } from './context.ts';
import { withoutIcons } from './plain.ts';

export class InstanceList implements Instances {
  readonly #client: ServiceClient;

  constructor(client: ServiceClient) {
    this.#client = client;
  }

  async all(): Promise<readonly Instance[]> {
    return (await this.#client.welcome()).instances;
  }

  get(name: string): Instance | undefined {
    return this.#client.lastWelcome?.instances.find((instance) => instance.name === name);
  }

  /** @throws ServiceFailure when none is configured */
  async pick(argument: unknown, placeHolder: string): Promise<Instance | undefined> {
    const all = await this.all();
    const named = all.find((instance) => instance.name === instanceOf(argument));
    if (named) return named;
    if (all.length === 0) throw noInstance();
    if (all.length === 1) return all[0];
    const items = all.map((instance) => ({ label: withoutIcons(instance.displayName), description: hostOf(instance.baseUrl), instance }));
    return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.instance;
  }
}

export function noInstance(): ServiceFailure {
  return new ServiceFailure({
    kind: 'configuration', what: 'No Rucio instance is configured.',
    next: 'Add one to the setting “rucio.instances”.', actions: ['openSettings'],
  });
}

/** Tree nodes and DID references name theirs. */
export function instanceOf(argument: unknown): string | undefined {
  return typeof argument === 'object' && argument !== null && 'instance' in argument && typeof argument.instance === 'string' ? argument.instance : undefined;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
