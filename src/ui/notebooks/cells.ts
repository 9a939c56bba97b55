// *Run All* may be quicker than we are: a cell that did not find an attached variable says so, with *Run Again*.
import * as vscode from 'vscode';
import { commands } from '../contributions.ts';
import { withoutIcons } from '../plain.ts';
import { NOTEBOOK_TYPE } from './jupyter.ts';
import { ERROR, errorText, STDERR } from './kernel.ts';
import { missingName } from './names.ts';
import type { AttachedNotebook } from './notebook.ts';
import { earlyCell } from './words.ts';

/** What is read of an error; its beginning says which name. */
const MOST_ERROR = 4000;

export class EarlyCells implements vscode.NotebookCellStatusBarItemProvider {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCellStatusBarItems = this.#changed.event;
  readonly #registered = vscode.notebooks.registerNotebookCellStatusBarItemProvider(NOTEBOOK_TYPE, this);
  readonly #of: (document: vscode.NotebookDocument) => AttachedNotebook | undefined;

  constructor(of: (document: vscode.NotebookDocument) => AttachedNotebook | undefined) {
    this.#of = of;
  }

  provideCellStatusBarItems(cell: vscode.NotebookCell): vscode.NotebookCellStatusBarItem | undefined {
    const notebook = this.#of(cell.notebook);
    const variable = notebook && missingIn(cell, notebook);
    if (variable === undefined) return undefined;
    const { text, tooltip } = earlyCell(withoutIcons(variable), notebook!.injector.has(variable));
    const item = new vscode.NotebookCellStatusBarItem(text, vscode.NotebookCellStatusBarAlignment.Left);
    item.tooltip = tooltip;
    item.accessibilityInformation = { label: tooltip };
    item.command = { command: commands.runCellAgain, title: 'Run Again', arguments: [cell] };
    return item;
  }

  changed(): void {
    this.#changed.fire();
  }

  dispose(): void {
    this.#registered.dispose();
    this.#changed.dispose();
  }
}

function missingIn(cell: vscode.NotebookCell, { attachments }: AttachedNotebook): string | undefined {
  if (attachments.length === 0) return undefined;
  const names = attachments.map(({ variableName }) => variableName);
  for (const { mime, data } of cell.outputs.flatMap(({ items }) => items)) {
    const found = mime === ERROR ? missingName(errorText(data.subarray(0, MOST_ERROR * 10)), names) : mime === STDERR ? missingName(Buffer.from(data.subarray(0, MOST_ERROR)).toString(), names) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Once the variables are set, or can't be. */
export async function runAgain(notebook: AttachedNotebook, cell: vscode.NotebookCell): Promise<void> {
  await notebook.injector.settled;
  await vscode.commands.executeCommand('notebook.cell.execute', { ranges: [{ start: cell.index, end: cell.index + 1 }], document: cell.notebook.uri });
}
