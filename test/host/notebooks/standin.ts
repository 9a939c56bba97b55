// The stand-in of the Jupyter extension as tests use it: its kernels, a person's answers to its questions, cells to run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Module } from 'node:module';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Jupyter, Output } from '../../support/jupyter-standin/extension/api.ts';

export const JUPYTER = 'ms-toolsai.jupyter';

export async function jupyter(): Promise<Jupyter & { readonly access: { set(all: readonly string[], ticked: readonly string[]): Promise<void>; forget(id: string): Promise<void> } }> {
  const found = vscode.extensions.getExtension(JUPYTER) ?? assert.fail('the stand-in is not there');
  assert.match((found.packageJSON as { displayName: string }).displayName, /stand-in/);
  return await found.activate() as Awaited<ReturnType<typeof jupyter>>;
}

interface Asked { readonly message: string; readonly items: readonly unknown[] }

/** Modal questions are refused in a test run, and others stay: those of the stand-in, or of another extension, are answered here. Each has a `vscode` of its own. */
export async function answering<T>(answer: string | undefined, work: (asked: readonly Asked[]) => Promise<T>, extension = JUPYTER): Promise<T> {
  const { extensionPath, packageJSON } = vscode.extensions.getExtension(extension)!;
  const load = (Module as unknown as { _load(name: string, from: { filename: string }): typeof vscode })._load;
  const theirs = load('vscode', { filename: path.join(extensionPath, (packageJSON as { main: string }).main) });
  assert.equal(theirs.window === vscode.window, extension !== JUPYTER);
  const window = theirs.window as { showInformationMessage: unknown };
  const before = window.showInformationMessage;
  const asked: Asked[] = [];
  window.showInformationMessage = async (message: string, ...items: unknown[]) => {
    asked.push({ message, items });
    return answer;
  };
  try {
    return await work(asked);
  } finally {
    window.showInformationMessage = before;
  }
}

/** A notebook file with these code cells, open in an editor. `metadata` goes into the file. */
export async function openNotebook(file: string, cells: readonly string[], metadata: Readonly<Record<string, unknown>> = {}): Promise<vscode.NotebookDocument> {
  fs.writeFileSync(file, JSON.stringify({
    cells: cells.map((source, n) => ({ cell_type: 'code', id: `cell${n}`, execution_count: null, metadata: {}, outputs: [], source: [source] })),
    metadata: { language_info: { name: 'python' }, ...metadata }, nbformat: 4, nbformat_minor: 5,
  }));
  const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.file(file));
  await vscode.window.showNotebookDocument(notebook);
  return notebook;
}

export async function selectKernel(name: string): Promise<void> {
  await vscode.commands.executeCommand('notebook.selectKernel', { id: `standin-${name}`, extension: JUPYTER });
  await sleep(300);
}

/** Resolves when they have ended. */
export async function runCells(notebook: vscode.NotebookDocument, start: number, end: number = start + 1): Promise<void> {
  await vscode.commands.executeCommand('notebook.cell.execute', { ranges: [{ start, end }], document: notebook.uri });
}

export const textOf = (output: Pick<Output, 'items'>): string => output.items.map(({ data }) => Buffer.from(data).toString()).join('');

/** What a cell printed, once it has ended. */
export async function cellText(notebook: vscode.NotebookDocument, index: number): Promise<string> {
  await until(`cell ${index} has ended`, () => notebook.cellAt(index).executionSummary?.success !== undefined, 60_000);
  return notebook.cellAt(index).outputs.map(textOf).join('');
}

export async function collect(outputs: AsyncIterable<Output>): Promise<Output[]> {
  const all: Output[] = [];
  for await (const output of outputs) all.push(output);
  return all;
}

export const never = (): vscode.CancellationToken => new vscode.CancellationTokenSource().token;

export async function until<T>(what: string, look: () => T | Promise<T>, limitMs = 30_000): Promise<NonNullable<T>> {
  for (const end = Date.now() + limitMs; ; await sleep(50)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
  }
}
