// *Watch*: tells when a rule ends, or a DID is available here. The service watches, and tells every window; one of them shows it, the one in front if there is one.
import * as vscode from 'vscode';
import { setTimeout as sleep } from 'node:timers/promises';
import * as protocol from '../../protocol.ts';
import type { Watch } from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { UiContext } from '../context.ts';
import { commands } from '../contributions.ts';
import { didText } from '../explorer/words.ts';
import { toFailure } from '../failures.ts';
import { unlinked, withoutIcons } from '../plain.ts';
import { isRuleRef } from '../rules/findRule.ts';
import { endedWords, sinceText } from './words.ts';

/** ms that a window in the background leaves to the one in front. */
const BEHIND_MS = 500;

export function registerWatch(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    ui.client.on(protocol.watchEnded, ({ instance, watch }) => void ended(ui, instance, watch)),
    registerCommand(ui, commands.watchRule, async (argument) => {
      const found = isRuleRef(argument) ? argument : await ui.dids.pick(argument, 'Watch');
      if (!found) return;
      const { instance } = found;
      const watch = 'ruleId' in found ? await ui.client.request(protocol.watchRule, { instance, id: found.ruleId })
        : await ui.client.request(protocol.watchDid, { instance, did: { scope: found.scope, name: found.name } });
      // What moves no more is not watched: how it is, is the answer.
      if (watch.ended !== undefined) return show(instance, watch);
      ui.ruleChanges.fire({ instance, id: watch.id });
      const name = withoutIcons(didText(watch.did));
      vscode.window.setStatusBarMessage(watch.type ? `$(eye) You will be told when ${name} is available here` : `$(eye) You will be told when the rule for ${name} ends`, 6000);
    }),
    registerCommand(ui, commands.unwatchRule, async (argument) => {
      const watch = isRuleRef(argument) ? argument : await pickWatch(ui, argument);
      if (!watch) return;
      const { instance, ruleId: id } = watch;
      await ui.client.request(protocol.unwatchRule, { instance, id });
      ui.ruleChanges.fire({ instance, id });
    }),
  );
}

/** undefined: dismissed, or nothing is watched, which is said. */
async function pickWatch(ui: UiContext, argument: unknown): Promise<{ readonly instance: string; readonly ruleId: string } | undefined> {
  const at = await ui.instances.pick(argument, 'Unwatch at which Rucio instance?');
  if (!at) return undefined;
  const instance = at.name;
  const watches = await ui.client.request(protocol.listWatches, { instance });
  if (watches.length === 0) return void vscode.window.showInformationMessage(unlinked(`Nothing is watched at ${at.displayName}.`));
  const items = watches.map(({ id, did, type, since }) => ({ label: withoutIcons(`${type ? '' : 'rule for '}${didText(did)}`), description: sinceText(since), ruleId: id }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Unwatch', placeHolder: 'Which one? You are not told of it any more' });
  return chosen && { instance, ruleId: chosen.ruleId };
}

async function ended(ui: UiContext, instance: string, watch: Watch): Promise<void> {
  ui.ruleChanges.fire({ instance, id: watch.id });
  try {
    if (!vscode.window.state.focused) await sleep(BEHIND_MS);
    if (await ui.client.request(protocol.claimEnd, { instance, id: watch.id, ended: watch.ended ?? 0 })) show(instance, watch);
  } catch (error) {
    // Told twice is better than never.
    ui.log.warn(`it is not known whether another window tells the end of rule ${watch.id}: ${toFailure(error).what}`);
    show(instance, watch);
  }
}

/** What is there can be used; of what is gone there is nothing to show. */
function buttonsOf({ state, type }: Watch): readonly string[] {
  const here = state === 'OK' || state === 'available';
  return [...(state === 'GONE' || state === 'empty' || (type && here) ? [] : ['Show Rule']), ...(here ? ['Copy Path'] : [])];
}

/** Not awaited by anyone: it may stay on the screen for hours. */
function show(instance: string, watch: Watch): void {
  const { look, text } = endedWords(watch);
  const tell = look === 'warning' ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  void tell(unlinked(text), ...buttonsOf(watch)).then((chosen) => {
    if (chosen === 'Show Rule') return vscode.commands.executeCommand(commands.showRule, watch.type ? { instance, ...watch.did } : { instance, ruleId: watch.id });
    if (chosen === 'Copy Path') return vscode.commands.executeCommand(commands.copyPath, { instance, ...watch.did });
  });
}
