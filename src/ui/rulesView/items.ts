// How each row of *Rules* looks: label, description, icon in the colour of its state, words for screen readers.
import * as vscode from 'vscode';
import { colors, commands } from '../contributions.ts';
import { didText } from '../explorer/words.ts';
import { escapeMarkdown } from '../plain.ts';
import { lockCounts, ruleWords } from '../rules/words.ts';
import type { SessionStore } from '../sessions.ts';
import type { RuleState } from '../../protocol.ts';
import { sinceText } from '../watch/words.ts';
import { instanceItem } from '../tree/instanceItem.ts';
import { call, failedItem, note, text } from '../tree/notes.ts';
import { filterText } from './filter.ts';
import type { GroupRow, RuleRow, RulesModel, RulesRow } from './model.ts';
import { countText, expiryText, ruleDescription, ruleLabel } from './words.ts';

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

const LOOKS: Readonly<Record<RuleState, readonly [icon: string, color: string]>> = {
  OK: ['pass', colors.available], REPLICATING: ['sync', colors.replicating], STUCK: ['error', colors.stuck], WAITING_APPROVAL: ['person', colors.waiting],
  INJECT: ['watch', colors.waiting], SUSPENDED: ['debug-pause', colors.stuck],
};

export const stateTitle = (state: RuleState): string => ruleWords({ state, rse_expression: '' }).title;

function icon(state: RuleState): vscode.ThemeIcon {
  const [name, color] = LOOKS[state] ?? ['law', colors.waiting];
  return new vscode.ThemeIcon(name, new vscode.ThemeColor(color));
}

export function rulesItem(row: RulesRow, { model, sessions }: { readonly model: RulesModel; readonly sessions: SessionStore }): vscode.TreeItem {
  switch (row.kind) {
    case 'instance': return instanceItem(row.config, row.branch.listing, model.instances().length === 1, sessions);
    case 'group': return groupItem(row);
    case 'rule': return ruleItem(row, sessions.get(row.instance)?.account);
    case 'watched': return {
      label: 'Watched', description: countText(row.count, false), iconPath: new vscode.ThemeIcon('eye'), contextValue: 'group', collapsibleState: Expanded,
      accessibilityInformation: { label: `Watched, ${row.count}: you are told when they end` },
    };
    case 'watch': return {
      label: didText(row.watch.did), description: sinceText(row.watch.since), iconPath: new vscode.ThemeIcon('eye'), contextValue: row.watch.type ? 'watched did' : 'watched rule', collapsibleState: None,
      accessibilityInformation: { label: `watched${row.watch.type ? '' : ' rule for'} ${didText(row.watch.did)}, ${sinceText(row.watch.since)}` }, tooltip: text(row.watch.type ? 'You are told when it is available here.' : 'You are told when this rule ends.'),
      command: row.watch.type ? { ...call(commands.revealInExplore, row.ref), title: 'Reveal in Explore' } : { ...call(commands.showRule, { instance: row.instance, ruleId: row.ruleId }), title: 'Show Rule' },
    };
    case 'note': {
      if (row.note === 'failed') return failedItem(row.failure, row);
      if (row.note === 'more') return { ...note('Load More', 'ellipsis', 'more'), description: `${row.shown.toLocaleString('en-US')} shown`, command: call(commands.loadMore, row) };
      const filter = filterText(model.filter, stateTitle);
      if (filter !== '') return { ...note(`No rules: ${filter}`, 'filter', 'empty'), description: 'Filter Rules…', command: call(commands.filterRules) };
      return { ...note('No rules of yours', 'circle-slash', 'empty'), description: 'Create Rule…', command: call(commands.createRule) };
    }
  }
}

function groupItem({ state, branch: { listing } }: GroupRow): vscode.TreeItem {
  const count = countText(listing.size, listing.more);
  return {
    label: stateTitle(state), description: count, iconPath: icon(state), contextValue: 'group', collapsibleState: state === 'OK' ? Collapsed : Expanded,
    accessibilityInformation: { label: `${stateTitle(state)}, ${listing.more ? `more than ${listing.size}` : listing.size} ${listing.size === 1 ? 'rule' : 'rules'}` },
  };
}

function ruleItem({ rule, instance, ruleId }: RuleRow, mine: string | undefined): vscode.TreeItem {
  const words = ruleWords(rule);
  const lines = [`**${escapeMarkdown(didText(rule))}**`, `**${escapeMarkdown(words.title)}**: ${escapeMarkdown(words.meaning)}`];
  if (rule.error) lines.push(`Rucio says: ${escapeMarkdown(rule.error)}`);
  const counts = lockCounts(rule);
  lines.push(escapeMarkdown([counts?.text, expiryText(rule.expires_at), rule.comments].filter(Boolean).join(' · ')));
  return {
    label: didText(rule), description: ruleDescription(rule, mine), iconPath: icon(rule.state), collapsibleState: None, tooltip: new vscode.MarkdownString(lines.join('\n\n')),
    contextValue: `rule ${rule.state.toLowerCase()}`, accessibilityInformation: { label: ruleLabel(rule, mine) },
    command: { ...call(commands.showRule, { instance, ruleId }), title: 'Show Rule' },
  };
}
