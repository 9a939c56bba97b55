// *Transfers*: the view, the commands on transfers, the item in the status bar, and one notification at the end of each.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { TransferAction, TransferInfo } from '../../protocol.ts';
import { Comeback } from '../comeback.ts';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands, type CommandId, views } from '../contributions.ts';
import { toFailure } from '../failures.ts';
import { unlinked } from '../plain.ts';
import type { Row } from '../tree/branch.ts';
import { BranchProvider } from '../tree/branchProvider.ts';
import { download } from './download.ts';
import { fitting } from './actions.ts';
import { transfersItem } from './items.ts';
import { TransfersModel, type TransfersRow } from './model.ts';
import { PlanDocuments } from './planDocument.ts';
import { upload } from './upload.ts';
import { endWords, startWords, statusText, transferTitle } from './words.ts';

const ACTIONS: Readonly<Partial<Record<CommandId, TransferAction>>> = {
  [commands.pauseTransfer]: 'pause', [commands.resumeTransfer]: 'resume', [commands.retryTransfer]: 'retry', [commands.cancelTransfer]: 'cancel', [commands.firstTransfer]: 'first', [commands.clearTransfer]: 'clear',
};

/** ms for which it is said that a transfer began. */
const BEGAN = 6000;

export class TransfersView implements vscode.Disposable {
  readonly model: TransfersModel;
  readonly view: vscode.TreeView<Row>;
  readonly #ui: UiContext;
  readonly #status = vscode.window.createStatusBarItem(views.transfers, vscode.StatusBarAlignment.Left, 10);
  #stands: string | undefined;
  readonly #disposables: { dispose(): unknown }[];
  /** Told in this window already, or asked for. */
  readonly #told = new Set<string>();
  /** That it began, in the status bar. */
  readonly #sayings = new Map<string, vscode.Disposable>();

