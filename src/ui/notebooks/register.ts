// The commands on attached data; on a row of *Attached*, or on one that the person picks.
import * as vscode from 'vscode';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { renameVariable } from './addToNotebook.ts';
import { runAgain } from './cells.ts';
import { insertCode } from './insertCode.ts';
import type { Notebooks } from './notebooks.ts';
import { type AttachedRow, isAttachedRow } from './view.ts';

export function registerNotebooks(ui: UiContext, notebooks: Notebooks): vscode.Disposable {
  const chooseRow = async (): Promise<AttachedRow | undefined> => {
    const rows = notebooks.provider.getChildren();
    if (rows.length === 0) return void vscode.window.showInformationMessage('Nothing is attached to a notebook that is in front.');
    return (await vscode.window.showQuickPick(rows.map((row) => ({ label: row.variable, description: `${row.scope}:${row.name}`, row })), { placeHolder: 'Which attached data?' }))?.row;
  };
  const onRows = (run: (rows: readonly AttachedRow[]) => unknown) => async (argument: unknown, selected: unknown): Promise<void> => {
    const several = Array.isArray(selected) ? selected.filter(isAttachedRow) : [];
    const one = several.length > 0 ? undefined : isAttachedRow(argument) ? argument : await chooseRow();
    const rows = one ? [one] : several;
    if (rows.length > 0) await run(rows);
  };
  const remote = (on: boolean) => onRows(async (rows) => {
    for (const { notebook, variable } of rows) await notebook.edit((all) => all.map((one) => (one.variableName === variable ? { ...one, remote: on } : one)));
  });
  return vscode.Disposable.from(
    registerCommand(ui, commands.addToNotebook, async (argument, selected) => {
      const dids = await ui.dids.pickAll(argument, selected, 'Add to Notebook');
      if (dids.length > 0) await notebooks.add(dids);
    }),
    registerCommand(ui, commands.setVariables, async () => {
      const notebook = notebooks.front;
      if (notebook && notebook.attachments.length > 0) await notebooks.consent.setVariables(notebook);
      else void vscode.window.showInformationMessage('Nothing is attached to a notebook that is in front.');
    }),
    registerCommand(ui, commands.insertAttachedCode, async (argument, selected) => {
      const rows = Array.isArray(selected) && selected.some(isAttachedRow) ? selected.filter(isAttachedRow) : isAttachedRow(argument) ? [argument] : undefined;
      const notebook = rows?.[0]?.notebook ?? notebooks.front;
      if (notebook) await insertCode(notebook, rows?.map(({ variable }) => variable));
      else void vscode.window.showInformationMessage('Open a notebook first: the code goes into a cell of it.');
    }),
    registerCommand(ui, commands.renameVariable, onRows(async ([row]) => renameVariable({ ui, notebook: row!.notebook }, row!.variable))),
    registerCommand(ui, commands.detach, onRows(async (rows) => {
      for (const { notebook, variable } of rows) await notebook.edit((all) => all.filter(({ variableName }) => variableName !== variable));
    })),
    registerCommand(ui, commands.useAddress, remote(true)),
    registerCommand(ui, commands.usePath, remote(false)),
    registerCommand(ui, commands.makeAllAvailable, async () => {
      const away = notebooks.front ? notebooks.away(notebooks.front) : [];
      if (away.length > 0) await vscode.commands.executeCommand(commands.makeAvailable, away[0], away);
      else void vscode.window.showInformationMessage('All that is attached to this notebook is here.');
    }),
    registerCommand(ui, commands.runCellAgain, async (argument) => {
      const cell = argument as vscode.NotebookCell;
      await runAgain(notebooks.of(cell.notebook), cell);
    }),
  );
}
