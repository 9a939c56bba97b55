// The commands that make rules.
import type * as vscode from 'vscode';
import { registerCommand } from '../commands.ts';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { makeAvailable } from './makeAvailable.ts';

export function registerRules(ui: UiContext): vscode.Disposable {
  return registerCommand(ui, commands.makeAvailable, (argument, selected) => makeAvailable(ui, argument, selected));
}
