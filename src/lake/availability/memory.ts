// What the availability engine remembers between two looks, so that a poll costs what changed and not what is shown:
// answers by kind and key with their age, shared while they are being fetched, and a budget for refreshing old ones.
import { RucioError } from '../../rucio/errors.ts';
import type { DID } from '../../rucio/types.ts';

export type Kind = 'expression' | 'parents' | 'rules' | 'rule' | 'locks' | 'deep' | 'length' | 'sample' | 'datasets';

/** Kinds that hang on other DIDs than the one that changed: forgotten for all of them. */
const SHARED: readonly Kind[] = ['rules', 'rule', 'locks', 'deep', 'length'];

/** How many old answers a look may fetch again; Infinity for one that a person asked for. */
export interface Budget {
  left: number;
}

interface Entry {
  at: number;
  readonly value: Promise<unknown>;
  settled: boolean;
}

export interface Verdict {
  /** What the catalogue said when the rules were looked up: another saying means to look again. */
  readonly signature: string;
  readonly ruleId: string | null;
  /** The parents whose rules were looked at: an action on one of them may change the verdict. */
  readonly over: ReadonlySet<string>;
  at: number;
}

const MOST_ENTRIES = 20_000;
/** Verdicts, and refused names. */
const MOST_KEPT = 10_000;

/** The oldest go when there are too many. */
class Bounded<V> extends Map<string, V> {
  override set(key: string, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > MOST_KEPT) this.delete(this.keys().next().value!);
    return this;
  }
}

export const keyOf = (did: DID): string => `${did.scope}:${did.name}`;

export class Memory {
  readonly now: () => number;
  readonly verdicts: Map<string, Verdict> = new Bounded();
  /** DIDs that the server does not take in a bulk call. */
  readonly refused: Map<string, RucioError> = new Bounded();
  /** Storages whose PFNs did not follow from names, and since when. */
  readonly odd: Map<string, number> = new Bounded();
  readonly #kinds = new Map<Kind, Map<string, Entry>>();

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /**
   * The remembered answer when it is younger than `maxAgeMs`, or older and the budget for refreshing is used up; else
   * what `make` brings. Failures are not remembered; what failed for another caller only (cancelled, or a poll for which
   * nobody may be asked to sign in) is tried again.
   */
  async remember<T>(kind: Kind, key: string, maxAgeMs: number, budget: Budget, make: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let entries = this.#kinds.get(kind);
    if (!entries) this.#kinds.set(kind, entries = new Map());
    const known = entries.get(key);
    if (known) {
      const young = !known.settled || this.now() - known.at <= maxAgeMs;
      if (young || budget.left <= 0) {
        try {
          return await known.value as T;
        } catch (error) {
          if (!RucioError.is(error, 'cancelled', 'signInNeeded') || signal?.aborted) throw error;
        }
      } else budget.left--;
    }
    const entry: Entry = { at: this.now(), value: make(), settled: false };
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > MOST_ENTRIES) entries.delete(entries.keys().next().value!);
    try {
      return await entry.value as T;
    } catch (error) {
      if (entries.get(key) === entry) entries.delete(key);
      throw error;
    } finally {
      entry.settled = true;
      entry.at = this.now();
    }
  }

  /** What an answer to another question said, too. */
  note(kind: Kind, key: string, value: unknown): void {
    const entries = this.#kinds.get(kind);
    entries?.delete(key);
    const entry: Entry = { at: this.now(), value: Promise.resolve(value), settled: true };
    if (entries) entries.set(key, entry);
    else this.#kinds.set(kind, new Map([[key, entry]]));
    if (entries && entries.size > MOST_ENTRIES) entries.delete(entries.keys().next().value!);
  }

  /** Of these keys the `most` whose answers are oldest; those without an answer first. */
  oldest(kind: Kind, keys: Iterable<string>, most: number): ReadonlySet<string> {
    const at = (key: string): number => this.#kinds.get(kind)?.get(key)?.at ?? -Infinity;
    return new Set([...new Set(keys)].sort((a, b) => at(a) - at(b)).slice(0, most));
  }

  /** After an action on it: the next look asks the server again about it and about everything that hangs on it. */
  forget(did: DID): void {
    const key = keyOf(did);
    for (const [of, verdict] of this.verdicts) if (of === key || verdict.over.has(key)) this.verdicts.delete(of);
    this.refused.delete(key);
    for (const kind of SHARED) this.#kinds.delete(kind);
    for (const entries of this.#kinds.values()) entries.delete(key);
  }
}
