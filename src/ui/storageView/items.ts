// How each row of *Storage* looks.
import * as vscode from 'vscode';
import { colors, commands } from '../contributions.ts';
import { bytesText, count, didText } from '../explorer/words.ts';
import { instanceItem } from '../tree/instanceItem.ts';
import { expiryText } from '../rulesView/words.ts';
import type { SessionStore } from '../sessions.ts';
import { call, failedItem, note, text } from '../tree/notes.ts';
import type { HeldRow, PartRow, StorageModel, StorageRow, UsageRow } from './model.ts';
import { usageWords } from './words.ts';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

export function storageItem(row: StorageRow, { model, sessions }: { readonly model: StorageModel; readonly sessions: SessionStore }): vscode.TreeItem {
  switch (row.kind) {
    case 'instance': return instanceItem(row.config, row.branch.listing, model.instances().length === 1, sessions);
    case 'usage': return usageItem(row);
    case 'expiring': case 'biggest': return partItem(row);
    case 'held': return heldItem(row);
    case 'note': {
      if (row.note === 'failed') return failedItem(row.failure, row);
      if (row.note === 'more') return { ...note('Load More', 'ellipsis', 'more'), command: call(commands.loadMore, row) };
      return row.parent && 'config' in row.parent
        ? { ...note('No quota and no data anywhere', 'circle-slash', 'empty'), tooltip: text('Ask the support of your data lake for a quota.') }
        : note('Nothing here', 'circle-slash', 'empty');
    }
  }
}

function usageItem({ usage, branch }: UsageRow): vscode.TreeItem {
  const words = usageWords(usage);
  const global = usage.kind === 'global';
  return {
    label: global ? `All of ${usage.rse}` : usage.rse, description: words.text, collapsibleState: branch ? Collapsed : None, contextValue: `usage ${usage.kind}`,
    iconPath: words.over ? new vscode.ThemeIcon('warning', new vscode.ThemeColor(colors.stuck)) : new vscode.ThemeIcon(global ? 'globe' : 'archive'),
    tooltip: text(`${words.spoken}.${global ? ' A limit on the sum over these RSEs.' : ''}${words.over ? ' New rules are refused until something ends.' : ''}`),
    accessibilityInformation: { label: `${global ? `limit on all of ${usage.rse}` : `RSE ${usage.rse}`}, ${words.spoken}` },
  };
}

function partItem({ kind, rows, details }: PartRow): vscode.TreeItem {
  const title = kind === 'expiring' ? 'Ends within 7 days' : 'Takes the space';
  const read = details.more ? ` of the first ${count(details.read, 'rule')}` : '';
  return {
    label: title, description: `${rows}${read}`, iconPath: new vscode.ThemeIcon(kind === 'expiring' ? 'clock' : 'graph'), contextValue: kind, collapsibleState: Collapsed,
    accessibilityInformation: { label: `${title}, ${count(rows, kind === 'expiring' ? 'rule' : 'DID')}${read}` },
  };
}

function heldItem({ held: { rule, bytes, sure }, why, instance, ruleId }: HeldRow): vscode.TreeItem {
  const facts = [bytes === null ? 'size not known' : bytesText(bytes), expiryText(rule.expires_at), sure ? undefined : 'perhaps elsewhere'].filter(Boolean);
  if (why === 'expiring') facts.unshift(facts.splice(1, 1)[0]);
  return {
    label: didText(rule), description: facts.join(' · '), iconPath: new vscode.ThemeIcon('law'), collapsibleState: None, contextValue: `rule ${rule.state.toLowerCase()}`,
    tooltip: text(sure ? `${didText(rule)}: rule at ${rule.rse_expression}` : `${didText(rule)}: its rule (${rule.rse_expression}) leaves a choice of RSEs, so its data may lie at another.`),
    accessibilityInformation: { label: `rule for ${didText(rule)}, ${facts.join(', ')}` },
    command: { ...call(commands.showRule, { instance, ruleId }), title: 'Show Rule' },
  };
}
