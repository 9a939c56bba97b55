// *Show Configuration*: where each value came from, in a document that can't be written to.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands, settings } from '../contributions.ts';
import { toFailure } from '../failures.ts';
import type { TerminalPrograms } from '../terminal/programs.ts';
import { programLines } from '../terminal/section.ts';
import { configurationDocument } from './document.ts';

const SCHEME = 'rucio-configuration';
const DOCUMENT = vscode.Uri.from({ scheme: SCHEME, path: 'Rucio Configuration.txt' });

export function registerConfiguration(ui: UiContext, terminals: Pick<TerminalPrograms, 'state'>): vscode.Disposable {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  let text = '';
  let turn = 0;
  return vscode.Disposable.from(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, { onDidChange: changed.event, provideTextDocumentContent: () => text }),
    registerCommand(ui, commands.showConfiguration, async () => {
      // Asked first, so that a service that can't be had is a failure with its actions, not an empty document.
      const configuration = await ui.client.request(protocol.configuration, {});
      const mine = ++turn;
      const show = (found?: readonly protocol.FoundProgram[] | string): void => {
        if (mine !== turn) return; // asked for anew meanwhile
        text = configurationDocument(configuration, programLines(terminals.state, found));
        changed.fire(DOCUMENT);
      };
      show();
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(DOCUMENT), { preview: true });
      // Takes a log-in shell's time: the rest is there to be read meanwhile.
      const paths = vscode.workspace.getConfiguration().get<Record<string, string>>(settings.programsPaths) ?? {};
      show(await ui.client.request(protocol.findPrograms, { paths }).catch((error: unknown) => `programs were not looked for: ${toFailure(error).what}`));
    }),
  );
}
