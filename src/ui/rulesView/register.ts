// *Rules*: my rules by state, with a badge for the stuck ones; read when it is seen, and again while it is.
import * as vscode from 'vscode';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands, views } from '../contributions.ts';
import type { SessionStore } from '../sessions.ts';
import type { Row } from '../tree/branch.ts';
import { BranchProvider } from '../tree/branchProvider.ts';
import { DIDS_MIME, drag } from '../tree/drag.ts';
import { filterText, type RulesFilter, toFilter } from './filter.ts';
import { rulesItem, stateTitle } from './items.ts';
import { RulesModel, type RulesRow } from './model.ts';
import { askFilter } from './picker.ts';
import { Polling } from './polling.ts';

const FILTER = 'rucio.rulesFilter';

/** Their DIDs, to an editor; nothing is dropped here. */
const DRAG: vscode.TreeDragAndDropController<Row> = {
  dragMimeTypes: [DIDS_MIME, 'text/plain'], dropMimeTypes: [],
  handleDrag: (rows, data) => drag((rows as readonly RulesRow[]).map((row) => ('ref' in row ? { ...row.ref, ruleId: row.ruleId } : undefined)), data),
};

export class RulesView implements vscode.Disposable {
  readonly model: RulesModel;
  readonly view: vscode.TreeView<Row>;
  readonly provider: BranchProvider;
  readonly #polling: Polling;
  readonly #state: vscode.Memento;
  readonly #disposables: vscode.Disposable[];

  constructor(ui: UiContext, sessions: SessionStore) {
    this.#state = ui.extension.workspaceState;
    this.model = new RulesModel(ui.client, sessions, toFilter(this.#state.get(FILTER)));
    const looks = { model: this.model, sessions };
    this.provider = new BranchProvider({ view: views.rules, root: this.model.root, onDidChange: this.model.onDidChange, item: (row) => rulesItem(row as RulesRow, looks) });
    this.view = vscode.window.createTreeView(views.rules, { treeDataProvider: this.provider, showCollapseAll: true, dragAndDropController: DRAG });
    this.#polling = new Polling({ look: () => this.model.poll() });
    const seen = (): void => this.#polling.set(this.view.visible && vscode.window.state.focused);
    this.#disposables = [
      this.view, this.provider, this.view.onDidChangeVisibility(seen), vscode.window.onDidChangeWindowState(seen),
      this.model.onDidChange(() => this.#showBadge()),
      ui.ruleChanges.event(() => { if (this.model.shown) void this.model.refresh(); }),
      ui.newInstances.event(() => { if (this.model.root.listing.asked) void this.model.refresh(); }),
      registerCommand(ui, commands.refreshRules, async () => {
        await ui.client.reconfigure();
        await this.model.refresh();
      }),
      registerCommand(ui, commands.filterRules, async () => {
        const filter = await askFilter(this.model.filter);
        if (filter) await this.setFilter(filter);
      }),
    ];
    seen();
    this.#showFilter();
  }

  async setFilter(filter: RulesFilter): Promise<void> {
    this.model.setFilter(filter);
    this.#showFilter();
    await this.#state.update(FILTER, filter);
  }

  dispose(): void {
    this.#polling.set(false);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #showFilter(): void {
    this.view.description = filterText(this.model.filter, stateTitle);
  }

  #showBadge(): void {
    const { count, more } = this.model.stuck();
    const tooltip = `${more ? 'More than ' : ''}${count.toLocaleString('en-US')} ${count === 1 ? 'rule is' : 'rules are'} stuck`;
    if (this.view.badge?.tooltip === tooltip || (count === 0 && !this.view.badge)) return;
    this.view.badge = count === 0 ? undefined : { value: count, tooltip };
  }
}
