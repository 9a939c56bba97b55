// Which rule a command is about: the one that is named, or one of those on a DID that a person chooses.
import * as vscode from 'vscode';
import * as protocol from '../../../protocol.ts';
import type { Rule } from '../../../protocol.ts';
import type { UiContext } from '../../context.ts';
import { didText } from '../../explorer/words.ts';
import { unlinked, withoutIcons } from '../../plain.ts';
import { lockCounts, ruleWords } from '../words.ts';
import { type RuleRef, ruleRefOf } from './ruleRef.ts';

/** undefined: dismissed, or there is none (which is said). @throws ServiceFailure */
export async function pickRule(ui: UiContext, argument: unknown, title: string): Promise<RuleRef | undefined> {
  const named = ruleRefOf(argument);
  if (named) return named;
  const did = await ui.dids.pick(argument, title);
  if (!did) return undefined;
  const { instance, scope, name } = did;
  const rules = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: withoutIcons(`Looking for the rules of ${didText(did)}`) }, async () => {
    const on = await ui.client.request(protocol.listDidRules, { instance, did: { scope, name } });
    if (on.length > 0) return on;
    // A file has the rule of its dataset.
    const above = ui.instances.get(instance)?.destinationRse === undefined ? null : await ui.client.request(protocol.ruleOf, { instance, did: { scope, name } });
    return above ? [above] : [];
  });
  const [first] = rules;
  if (!first) {
    void vscode.window.showInformationMessage(unlinked(`There is no rule on ${didText(did)}.`));
    return undefined;
  }
  if (rules.length === 1 && didText(first) === didText(did)) return { instance, id: first.id };
  const account = ui.sessions.get(instance)?.account;
  const mineFirst = [...rules].sort((a, b) => Number(b.account === account) - Number(a.account === account));
  const chosen = await vscode.window.showQuickPick(mineFirst.map((rule) => ({ ...itemOf(rule, didText(did)), rule })), { title: withoutIcons(`${title}: ${didText(did)}`), placeHolder: 'Which rule?', matchOnDescription: true, matchOnDetail: true });
  return chosen && { instance, id: chosen.rule.id };
}

function itemOf(rule: Rule, asked: string): vscode.QuickPickItem {
  const on = didText(rule) === asked ? '' : ` · on ${didText(rule)}`;
  const ends = rule.expires_at === null ? 'no end' : `until ${rule.expires_at}`;
  const counts = lockCounts(rule)?.text;
  return { label: withoutIcons(`${ruleWords(rule).title}: ${rule.rse_expression}`), description: withoutIcons(`${rule.account} · ${ends}${on}`), detail: [counts, rule.id].filter(Boolean).join(' · ') };
}
