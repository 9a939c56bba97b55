// *Explore* put together: model, provider, decorations and observation, on one tree view.
import * as vscode from 'vscode';
import type { ConnectionState, ServiceClient } from '../../client/client.ts';
import { availabilityChanged, type DIDFilter, type Failure, sessionChanged } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { contextKeys, views } from '../contributions.ts';
import type { InstanceList } from '../instances.ts';
import type { SessionStore } from '../sessions.ts';
import type { Event } from '../signal.ts';
import { DidDecorations } from './decorations.ts';
import { FileDrop } from './drop.ts';
import { DidList } from './dids.ts';
import { viewMessage } from './message.ts';
import { ExplorerModel } from './model.ts';
import type { ExplorerNode } from './nodes.ts';
import { Observation } from './observation.ts';
import { ExplorerProvider } from './provider.ts';
import { StatusStore } from './statuses.ts';
import { isFilter } from './words.ts';

const FILTER = 'rucio.typeFilter';

export interface ExplorerParts {
  readonly client: ServiceClient;
  readonly log: vscode.LogOutputChannel;
  readonly state: vscode.Memento;
  readonly sessions: SessionStore;
  readonly instances: InstanceList;
  readonly onConnection: Event<ConnectionState>;
}

export class Explorer implements vscode.Disposable {
  readonly model: ExplorerModel;
  readonly statuses = new StatusStore();
  readonly dids: DidList;
  readonly view: vscode.TreeView<ExplorerNode>;
  readonly observation: Observation;
  readonly drop = new FileDrop();
  readonly #provider: ExplorerProvider;
  readonly #parts: ExplorerParts;
  readonly #unknownStates = new Map<string, Failure>();
  readonly #contexts = new Map<string, unknown>();
  readonly #disposables: { dispose(): unknown }[] = [];

  constructor(parts: ExplorerParts) {
    const { client, log, state, sessions, instances } = parts;
    this.#parts = parts;
    const filter = state.get(FILTER);
    this.model = new ExplorerModel(client, sessions, { filter: isFilter(filter) ? filter : 'all' });
    this.observation = new Observation(client, this.model, { onFailure: (error) => log.warn(`states can't be observed: ${String(error)}`) });
    this.#provider = new ExplorerProvider({ model: this.model, statuses: this.statuses, sessions });
    const decorations = new DidDecorations(this.statuses, (key) => this.observation.painted(key));
    this.view = vscode.window.createTreeView(views.explore, { treeDataProvider: this.#provider, showCollapseAll: true, canSelectMany: true, dragAndDropController: this.drop });
    this.dids = new DidList({ client, log, state, instances, statuses: this.statuses, selection: () => this.view.selection });
    this.#disposables.push(
      this.view, this.observation, this.#provider, decorations, vscode.window.registerFileDecorationProvider(decorations),
      this.view.onDidChangeVisibility(() => this.#look()),
      vscode.window.onDidChangeWindowState(() => this.#look()),
      this.view.onDidExpandElement(({ element }) => this.#opened(element, true)),
      this.view.onDidCollapseElement(({ element }) => this.#opened(element, false)),
      this.model.onDidChange(() => this.#onModel()),
      client.on(sessionChanged, (session) => sessions.hear(session)),
      client.on(availabilityChanged, ({ instance, items, failure }) => {
        this.statuses.hear(instance, items);
        const name = instances.get(instance)?.displayName ?? instance;
        if (failure) this.#unknownStates.set(name, failure);
        else this.#unknownStates.delete(name);
        this.#showMessage();
      }),
      parts.onConnection((connection) => {
        this.observation.onConnection(connection);
        this.#showMessage();
      }),
    );
    this.#look();
    this.#showMessage();
  }

  async setFilter(filter: DIDFilter): Promise<void> {
    this.model.setFilter(filter);
    this.#showMessage();
    await this.#parts.state.update(FILTER, filter);
  }

  /** Shows the DID in the tree, pinned under its scope where no list shows it. @throws ServiceFailure */
  async reveal(ref: DidRef, where: { readonly home?: boolean } = {}): Promise<void> {
    const node = await vscode.window.withProgress({ location: { viewId: views.explore } }, () => this.model.locate(ref, where));
    await this.show(node);
  }

  async show(node: ExplorerNode, expand = false): Promise<void> {
    this.#provider.flush();
    await this.view.reveal(node, { select: true, focus: true, expand });
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** A window that has neither the focus nor, for a while, anything done in it is looked at by nobody. */
  #look(): void {
    const { focused, active } = vscode.window.state;
    this.observation.setVisible(this.view.visible && (focused || active));
  }

  #opened(node: ExplorerNode, open: boolean): void {
    if (open) this.model.expanded.add(node.id);
    else this.model.expanded.delete(node.id);
    this.observation.update();
  }

  #onModel(): void {
    this.observation.update();
    const { listing } = this.model.root;
    if (listing.asked && !listing.loading) this.#setContext(contextKeys.exploreState, listing.size === 0 && !listing.failure ? 'noInstance' : 'ready');
    this.#setContext(contextKeys.hasResults, this.model.results().length > 0);
  }

  #setContext(key: string, value: unknown): void {
    if (this.#contexts.get(key) === value) return;
    this.#contexts.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }

  #showMessage(): void {
    this.view.message = viewMessage({ connection: this.#parts.client.state, filter: this.model.filter, unknownStates: this.#unknownStates });
  }
}

