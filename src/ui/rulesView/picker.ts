// *Filter Rules…*: one picker with what can be filtered by, and one question for each.
import * as vscode from 'vscode';
import { AGES, type RulesFilter, STATES, toFilter } from './filter.ts';
import { stateTitle } from './items.ts';

type Part = 'state' | 'account' | 'rse' | 'scope' | 'age' | 'clear';

/** undefined: dismissed. */
export async function askFilter(now: RulesFilter): Promise<RulesFilter | undefined> {
  const age = AGES.find((one) => one.newerDays === now.newerDays && one.olderDays === now.olderDays)?.title;
  const items: (vscode.QuickPickItem & { readonly part: Part })[] = [
    { part: 'state', label: 'State', description: now.state ? stateTitle(now.state) : 'all' },
    { part: 'account', label: 'Account', description: now.account === '*' ? 'everybody' : now.account ?? 'mine' },
    { part: 'rse', label: 'RSE', description: now.rse ?? 'all' },
    { part: 'scope', label: 'Scope', description: now.scope ?? 'all' },
    { part: 'age', label: 'Age', description: age ?? 'all' },
    ...(Object.keys(now).length > 0 ? [{ part: 'clear' as const, label: 'Clear', description: 'all of my rules' }] : []),
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: 'Filter Rules', placeHolder: 'By what?' });
  if (!chosen) return undefined;
  const { state, account, rse, scope, newerDays, olderDays } = now;
  switch (chosen.part) {
    case 'clear': return {};
    case 'state': {
      const picked = await vscode.window.showQuickPick([{ label: 'All states', value: undefined }, ...STATES.map((value) => ({ label: stateTitle(value), value }))], { title: 'Filter Rules: State' });
      return picked && toFilter({ account, rse, scope, newerDays, olderDays, state: picked.value });
    }
    case 'age': {
      const picked = await vscode.window.showQuickPick([{ label: 'All ages' }, ...AGES.map((one) => ({ ...one, label: one.title }))], { title: 'Filter Rules: Age' });
      return picked && toFilter({ state, account, rse, scope, ...('newerDays' in picked && { newerDays: picked.newerDays }), ...('olderDays' in picked && { olderDays: picked.olderDays }) });
    }
    case 'account': return typed('account', 'Account, * for everybody’s; empty for mine', account);
    case 'rse': return typed('rse', 'RSE expression as the rule has it; empty for all', rse);
    case 'scope': return typed('scope', 'Scope, * stands for any characters; empty for all', scope);
  }

  async function typed(part: 'account' | 'rse' | 'scope', prompt: string, value = ''): Promise<RulesFilter | undefined> {
    const answer = await vscode.window.showInputBox({ title: `Filter Rules: ${chosen?.label ?? ''}`, prompt, value });
    return answer === undefined ? undefined : toFilter({ ...now, [part]: answer });
  }
}
