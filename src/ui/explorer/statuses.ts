// What was last heard of each DID's state, by DID: the same wherever in the tree it stands.
import type { AvailabilityInfo } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { Signal } from '../signal.ts';
import { didKey } from './ids.ts';

export type Status = AvailabilityInfo & { readonly instance: string };

/** States that are kept; the oldest go first, and are asked for again when their DIDs are seen again. */
const MOST_KEPT = 20_000;

export class StatusStore {
  readonly #known = new Map<string, Status>();
  readonly #changed = new Signal<readonly Status[]>();
  /** Only those whose words or details differ from what was known. */
  readonly onDidChange = this.#changed.event;

  get(ref: DidRef): Status | undefined {
    return this.#known.get(didKey(ref));
  }

  byKey(key: string): Status | undefined {
    return this.#known.get(key);
  }

  hear(instance: string, items: readonly AvailabilityInfo[]): void {
    const changed: Status[] = [];
    for (const item of items) {
      const status = { ...item, instance };
      const key = didKey(status);
      if (same(this.#known.get(key), status)) continue;
      this.#known.set(key, status);
      changed.push(status);
    }
    for (const key of this.#known.keys()) {
      if (this.#known.size <= MOST_KEPT) break;
      this.#known.delete(key);
    }
    if (changed.length > 0) this.#changed.fire(changed);
  }
}

function same(a: Status | undefined, b: Status): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
