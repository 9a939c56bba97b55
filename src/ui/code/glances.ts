// What was last seen of DIDs that stand in code, for a moment: the same hover, check or cell shown again asks nobody.
import type { ServiceClient } from '../../client/client.ts';
import { type AvailabilityInfo, type Glance, glanceAt } from '../../protocol.ts';
import type { DidRef, Dids } from '../context.ts';
import { didKey } from '../explorer/ids.ts';

/** ms */
const AGE = 20_000;
const MOST_KEPT = 500;

export class Glances {
  readonly #client: Pick<ServiceClient, 'request'>;
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly at: number; readonly glance: Glance }>();

  constructor(client: Pick<ServiceClient, 'request'>, now: () => number = () => Date.now()) {
    this.#client = client;
    this.#now = now;
  }

  /** @throws ServiceFailure, notFound when there is no such DID */
  async at(ref: DidRef, signal?: AbortSignal): Promise<Glance> {
    const key = didKey(ref);
    const known = this.#kept.get(key);
    if (known && this.#now() - known.at < AGE) return known.glance;
    const { instance, scope, name } = ref;
    const glance = await this.#client.request(glanceAt, { instance, did: { scope, name } }, signal);
    this.#kept.delete(key);
    this.#kept.set(key, { at: this.#now(), glance });
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return glance;
  }

  /** Something about it changed; without an argument: about many. */
  forget(ref?: DidRef): void {
    if (ref) this.#kept.delete(didKey(ref));
    else this.#kept.clear();
  }
}

/**
 * The state to show: a glance knows nothing of rules, and of a container nothing at all; there what was last heard (it
 * is observed, or somebody checked it) says more, unless it says that the data is here and the glance that it is not.
 */
export function stateOf(ref: DidRef, glance: Glance, dids: Pick<Dids, 'stateOf'>): AvailabilityInfo | undefined {
  const heard = dids.stateOf(ref);
  const { here } = glance;
  if (!here) return heard;
  const open = here.state === 'notAvailable' || here.state === 'partly';
  return open && heard && heard.state !== 'available' && heard.state !== 'empty' ? heard : here;
}
