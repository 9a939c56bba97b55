// Data in notebooks: which notebooks are open, the view of what is attached to the one in front, and when the variables are set. Nothing is asked of anybody for a notebook without attachments, nor for one that nobody sees.
import path from 'node:path';
import * as vscode from 'vscode';
import type { DidRef, UiContext } from '../context.ts';
import { commands, contextKeys, settings, views } from '../contributions.ts';
import { didKey } from '../explorer/ids.ts';
import type { Observation } from '../explorer/observation.ts';
import { unlinked } from '../plain.ts';
import { toFailure } from '../failures.ts';
import type { SessionStore } from '../sessions.ts';
import type { TerminalPrograms } from '../terminal/programs.ts';
import { Coalescer } from '../tree/coalesce.ts';
import { addToNotebook, chooseNotebook, tellAdded } from './addToNotebook.ts';
import { EarlyCells } from './cells.ts';
import { KernelConsent } from './consent.ts';
import { AttachedFacts } from './facts.ts';
import { hasJupyter, NOTEBOOK_TYPE } from './jupyter.ts';
import type { NotebookAttachment } from './metadata.ts';
import { AttachedNotebook } from './notebook.ts';
import { AttachedProvider, type AttachedRow, openView } from './view.ts';
import { arrivalText, kernelMessage, type Shown } from './words.ts';

/** What changes in bursts is painted, and set in kernels, so often at most. ms */
const PAINT_MS = 200;
const DATA_MS = 3000;
/** The same where data only grows: each time costs a look at all of it. */
const GROWTH_MS = 30_000;

export class Notebooks implements vscode.Disposable {
  readonly view: vscode.TreeView<AttachedRow>;
  readonly provider: AttachedProvider;
  readonly cells: EarlyCells;
  readonly #ui: UiContext;
  readonly #open = new Map<string, AttachedNotebook>();
  readonly #facts: AttachedFacts;
  readonly consent: KernelConsent;
  /** Notebooks of which it was said that something is not here, or that were filled in this window. */
  readonly #told = new Set<string>();
  readonly #paint = new Coalescer<'paint'>(PAINT_MS, () => this.#repaint());
  readonly #data = new Coalescer<AttachedNotebook>(DATA_MS, setAgain);
  readonly #growth = new Coalescer<AttachedNotebook>(GROWTH_MS, setAgain);
  /** By DID: the state and the files that are here, when they were heard last. */
  readonly #heard = new Map<string, { readonly state: string; readonly available: number | undefined }>();
  readonly #observation: Pick<Observation, 'add' | 'update'>;
  readonly #programs: Pick<TerminalPrograms, 'variablesFor'>;
  readonly #disposables: { dispose(): unknown }[];
  #front: AttachedNotebook | undefined;
  #defaultInstance: string | undefined;

