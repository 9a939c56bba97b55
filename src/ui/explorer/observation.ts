// Tells the service which DIDs are on the screen, so that it looks at those and no others.
import type { ServiceClient } from '../../client/client.ts';
import { observe } from '../../protocol.ts';
import { Comeback } from '../comeback.ts';
import { type Clock, Coalescer } from '../tree/coalesce.ts';
import type { DidRef } from '../context.ts';
import { didKey } from './ids.ts';
import type { ExplorerModel } from './model.ts';
import type { DidNode } from './nodes.ts';

/** DIDs on the screen, beside the tree's. */
export type ObservedElsewhere = () => readonly Required<DidRef>[];

/** DIDs observed at once; of more, those that were painted last. */
export const MOST_OBSERVED = 500;
const INTERVAL_MS = 300;

export interface ObservationOptions {
  readonly onFailure: (error: unknown) => void;
  readonly most?: number;
  readonly clock?: Clock;
  readonly now?: () => number;
}

export class Observation {
  readonly #client: Pick<ServiceClient, 'notify' | 'state'>;
  readonly #model: ExplorerModel;
  readonly #options: ObservationOptions;
  readonly #coalescer: Coalescer<'send'>;
  /** What the service was last told, by instance: the keys of the DIDs, joined. */
  readonly #sent = new Map<string, string>();
  /** DIDs in the order they were painted, the last one last: the nearest to "on the screen" that VS Code lets us know. */
  readonly #painted = new Set<string>();
  /** Tells a service that went away again, which brings it back, while somebody looks. */
  readonly #comeback: Comeback;
  readonly #sources = new Set<ObservedElsewhere>();
  #visible = false;

  constructor(client: Pick<ServiceClient, 'notify' | 'state'>, model: ExplorerModel, options: ObservationOptions) {
    this.#client = client;
    this.#model = model;
    this.#options = options;
    this.#coalescer = new Coalescer<'send'>(INTERVAL_MS, () => this.#send(), options.clock);
    this.#comeback = new Comeback({ wanted: () => this.#all().size > 0, ask: () => this.update(), ...options });
  }

  setVisible(visible: boolean): void {
    if (this.#visible === visible) return;
    this.#visible = visible;
    this.update();
  }

  /** Something was opened, closed or loaded. */
  update(): void {
    this.#coalescer.add('send');
  }

  /** What else shows states than the tree, and says itself what of it is on the screen; to be followed by {@link update} when that changes. */
  add(source: ObservedElsewhere): { dispose(): void } {
    this.#sources.add(source);
    return { dispose: () => void (this.#sources.delete(source) && this.update()) };
  }

  painted(key: string): void {
    this.#painted.delete(key);
    this.#painted.add(key);
    if (this.#painted.size > 20 * MOST_OBSERVED) this.#painted.clear();
  }

  /** When the service goes away, what it was told goes with it. */
  onConnection(state: ServiceClient['state']): void {
    if (state === 'idle') this.#sent.clear();
    // Another request may have brought the service back.
    if (state === 'connected' && this.#sent.size === 0) this.update();
    this.#comeback.onConnection(state);
  }

  /** What is on the screen now, by instance. */
  observed(): ReadonlyMap<string, readonly DidNode[]> {
    const byInstance = new Map<string, DidNode[]>();
    if (!this.#visible) return byInstance;
    const nodes = new Map<string, DidNode>();
    for (const node of this.#model.walk(true)) if (node.kind === 'did') nodes.set(didKey(node.ref), node);
    for (const [, node] of this.#nearest(nodes)) {
      const list = byInstance.get(node.instance);
      if (list) list.push(node);
      else byInstance.set(node.instance, [node]);
    }
    return byInstance;
  }

  dispose(): void {
    this.#coalescer.dispose();
    this.#comeback.dispose();
  }

  /** The tree's first: they were painted last or are few. */
  #all(): ReadonlyMap<string, ReadonlyMap<string, Required<DidRef>>> {
    const all = new Map<string, Map<string, Required<DidRef>>>();
    const most = this.#options.most ?? MOST_OBSERVED;
    const refs = [...[...this.observed().values()].flatMap((nodes) => nodes.map(({ ref }) => ref)), ...[...this.#sources].flatMap((source) => source())];
    for (const ref of refs) {
      if (!this.#model.hasPlace(ref.instance)) continue;
      const of = all.get(ref.instance) ?? new Map<string, Required<DidRef>>();
      all.set(ref.instance, of);
      if (of.size < most) of.set(didKey(ref), ref);
    }
    return all;
  }

  #nearest(nodes: ReadonlyMap<string, DidNode>): readonly (readonly [string, DidNode])[] {
    const most = this.#options.most ?? MOST_OBSERVED;
    if (nodes.size <= most) return [...nodes];
    const order = new Map([...this.#painted].map((key, i) => [key, i]));
    return [...nodes].sort(([a], [b]) => (order.get(b) ?? -1) - (order.get(a) ?? -1)).slice(0, most);
  }

  #send(): void {
    const observed = this.#all();
    for (const instance of new Set([...observed.keys(), ...this.#sent.keys()])) {
      const refs = [...observed.get(instance) ?? []];
      const text = refs.map(([key]) => key).sort().join('\n');
      if (text === (this.#sent.get(instance) ?? '')) continue;
      // Nobody has to be woken to hear that nobody looks.
      if (refs.length === 0 && this.#client.state !== 'connected') {
        this.#sent.delete(instance);
        continue;
      }
      this.#sent.set(instance, text);
      this.#client.notify(observe, { instance, dids: refs.map(([, { scope, name, type }]) => ({ scope, name, type })) }).catch((error: unknown) => {
        this.#sent.delete(instance);
        this.#options.onFailure(error);
      });
    }
  }
}
