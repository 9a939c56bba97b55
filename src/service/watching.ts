// Follows the rules and DIDs that are watched while somebody is there to be told, and tells of each end once.
import { explain } from '../lake/advice.ts';
import type { Lake } from '../lake/lake.ts';
import type { DID, DIDType, Watch } from '../protocol.ts';
import { WatchStore } from './watches.ts';

/** ms after which a server that could not be asked is asked again. */
const AGAIN_MS = 60_000;

export interface WatchingOptions {
  readonly state: string | undefined;
  /** To every window that has this sign-in; how many those are. */
  readonly tell: (session: string, watch: Watch) => number;
  readonly log: (message: string) => void;
}

export class Watching {
  readonly #options: WatchingOptions;
  /** By session and rule. */
  readonly #followed = new Map<string, { readonly lake: Lake; readonly abort: AbortController }>();
  /** Ends that a window shows already. */
  readonly #claimed = new Set<string>();
  #store: WatchStore | undefined;
  #closed = false;

  constructor(options: WatchingOptions) {
    this.#options = options;
  }

  /** A rule that moves no more is not watched: its end is the answer. @throws RucioError notFound */
  async add(session: string, lake: Lake, id: string, signal?: AbortSignal): Promise<Watch> {
    const { rule, moving } = await lake.getRule(id, signal);
    const watch: Watch = { id: rule.id, did: { scope: rule.scope, name: rule.name }, since: Date.now(), state: rule.state };
    if (!moving) return { ...watch, ended: Date.now() };
    this.#open().add({ ...watch, session });
    this.settle([{ session, lake }]);
    return watch;
  }

  /** One that is available here is not watched: that is the answer. @throws RucioError notFound, configuration */
  async addDid(session: string, lake: Lake, did: DID, signal?: AbortSignal): Promise<Watch> {
    const { scope, name, type, state, error } = await lake.availability(did, signal);
    const watch: Watch = { id: `did ${scope}:${name}`, type, did: { scope, name }, since: Date.now(), state, ...(error !== undefined && { error }) };
    if (state === 'available' || state === 'empty') return { ...watch, ended: Date.now() };
    this.#open().add({ ...watch, session });
    this.settle([{ session, lake }]);
    return watch;
  }

  remove(session: string, id: string): void {
    this.#open().remove(session, id);
    this.#followed.get(`${session} ${id}`)?.abort.abort();
  }

  /** True once for each end: one window shows it. */
  claim(session: string, id: string, ended: number): boolean {
    const key = `${session} ${id} ${ended}`;
    if (this.#claimed.has(key)) return false;
    this.#claimed.add(key);
    return true;
  }

  list(session: string): readonly Watch[] {
    return this.#open().of(session).map(({ session: _, ...watch }) => watch);
  }

  /** Somebody came, or signed in: tells what ended while nobody was there, and follows the rest. */
  settle(lakes: Iterable<{ readonly session: string; readonly lake: Lake }>): void {
    for (const { session, lake } of lakes) {
      for (const watch of this.list(session)) {
        if (watch.ended !== undefined) this.#tell(session, watch);
        else if (lake.session.info.state === 'signedIn') void this.#follow(session, lake, watch);
      }
    }
  }

  close(): void {
    this.#closed = true;
    for (const { abort } of this.#followed.values()) abort.abort();
    this.#store?.close();
    this.#store = undefined;
  }

  async #follow(session: string, lake: Lake, watch: Watch): Promise<void> {
    const key = `${session} ${watch.id}`;
    const known = this.#followed.get(key);
    if (known?.lake === lake) return;
    known?.abort.abort(); // by a lake whose settings changed meanwhile
    const mine = { lake, abort: new AbortController() };
    this.#followed.set(key, mine);
    try {
      if (watch.type) return await this.#comes(session, lake, { ...watch, type: watch.type }, mine.abort.signal);
      const stuck = new AbortController();
      // Rucio goes on trying; whoever waits for the data wants to know. One that was stuck when the watch began is waited for until it ends.
      const { rule, notes } = await lake.followRule(watch.id, (now) => {
        if (now.rule.state !== 'STUCK' || watch.state === 'STUCK' || stuck.signal.aborted) return;
        this.#end(session, watch, 'STUCK', now.rule.error ?? undefined);
        stuck.abort();
      }, AbortSignal.any([mine.abort.signal, stuck.signal]));
      const gone = notes.length > 0;
      this.#end(session, watch, gone ? 'GONE' : rule.state, gone ? notes.join(' ') : rule.error ?? undefined);
    } catch (error) {
      const { kind, what } = explain(error, { instance: lake.instance.name });
      if (kind === 'notFound') this.#end(session, watch, 'GONE', 'The rule is gone: it ran out or was deleted.');
      // Nobody is signed in, or the lake was closed: it goes on when somebody signs in or comes.
      else if (!mine.abort.signal.aborted && kind !== 'signInNeeded' && kind !== 'cancelled') {
        this.#options.log(`rule ${watch.id} is not followed for now: ${what}`);
        setTimeout(() => this.#again(session, lake), AGAIN_MS).unref();
      }
    } finally {
      if (this.#followed.get(key) === mine) this.#followed.delete(key);
    }
  }

  /** Looked at with what windows show, in the same calls. What was stuck when the watch began is waited for until it comes. */
  #comes(session: string, lake: Lake, watch: Watch & { readonly type: DIDType }, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const owner = {};
      const leave = (): void => {
        lake.observe(owner, [], () => undefined);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      lake.observe(owner, [{ ...watch.did, type: watch.type }], ([info]) => {
        if (!info || signal.aborted || this.#closed) return; // asking failed: it is asked again by itself
        const { state, error } = info;
        const isBad = state === 'stuck' || state === 'suspended';
        if (state !== 'available' && !(isBad && state !== watch.state)) return;
        this.#end(session, watch, state, error);
        signal.removeEventListener('abort', leave);
        leave();
      });
    });
  }

  #again(session: string, lake: Lake): void {
    if (!this.#closed) this.settle([{ session, lake }]);
  }

  #end(session: string, watch: Watch, state: string, error: string | undefined): void {
    const ended = Date.now();
    // First written down: if nobody hears it now, the next one who comes does.
    this.#open().end(session, watch.id, state, error, ended);
    this.#tell(session, { ...watch, state, ended, ...(error !== undefined && error !== '' && { error }) });
  }

  #tell(session: string, watch: Watch): void {
    if (this.#options.tell(session, watch) > 0) this.#open().remove(session, watch.id);
  }

  #open(): WatchStore {
    return this.#store ??= new WatchStore(this.#options.state);
  }
}
