// *Show Configuration*: where each value came from, in a document that can't be written to.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { configurationDocument } from './document.ts';

const SCHEME = 'rucio-configuration';
const DOCUMENT = vscode.Uri.from({ scheme: SCHEME, path: 'Rucio Configuration.txt' });

export function registerConfiguration(ui: UiContext): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let text = '';
  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, { onDidChange: changed.event, provideTextDocumentContent: () => text }),
    registerCommand(ui, commands.showConfiguration, async () => {
      // Asked first, so that a service that can't be had is a failure with its actions, not an empty document.
      text = configurationDocument(await ui.client.request(protocol.configuration, {}));
      changed.fire(DOCUMENT);
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(DOCUMENT), { preview: true });
    }),
  );
}
