// What stands in the status bar of a notebook's cell: "2 DIDs · 1 replicating". The types of DIDs that are new are looked
// up once; from then on the lake service tells their states, as it does for the tree, of the cells that are on the screen.
import * as vscode from 'vscode';
import type { AvailabilityInfo } from '../../protocol.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { didKey } from '../explorer/ids.ts';
import { MOST_OBSERVED, type Observation } from '../explorer/observation.ts';
import { didText, stateWords } from '../explorer/words.ts';
import { toFailure } from '../failures.ts';
import { Coalescer } from '../tree/coalesce.ts';
import type { CodeDocuments } from './documents.ts';
import { type Glances, stateOf } from './glances.ts';
import { cellText, type SeenDid } from './cellWords.ts';

const MOST_IN_CELL = 20;
const MOST_KNOWN = 1000;
const AT_ONCE = 2;
const INTERVAL_MS = 500;
/** DIDs whose look-up failed are tried again after so long. ms */
const RETRY = 60_000;

type Known = { readonly ref: Required<DidRef> } | { readonly missing: true } | { readonly failedAt: number };

export class CellStatus implements vscode.NotebookCellStatusBarItemProvider, vscode.Disposable {
  readonly #ui: UiContext;
  readonly #documents: CodeDocuments;
  readonly #glances: Glances;
  readonly #observation: Pick<Observation, 'add' | 'update'>;
  readonly #known = new Map<string, Known>();
  /** What the first look said, until the service tells. */
  readonly #glanced = new Map<string, AvailabilityInfo>();
  readonly #waiting: [key: string, ref: DidRef][] = [];
  /** Those that wait and those that are looked up now. */
  readonly #pending = new Set<string>();
  #working = 0;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCellStatusBarItems = this.#changed.event;
  readonly #repaint = new Coalescer<'all'>(INTERVAL_MS, () => this.#changed.fire());
  readonly #disposables: { dispose(): unknown }[];

  constructor(ui: UiContext, documents: CodeDocuments, glances: Glances, observation: Pick<Observation, 'add' | 'update'>) {
    this.#ui = ui;
    this.#documents = documents;
    this.#glances = glances;
    this.#observation = observation;
    this.#disposables = [
      this.#changed, this.#repaint, observation.add(() => this.observed()),
      ui.dids.onDidChangeState((changed) => { if (changed.some((status) => this.#known.has(didKey(status)))) this.#repaint.add('all'); }),
      vscode.window.onDidChangeNotebookEditorVisibleRanges(() => observation.update()),
      vscode.window.onDidChangeVisibleNotebookEditors(() => observation.update()),
      vscode.window.onDidChangeWindowState(() => observation.update()),
    ];
  }

  provideCellStatusBarItems(cell: vscode.NotebookCell): vscode.NotebookCellStatusBarItem | undefined {
    const refs = this.#of(cell);
    if (refs.length === 0) return undefined;
    for (const ref of refs) this.#want(ref);
    const text = cellText(refs.map((ref) => this.#seen(ref)));
    const item = new vscode.NotebookCellStatusBarItem(`$(database) ${text.short}`, vscode.NotebookCellStatusBarAlignment.Right);
    item.tooltip = text.full;
    item.accessibilityInformation = { label: text.spoken };
    item.command = { command: commands.checkFile, title: 'Check DIDs', arguments: [{ cell: cell.document.uri.toString() }] };
    return item;
  }

  /** DIDs in the cells that are on the screen, as far as their types are known. */
  observed(): readonly Required<DidRef>[] {
    const { focused, active } = vscode.window.state;
    if (!focused && !active) return [];
    const refs: Required<DidRef>[] = [];
    for (const editor of vscode.window.visibleNotebookEditors) {
      for (const range of editor.visibleRanges) {
        for (const cell of editor.notebook.getCells(range)) {
          for (const ref of this.#of(cell)) {
            const known = this.#known.get(didKey(ref));
            if (known && 'ref' in known) refs.push(known.ref);
          }
        }
      }
    }
    return refs.slice(0, MOST_OBSERVED);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #of(cell: vscode.NotebookCell): readonly DidRef[] {
    const refs = new Map(this.#documents.known(cell.document).map(({ ref }) => [didKey(ref), ref]));
    return [...refs.values()].slice(0, MOST_IN_CELL);
  }

  #seen(ref: DidRef): SeenDid {
    const known = this.#known.get(didKey(ref));
    const text = didText(ref);
    if (!known) return { text, state: undefined };
    if ('missing' in known) return { text, state: 'not in the catalogue' };
    if ('failedAt' in known) return { text, state: undefined };
    const info = this.#ui.dids.stateOf(known.ref) ?? this.#glanced.get(didKey(ref));
    return { text, state: info && stateWords(info).title };
  }

  #want(ref: DidRef): void {
    const key = didKey(ref);
    const known = this.#known.get(key);
    if (known && !('failedAt' in known && Date.now() - known.failedAt > RETRY)) return;
    if (this.#pending.has(key)) return;
    this.#pending.add(key);
    this.#waiting.push([key, ref]);
    while (this.#working < AT_ONCE && this.#waiting.length > 0) {
      this.#working++;
      void this.#work().finally(() => { this.#working--; });
    }
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const [key, ref] = next;
      this.#keep(key, await this.#lookUp(key, ref));
      this.#pending.delete(key);
      this.#repaint.add('all');
      this.#observation.update();
    }
  }

  async #lookUp(key: string, ref: DidRef): Promise<Known> {
    try {
      const glance = await this.#glances.at(ref);
      const info = stateOf(ref, glance, this.#ui.dids);
      if (info) this.#glanced.set(key, info);
      return { ref: { ...ref, type: glance.details.type } };
    } catch (error) {
      const failure = toFailure(error);
      if (failure.kind === 'notFound') return { missing: true };
      this.#ui.log.debug(`${didText(ref)} in a cell not looked up: ${failure.what}`);
      return { failedAt: Date.now() };
    }
  }

  #keep(key: string, known: Known): void {
    this.#known.set(key, known);
    if (this.#known.size <= MOST_KNOWN) return;
    const oldest = this.#known.keys().next().value!;
    this.#known.delete(oldest);
    this.#glanced.delete(oldest);
  }
}
