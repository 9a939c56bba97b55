// *Open Remote File*: a file of the lake in the editor, read for the moment; a large one is asked about.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { bytesText, didText } from '../explorer/words.ts';
import { unlinked } from '../plain.ts';
import { mostBytes, notAFile, RemoteFiles } from './provider.ts';
import { REMOTE_SCHEME, type RemoteFile, remoteParts } from './uri.ts';

/** Of a large one, bytes: what a head of a file is looked at for. */
const HEAD = 5_000_000;

export function registerRemoteFiles(ui: UiContext): vscode.Disposable {
  const readOnly = new vscode.MarkdownString('Files of a data lake do not change. To work on a copy of your own, use *Download…* in *Explore*.');
  return vscode.Disposable.from(
    vscode.workspace.registerFileSystemProvider(REMOTE_SCHEME, new RemoteFiles(ui), { isReadonly: readOnly, isCaseSensitive: true }),
    registerCommand(ui, commands.openRemote, (argument) => openRemote(ui, argument)),
  );
}

async function openRemote(ui: UiContext, argument: unknown): Promise<void> {
  const did = await ui.dids.pick(argument, 'Open Remote File');
  if (!did) return;
  const { instance, scope, name } = did;
  const { type, bytes } = await ui.client.request(protocol.getDid, { instance, did: { scope, name } });
  if (type !== 'FILE') throw notAFile(did, type);
  let file: RemoteFile = { instance, scope, name };
  if ((bytes ?? 0) > mostBytes()) {
    const head = `Open the First ${bytesText(HEAD)}`;
    const chosen = await vscode.window.showWarningMessage(unlinked(`${didText(did)} has ${bytesText(bytes ?? 0)}.`), { modal: true, detail: 'All of it is read into the memory of the editor, and not kept.' }, head, 'Open All of It', 'Download…');
    if (chosen === 'Download…') return void await vscode.commands.executeCommand(commands.download, did);
    if (chosen !== head && chosen !== 'Open All of It') return;
    file = chosen === head ? { ...file, first: HEAD } : { ...file, large: true };
  }
  // The editor that fits the name: text, image, or what an extension offers.
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.from({ scheme: REMOTE_SCHEME, ...remoteParts(file) }));
}
