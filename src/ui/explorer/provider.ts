// Hands the model's nodes to VS Code, and tells it what changed, a few times a second at most.
import * as vscode from 'vscode';
import { views } from '../contributions.ts';
import { Coalescer } from '../tree/coalesce.ts';
import { didKey } from './ids.ts';
import type { Children, ExplorerNode } from './nodes.ts';
import { didTooltip } from './tooltip.ts';
import { type Looks, treeItem } from './treeItems.ts';

const INTERVAL_MS = 200;

export class ExplorerProvider implements vscode.TreeDataProvider<ExplorerNode> {
  readonly #looks: Looks;
  readonly #changed = new vscode.EventEmitter<ExplorerNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #coalescer = new Coalescer<ExplorerNode | undefined>(INTERVAL_MS, (nodes) => this.#fire(nodes));
  readonly #busy = new WeakSet<Children>();

  constructor(looks: Looks) {
    this.#looks = looks;
    looks.model.onDidChange((node) => this.#coalescer.add(node));
    // Their badges are painted by the decorations; this is for the words in the row and for screen readers.
    looks.statuses.onDidChange((statuses) => {
      const keys = new Set(statuses.map(didKey));
      this.#coalescer.add(...[...looks.model.walk(true)].filter((node) => node.kind === 'did' && keys.has(didKey(node.ref))));
    });
  }

  getTreeItem(node: ExplorerNode): vscode.TreeItem {
    return treeItem(node, this.#looks);
  }

  async getChildren(node?: ExplorerNode): Promise<ExplorerNode[]> {
    const children = this.#looks.model.childrenOf(node);
    if (!children) return [];
    // VS Code asks for what is open; it tells of the closing, but not of every opening.
    if (node) this.#looks.model.expanded.add(node.id);
    const shown = await children.get();
    this.#showBusy(children);
    return [...shown];
  }

  getParent(node: ExplorerNode): ExplorerNode | undefined {
    return node.parent;
  }

  resolveTreeItem(item: vscode.TreeItem, node: ExplorerNode): vscode.TreeItem {
    if (node.kind === 'did') item.tooltip = new vscode.MarkdownString(didTooltip(node.row, this.#looks.statuses.get(node.ref)));
    return item;
  }

  /** Tells VS Code now: before a reveal, which looks for the node in what VS Code has been told of. */
  flush(): void {
    this.#coalescer.flush();
  }

  dispose(): void {
    this.#coalescer.dispose();
    this.#changed.dispose();
  }

  #fire(nodes: ReadonlySet<ExplorerNode | undefined>): void {
    this.#changed.fire(nodes.has(undefined) ? undefined : [...nodes].filter((node) => node !== undefined));
  }

  /** VS Code shows progress until the first rows are there; this shows it until the last ones are. */
  #showBusy(children: Children): void {
    if (!children.listing.loading || this.#busy.has(children)) return;
    this.#busy.add(children);
    void vscode.window.withProgress({ location: { viewId: views.explore } }, () => children.listing.settled).then(() => this.#busy.delete(children));
  }
}
