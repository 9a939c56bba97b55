// The output channel: what the lake service says goes there too, and *Show Log* opens it.
import * as vscode from 'vscode';
import { logged } from '../protocol.ts';
import { registerCommand } from './commands.ts';
import type { UiContext } from './context.ts';
import { commands } from './contributions.ts';

export function registerLog(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    ui.client.on(logged, ({ level, message }) => ui.log[level](message)),
    registerCommand(ui, commands.showLog, () => ui.log.show()),
  );
}
