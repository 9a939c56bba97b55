// What DIDs that are seen together for the first time have in common, asked for all of them at once: what holds a file, and the
// rules on the DIDs themselves that are not done. Else each of them costs two calls.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, DIDType, Rule, RuleState } from '../../rucio/types.ts';
import { keyOf } from './memory.ts';

export type KinClient = Pick<RucioClient, 'listReplicas' | 'listRules'>;

/** Fewer are asked for one by one: that costs less. */
export const LEAST_KIN = 5;
/** Rules of a scope in one state that are read: a scope of more is asked DID by DID. */
const MOST_RULES = 1000;
/** Of a DID that lacks here, a rule of its own that is OK brings nothing. */
const UNDONE: readonly RuleState[] = ['REPLICATING', 'INJECT', 'WAITING_APPROVAL', 'STUCK', 'SUSPENDED'];

export class Kin {
  readonly #client: KinClient;
  readonly #type: DIDType;
  readonly #signal: AbortSignal | undefined;
  readonly #parents = new Map<string, readonly DID[]>();
  readonly #shared = new Map<string, Promise<readonly Rule[]>>();
  readonly #rules = new Map<string, Promise<ReadonlyMap<string, readonly Rule[]> | undefined>>();

  /** Of DIDs of this type. */
  constructor(client: KinClient, type: DIDType, signal?: AbortSignal) {
    this.#client = client;
    this.#type = type;
    this.#signal = signal;
  }

  /**
   * Datasets and containers that hold these files, on any level: one call. Where the server would not tell, they stay unknown: it
   * stumbles over a file that is in something with a colon in its name (rucio 41: gateway/replica.py list_replicas).
   */
  async findParents(files: readonly DID[], rse: string): Promise<void> {
    try {
      for await (const rows of this.#client.listReplicas(files.map(({ scope, name }) => ({ scope, name })), { rseExpression: rse, allStates: true, resolveParents: true }, this.#signal)) {
        for (const { scope, name, parents } of rows) if (parents) this.#parents.set(keyOf({ scope, name }), parents.flatMap((text) => didOf(text) ?? []));
      }
    } catch (error) {
      if (!RucioError.is(error, 'refused', 'notFound', 'accessDenied', 'serverError', 'cutStream')) throw error;
    }
  }

  /** The rules of what holds several of them: asked once in this look, however long it takes. */
  once(did: DID, ask: () => Promise<readonly Rule[]>): Promise<readonly Rule[]> {
    const key = keyOf(did);
    let asked = this.#shared.get(key);
    if (!asked) this.#shared.set(key, asked = ask());
    return asked;
  }

  /** Undefined: not known. */
  parentsOf(did: DID): readonly DID[] | undefined {
    return this.#parents.get(keyOf(did));
  }

  /** Rules on the DID itself that are not OK, of whomever; undefined: too many of them in its scope. */
  async rulesOn(did: DID): Promise<readonly Rule[] | undefined> {
    let known = this.#rules.get(did.scope);
    if (!known) this.#rules.set(did.scope, known = this.#rulesIn(did.scope));
    const rules = await known;
    return rules && (rules.get(keyOf(did)) ?? []);
  }

  async #rulesIn(scope: string): Promise<ReadonlyMap<string, readonly Rule[]> | undefined> {
    const found = new Map<string, Rule[]>();
    try {
      for (const state of UNDONE) {
        let read = 0;
        for await (const rules of this.#client.listRules({ scope, did_type: this.#type, state }, this.#signal)) {
          read += rules.length;
          if (read > MOST_RULES) return undefined;
          for (const rule of rules) found.set(keyOf(rule), [...found.get(keyOf(rule)) ?? [], rule]);
        }
      }
    } catch (error) {
      if (RucioError.is(error, 'refused', 'notFound', 'accessDenied', 'serverError')) return undefined;
      throw error;
    }
    return found;
  }
}

/** "scope:name"; of a server for several VOs the scope ends in "@" and the VO (rucio 41: common/types.py InternalScope). */
function didOf(text: string): DID | undefined {
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { scope: text.slice(0, colon).replace(/@.*$/, ''), name: text.slice(colon + 1) };
}
