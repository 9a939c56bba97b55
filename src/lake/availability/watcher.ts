// Keeps the states of what is visible up to date: the union of what several windows show, looked at in bulk, soon while
// something moves, seldom while nothing does, not at all when nobody looks.
import { RucioError } from '../../rucio/errors.ts';
import type { DID } from '../../rucio/types.ts';
import { keyOf } from './memory.ts';
import type { Availability, AvailabilityInfo, TypedDID } from '../types.ts';

/** Gets changed answers for what it observes; with `failure` (and no items) that asking failed: once, until it works again. */
export type Tell = (items: readonly AvailabilityInfo[], failure?: unknown) => void;

export interface WatcherOptions {
  /** Looks at these DIDs, tells each answer as it comes. */
  readonly look: (dids: readonly TypedDID[], onInfo: (info: AvailabilityInfo) => void, signal: AbortSignal) => Promise<unknown>;
  /** Called before a look that follows an action of ours on the DID. */
  readonly forget?: (did: DID) => void;
  /** ms between two looks at what moves; grows to `maxMs` while nothing changes. */
  readonly minMs?: number;
  readonly maxMs?: number;
  /** ms for which answers are gathered before they are told. */
  readonly gatherMs?: number;
}

/** States that change by themselves within seconds; the others are looked at every `maxMs`. */
const MOVING: ReadonlySet<Availability> = new Set<Availability>(['replicating', 'judging', 'injecting', 'mountNotAnswering', 'notAtMount']);
/** Answers kept for DIDs that nobody observes at the moment: a second window gets them at once. */
const MOST_KEPT = 5000;
const LOOKS_AT_ONCE = 3;

interface Entry {
  readonly did: TypedDID;
  info: AvailabilityInfo | undefined;
  text: string;
  interval: number;
  due: number;
  looking: boolean;
  observers: number;
}

interface Owner {
  dids: Map<string, TypedDID>;
  tell: Tell;
}

export class AvailabilityWatcher {
  readonly #options: Required<WatcherOptions>;
  readonly #owners = new Map<object, Owner>();
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Map<string, AvailabilityInfo>();
  #timer: NodeJS.Timeout | undefined;
  #gather: NodeJS.Timeout | undefined;
  #looks = 0;
  #abort = new AbortController();
  #failedMs = 0;
  #failing: { readonly error: unknown } | undefined;
  /** Nobody is signed in: nothing is asked until that, or what is observed, changes. */
  #waits = false;
  #pokes = 0;

  constructor(options: WatcherOptions) {
    this.#options = { minMs: 2000, maxMs: 60_000, gatherMs: 40, forget: () => undefined, ...options };
  }

