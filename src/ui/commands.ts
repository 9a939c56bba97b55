// Registers commands so that whatever goes wrong in one is shown, by the one rule for failures.
import * as vscode from 'vscode';
import type { UiContext } from './context.ts';
import type { CommandId } from './contributions.ts';
import { instanceOf } from './instances.ts';

/** Gets what VS Code passes: from a tree the node and the selected nodes, from the palette nothing. */
type Run = (argument: unknown, selected: unknown) => unknown;

export function registerCommand(ui: Pick<UiContext, 'showFailure'>, id: CommandId, run: Run): vscode.Disposable {
  const command = async (argument: unknown, selected: unknown): Promise<void> => {
    try {
      await run(argument, selected);
    } catch (error) {
      await ui.showFailure(error, { retry: () => command(argument, selected), instance: instanceOf(argument) });
    }
  };
  return vscode.commands.registerCommand(id, command);
}
