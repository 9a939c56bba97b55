// *Insert Code in a Cell*: the same variables by code that stands in the notebook, for where nothing may be run in a kernel, and to keep.
import * as vscode from 'vscode';
import type { AttachedNotebook } from './notebook.ts';

/** What editors call the languages of kernels. */
const EDITOR_LANGUAGES: Readonly<Record<string, string>> = { 'c++': 'cpp', 'bash': 'shellscript' };

/** Above the cell that is selected. All that is attached, or these variables. @throws ServiceFailure */
export async function insertCode(notebook: AttachedNotebook, variables?: readonly string[]): Promise<void> {
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
