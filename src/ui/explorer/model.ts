// The state behind *Explore*: builds the nodes, asks the service for what stands beneath them, and tells what changed.
// Knows nothing of VS Code.
import { type ServiceClient, ServiceFailure } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { DID, DIDFilter, DIDRow, Failure, Instance, ListPage } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import type { SessionStore } from '../sessions.ts';
import { signedIn } from '../signedIn.ts';
import { Signal } from '../signal.ts';
import { childId, didKey } from './ids.ts';
import type { Asked } from '../tree/listing.ts';
import { type BranchNode, byTypeAndName, Children, type DidNode, type ExplorerNode, type InstanceNode, type ResultsNode, type ScopeNode, type ScopesNode } from './nodes.ts';

/** What the model uses of the client; a test gives a fake. */
export type LakeClient = Pick<ServiceClient, 'request' | 'stream' | 'welcome'>;

/** DIDs that a branch shows at first; Load More adds as many. */
export const PAGE = 200;
/** A scope list comes whole and is cut here, as a tree of 100 000 rows serves nobody. */
const SCOPES_PAGE = 1000;

export class ExplorerModel {
  readonly #client: LakeClient;
  readonly #sessions: SessionStore;
  readonly #page: number;
  readonly #changed = new Signal<ExplorerNode | undefined>();
  /** Beneath which node something changed; undefined = the root. */
  readonly onDidChange = this.#changed.event;
  readonly root: Children;
  /** Ids of the branches that are open on the screen. */
  readonly expanded = new Set<string>();
  #filter: DIDFilter;
  readonly #accounts = new Map<string, string | undefined>();

