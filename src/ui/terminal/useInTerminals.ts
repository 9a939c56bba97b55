// *Use This Instance in Terminals…*, and what is said when other programs can't be given something.
import * as vscode from 'vscode';
import type { Instance } from '../../protocol.ts';
import * as protocol from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { commands, settings } from '../contributions.ts';
import { instanceOf } from '../instances.ts';
import { unlinked, withoutIcons } from '../plain.ts';
import { chosen, type TerminalPrograms } from './programs.ts';

/** From a tree node its instance; from the palette a choice, also to let go of the last one. */
export async function useInTerminals(ui: UiContext, programs: TerminalPrograms, argument: unknown): Promise<void> {
  const instance = await choose(ui, argument);
  if (instance === undefined) return;
  const configuration = vscode.workspace.getConfiguration();
  await configuration.update(settings.programsTerminals, undefined, vscode.ConfigurationTarget.Global);
  await configuration.update(settings.programsInstance, instance === null ? undefined : instance.name, vscode.ConfigurationTarget.Global);
  await programs.refresh();
  const { environment, problem } = programs.state;
  if (problem !== undefined || !environment) return;
  if (environment.account !== undefined) {
    vscode.window.setStatusBarMessage(`$(check) New terminals: ${withoutIcons(environment.account)} at ${withoutIcons(environment.displayName)}`, 5000);
    return;
  }
  const text = `Terminals are signed in to ${environment.displayName} as soon as you are.`;
  if (await vscode.window.showInformationMessage(unlinked(text), 'Sign In…')) await vscode.commands.executeCommand(commands.signIn, environment.instance);
}

/** null = none in particular; undefined = dismissed. */
async function choose(ui: UiContext, argument: unknown): Promise<Instance | null | undefined> {
  if (instanceOf(argument) !== undefined || chosen() === '') return ui.instances.pick(argument, 'Sign terminals in to which data lake?');
  const all = await ui.instances.all();
  const items = [
    ...all.map((instance) => ({ label: withoutIcons(instance.displayName), description: instance.name === chosen() ? 'now' : '', instance: instance as Instance | null })),
    { label: 'No Choice', description: 'the first instance; what this machine sets itself comes first', instance: null },
  ];
  return (await vscode.window.showQuickPick(items, { placeHolder: 'Sign terminals in to which data lake?', title: 'Use This Instance in Terminals' }))?.instance;
}

const TOLD = 'rucio.toldOfPrograms';
const MOST_TOLD = 20;

/** Each sentence once on this machine; it stands in *Show Configuration* as well. */
export function tellProblems({ client, extension: { globalState }, log }: UiContext): { dispose(): void } {
  return client.on(protocol.programProblem, ({ instance, problem }) => {
    log.warn(`${instance}: ${problem}`);
    const told = globalState.get<string[]>(TOLD) ?? [];
    if (told.includes(problem)) return;
    void globalState.update(TOLD, [...told, problem].slice(-MOST_TOLD));
    void vscode.window.showWarningMessage(unlinked(problem), 'Show Configuration', 'Open Settings').then((answer) => {
      if (answer === 'Show Configuration') return vscode.commands.executeCommand(commands.showConfiguration);
      if (answer === 'Open Settings') return vscode.commands.executeCommand('workbench.action.openSettings', 'rucio.programs');
      return undefined;
    });
  });
}