  constructor(ui: UiContext, sessions: SessionStore, observation: Pick<Observation, 'add' | 'update'>, programs: Pick<TerminalPrograms, 'variablesFor'>) {
    this.#ui = ui;
    this.#programs = programs;
    this.#facts = new AttachedFacts(ui.client, sessions);
    this.consent = new KernelConsent(ui);
    this.#observation = observation;
    this.provider = new AttachedProvider(() => this.#front, (row) => this.shown(row));
    this.view = vscode.window.createTreeView(views.attached, { treeDataProvider: this.provider, canSelectMany: true });
    this.cells = new EarlyCells((document) => this.#open.get(document.uri.toString()));
    this.#disposables = [
      this.view, this.provider, this.cells, this.#paint, this.#data, this.#growth,
      observation.add(() => this.#observed()),
      vscode.window.onDidChangeWindowState(() => observation.update()),
      vscode.window.onDidChangeActiveNotebookEditor(() => this.#look()),
      vscode.window.onDidChangeVisibleNotebookEditors(() => this.#look()),
      vscode.workspace.onDidChangeNotebookDocument((event) => this.#onDocument(event)),
      vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.#close(uri)),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(settings.programsKernels)) for (const notebook of this.#open.values()) void notebook.injector.again(true);
      }),
      ui.dids.onDidChangeState((states) => this.#onStates(new Set(states.map(didKey)))),
      sessions.onDidChange(({ state }) => { if (state === 'signedIn') this.#retry(); }),
    ];
    this.#look();
  }

  /** The one that is in front, else one that is seen. */
  get front(): AttachedNotebook | undefined { return this.#front; }

  /** The notebook as it is known here. */
  of(document: vscode.NotebookDocument): AttachedNotebook {
    const key = document.uri.toString();
    let notebook = this.#open.get(key);
    if (!notebook || notebook.document !== document) {
      notebook?.dispose();
      notebook = new AttachedNotebook(document, { ui: this.#ui, defaultInstance: () => this.#defaultInstance, environment: () => this.#environment(), mayRun: (asking) => this.consent.mayRun(asking), onChange: () => this.#paint.add('paint') });
      this.#open.set(key, notebook);
    }
    return notebook;
  }

  /** What signs a kernel's programs in, where the setting says so. Never rejects: data is attached all the same. */
  async #environment(): Promise<Readonly<Record<string, string>>> {
    if (vscode.workspace.getConfiguration().get<boolean>(settings.programsKernels) !== true) return {};
    try {
      return await this.#programs.variablesFor();
    } catch (error) {
      this.#ui.log.warn(`the kernel is not signed in: ${toFailure(error).what}`);
      return {};
    }
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
    return { attachment, facts: this.#facts.get(row), state: this.#ui.dids.stateOf(row), lacking: injector.language === undefined || injector.now.state === 'dead' ? undefined : !injector.has(variable) };
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
    for (const notebook of this.#open.values()) notebook.dispose();
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
      // What failed is tried again when it comes into view.
      if (notebook !== before) for (const attachment of notebook.attachments) this.#facts.forgetFailure(notebook.refOf(attachment));
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
    if (notebook.attachments.length > 0 && cellChanges.some(({ executionSummary }) => executionSummary !== undefined)) {
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
    for (const notebook of this.#visible()) {
      for (const attachment of notebook.attachments) {
        const ref = notebook.refOf(attachment);
        const key = didKey(ref);
        const now = this.#ui.dids.stateOf(ref);
        if (!keys.has(key) || !now) continue;
        this.#paint.add('paint');
        const before = this.#heard.get(key);
        this.#heard.set(key, { state: now.state, available: now.available });
        if (!before || notebook.injector.language === undefined || attachment.remote) continue;
        // Percents change all the time and are no news to a variable.
        if (before.state !== now.state) this.#data.add(notebook);
        else if (before.available !== now.available) this.#growth.add(notebook);
      }
      void this.#tellArrival(notebook);
    }
  }

  /** "3 attached, 1 not here": once, for a notebook that was opened with its attachments. */
  async #tellArrival(notebook: AttachedNotebook): Promise<void> {
    const key = notebook.document.uri.toString();
    const local = notebook.attachments.filter(({ remote }) => !remote);
    if (this.#told.has(key) || local.some((attachment) => !this.#ui.dids.stateOf(notebook.refOf(attachment)))) return;
    this.#told.add(key);
    const away = this.away(notebook);
    if (away.length === 0) return;
    const make = 'Make Available…';
    const chosen = await vscode.window.showInformationMessage(unlinked(arrivalText(path.posix.basename(notebook.document.uri.path), notebook.attachments.length, away.length)), make, 'Show');
    if (chosen === make) await vscode.commands.executeCommand(commands.makeAvailable, away[0], away);
    if (chosen === 'Show') await openView();
  }

  /** Attached here, and not all of it is. */
  away(notebook: AttachedNotebook): DidRef[] {
    return notebook.attachments.filter(({ remote }) => !remote).map((attachment) => notebook.refOf(attachment)).filter((ref) => (this.#ui.dids.stateOf(ref)?.state ?? 'available') !== 'available');
  }

  /** Of the notebooks that are seen, in a window that somebody looks at. */
  #observed(): Required<DidRef>[] {
    const { focused, active } = vscode.window.state;
    if (!focused && !active) return [];
    return this.#visible().flatMap((notebook) => notebook.attachments.filter(({ remote }) => !remote).flatMap((attachment) => this.#facts.typed(notebook.refOf(attachment)) ?? []));
  }

  async #learn(notebook: AttachedNotebook): Promise<void> {
    try {
      await this.#instances();
    } catch (error) {
      for (const attachment of notebook.attachments) this.#facts.failed(notebook.refOf(attachment), error);
      return this.#paint.add('paint');
    }
    await Promise.all(notebook.attachments.map(async (attachment) => { if (await this.#facts.learn(notebook.refOf(attachment))) this.#paint.add('paint'); }));
    this.#observation.update();
  }

  async #instances(): Promise<void> {
    this.#defaultInstance ??= (await this.#ui.instances.all())[0]?.name;
  }

  /** A sign-in mends what failed for want of one. */
  #retry(): void {
    for (const notebook of this.#visible()) {
      if (notebook.attachments.length === 0) continue;
      for (const attachment of notebook.attachments) this.#facts.forgetFailure(notebook.refOf(attachment));
      void this.#learn(notebook);
      if (notebook.injector.now.state === 'failed') void notebook.injector.again();
    }
  }

  #repaint(): void {
    const front = this.#front;
    const some = front !== undefined && front.attachments.length > 0;
    this.view.description = front ? path.posix.basename(front.document.uri.path) : undefined;
    this.view.message = some ? kernelMessage(front.injector.now, { jupyter: hasJupyter(), trusted: vscode.workspace.isTrusted, language: front.language }) : undefined;
    this.provider.changed();
    this.cells.changed();
  }
}

const setAgain = (notebooks: ReadonlySet<AttachedNotebook>): void => { for (const { injector } of notebooks) void injector.again(); };
