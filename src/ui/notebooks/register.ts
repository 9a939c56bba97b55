// Data in notebooks: which notebooks are open, the view of what is attached to the one in front, the commands, and when the variables
// are set. Nothing is asked of anybody for a notebook without attachments, nor for one that nobody sees.
import path from 'node:path';
import * as vscode from 'vscode';
import { getDid } from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands, contextKeys, views } from '../contributions.ts';
import { didKey } from '../explorer/ids.ts';
import type { Observation } from '../explorer/observation.ts';
import { toFailure } from '../failures.ts';
import { unlinked } from '../plain.ts';
import type { SessionStore } from '../sessions.ts';
import { signedIn } from '../signedIn.ts';
import { Coalescer } from '../tree/coalesce.ts';
import { addToNotebook, chooseNotebook, renameVariable, tellAdded } from './addToNotebook.ts';
import { EarlyCells, runAgain } from './cells.ts';
import { hasJupyter, MANAGE_ACCESS, NOTEBOOK_TYPE } from './jupyter.ts';
import type { NotebookAttachment } from './metadata.ts';
import { AttachedNotebook } from './notebook.ts';
import { AttachedProvider, type AttachedRow, isAttachedRow, openView } from './view.ts';
import { arrivalText, type Facts, kernelMessage, type Shown } from './words.ts';

const EXPLAINED = 'rucio.kernelAccessExplained';
/** What changes in bursts is painted, and set in kernels, so often at most. ms */
const PAINT_MS = 200;
const DATA_MS = 3000;

export class Notebooks implements vscode.Disposable {
  readonly view: vscode.TreeView<AttachedRow>;
  readonly provider: AttachedProvider;
  readonly cells: EarlyCells;
  readonly #ui: UiContext;
  readonly #sessions: SessionStore;
  readonly #open = new Map<string, AttachedNotebook>();
  readonly #facts = new Map<string, Facts | ReturnType<typeof toFailure>>();
  readonly #asking = new Set<string>();
  /** Notebooks of which it was said that something is not here, or that were filled in this window. */
  readonly #told = new Set<string>();
  readonly #paint = new Coalescer<'paint'>(PAINT_MS, () => this.#repaint());
  readonly #data = new Coalescer<AttachedNotebook>(DATA_MS, (notebooks) => { for (const notebook of notebooks) void notebook.injector.again(); });
  readonly #observation: Pick<Observation, 'add' | 'update'>;
  readonly #disposables: { dispose(): unknown }[];
  #front: AttachedNotebook | undefined;
  #defaultInstance: string | undefined;
  #explaining = false;

