// How each node of *Explore* looks: label, description, icon, words for screen readers, and the capabilities that menus test.
import * as vscode from 'vscode';
import { commands } from '../contributions.ts';
import { instanceItem } from '../tree/instanceItem.ts';
import { call, failedItem, note, text } from '../tree/notes.ts';
import type { SessionStore } from '../sessions.ts';
import { didUri } from './decorations.ts';
import type { ExplorerModel } from './model.ts';
import type { DidNode, ExplorerNode, NoteNode } from './nodes.ts';
import type { StatusStore } from './statuses.ts';
import { didText, filterWords, rowDescription, spokenLabel } from './words.ts';

export interface Looks {
  readonly model: ExplorerModel;
  readonly statuses: StatusStore;
  readonly sessions: SessionStore;
}

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

const DID_ICONS = { CONTAINER: 'library', DATASET: 'database', FILE: 'file-binary' } as const;

export function treeItem(node: ExplorerNode, looks: Looks): vscode.TreeItem {
  const item = itemOf(node, looks);
  item.id = node.id;
  return item;
}

function itemOf(node: ExplorerNode, looks: Looks): vscode.TreeItem {
  switch (node.kind) {
    case 'instance': return instanceItem(node.config, node.children.listing, looks.model.instances().length === 1, looks.sessions);
    case 'scopes': return branch(node.mine ? 'My Scopes' : 'All Scopes', node.mine ? 'account' : 'globe', 'scopes refreshable');
    case 'scope': return { ...branch(node.scope, 'symbol-namespace', 'scope refreshable'), accessibilityInformation: { label: `scope ${node.scope}` } };
    case 'results': {
      const item = branch(`Search: ${node.text}`, 'search', 'results refreshable');
      if (node.type !== 'all') item.description = filterWords[node.type].only;
      return item;
    }
    case 'did': return didItem(node, looks);
    case 'note': return noteItem(node, looks);
  }
}

function branch(label: string, icon: string, contextValue: string): vscode.TreeItem {
  return { label, iconPath: new vscode.ThemeIcon(icon), contextValue, collapsibleState: Collapsed };
}

function didItem(node: DidNode, { statuses, model }: Looks): vscode.TreeItem {
  const { row, ref, parent, children, id } = node;
  const info = statuses.get(ref);
  const pinned = parent?.children?.isPinned(id) ?? false;
  const home = parent?.kind === 'scope' || (parent?.kind === 'did' && parent.row.scope === row.scope);
  return {
    label: home ? row.name : didText(row),
    description: rowDescription(row, info),
    iconPath: new vscode.ThemeIcon(pinned ? 'pinned' : DID_ICONS[row.type]),
    resourceUri: didUri(ref),
    collapsibleState: children ? Collapsed : None,
    contextValue: ['did', row.type.toLowerCase(), ...(children ? ['collection', 'refreshable'] : []), ...(pinned ? ['pinned'] : []), ...(info?.state === 'available' || info?.state === 'empty' ? ['here'] : []), ...(parent?.kind === 'scope' ? [] : ['elsewhere'])].join(' '),
    accessibilityInformation: { label: `${spokenLabel(row, info, model.hasPlace(node.instance))}${pinned ? ', pinned' : ''}` },
  };
}

function noteItem(node: NoteNode, { model }: Looks): vscode.TreeItem {
  const owner = node.parent;
  switch (node.note) {
    case 'empty': {
      const filtered = owner?.kind === 'scope' && model.filter !== 'all';
      const words = owner?.kind === 'scopes' && owner.mine ? 'No scopes of your own' : owner?.kind === 'results' ? 'Nothing found' : 'Nothing here';
      return note(filtered ? `${words} (${filterWords[model.filter].only})` : words, 'circle-slash', 'empty');
    }
    case 'more': return { ...note('Load More', 'ellipsis', 'more'), description: `${(node.shown ?? 0).toLocaleString('en-US')} shown`, command: call(commands.loadMore, node) };
    case 'list': return { ...note(owner?.kind === 'scopes' ? 'Load All Scopes' : 'Load the Others', 'list-unordered', 'more'), command: call(commands.loadMore, node) };
    case 'problem': {
      const source = node.problem?.source ?? 'a setting';
      // What stands in a file or a variable is not mended in the settings.
      const ours = source.startsWith('setting') || node.problem === undefined;
      const why = node.problem?.problem ?? '';
      return {
        ...note(`Ignored: ${source}`, 'warning', ours ? 'problem openSettings' : 'problem'), description: why, tooltip: text(why), command: call(ours ? commands.openSettings : commands.showConfiguration),
        accessibilityInformation: { label: `Ignored: ${source}. ${why} Enter ${ours ? 'opens the settings' : 'shows the configuration'}.` },
      };
    }
    case 'failed': return failedItem(node.failure, node);
  }
}
