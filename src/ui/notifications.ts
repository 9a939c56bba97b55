// Puts a failure on the screen as a notification, with what can be done about it as buttons.
import * as vscode from 'vscode';
import type { FailureOptions, UiContext } from './context.ts';
import { commands } from './contributions.ts';
import { actionTitles, type FailureAction, failureWords, isCancelled, toFailure } from './failures.ts';
import { unlinked } from './plain.ts';

type Deeds = Readonly<Record<FailureAction, (() => unknown) | undefined>>;

export async function showFailure(log: UiContext['log'], error: unknown, options: FailureOptions = {}): Promise<void> {
  const failure = toFailure(error);
  if (isCancelled(failure)) return;
  const { full, look, actions, link } = failureWords(failure);
  log[look === 'error' ? 'error' : 'warn'](`${failure.kind}: ${full}`);
  if (failure.kind === 'bug' && error instanceof Error && error.stack) log.error(error.stack);
  const { retry, instance, ruleId } = options;
  const deeds: Deeds = {
    signIn: () => vscode.commands.executeCommand(commands.signIn, instance === undefined ? undefined : { instance }),
    openLink: link === undefined ? undefined : () => vscode.env.openExternal(vscode.Uri.parse(link)),
    retry,
    openSettings: () => vscode.commands.executeCommand(commands.openSettings),
    showLog: () => log.show(),
    reload: () => vscode.commands.executeCommand('workbench.action.reloadWindow'),
    showRule: ruleId === undefined || instance === undefined ? undefined : () => vscode.commands.executeCommand(commands.showRule, { instance, ruleId }),
  };
  const offered = actions.filter((action) => deeds[action]);
  const show = look === 'error' ? vscode.window.showErrorMessage : vscode.window.showWarningMessage;
  const chosen = await show(unlinked(full), ...offered.map((action) => actionTitles[action]));
  const action = offered.find((one) => actionTitles[one] === chosen);
  if (action) await deeds[action]?.();
}