  constructor(ui: UiContext, sessions: SessionStore, observation: Pick<Observation, 'add' | 'update'>) {
    this.#ui = ui;
    this.#sessions = sessions;
    this.#observation = observation;
    this.provider = new AttachedProvider(() => this.#front, (row) => this.shown(row));
    this.view = vscode.window.createTreeView(views.attached, { treeDataProvider: this.provider, canSelectMany: true });
    this.cells = new EarlyCells((document) => this.#open.get(document.uri.toString()));
    this.#disposables = [
      this.view, this.provider, this.cells, this.#paint, this.#data,
      observation.add(() => this.#observed()),
      vscode.window.onDidChangeWindowState(() => observation.update()),
      vscode.window.onDidChangeActiveNotebookEditor(() => this.#look()),
      vscode.window.onDidChangeVisibleNotebookEditors(() => this.#look()),
      vscode.workspace.onDidChangeNotebookDocument((event) => this.#onDocument(event)),
      vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.#close(uri)),
      ui.dids.onDidChangeState((states) => this.#onStates(new Set(states.map(didKey)))),
      sessions.onDidChange(({ state }) => { if (state === 'signedIn') this.#retry(); }),
      ...this.#commands(),
    ];
    this.#look();
  }

  /** For a test, and for who wants to know: the notebook as it is known here. */
  of(document: vscode.NotebookDocument): AttachedNotebook {
    const key = document.uri.toString();
    let notebook = this.#open.get(key);
    if (!notebook || notebook.document !== document) {
      notebook?.dispose();
      notebook = new AttachedNotebook(document, { ui: this.#ui, defaultInstance: () => this.#defaultInstance, mayRun: (asking) => this.#mayRun(asking), onChange: () => this.#paint.add('paint') });
      this.#open.set(key, notebook);
    }
    return notebook;
  }

  /** *Add to Notebook…* for these DIDs; into the notebook in front where none is given. Empty = dismissed. */
  async add(dids: readonly DidRef[], document?: vscode.NotebookDocument): Promise<readonly NotebookAttachment[]> {
    const into = document ?? await chooseNotebook();
    if (!into) return [];
    await this.#instances();
    const notebook = this.of(into);
    notebook.read();
    const added = await addToNotebook({ ui: this.#ui, notebook }, dids);
    if (added.length === 0) return added;
    this.#told.add(into.uri.toString());
    this.#onAttachments(notebook);
    const kernel = hasJupyter() && await notebook.injector.look();
    if (kernel) void notebook.injector.again();
    void tellAdded({ ui: this.#ui, notebook }, added, kernel);
    return added;
  }

  shown(row: AttachedRow): Shown | undefined {
    const { notebook, variable } = row;
    const attachment = notebook.attachments.find(({ variableName }) => variableName === variable);
    if (!attachment) return undefined;
    const { injector } = notebook;
    return { attachment, facts: this.#facts.get(didKey(row)), state: this.#ui.dids.stateOf(row), lacking: injector.language === undefined || injector.now.state === 'dead' ? undefined : !injector.has(variable) };
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
    for (const notebook of this.#open.values()) notebook.dispose();
  }

  #commands(): vscode.Disposable[] {
    const ui = this.#ui;
    const onRow = (run: (row: AttachedRow) => unknown) => async (argument: unknown): Promise<void> => {
      const row = isAttachedRow(argument) ? argument : await this.#chooseRow();
      if (row) await run(row);
    };
    const onRows = (run: (rows: readonly AttachedRow[]) => unknown) => async (argument: unknown, selected: unknown): Promise<void> => {
      const several = Array.isArray(selected) ? selected.filter(isAttachedRow) : [];
      const one = several.length > 0 ? undefined : isAttachedRow(argument) ? argument : await this.#chooseRow();
      const rows = one ? [one] : several;
      if (rows.length > 0) await run(rows);
    };
    const remote = (on: boolean) => onRows(async (rows) => {
      for (const { notebook, variable } of rows) await notebook.edit((all) => all.map((one) => (one.variableName === variable ? { ...one, remote: on } : one)));
    });
    return [
      registerCommand(ui, commands.addToNotebook, async (argument, selected) => {
        const dids = await ui.dids.pickAll(argument, selected, 'Add to Notebook');
        if (dids.length > 0) await this.add(dids);
      }),
      registerCommand(ui, commands.setVariables, () => this.#setVariables()),
      registerCommand(ui, commands.insertAttachedCode, async (argument, selected) => {
        const rows = Array.isArray(selected) && selected.some(isAttachedRow) ? selected.filter(isAttachedRow) : isAttachedRow(argument) ? [argument] : undefined;
        const notebook = rows?.[0]?.notebook ?? this.#front;
        if (notebook) await this.#insertCode(notebook, rows?.map(({ variable }) => variable));
        else void vscode.window.showInformationMessage('Open a notebook first: the code goes into a cell of it.');
      }),
      registerCommand(ui, commands.renameVariable, onRow(({ notebook, variable }) => renameVariable({ ui, notebook }, variable))),
      registerCommand(ui, commands.detach, onRows(async (rows) => {
        for (const { notebook, variable } of rows) await notebook.edit((all) => all.filter(({ variableName }) => variableName !== variable));
      })),
      registerCommand(ui, commands.useAddress, remote(true)),
      registerCommand(ui, commands.usePath, remote(false)),
      registerCommand(ui, commands.makeAllAvailable, async () => {
        const away = this.#front ? this.#away(this.#front) : [];
        if (away.length > 0) await vscode.commands.executeCommand(commands.makeAvailable, away[0], away);
        else void vscode.window.showInformationMessage('All that is attached to this notebook is here.');
      }),
      registerCommand(ui, commands.runCellAgain, async (argument) => {
        const cell = argument as vscode.NotebookCell;
        await runAgain(this.of(cell.notebook), cell);
      }),
    ];
  }

  async #chooseRow(): Promise<AttachedRow | undefined> {
    const rows = this.provider.getChildren();
    if (rows.length === 0) {
      void vscode.window.showInformationMessage('Nothing is attached to a notebook that is in front.');
      return undefined;
    }
    return (await vscode.window.showQuickPick(rows.map((row) => ({ label: row.variable, description: `${row.scope}:${row.name}`, row })), { placeHolder: 'Which attached data?' }))?.row;
  }

  /** The person wants it: then access that was refused is asked for again where the Jupyter extension still asks. */
  async #setVariables(): Promise<void> {
    const notebook = this.#front;
    if (!notebook || notebook.attachments.length === 0) return void vscode.window.showInformationMessage('Nothing is attached to a notebook that is in front.');
    await this.#ui.extension.globalState.update(EXPLAINED, true);
    if (!hasJupyter() || !await notebook.injector.look()) {
      const insert = 'Insert Code in a Cell';
      const why = hasJupyter() ? 'No kernel runs yet: the variables are set as soon as you run a cell.' : 'The Jupyter extension is not here, so nothing can be set in a kernel.';
      if (await vscode.window.showInformationMessage(why, insert) === insert) await this.#insertCode(notebook);
      return;
    }
    await notebook.injector.again(true);
    await this.#tellOutcome(notebook);
  }

  async #tellOutcome(notebook: AttachedNotebook): Promise<void> {
    const { now } = notebook.injector;
    const insert = 'Insert Code in a Cell';
    if (now.state === 'failed') return this.#ui.showFailure(now.failure);
    if (now.state === 'set') return void vscode.window.setStatusBarMessage('$(check) The variables are set in the kernel', 4000);
    const why = kernelMessage(now, { jupyter: true, language: notebook.language });
    if (why === undefined) return;
    const manage = 'Manage Access…';
    const chosen = await vscode.window.showWarningMessage(why, ...(now.state === 'refused' ? [manage] : []), insert);
    if (chosen === manage) await vscode.commands.executeCommand(MANAGE_ACCESS);
    if (chosen === insert) await this.#insertCode(notebook);
  }

  async #insertCode(notebook: AttachedNotebook, variables?: readonly string[]): Promise<void> {
    await this.#instances();
    const only = notebook.attachments.filter(({ variableName }) => !variables || variables.includes(variableName));
    if (only.length === 0) return void vscode.window.showInformationMessage('Nothing is attached to this notebook.');
    const { cell, language } = await notebook.code(notebook.language, false, only);
    if (language === '') return void vscode.window.showInformationMessage(`There is no code for ${notebook.language}: use Copy Path.`);
    const editor = vscode.window.visibleNotebookEditors.find((one) => one.notebook === notebook.document) ?? await vscode.window.showNotebookDocument(notebook.document);
    const at = editor.selection.start;
    const like = notebook.document.getCells().find(({ kind }) => kind === vscode.NotebookCellKind.Code)?.document.languageId;
    const edit = new vscode.WorkspaceEdit();
    edit.set(notebook.document.uri, [vscode.NotebookEdit.insertCells(at, [new vscode.NotebookCellData(vscode.NotebookCellKind.Code, cell, like ?? EDITOR_LANGUAGES[language] ?? language)])]);
    await vscode.workspace.applyEdit(edit);
    editor.revealRange(new vscode.NotebookRange(at, at + 1), vscode.NotebookEditorRevealType.InCenterIfOutsideViewport);
  }

  /** Asked when code is about to be run; the answer comes with another attempt. */
  #mayRun(notebook: AttachedNotebook): boolean {
    const { globalState } = this.#ui.extension;
    if (!vscode.workspace.isTrusted) return false;
    if (globalState.get(EXPLAINED) === true) return true;
    if (!this.#explaining) {
      this.#explaining = true;
      void this.#explain(notebook).catch((error: unknown) => this.#ui.showFailure(error));
    }
    return false;
  }

  async #explain(notebook: AttachedNotebook): Promise<void> {
    const set = 'Set Variables';
    const insert = 'Insert Code in a Cell';
    const names = notebook.attachments.map(({ variableName }) => variableName).join(', ');
    const chosen = await vscode.window.showInformationMessage(unlinked(`Rucio can set ${names} in this notebook’s kernel, and keep it set when the kernel is restarted or the data changes. The Jupyter extension asks you once whether Rucio may run code there: choose Allow.`), set, insert);
    if (chosen === set) {
      await this.#ui.extension.globalState.update(EXPLAINED, true);
      await notebook.injector.again();
      await this.#tellOutcome(notebook);
    } else if (chosen === insert) await this.#insertCode(notebook);
  }

  #visible(): AttachedNotebook[] {
    return [...new Set(vscode.window.visibleNotebookEditors.map(({ notebook }) => notebook))].filter(({ notebookType }) => notebookType === NOTEBOOK_TYPE).map((document) => this.of(document));
  }

  /** Which notebook is in front, and which are seen. */
  #look(): void {
    const active = vscode.window.activeNotebookEditor?.notebook;
    const visible = this.#visible();
    const before = this.#front;
    this.#front = visible.find(({ document }) => document === active) ?? (before && visible.includes(before) ? before : visible[0]);
    void vscode.commands.executeCommand('setContext', contextKeys.hasNotebook, this.#front !== undefined);
    for (const notebook of visible) {
      notebook.read();
      this.#onAttachments(notebook);
    }
    this.#observation.update();
    this.#paint.add('paint');
  }

  #onAttachments(notebook: AttachedNotebook): void {
    this.#paint.add('paint');
    if (notebook.attachments.length === 0 || !this.#visible().includes(notebook)) return this.#observation.update();
    void this.#learn(notebook);
    void notebook.look();
  }

  #onDocument({ notebook: document, metadata, cellChanges }: vscode.NotebookDocumentChangeEvent): void {
    const notebook = this.#open.get(document.uri.toString());
    if (!notebook) return;
    if (metadata && notebook.read()) {
      this.#onAttachments(notebook);
      void notebook.injector.again();
    }
    if (notebook.attachments.length > 0 && cellChanges.some(({ executionSummary, outputs }) => executionSummary !== undefined || outputs !== undefined)) {
      void notebook.look();
      this.cells.changed();
    }
  }

  #close(uri: vscode.Uri): void {
    const key = uri.toString();
    this.#open.get(key)?.dispose();
    this.#open.delete(key);
    this.#look();
  }

  /** Data came, or went: the notebooks that are seen and have it set their variables anew where the values differ. */
  #onStates(keys: ReadonlySet<string>): void {
    let some = false;
    for (const notebook of this.#visible()) {
      if (!notebook.attachments.some((attachment) => keys.has(didKey(notebook.refOf(attachment))))) continue;
      some = true;
      if (notebook.injector.language !== undefined) this.#data.add(notebook);
      void this.#tellArrival(notebook);
    }
    if (some) this.#paint.add('paint');
  }

  /** "3 attached, 1 not here": once, for a notebook that was opened with its attachments. */
  async #tellArrival(notebook: AttachedNotebook): Promise<void> {
    const key = notebook.document.uri.toString();
    const local = notebook.attachments.filter(({ remote }) => !remote);
    if (this.#told.has(key) || local.some((attachment) => !this.#ui.dids.stateOf(notebook.refOf(attachment)))) return;
    this.#told.add(key);
    const away = this.#away(notebook);
    if (away.length === 0) return;
    const make = 'Make Available…';
    const chosen = await vscode.window.showInformationMessage(unlinked(arrivalText(path.posix.basename(notebook.document.uri.path), notebook.attachments.length, away.length)), make, 'Show');
    if (chosen === make) await vscode.commands.executeCommand(commands.makeAvailable, away[0], away);
    if (chosen === 'Show') await openView();
  }

  #away(notebook: AttachedNotebook): DidRef[] {
    return notebook.attachments.filter(({ remote }) => !remote).map((attachment) => notebook.refOf(attachment)).filter((ref) => (this.#ui.dids.stateOf(ref)?.state ?? 'available') !== 'available');
  }

  /** Of the notebooks that are seen, in a window that somebody looks at. */
  #observed(): Required<DidRef>[] {
    const { focused, active } = vscode.window.state;
    if (!focused && !active) return [];
    return this.#visible().flatMap((notebook) => notebook.attachments.filter(({ remote }) => !remote).flatMap((attachment) => this.#typed(notebook, attachment)));
  }

  #typed(notebook: AttachedNotebook, attachment: NotebookAttachment): Required<DidRef>[] {
    const ref = notebook.refOf(attachment);
    const facts = this.#facts.get(didKey(ref));
    const type = facts && 'type' in facts ? facts.type : ref.type;
    return type === undefined || ref.instance === '' ? [] : [{ ...ref, type }];
  }

  /** Type and size of what is attached, once each; signed in by what lies ready, as looking must not open dialogs. */
  async #learn(notebook: AttachedNotebook): Promise<void> {
    try {
      await this.#instances();
    } catch (error) {
      for (const attachment of notebook.attachments) this.#facts.set(didKey(notebook.refOf(attachment)), toFailure(error));
      return this.#paint.add('paint');
    }
    await Promise.all(notebook.attachments.map(async (attachment) => {
      const ref = notebook.refOf(attachment);
      const key = didKey(ref);
      if (this.#facts.has(key) || this.#asking.has(key)) return;
      this.#asking.add(key);
      try {
        await signedIn(this.#ui.client, this.#sessions, ref.instance, AbortSignal.timeout(60_000));
        const { type, bytes, length } = await this.#ui.client.request(getDid, { instance: ref.instance, did: { scope: ref.scope, name: ref.name } });
        this.#facts.set(key, { type, bytes, length });
      } catch (error) {
        this.#facts.set(key, toFailure(error));
      } finally {
        this.#asking.delete(key);
      }
      this.#paint.add('paint');
    }));
    this.#observation.update();
  }

  async #instances(): Promise<void> {
    this.#defaultInstance ??= (await this.#ui.instances.all())[0]?.name;
  }

  /** A sign-in mends what failed for want of one. */
  #retry(): void {
    for (const [key, facts] of this.#facts) if ('kind' in facts) this.#facts.delete(key);
    for (const notebook of this.#visible()) {
      if (notebook.attachments.length === 0) continue;
      void this.#learn(notebook);
      if (notebook.injector.now.state === 'failed') void notebook.injector.again();
    }
  }

  #repaint(): void {
    const front = this.#front;
    const some = front !== undefined && front.attachments.length > 0;
    this.view.description = front ? path.posix.basename(front.document.uri.path) : undefined;
    this.view.message = some ? kernelMessage(front.injector.now, { jupyter: hasJupyter(), language: front.language }) : undefined;
    this.provider.changed();
    this.cells.changed();
  }
}

/** What editors call the languages of kernels. */
const EDITOR_LANGUAGES: Readonly<Record<string, string>> = { 'c++': 'cpp', 'bash': 'shellscript' };
