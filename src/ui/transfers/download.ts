// *Download…*: DIDs into a folder that is chosen once and remembered.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { DidRef, UiContext } from '../context.ts';
import { count, didText } from '../explorer/words.ts';
import { withoutIcons } from '../plain.ts';
import { askText } from '../rules/prompt.ts';

const LAST = 'rucio.lastDownloadFolder';

export async function download(ui: UiContext, argument: unknown, selected: unknown): Promise<void> {
  const dids = await ui.dids.pickAll(argument, selected, 'Download');
  if (dids.length === 0) return;
  const folder = await askFolder(ui, dids);
  if (!folder) return;
  const [one] = dids;
  let pattern: string | undefined;
  if (dids.length === 1 && one && one.type !== 'FILE') {
    pattern = await askText({ title: withoutIcons(`Download ${didText(one)}`), prompt: 'Which files? Empty: all', placeholder: '*.root', value: '', check: () => ({}) }) as string | undefined;
    if (pattern === undefined) return;
  }
  for (const instance of new Set(dids.map((did) => did.instance))) {
    const wish = { dids: dids.filter((did) => did.instance === instance).map(({ scope, name }) => ({ scope, name })), folder: folder.fsPath, ...(pattern?.trim() && { pattern: pattern.trim() }) };
    const transfer = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Looking up the files' }, () => ui.client.request(protocol.download, { instance, wish }));
    vscode.window.setStatusBarMessage(`$(cloud-download) ${count(transfer.files.total, 'file')} ${transfer.files.total === 1 ? 'is' : 'are'} being fetched to ${folder.fsPath}`, 6000);
  }
}

async function askFolder(ui: UiContext, dids: readonly DidRef[]): Promise<vscode.Uri | undefined> {
  const last = ui.extension.workspaceState.get<string>(LAST);
  const start = last === undefined ? vscode.workspace.workspaceFolders?.[0]?.uri : vscode.Uri.file(last);
  const [folder] = await vscode.window.showOpenDialog({
    title: dids.length === 1 && dids[0] ? `Download ${didText(dids[0])}` : `Download ${count(dids.length, 'DID')}`, openLabel: 'Download Here', canSelectFiles: false, canSelectFolders: true, ...(start && { defaultUri: start }),
  }) ?? [];
  if (folder) await ui.extension.workspaceState.update(LAST, folder.fsPath);
  return folder;
}