  constructor(ui: UiContext) {
    this.#ui = ui;
    this.model = new TransfersModel(ui.client);
    const provider = new BranchProvider({ view: views.transfers, root: this.model.root, onDidChange: this.model.onDidChange, item: (row) => transfersItem(row as TransfersRow, this.model) });
    this.view = vscode.window.createTreeView(views.transfers, { treeDataProvider: provider, showCollapseAll: true, canSelectMany: true });
    this.#status.name = 'Rucio Transfers';
    this.#status.command = commands.showTransfers;
    const documents = new PlanDocuments();
    // What was under way goes on from the journal when the service is back, whoever brings it back.
    const comeback = new Comeback({ wanted: () => this.model.all().some(({ state }) => state === 'running'), ask: () => this.#ask() });
    const act = (id: CommandId, action: TransferAction): vscode.Disposable => registerCommand(ui, id, (argument, selected) => this.#act(argument, selected, action));
    this.#disposables = [
      this.view, provider, this.model, this.#status, documents, comeback,
      this.model.onDidChange(() => this.#paint()),
      this.model.news.event((transfer) => this.#hear(transfer)),
      // What goes on, or ended while nobody was here, is heard of when the service is there anyway; nobody is asked anything for it.
      ui.onConnection((state) => {
        if (state === 'connected') this.#ask();
        comeback.onConnection(state);
      }),
      registerCommand(ui, commands.upload, async (argument, selected) => this.#began(await upload(ui, documents, argument, selected))),
      registerCommand(ui, commands.download, async (argument, selected) => this.#began(...await download(ui, documents, argument, selected))),
      registerCommand(ui, commands.showTransfers, () => this.#look()),
      registerCommand(ui, commands.refreshTransfers, () => this.model.refresh()),
      registerCommand(ui, commands.clearTransfers, async () => {
        for (const { id, state } of this.model.all()) if (state === 'done' || state === 'cancelled') await ui.client.request(protocol.actOnTransfer, { id, action: 'clear' });
      }),
      ...(Object.entries(ACTIONS) as [CommandId, TransferAction][]).map(([id, action]) => act(id, action)),
    ];
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** What stands in the status bar; undefined = nothing. */
  get stands(): string | undefined {
    return this.#stands;
  }

  /** Never rejects: a failure stands in the list. */
  #ask(): void {
    void this.model.root.listing.refresh();
  }

  /** What was heard last is not shown as what is so now. */
  async #look(): Promise<void> {
    if (this.model.root.listing.failure || this.#ui.client.state === 'idle') this.#ask();
    await vscode.commands.executeCommand(`${views.transfers}.focus`);
  }

  async #act(argument: unknown, selected: unknown, action: TransferAction): Promise<void> {
    const rows = (Array.isArray(selected) && selected.length > 0 ? selected : [argument]).map(idOf).filter((id) => id !== undefined);
    const fit = (): readonly string[] => fitting(action, rows, (id) => this.model.get(id));
    if (action === 'cancel' && rows.length > 0) {
      const [first, ...others] = fit();
      const transfer = this.model.get(first!);
      const what = others.length === 0 && transfer ? transferTitle(transfer) : `${others.length + 1} transfers`;
      const sure = await vscode.window.showWarningMessage(unlinked(`Cancel: ${what}?`), { modal: true, detail: 'Files that are done stay where they are. What was moved of the others is taken away.' }, 'Cancel Transfer');
      if (sure !== 'Cancel Transfer') return;
    }
    // Some may have ended while the question stood there.
    for (const id of fit()) {
      this.#told.delete(id);
      await this.#ui.client.request(protocol.actOnTransfer, { id, action });
    }
  }

  /** The transfer itself, opened, so that what failed is on the screen. */
  async #show(id: string): Promise<void> {
    await vscode.commands.executeCommand(commands.showTransfers);
    if (!this.model.root.listing.asked) await this.model.root.listing.refresh();
    const row = this.model.row(id);
    if (row) await this.view.reveal(row, { select: true, focus: true, expand: true });
  }

  /** Not of what has ended already. */
  #began(...transfers: readonly (TransferInfo | undefined)[]): void {
    for (const transfer of transfers) {
      if (!transfer || (this.model.get(transfer.id) ?? transfer).state !== 'running') continue;
      this.#sayings.set(transfer.id, vscode.window.setStatusBarMessage(startWords(transfer), BEGAN));
    }
  }

  #paint(): void {
    const status = statusText(this.model.all(), this.model.root.listing.failure);
    this.#stands = status?.text;
    if (!status) return this.#status.hide();
    this.#status.text = status.text;
    this.#status.tooltip = status.tooltip;
    this.#status.accessibilityInformation = { label: `Rucio transfers: ${status.tooltip}` };
    this.#status.backgroundColor = status.trouble ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#status.show();
  }

  #hear(transfer: TransferInfo): void {
    if (transfer.state !== 'running') {
      this.#sayings.get(transfer.id)?.dispose();
      this.#sayings.delete(transfer.id);
    }
    const words = endWords(transfer);
    if (!words) this.#told.delete(transfer.id);
    else if (!this.#told.has(transfer.id)) {
      this.#told.add(transfer.id);
      void this.#tell(transfer);
    }
  }

  /** Of several windows one tells it. */
  async #tell(transfer: TransferInfo): Promise<void> {
    try {
      if (!await this.#ui.client.request(protocol.claimTransferEnd, { id: transfer.id })) return;
    } catch (error) {
      this.#ui.log.warn(`it is not known whether another window tells the end of transfer ${transfer.id}: ${toFailure(error).what}`); // told twice is better than never
    }
    // One notification says what failed, and why.
    const failed = transfer.files.failed === 0 ? [] : await this.#ui.client.request(protocol.transferFiles, { id: transfer.id, states: ['failed'], limit: 200 }).catch((error: unknown) => {
      this.#ui.log.warn(`it is not known what failed of transfer ${transfer.id}: ${toFailure(error).what}`);
      return [];
    });
    const words = endWords(transfer, failed);
    if (!words) return;
    const { look, text } = words;
    const signIn = transfer.error?.actions.includes('signIn') ? ['Sign In…'] : [];
    const again = transfer.state === 'stopped' ? ['Resume'] : transfer.files.failed > 0 ? ['Retry'] : [];
    const show = look === 'warning' ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    const chosen = await show(unlinked(text), ...signIn, ...again, 'Show');
    if (chosen === 'Show') await this.#show(transfer.id);
    if (chosen === 'Sign In…') await vscode.commands.executeCommand(commands.signIn, { instance: transfer.instance });
    if (chosen === 'Resume' || chosen === 'Retry') await vscode.commands.executeCommand(chosen === 'Resume' ? commands.resumeTransfer : commands.retryTransfer, { transferId: transfer.id });
  }
}

function idOf(row: unknown): string | undefined {
  return typeof row === 'object' && row !== null && 'transferId' in row && typeof row.transferId === 'string' ? row.transferId : undefined;
}
