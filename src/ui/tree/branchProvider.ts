// Hands the rows of such a tree to VS Code, and tells it what changed, a few times a second at most.
import * as vscode from 'vscode';
import type { Event } from '../signal.ts';
import type { Branch, Row } from './branch.ts';
import { Coalescer } from './coalesce.ts';

const INTERVAL_MS = 200;

export interface BranchTree {
  readonly view: string;
  readonly root: Branch;
  /** Beneath which row something changed; undefined = the root. */
  readonly onDidChange: Event<Row | undefined>;
  readonly item: (row: Row) => vscode.TreeItem;
}

export class BranchProvider implements vscode.TreeDataProvider<Row> {
  readonly #tree: BranchTree;
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #coalescer = new Coalescer<Row | undefined>(INTERVAL_MS, (rows) => this.#changed.fire(rows.has(undefined) ? undefined : [...rows].filter((row) => row !== undefined)));
  readonly #busy = new WeakSet<Branch>();

  constructor(tree: BranchTree) {
    this.#tree = tree;
    tree.onDidChange((row) => this.#coalescer.add(row));
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return { ...this.#tree.item(row), id: row.key };
  }

  async getChildren(row?: Row): Promise<Row[]> {
    const branch = row ? row.branch : this.#tree.root;
    if (!branch) return [];
    const shown = await branch.get();
    if (branch.listing.loading && !this.#busy.has(branch)) {
      this.#busy.add(branch);
      void vscode.window.withProgress({ location: { viewId: this.#tree.view } }, () => branch.listing.settled).then(() => this.#busy.delete(branch));
    }
    return [...shown];
  }

  getParent(row: Row): Row | undefined {
    return row.parent;
  }

  dispose(): void {
    this.#coalescer.dispose();
    this.#changed.dispose();
  }
}
