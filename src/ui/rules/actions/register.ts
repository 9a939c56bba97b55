// The commands on a rule that is there: each asks what it has to know, has it done, and tells what the server granted.
// Their argument is a RuleRef ({ instance, id }), a DID or nothing; nothing in it is believed.
import * as vscode from 'vscode';
import * as protocol from '../../../protocol.ts';
import type { RuleAction, RuleActed } from '../../../protocol.ts';
import { registerCommand } from '../../commands.ts';
import { type CommandId, commands } from '../../contributions.ts';
import type { UiContext } from '../../context.ts';
import { unlinked } from '../../plain.ts';
import { askAction } from './ask.ts';
import { type CopyWay, copyWays } from './copy.ts';
import { pickRule } from './pickRule.ts';
import type { RuleRef } from './ruleRef.ts';

export function registerRuleActions(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerAction(ui, commands.boostRule, 'Boost Rule', 'boost'),
    registerAction(ui, commands.changeRuleLifetime, 'Change Lifetime', 'lifetime'),
    registerAction(ui, commands.changeRulePriority, 'Change Priority', 'priority'),
    registerAction(ui, commands.changeRuleComment, 'Change Comment', 'comment'),
    registerAction(ui, commands.changeRuleActivity, 'Change Activity', 'activity'),
    registerAction(ui, commands.approveRule, 'Approve Rule', 'approve'),
    registerAction(ui, commands.denyRule, 'Deny Rule', 'deny'),
    registerAction(ui, commands.suspendRule, 'Suspend Rule', 'suspend'),
    registerAction(ui, commands.resumeRule, 'Resume Rule', 'resume'),
    registerAction(ui, commands.repairRule, 'Repair Rule', 'repair'),
    registerAction(ui, commands.moveRule, 'Move Rule', 'move'),
    registerAction(ui, commands.reduceRule, 'Reduce Copies', 'reduce'),
    registerAction(ui, commands.deleteRule, 'Delete Rule', 'delete'),
    registerCopy(ui, commands.copyRuleId, 'Copy Rule ID', 'the rule ID', copyWays.id),
    registerCopy(ui, commands.copyRuleLink, 'Copy Link to Rule', 'the link', copyWays.link),
    registerCopy(ui, commands.copyRuleCommand, 'Copy Rule as CLI Command', 'the command', copyWays.command),
    registerCopy(ui, commands.copyRuleJson, 'Copy Rule as JSON', 'the rule as JSON', copyWays.json),
  );
}

function registerAction(ui: UiContext, command: CommandId, title: string, what: RuleAction['do']): vscode.Disposable {
  return registerCommand(ui, command, async (argument) => {
    const ref = await pickRule(ui, argument, title);
    if (ref) await act(ui, ref, title, what);
  });
}

function registerCopy(ui: UiContext, command: CommandId, title: string, copied: string, textOf: CopyWay): vscode.Disposable {
  return registerCommand(ui, command, async (argument) => {
    const ref = await pickRule(ui, argument, title);
    const text = ref && await textOf(ui, ref);
    if (text === undefined) return;
    await vscode.env.clipboard.writeText(text);
    vscode.window.setStatusBarMessage(`$(check) Copied ${copied}`, 4000);
  });
}

/** Resolves when it is done, so that whoever ran the command may look again; what is told stays on the screen. */
async function act(ui: UiContext, ref: RuleRef, title: string, what: RuleAction['do']): Promise<void> {
  const { instance, id } = ref;
  try {
    const { rule } = await ui.client.request(protocol.getRule, { instance, id });
    const action = await askAction(ui, instance, rule, what);
    if (!action) return;
    const acted = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () => ui.client.request(protocol.actOnRule, { instance, id, action }));
    ui.ruleChanges.fire(ref);
    void ui.dids.recheck({ instance, scope: rule.scope, name: rule.name });
    tell(instance, acted, what);
  } catch (error) {
    // Not awaited: its notification may stay for hours, and the page that asked has to look again before.
    void ui.showFailure(error, { instance, ruleId: id, retry: () => act(ui, ref, title, what) });
  }
}

function tell(instance: string, { rule, made, told }: RuleActed, what: RuleAction['do']): void {
  const text = unlinked(told.join(' '));
  const shown = made ?? rule;
  const keep = what === 'delete' && rule ? ['Keep It'] : [];
  void vscode.window.showInformationMessage(text, ...(shown && what !== 'delete' ? ['Show Rule'] : []), ...keep).then((chosen) => {
    if (chosen === 'Show Rule' && shown) return vscode.commands.executeCommand(commands.showRule, { instance, ruleId: shown.rule.id });
    if (chosen === 'Keep It' && rule) return vscode.commands.executeCommand(commands.changeRuleLifetime, { instance, id: rule.rule.id });
    return undefined;
  });
}
