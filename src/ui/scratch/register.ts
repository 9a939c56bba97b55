// *Scratch*: what lies in a pod's scratch space, and what becomes of it; there where an instance has one. *Keep*, *Upload Now*; *Retry* and
// *Forget* what failed.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands, contextKeys, views } from '../contributions.ts';
import type { SessionStore } from '../sessions.ts';
import type { Row } from '../tree/branch.ts';
import { BranchProvider } from '../tree/branchProvider.ts';
import { scratchItem } from './items.ts';
import { type EntryRow, ScratchModel, type ScratchRow } from './model.ts';
import { Rereading } from './rereading.ts';

export class ScratchView implements vscode.Disposable {
  readonly model: ScratchModel;
  readonly view: vscode.TreeView<Row>;
  readonly provider: BranchProvider;
  readonly #ui: UiContext;
  readonly #disposables: { dispose(): unknown }[];

  constructor(ui: UiContext, sessions: SessionStore) {
    this.#ui = ui;
    this.model = new ScratchModel(ui.client, sessions);
    this.provider = new BranchProvider({ view: views.scratch, root: this.model.root, onDidChange: this.model.onDidChange, item: (row) => scratchItem(row as ScratchRow, { model: this.model, sessions }) });
    this.view = vscode.window.createTreeView(views.scratch, { treeDataProvider: this.provider, showCollapseAll: true, canSelectMany: true });
    const rereading = new Rereading({ seen: () => this.view.visible && this.model.root.listing.asked, read: () => this.model.refresh() });
    this.#disposables = [
      this.view, this.provider, rereading,
      // Known when the service is there anyway: nobody is asked anything for it.
      ui.onConnection((state) => { if (state === 'connected') this.#offer(); }),
      ui.newInstances.event(() => {
        this.#offer();
        if (this.model.root.listing.asked) void this.model.refresh();
      }),
      ui.client.on(protocol.scratchChanged, () => rereading.hear()),
      this.view.onDidChangeVisibility(() => rereading.look()),
      registerCommand(ui, commands.refreshScratch, () => this.model.refresh()),
      registerCommand(ui, commands.keepInScratch, (argument, selected) => this.#keep(rowsOf(argument, selected))),
      registerCommand(ui, commands.uploadFromScratch, (argument, selected) => this.#upload(rowsOf(argument, selected))),
      registerCommand(ui, commands.retryInScratch, (argument, selected) => this.#actOnFailed(rowsOf(argument, selected), 'retry')),
      registerCommand(ui, commands.forgetInScratch, (argument, selected) => this.#actOnFailed(rowsOf(argument, selected), 'forget')),
    ];
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #offer(): void {
    void vscode.commands.executeCommand('setContext', contextKeys.hasScratch, this.#ui.client.lastWelcome?.instances.some(({ scratch }) => scratch) ?? false);
  }

  async #keep(rows: readonly EntryRow[]): Promise<void> {
    for (const { instance, entry } of rows) {
      if (entry.upload && entry.did) await this.#ui.client.request(protocol.actOnScratch, { instance, id: entry.upload.id, action: 'keep' });
      else await this.#ui.client.request(protocol.touchScratch, { instance, path: entry.path });
    }
    await this.model.refresh();
  }

  /** Of several, those that failed. Nothing is deleted; what is forgotten can be uploaded anew, by another name too. */
  async #actOnFailed(rows: readonly EntryRow[], action: 'retry' | 'forget'): Promise<void> {
    try {
      for (const { instance, entry: { upload } } of rows) if (upload?.failed) await this.#ui.client.request(protocol.actOnScratch, { instance, id: upload.id, action });
    } finally {
      await this.model.refresh();
    }
  }

  /** Asks for the scope, and when the copies here shall go; then it is under way, and the rows say how far. */
  async #upload(rows: readonly EntryRow[]): Promise<void> {
    const [first] = rows;
    if (!first) return;
    const { instance } = first;
    const destination = this.#ui.instances.get(instance)?.destinationRse;
    const names = rows.length === 1 ? first.entry.name : `${rows.length} files and folders`;
    const scope = await vscode.window.showQuickPick(this.#ui.client.request(protocol.listScopes, { instance, mine: true }), { title: `Upload ${names} from Scratch (1/2)`, placeHolder: 'Under which of your scopes?', ignoreFocusOut: true });
    if (scope === undefined) return;
    const when = await vscode.window.showQuickPick([
      { label: 'Delete here as soon as it is safe', description: `at ${destination ?? 'the destination'}`, delayDeletion: false },
      { label: 'Keep here for 2 days more', description: 'once it is safe', delayDeletion: true },
    ], { title: `Upload ${names} from Scratch (2/2)`, placeHolder: 'Registered where it lies, moved by Rucio. What becomes of the copy in scratch?', ignoreFocusOut: true });
    if (!when) return;
    const { notes, skipped } = await this.#ui.client.request(protocol.scratchUpload, { instance, wish: { paths: rows.map(({ entry }) => entry.path), scope, lifetime: null, delayDeletion: when.delayDeletion } });
    await this.model.refresh();
    const said = [...notes, ...skipped.map(({ path, why }) => `Left out: ${path} (${why}).`)];
    if (said.length > 0) void vscode.window.showInformationMessage(said.slice(0, 3).join(' '));
  }
}

/** What a menu acts on; of one instance. */
function rowsOf(argument: unknown, selected: unknown): readonly EntryRow[] {
  const isEntry = (row: unknown): row is EntryRow => typeof row === 'object' && row !== null && 'kind' in row && row.kind === 'entry';
  const all = (Array.isArray(selected) && selected.includes(argument) ? selected as unknown[] : [argument]).filter(isEntry);
  return all.filter(({ instance }) => instance === all[0]?.instance);
}