  constructor(client: LakeClient, sessions: SessionStore, options: { readonly filter?: DIDFilter; readonly page?: number } = {}) {
    this.#client = client;
    this.#sessions = sessions;
    this.#filter = options.filter ?? 'all';
    this.#page = options.page ?? PAGE;
    this.root = new Children({
      id: '', owner: () => undefined, instance: undefined, page: Number.MAX_SAFE_INTEGER,
      ask: (asked, children) => this.#askInstances(asked, children),
      onChange: () => this.#changed.fire(undefined),
    });
    sessions.onDidChange((session) => this.#onSession(session));
  }

  get filter(): DIDFilter { return this.#filter; }

  /** Which DIDs the scopes show. What is inside a collection is always shown whole. */
  setFilter(filter: DIDFilter): void {
    if (filter === this.#filter) return;
    this.#filter = filter;
    this.#again((node) => node.kind === 'scope');
  }

  instances(): readonly InstanceNode[] {
    return this.root.now().filter((node) => node.kind === 'instance');
  }

  /** Whether a storage counts as “here”: without one nothing has a state. True where that is not known. */
  hasPlace(instance: string): boolean {
    const node = this.#instance(instance);
    return !node || node.config.destinationRse !== undefined;
  }

  childrenOf(node: ExplorerNode | undefined): Children | undefined {
    return node === undefined ? this.root : node.kind === 'note' ? undefined : node.children;
  }

  /** Asks again for everything that is open; what is closed is asked again when it is opened. */
  async refresh(): Promise<void> {
    await this.root.listing.refresh();
    this.#again((node) => node.kind !== 'results');
  }

  /** The same for one node and what is open beneath it. */
  async refreshNode(node: ExplorerNode): Promise<void> {
    const children = node.kind === 'note' ? node.about : node.children;
    if (!children) return;
    if (children.listing.asked) await children.listing.refresh();
    this.#again(() => true, children);
  }

  /** *Keep Results*. */
  keepResults(instance: string, text: string, type: DIDFilter): ResultsNode | undefined {
    const owner = this.#instance(instance);
    if (!owner) return undefined;
    const id = childId(owner.id, 'results', `${type} ${text}`);
    const node = owner.children.node<ResultsNode>(id, () => {
      const made: ResultsNode = {
        kind: 'results', id, parent: owner, instance, text, type,
        children: this.#didChildren(id, instance, () => made, (asked, rows) => this.#client.stream(protocol.searchDids, protocol.didRows,
          (token) => ({ instance, text, type, limit: asked.limit, rows: token }), rows, asked)),
      };
      return made;
    });
    owner.children.keep(node);
    return node;
  }

  clearResults(which: readonly ResultsNode[] = this.results()): void {
    for (const node of which) {
      node.children.listing.cancel();
      if (node.parent?.kind === 'instance') node.parent.children.unpin(node);
    }
  }

  results(): readonly ResultsNode[] {
    return this.instances().flatMap((node) => node.children.now().filter((child) => child.kind === 'results'));
  }

  /** A node that shows the DID already; under a scope rather than elsewhere. */
  find(ref: DidRef): DidNode | undefined {
    const key = didKey(ref);
    const found = [...this.walk()].filter((node): node is DidNode => node.kind === 'did' && didKey(node.ref) === key);
    return found.find((node) => node.parent?.kind === 'scope') ?? found[0];
  }

  /**
   * A node for any DID: the one that shows it, else a new one pinned under its scope, for which only the DID itself is
   * looked up and nothing is listed. `home`: under its scope, whatever shows it elsewhere.
   * @throws ServiceFailure
   */
  async locate(ref: DidRef, { home: atHome = false }: { readonly home?: boolean } = {}): Promise<DidNode> {
    await this.root.get();
    const instance = this.#instance(ref.instance);
    if (!instance) throw failed(this.root.listing.failure) ?? notThere(`There is no instance “${ref.instance}” any more.`);
    await instance.children.get();
    const failure = failed(instance.children.listing.failure);
    if (failure) throw failure;
    const shown = this.find(ref);
    if (shown && (!atHome || shown.parent?.kind === 'scope')) return shown;
    const { bytes, length, type, scope, name } = await this.#client.request(protocol.getDid, { instance: ref.instance, did: { scope: ref.scope, name: ref.name } });
    const scopes = instance.children.now().filter((node) => node.kind === 'scopes');
    const [all, mine] = [scopes.find((node) => !node.mine), scopes.find((node) => node.mine)];
    const under = mine?.children.now().some((node) => node.kind === 'scope' && node.scope === scope) ? mine : all;
    if (!under) throw notThere('The instance was closed meanwhile.');
    const home = this.#scope(under, scope);
    under.children.pin(home);
    const node = this.#did(home, home.children, { scope, name, type, bytes, length });
    home.children.pin(node);
    return node;
  }

  /** Every node that is loaded, in the tree's order; only beneath open branches where `open` is set. */
  *walk(open = false, from: Children = this.root): Generator<ExplorerNode> {
    for (const node of from.now()) {
      yield node;
      const children = this.childrenOf(node);
      if (children && (!open || this.expanded.has(node.id))) yield* this.walk(open, children);
    }
  }

  #instance(name: string): InstanceNode | undefined {
    return this.instances().find((node) => node.instance === name);
  }

