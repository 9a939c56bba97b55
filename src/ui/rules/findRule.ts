// Which rule *Show Rule* and *Open in Rucio WebUI* are about: one that is named, or the one that makes a DID available here.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { didText } from '../explorer/words.ts';
import { unlinked, withoutIcons } from '../plain.ts';
import { pickRule } from './actions/pickRule.ts';

/** undefined: dismissed, or said why not. `again` is the command that asks. */
export async function findRule(ui: UiContext, argument: unknown, title: string, again: string): Promise<{ readonly instance: string; readonly ruleId: string } | undefined> {
  if (isRuleRef(argument)) return { instance: argument.instance, ruleId: argument.ruleId };
  const did = await ui.dids.pick(argument, title);
  if (!did) return undefined;
  const { instance, scope, name } = did;
  // Nothing is to be here: any rule on it may be meant.
  if (ui.instances.get(instance)?.destinationRse === undefined) {
    const picked = await pickRule(ui, did, title);
    return picked && { instance, ruleId: picked.id };
  }
  try {
    const rule = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: withoutIcons(`Looking for the rule of ${didText(did)}`) },
      () => ui.client.request(protocol.ruleOf, { instance, did: { scope, name } }));
    if (rule) return { instance, ruleId: rule.id };
  } catch (error) {
    await ui.showFailure(error, { instance, retry: () => vscode.commands.executeCommand(again, did) });
    return undefined;
  }
  void vscode.window.showInformationMessage(`No rule makes ${unlinked(didText(did))} available here.`, 'Make Available…')
    .then((chosen) => chosen && vscode.commands.executeCommand(commands.makeAvailable, did));
  return undefined;
}

export function isRuleRef(value: unknown): value is { instance: string; ruleId: string } {
  return typeof value === 'object' && value !== null && 'instance' in value && typeof value.instance === 'string' && 'ruleId' in value && typeof value.ruleId === 'string';
}
