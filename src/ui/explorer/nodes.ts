// The nodes of *Explore* as plain state: what each stands for, and what stands beneath it. treeItems.ts says how they look.
import type { ConfigProblem, DIDFilter, DIDRow, Failure, Instance } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { type Asked, Listing } from '../tree/listing.ts';

interface Common { readonly id: string; readonly parent: BranchNode | undefined }

export interface InstanceNode extends Common { readonly kind: 'instance'; readonly instance: string; config: Instance; readonly children: Children }
/** *My Scopes* and *All Scopes*. */
export interface ScopesNode extends Common { readonly kind: 'scopes'; readonly instance: string; readonly mine: boolean; readonly children: Children }
export interface ScopeNode extends Common { readonly kind: 'scope'; readonly instance: string; readonly scope: string; readonly children: Children }
/** `children` only of collections. */
export interface DidNode extends Common { readonly kind: 'did'; readonly instance: string; readonly ref: Required<DidRef>; row: DIDRow; readonly children: Children | undefined }
/** What *Keep Results* leaves in the tree. */
export interface ResultsNode extends Common { readonly kind: 'results'; readonly instance: string; readonly text: string; readonly type: DIDFilter; readonly children: Children }

/** A row that says something instead of being something. */
export interface NoteNode extends Common {
  readonly kind: 'note';
  readonly note: 'empty' | 'more' | 'list' | 'failed' | 'problem';
  readonly instance: string | undefined;
  /** Whose children are meant; undefined = the root's. */
  readonly about: Children;
  failure?: Failure;
  /** Rows shown above, for `more`. */
  shown?: number;
  problem?: ConfigProblem;
}

export type BranchNode = InstanceNode | ScopesNode | ScopeNode | ResultsNode | DidNode;
export type ExplorerNode = BranchNode | NoteNode;

export interface ChildrenOptions {
  /** Of the owner; '' for the root. */
  readonly id: string;
  readonly owner: () => BranchNode | undefined;
  readonly instance: string | undefined;
  readonly page: number;
  readonly ask: (asked: Asked<ExplorerNode>, children: Children) => Promise<{ readonly more: boolean }>;
  readonly onChange: () => void;
  readonly order?: (a: ExplorerNode, b: ExplorerNode) => number;
}

/** What stands beneath a node: what the service lists, what was pinned, and the notes about both. */
export class Children {
  readonly listing: Listing<ExplorerNode>;
  readonly #options: ChildrenOptions;
  /** Nodes by id, so that the same row stays the same object over a refresh: open branches stay open. */
  #known = new Map<string, ExplorerNode>();
  readonly #pinned = new Map<string, ExplorerNode>();
  readonly #notes = new Map<string, NoteNode>();
  /** Something was pinned before anything was listed: listing waits until it is asked for. */
  #held = false;

  constructor(options: ChildrenOptions) {
    this.#options = options;
    this.listing = new Listing<ExplorerNode>({
      page: options.page,
      keyOf: (node) => node.id,
      ask: (asked) => options.ask(asked, this),
      onChange: () => {
        this.#prune();
        options.onChange();
      },
    });
  }

  /** Asks for the list unless that was done or is held; waits for something to show. */
  async get(): Promise<readonly ExplorerNode[]> {
    if (!this.#isHeld) await this.listing.first();
    return this.now();
  }

  /** What is known, without asking anyone. */
  now(): readonly ExplorerNode[] {
    const { listing } = this;
    const pinned = [...this.#pinned.values()].filter((node) => !listing.has(node.id));
    const rows = [...pinned, ...this.#sorted(listing.rows)];
    if (this.#isHeld) return [...rows, this.#note('list')];
    if (listing.failure) return listing.withFailure<ExplorerNode>(rows, Object.assign(this.#note('failed'), { failure: listing.failure }));
    if (listing.more && !listing.loading) return [...rows, Object.assign(this.#note('more'), { shown: listing.size })];
    // An empty root is what the view's welcome text is for.
    if (rows.length === 0 && listing.asked && !listing.loading && this.#options.id !== '') return [this.#note('empty')];
    return rows;
  }

  /** *Load More*, or the first page of a list that was held. */
  async loadMore(): Promise<void> {
    if (!this.#held || this.listing.asked) return this.listing.loadMore();
    this.#held = false;
    return this.listing.refresh();
  }

  /** Shows a node here whether or not the list has it. */
  pin(node: ExplorerNode): void {
    if (!this.listing.asked) this.#held = true;
    this.keep(node);
  }

  unpin(node: ExplorerNode): void {
    if (!this.#pinned.delete(node.id)) return;
    this.#prune();
    this.#options.onChange();
  }

  /** Whether it stands here only because it was pinned. */
  isPinned(id: string): boolean {
    return this.#pinned.has(id) && !this.listing.has(id);
  }

  /** Beside the list, without holding it back: kept results. */
  keep(node: ExplorerNode): void {
    this.#pinned.set(node.id, node);
    this.#options.onChange();
  }

  /** The node of this id, made where it is new. */
  node<N extends ExplorerNode>(id: string, make: () => N): N {
    let node = this.#known.get(id);
    if (!node) {
      node = make();
      this.#known.set(id, node);
    }
    return node as N;
  }

  /** Forgets all of it, what was pinned too: somebody else is signed in now, or nobody. */
  reset(): void {
    this.#held = false;
    this.#pinned.clear();
    this.listing.reset();
  }

  get #isHeld(): boolean {
    return this.#held && !this.listing.asked;
  }

  #sorted(nodes: readonly ExplorerNode[]): readonly ExplorerNode[] {
    return this.#options.order ? [...nodes].sort(this.#options.order) : nodes;
  }

  #note(note: NoteNode['note']): NoteNode {
    let node = this.#notes.get(note);
    if (!node) {
      node = { kind: 'note', note, id: `${this.#options.id}/note:${note}`, parent: this.#options.owner(), instance: this.#options.instance, about: this };
      this.#notes.set(note, node);
    }
    return node;
  }

  #prune(): void {
    // What is on its way may be new: it is judged when all of it is here.
    if (this.listing.loading) return;
    const gone = [...this.#known.keys()].filter((id) => !this.listing.has(id) && !this.#pinned.has(id));
    for (const id of gone) {
      stop(this.#known.get(id));
      this.#known.delete(id);
    }
  }
}

/** Ends what is under way beneath a node that is no longer shown. */
function stop(node: ExplorerNode | undefined): void {
  if (!node || node.kind === 'note' || !node.children) return;
  node.children.listing.cancel();
  for (const child of node.children.now()) stop(child);
}

/** Containers, datasets, files; each by name as a person counts: run2 before run10. */
export function byTypeAndName(a: ExplorerNode, b: ExplorerNode): number {
  if (a.kind !== 'did' || b.kind !== 'did') return 0;
  return RANK[a.row.type] - RANK[b.row.type] || byCounting(a.row.name, b.row.name) || (a.row.name < b.row.name ? -1 : Number(a.row.name > b.row.name)) || byCounting(a.row.scope, b.row.scope);
}

const RANK = { CONTAINER: 0, DATASET: 1, FILE: 2 } as const;
let natural: Intl.Collator | undefined;

/** The collator is made when it is needed: that takes longer than the rest of the extension's start. */
function byCounting(a: string, b: string): number {
  natural ??= new Intl.Collator('en', { numeric: true });
  return natural.compare(a, b);
}