  async #askInstances(asked: Asked<ExplorerNode>, children: Children): Promise<ListPage> {
    const { instances, problems, sessions } = await this.#client.welcome();
    this.#sessions.keepOnly(instances.map(({ name }) => name));
    for (const session of sessions) this.#sessions.hear(session);
    asked.rows(instances.map((config) => this.#instanceNode(children, config)));
    asked.rows(problems.map((problem, i) => ({ kind: 'note', note: 'problem', id: `/problem:${i}`, parent: undefined, instance: undefined, about: children, problem })));
    return { more: false };
  }

  #instanceNode(children: Children, config: Instance): InstanceNode {
    const instance = config.name;
    const id = childId('', 'instance', instance);
    const node = children.node<InstanceNode>(id, () => {
      const made: InstanceNode = {
        kind: 'instance', id, parent: undefined, instance, config,
        children: new Children({
          id, instance, owner: () => made, page: this.#page, onChange: () => this.#changed.fire(made),
          ask: async (asked, own) => {
            await signedIn(this.#client, this.#sessions, instance, asked.signal);
            asked.rows([true, false].map((mine) => this.#scopes(made, own, mine)));
            return { more: false };
          },
        }),
      };
      return made;
    });
    node.config = config;
    return node;
  }

  #scopes(parent: InstanceNode, children: Children, mine: boolean): ScopesNode {
    const { instance } = parent;
    const id = `${parent.id}/${mine ? 'mine' : 'all'}`;
    return children.node<ScopesNode>(id, () => {
      const made: ScopesNode = {
        kind: 'scopes', id, parent, instance, mine,
        children: new Children({
          id, instance, owner: () => made, page: SCOPES_PAGE, onChange: () => this.#changed.fire(made),
          ask: async (asked) => {
            const scopes = await this.#client.request(protocol.listScopes, { instance, mine }, asked.signal);
            asked.rows([...scopes].sort().slice(0, asked.limit).map((scope) => this.#scope(made, scope)));
            return { more: scopes.length > asked.limit };
          },
        }),
      };
      return made;
    });
  }

  #scope(parent: ScopesNode, scope: string): ScopeNode {
    const { instance } = parent;
    const id = childId(parent.id, 'scope', scope);
    return parent.children.node<ScopeNode>(id, () => {
      const made: ScopeNode = {
        kind: 'scope', id, parent, instance, scope,
        children: this.#didChildren(id, instance, () => made, (asked, rows) => this.#client.stream(protocol.listDids, protocol.didRows,
          (token) => ({ instance, scope, name: '*', type: this.#filter, limit: asked.limit, rows: token }), rows, asked)),
      };
      return made;
    });
  }

  #did(parent: BranchNode, siblings: Children, row: DIDRow): DidNode {
    const { instance } = parent;
    const id = childId(childId(parent.id, 'did', row.scope), 'name', row.name);
    const node = siblings.node<DidNode>(id, () => {
      const did: DID = { scope: row.scope, name: row.name };
      const made: DidNode = {
        kind: 'did', id, parent, instance, row, ref: { instance, ...did, type: row.type },
        children: row.type === 'FILE' ? undefined : this.#didChildren(id, instance, () => made, (asked, rows) => this.#client.stream(protocol.listContent, protocol.didRows,
          (token) => ({ instance, did, type: 'all' as const, limit: asked.limit, rows: token }), rows, asked)),
      };
      return made;
    });
    node.row = row;
    return node;
  }

  #didChildren(id: string, instance: string, owner: () => BranchNode,
    list: (asked: { readonly limit: number; readonly signal: AbortSignal; readonly onRestart: () => void }, rows: (rows: readonly DIDRow[]) => void) => Promise<ListPage>): Children {
    return new Children({
      id, instance, owner, page: this.#page, order: byTypeAndName, onChange: () => this.#changed.fire(owner()),
      ask: (asked, children) => list({ limit: asked.limit, signal: asked.signal, onRestart: () => asked.restart() },
        (rows) => asked.rows(rows.map((row) => this.#did(owner(), children, row)))),
    });
  }

  /** Asks again for the lists of the nodes that are open, and forgets those of the others. */
  #again(which: (node: BranchNode) => boolean, beneath: Children = this.root): void {
    for (const node of [...this.walk(false, beneath)]) {
      if (node.kind === 'note' || !node.children?.listing.asked || !which(node)) continue;
      if (this.#isOpen(node)) void node.children.listing.refresh();
      else node.children.listing.reset();
    }
  }

  #isOpen(node: BranchNode): boolean {
    for (let at: BranchNode | undefined = node; at; at = at.parent) if (!this.expanded.has(at.id)) return false;
    return true;
  }

  /** A new sign-in mends what failed for want of one; another account sees other things, so all of it is asked again. */
  #onSession(session: protocol.SessionInfo): void {
    const instance = this.#instance(session.instance);
    const known = this.#accounts.get(session.instance);
    if (session.state === 'signedIn') this.#accounts.set(session.instance, session.account);
    if (!instance) return;
    if (session.state === 'signedOut') {
      if (this.#sessions.signedOutHere(session.instance)) instance.children.reset();
      return this.#changed.fire(instance);
    }
    if (known !== undefined && known !== session.account) return instance.children.reset();
    for (const node of [instance, ...this.walk(false, instance.children)]) {
      if (node.kind !== 'note' && node.children?.listing.failure?.kind === 'signInNeeded') void node.children.listing.refresh();
    }
    this.#changed.fire(instance);
  }
}

const failed = (failure: Failure | undefined) => failure && new ServiceFailure(failure);

const notThere = (what: string) => new ServiceFailure({ kind: 'notFound', what, next: 'Refresh Explore and try again.', actions: ['retry'] });
