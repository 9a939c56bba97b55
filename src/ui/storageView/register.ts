// *Storage*: what I use and may use at each RSE. Read when it is opened and on refresh; nothing polls.
import * as vscode from 'vscode';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands, views } from '../contributions.ts';
import type { SessionStore } from '../sessions.ts';
import type { Row } from '../tree/branch.ts';
import { BranchProvider } from '../tree/branchProvider.ts';
import { storageItem } from './items.ts';
import { StorageModel, type StorageRow } from './model.ts';

export class StorageView implements vscode.Disposable {
  readonly model: StorageModel;
  readonly view: vscode.TreeView<Row>;
  readonly provider: BranchProvider;
  readonly #listening: vscode.Disposable;

  constructor(ui: UiContext, sessions: SessionStore) {
    this.model = new StorageModel(ui.client, sessions);
    const looks = { model: this.model, sessions };
    this.provider = new BranchProvider({ view: views.storage, root: this.model.root, onDidChange: this.model.onDidChange, item: (row) => storageItem(row as StorageRow, looks) });
    this.view = vscode.window.createTreeView(views.storage, { treeDataProvider: this.provider, showCollapseAll: true });
    this.#listening = vscode.Disposable.from(
      registerCommand(ui, commands.refreshStorage, () => this.model.refresh()),
      ui.ruleChanges.event(() => { if (this.view.visible && this.model.root.listing.asked) void this.model.refresh(); }),
      ui.newInstances.event(() => { if (this.model.root.listing.asked) void this.model.refresh(); }),
    );
  }

  dispose(): void {
    this.#listening.dispose();
    this.provider.dispose();
    this.view.dispose();
  }
}
