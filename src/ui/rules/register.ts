// The commands that make rules, and those on rules that are there.
import * as vscode from 'vscode';
import { registerCommand } from '../commands.ts';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { registerRuleActions } from './actions/register.ts';
import { createRule } from './create/createRule.ts';
import { makeAvailable } from './makeAvailable.ts';

export function registerRules(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand(ui, commands.makeAvailable, (argument, selected) => makeAvailable(ui, argument, selected)),
    registerCommand(ui, commands.createRule, (argument, selected) => createRule(ui, argument, selected)),
    registerRuleActions(ui),
  );
}