  /** How many DIDs are observed. */
  get size(): number {
    return new Set([...this.#owners.values()].flatMap((owner) => [...owner.dids.keys()])).size;
  }

  /** What `owner` shows now, in place of what it said before; [] = nothing. Known answers are told at once. */
  observe(owner: object, dids: readonly TypedDID[], tell: Tell): void {
    for (const key of this.#owners.get(owner)?.dids.keys() ?? []) this.#entries.get(key)!.observers--;
    const before = this.#owners.get(owner)?.dids;
    if (dids.length === 0) this.#owners.delete(owner);
    else this.#owners.set(owner, { dids: new Map(dids.map((did) => [keyOf(did), did])), tell });
    const known: AvailabilityInfo[] = [];
    for (const [key, did] of this.#owners.get(owner)?.dids ?? []) {
      let entry = this.#entries.get(key);
      if (entry && entry.did.type !== did.type) {
        entry = undefined; // it was something else when it was seen last
      }
      if (!entry) this.#entries.set(key, entry = { did, info: undefined, text: '', interval: this.#options.minMs, due: 0, looking: false, observers: 0 });
      entry.observers = this.#observersOf(key);
      if (entry.info && !before?.has(key)) known.push(entry.info);
    }
    this.#dropOld();
    this.#waits = false;
    if (known.length > 0) tell(known);
    if (this.#failing && dids.length > 0 && !before) tell([], this.#failing.error);
    if (this.#owners.size === 0) this.#stop();
    else this.#plan();
  }

  /** After an action of ours on `did` (or after signing in): everything observed is looked at now. */
  poke(did?: DID): void {
    if (did) this.#options.forget(did);
    this.#failedMs = 0;
    this.#waits = false;
    this.#pokes++;
    for (const entry of this.#entries.values()) {
      entry.due = 0;
      entry.interval = this.#options.minMs;
    }
    this.#plan();
  }

  /** Answers that somebody else had fetched. */
  heard(infos: readonly AvailabilityInfo[]): void {
    for (const info of infos) this.#heard(info);
    this.#flush();
  }

  close(): void {
    this.#owners.clear();
    this.#stop();
  }

  #observersOf(key: string): number {
    let n = 0;
    for (const owner of this.#owners.values()) if (owner.dids.has(key)) n++;
    return n;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#gather);
    this.#timer = this.#gather = undefined;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#changed.clear();
    this.#failing = undefined;
    this.#failedMs = 0;
    for (const entry of this.#entries.values()) entry.looking = false;
  }

  #dropOld(): void {
    if (this.#entries.size <= MOST_KEPT) return;
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= MOST_KEPT) break;
      if (entry.observers === 0) this.#entries.delete(key);
    }
  }

  #plan(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#owners.size === 0 || this.#waits || this.#looks >= LOOKS_AT_ONCE) return;
    let next = Infinity;
    for (const entry of this.#entries.values()) if (entry.observers > 0 && !entry.looking) next = Math.min(next, entry.due);
    if (next === Infinity) return;
    // A tree that unfolds says what it shows in several steps: wait a moment for the rest.
    this.#timer = setTimeout(() => void this.#look(), Math.max(next - Date.now(), this.#failedMs, 20));
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { minMs, maxMs } = this.#options;
    const now = Date.now();
    // Those that will be due go along: one bulk call more or less full costs the same, and all soon have one rhythm.
    const entries = [...this.#entries.values()].filter((entry) => entry.observers > 0 && !entry.looking && entry.due - now <= entry.interval / 2);
    if (entries.length === 0) return this.#plan();
    const { signal } = this.#abort;
    for (const entry of entries) entry.looking = true;
    this.#looks++;
    this.#plan(); // for what comes while this look is under way
    const answered = new Set<Entry>();
    const pokes = this.#pokes;
    try {
      await this.#options.look(entries.map((entry) => entry.did), (info) => {
        const entry = this.#entries.get(keyOf(info));
        if (entry) answered.add(entry);
        this.#heard(info);
      }, signal);
      if (signal.aborted) return;
      if (this.#failing) {
        this.#failing = undefined;
        this.#failedMs = 0;
        // So that the failure's words go away everywhere, also where nothing changed.
        for (const entry of this.#entries.values()) if (entry.info && entry.observers > 0) this.#changed.set(keyOf(entry.info), entry.info);
      }
    } catch (error) {
      if (signal.aborted || RucioError.is(error, 'cancelled')) return;
      this.#failedMs = Math.min(Math.max(minMs, this.#failedMs * 2), maxMs);
      const needed = RucioError.is(error, 'signInNeeded');
      this.#waits = needed && pokes === this.#pokes; // else somebody signed in meanwhile
      // A person must know of the failure that only a person can end.
      if (!this.#failing || (needed && !RucioError.is(this.#failing.error, 'signInNeeded'))) {
        this.#failing = { error };
        for (const owner of this.#owners.values()) owner.tell([], error);
      }
    } finally {
      this.#looks--;
      if (!signal.aborted) {
        for (const entry of entries) {
          entry.looking = false;
          // What got no answer is due again as soon as asking works; the pause after a failure holds for all.
          if (!answered.has(entry)) entry.due = Math.max(entry.due, Date.now());
        }
        this.#flush();
      }
      this.#plan();
    }
  }

  #heard(info: AvailabilityInfo): void {
    const { minMs, maxMs, gatherMs } = this.#options;
    const entry = this.#entries.get(keyOf(info));
    if (!entry) return;
    const text = JSON.stringify(info);
    const isNew = text !== entry.text;
    const first = entry.info === undefined;
    entry.interval = MOVING.has(info.state) ? (isNew || first ? minMs : Math.min(entry.interval * 1.5, maxMs))
      // What was moving until now may move on (a rule that was OK and has files again).
      : isNew && !first ? minMs * 2 : Math.min(first ? maxMs : Math.max(entry.interval * 2, minMs), maxMs);
    entry.due = Date.now() + entry.interval;
    if (!isNew) return;
    entry.info = info;
    entry.text = text;
    this.#changed.set(keyOf(info), info);
    this.#gather ??= setTimeout(() => this.#flush(), gatherMs).unref();
  }

  #flush(): void {
    clearTimeout(this.#gather);
    this.#gather = undefined;
    if (this.#changed.size === 0) return;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const owner of this.#owners.values()) {
      const items = changed.filter(([key]) => owner.dids.has(key)).map(([, info]) => info);
      if (items.length > 0) owner.tell(items);
    }
  }
}
