// *Copy PFNs* and *Save File List…*: where the files of DIDs are, for batch systems and other programs. The list is made in the service;
// a saved one goes from there to its file.
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { FileList, FileListWish } from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { count, didText } from '../explorer/words.ts';
import { toFailure } from '../failures.ts';
import { unlinked, withoutIcons } from '../plain.ts';
import { askFormat, askWhere, ENDINGS, type Where } from './questions.ts';
import { doneWords, fileNameFor } from './words.ts';

const LAST = 'rucio.lastFileListFolder';

export function registerFileLists(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand(ui, commands.copyPfns, async (argument, selected) => copy(ui, await ofOneInstance(ui, argument, selected, 'Copy PFNs'))),
    registerCommand(ui, commands.saveFileList, async (argument, selected) => save(ui, await ofOneInstance(ui, argument, selected, 'Save File List'))),
  );
}

/** A list is asked of one server. */
async function ofOneInstance(ui: UiContext, argument: unknown, selected: unknown, title: string): Promise<readonly DidRef[]> {
  const dids = await ui.dids.pickAll(argument, selected, title);
  if (new Set(dids.map(({ instance }) => instance)).size <= 1) return dids;
  void vscode.window.showWarningMessage('These DIDs are of several Rucio instances. Choose those of one.');
  return [];
}

async function copy(ui: UiContext, dids: readonly DidRef[], known?: Where): Promise<void> {
  const [first] = dids;
  if (!first) return;
  const where = known ?? await askWhere(ui, withoutIcons(`Copy PFNs of ${titleOf(dids)}`), first.instance, false);
  if (!where) return;
  let list: FileList | undefined;
  try {
    list = await listed(ui, dids, { ...where, format: 'txt' });
  } catch (error) {
    if (toFailure(error).exceptionClass !== 'TooManyFiles') throw error;
    const saveThem = 'Save File List…';
    if (await vscode.window.showWarningMessage(unlinked(`${toFailure(error).what} That is much for the clipboard; a file can hold any number.`), saveThem) === saveThem) await save(ui, dids, where);
    return;
  }
  if (!list) return;
  if (list.files > 0) await vscode.env.clipboard.writeText(list.text.replace(/\n$/, ''));
  tell(list, `Copied the ${list.files === 1 ? 'address of 1 file' : `addresses of ${count(list.files, 'file')}`}.`);
}

async function save(ui: UiContext, dids: readonly DidRef[], known?: Where): Promise<void> {
  const [first] = dids;
  if (!first) return;
  const title = withoutIcons(`Save File List of ${titleOf(dids)}`);
  const where = known ?? await askWhere(ui, title, first.instance, true);
  const format = where && await askFormat(title);
  if (!format) return;
  const folder = ui.extension.workspaceState.get<string>(LAST) ?? vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath ?? os.homedir();
  const target = await vscode.window.showSaveDialog({ title, saveLabel: 'Save', defaultUri: vscode.Uri.file(path.join(folder, fileNameFor(dids.length === 1 ? first.name : 'files', ENDINGS[format]))) });
  if (!target) return;
  await ui.extension.workspaceState.update(LAST, path.dirname(target.fsPath));
  const list = await listed(ui, dids, { ...where, format, file: target.fsPath });
  if (!list) return;
  const open = 'Open';
  const words = unlinked(doneWords(`${count(list.files, 'file')} ${list.files === 1 ? 'is' : 'are'} listed in ${path.basename(target.fsPath)}.`, list));
  const show = list.missing > 0 || list.files === 0 ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  void show(words, open).then((chosen) => chosen === open && vscode.commands.executeCommand('vscode.open', target));
}

/** undefined = cancelled. */
function listed(ui: UiContext, dids: readonly DidRef[], wish: Omit<FileListWish, 'dids'>): Promise<FileList | undefined> {
  const { instance } = dids[0]!;
  return Promise.resolve(vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Listing the files of ${titleOf(dids)}`, cancellable: true }, async (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    try {
      return await ui.client.stream(protocol.listFiles, protocol.filesListed, (of) => ({ instance, dids: dids.map(({ scope, name }) => ({ scope, name })), ...wish, progress: of }), (files) => progress.report({ message: count(files, 'file') }), { signal: abort.signal });
    } catch (error) {
      if (abort.signal.aborted) return undefined;
      throw error;
    }
  }));
}

function tell(list: FileList, done: string): void {
  if (list.missing === 0 && list.files > 0) vscode.window.setStatusBarMessage(`$(check) ${done}`, 4000);
  else void vscode.window.showWarningMessage(unlinked(doneWords(done, list)));
}

const titleOf = (dids: readonly DidRef[]): string => (dids.length === 1 ? didText(dids[0]!) : count(dids.length, 'DID'));
