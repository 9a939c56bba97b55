// How each row of *Scratch* looks.
import * as vscode from 'vscode';
import { colors, commands } from '../contributions.ts';
import { instanceItem } from '../tree/instanceItem.ts';
import type { SessionStore } from '../sessions.ts';
import { call, failedItem, note, text } from '../tree/notes.ts';
import type { EntryRow, ScratchModel, ScratchRow } from './model.ts';
import { scratchWords } from './words.ts';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

export function scratchItem(row: ScratchRow, { model, sessions }: { readonly model: Pick<ScratchModel, 'instances' | 'problem'>; readonly sessions: SessionStore }): vscode.TreeItem {
  switch (row.kind) {
    case 'instance': {
      const item = instanceItem(row.config, row.branch.listing, model.instances().length === 1, sessions);
      const problem = model.problem(row.instance);
      const folder = row.config.scratch?.folder ?? '';
      return {
        ...item, description: folder, accessibilityInformation: { label: [item.accessibilityInformation?.label ?? row.config.displayName, folder, ...(problem === undefined ? [] : [problem])].join(', ') },
        tooltip: text(`${folder}, which is ${row.config.scratch?.rse ?? ''} in the lake.${problem === undefined ? '' : `\n\n${problem}`}`), ...(problem !== undefined && { iconPath: new vscode.ThemeIcon('warning', new vscode.ThemeColor(colors.stuck)) }),
      };
    }
    case 'entry': return entryItem(row);
    case 'note':
      if (row.note === 'failed') return failedItem(row.failure, row);
      if (row.note === 'more') return { ...note('Load More', 'ellipsis', 'more'), command: call(commands.loadMore, row) };
      return note(row.parent ? 'Empty' : 'No instance has a scratch space', 'circle-slash', 'empty');
  }
}

function entryItem({ entry }: EntryRow): vscode.TreeItem {
  const words = scratchWords(entry, day);
  return {
    label: entry.name, description: words.text, collapsibleState: entry.kind === 'folder' ? Collapsed : None, contextValue: ['scratch', entry.kind, ...words.can, ...(entry.upload?.rule === undefined ? [] : ['rule']), ...(entry.did ? ['did'] : []), ...(entry.upload?.failed ? ['failed'] : [])].join(' '),
    iconPath: words.problem ? new vscode.ThemeIcon(words.icon, new vscode.ThemeColor(colors.stuck)) : new vscode.ThemeIcon(words.icon),
    tooltip: text([entry.path, words.text, ...words.more].filter(Boolean).join('\n\n')),
    accessibilityInformation: { label: `${entry.kind === 'folder' ? 'folder ' : ''}${entry.name}${words.text === '' ? '' : `, ${words.text.replaceAll(' · ', ', ')}`}` },
    ...(entry.kind === 'file' && { command: { ...call('vscode.open', vscode.Uri.file(entry.path)), title: 'Open' } }),
  };
}

/** "Nov 29, 14:05", in the editor's language. */
function day(ms: number): string {
  return new Date(ms).toLocaleString(vscode.env.language, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}
