// The commands of *Explore*.
import * as vscode from 'vscode';
import { listParents } from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import type { DidRef, UiContext } from '../context.ts';
import { commands, views } from '../contributions.ts';
import { withoutIcons } from '../plain.ts';
import type { Explorer } from './explorer.ts';
import type { ExplorerNode } from './nodes.ts';
import { didText, filterWords, isFilter, typeWord } from './words.ts';

export function registerExplorer(ui: UiContext, explorer: Explorer): vscode.Disposable {
  const { model, dids } = explorer;
  return vscode.Disposable.from(
    registerCommand(ui, commands.searchDids, () => searchDids(explorer)),
    registerCommand(ui, commands.refresh, async () => {
      // The pod's files may name other servers by now.
      await ui.client.reconfigure();
      await model.refresh();
    }),
    ui.newInstances.event(() => void model.refresh()),
    registerCommand(ui, commands.refreshNode, async (argument, selected) => {
      await Promise.all(nodesOf(argument, selected).map(async (node) => {
        if (node.kind === 'did') await dids.recheck(node.ref);
        await model.refreshNode(node);
      }));
    }),
    registerCommand(ui, commands.loadMore, async (argument) => {
      const [node] = nodesOf(argument, undefined);
      if (node?.kind === 'note') await node.about.loadMore();
    }),
    registerCommand(ui, commands.retry, async (argument) => {
      const [node] = nodesOf(argument, undefined);
      if (node?.kind === 'note') await node.about.listing.refresh();
    }),
    registerCommand(ui, commands.filterByType, async () => {
      const filter = await chooseFilter(model.filter);
      if (filter) await explorer.setFilter(filter);
    }),
    registerCommand(ui, commands.revealInExplore, async (argument) => {
      const did = await dids.pick(argument, 'Reveal in Explore');
      // From a row of results or of a collection, the way to where it belongs.
      if (did) await explorer.reveal(did, { home: isNode(argument) });
    }),
    registerCommand(ui, commands.showParents, async (argument) => {
      const did = await dids.pick(argument, 'Show Parents');
      const parent = did && await chooseParent(ui, did);
      if (parent) await explorer.reveal(parent);
    }),
    registerCommand(ui, commands.clearResults, (argument, selected) => {
      const results = nodesOf(argument, selected).filter((node) => node.kind === 'results');
      model.clearResults(results.length > 0 ? results : undefined);
    }),
    registerCommand(ui, commands.unpin, (argument, selected) => {
      for (const node of nodesOf(argument, selected)) node.parent?.children?.unpin(node);
    }),
  );
}

async function searchDids(explorer: Explorer): Promise<void> {
  const { dids, model } = explorer;
  const found = await dids.ask({ title: 'Search DIDs', type: model.filter, keep: true, filter: () => chooseFilter(model.filter) });
  if (!found) return;
  if ('scope' in found) return explorer.reveal(found);
  await model.root.get();
  const node = model.keepResults(found.instance, found.kept, found.type);
  if (node) await explorer.show(node, true);
}

async function chooseFilter(current: string): Promise<keyof typeof filterWords | undefined> {
  const items = Object.entries(filterWords).map(([filter, { title }]) => ({ label: title, filter, ...(filter === current ? { description: 'now' } : {}) }));
  const chosen = (await vscode.window.showQuickPick(items, { title: 'Filter by Type', placeHolder: 'Which DIDs are shown?' }))?.filter;
  return isFilter(chosen) ? chosen : undefined;
}

async function chooseParent({ client }: UiContext, { instance, scope, name }: DidRef): Promise<DidRef | undefined> {
  const parents = await vscode.window.withProgress({ location: { viewId: views.explore } }, () => client.request(listParents, { instance, did: { scope, name } }));
  const title = `Parents of ${didText({ scope, name })}`;
  if (parents.length === 0) {
    void vscode.window.showInformationMessage(`${didText({ scope, name })} is in no dataset and no container.`);
    return undefined;
  }
  const items = parents.map((parent) => ({ label: withoutIcons(didText(parent)), description: typeWord(parent.type), parent }));
  const chosen = await vscode.window.showQuickPick(items, { title: withoutIcons(title), placeHolder: 'Choose one to reveal it in Explore' });
  return chosen && { instance, scope: chosen.parent.scope, name: chosen.parent.name, type: chosen.parent.type };
}

/** The nodes that a command from the tree is for: the selected ones if the clicked one is among them. */
function nodesOf(argument: unknown, selected: unknown): readonly ExplorerNode[] {
  const several = Array.isArray(selected) ? selected.filter(isNode) : [];
  return several.length > 0 ? several : [argument].filter(isNode);
}

function isNode(value: unknown): value is ExplorerNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'id' in value && 'parent' in value;
}
