// A list that streams in, page by page: what is shown stays until what comes is more or whole, so that reading it again
// (refresh, Load More, a service that was lost) neither empties nor doubles anything.
import type { Failure } from '../../protocol.ts';
import { isCancelled, toFailure } from '../failures.ts';

export interface Asked<T> {
  readonly limit: number;
  readonly signal: AbortSignal;
  rows(rows: readonly T[]): void;
  /** Everything given so far is void: the service was lost, and is asked again. */
  restart(): void;
}

export interface ListingOptions<T> {
  readonly page: number;
  readonly keyOf: (row: T) => string;
  /** Answers when all was given; `more`: whether the server has more than `limit`. Rejects with anything; see failures.ts. */
  readonly ask: (asked: Asked<T>) => Promise<{ readonly more: boolean }>;
  readonly onChange: () => void;
}

export class Listing<T> {
  readonly #options: ListingOptions<T>;
  #rows = new Map<string, T>();
  #abort: AbortController | undefined;
  #running: Promise<void> | undefined;
  /** Resolves as soon as there is something to show. */
  #first: Promise<void> = Promise.resolve();
  #limit: number;
  #asked = false;
  #more = false;
  #failure: Failure | undefined;
  /** More is asked for, from the end of what is shown. */
  #growing = false;

  constructor(options: ListingOptions<T>) {
    this.#options = options;
    this.#limit = options.page;
  }

  get rows(): readonly T[] { return [...this.#rows.values()]; }
  get size(): number { return this.#rows.size; }
  has(key: string): boolean { return this.#rows.has(key); }
  get more(): boolean { return this.#more; }
  get failure(): Failure | undefined { return this.#failure; }
  /** `rows` with a row that tells of the failure: first, as the end of a long list is not on the screen; last where *Load More* was pressed. */
  withFailure<R>(rows: readonly R[], failure: R): readonly R[] { return this.#growing ? [...rows, failure] : [failure, ...rows]; }
  get loading(): boolean { return this.#running !== undefined; }
  /** When nothing is under way any more. Never rejects. */
  get settled(): Promise<void> { return this.#running ?? Promise.resolve(); }
  /** Whether it was ever asked for. */
  get asked(): boolean { return this.#asked; }

  /**
   * Asks unless that was done, and waits for the first rows (or the end, or the failure); not where there are rows: an editor that is told to
   * wait forgets those it has, and a menu that is open on one has nothing to act on. Never rejects.
   */
  async first(): Promise<void> {
    if (!this.#asked) void this.#run(this.#limit);
    if (this.#rows.size === 0) await this.#first;
  }

  /** Asks again for as many as are shown. Resolves at the end; never rejects: a failure is a state. */
  refresh(): Promise<void> {
    return this.#run(Math.max(this.#options.page, this.#limit));
  }

  /** Asks again, for what is shown and one page more. */
  loadMore(): Promise<void> {
    return this.#run(this.size + this.#options.page, true);
  }

  /** Forgets everything; the next {@link first} asks anew. */
  reset(): void {
    this.cancel();
    this.#rows = new Map();
    this.#limit = this.#options.page;
    this.#asked = this.#more = false;
    this.#failure = undefined;
    this.#options.onChange();
  }

  cancel(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.#running = undefined;
  }

  #run(limit: number, growing = false): Promise<void> {
    this.cancel();
    // *Retry* of a *Load More* that failed is one still.
    this.#growing = growing || (this.#growing && this.#failure !== undefined);
    const abort = new AbortController();
    this.#abort = abort;
    const again = this.#asked;
    this.#asked = true;
    this.#limit = limit;
    this.#failure = undefined;
    let shown = () => undefined as void;
    this.#first = new Promise((resolve) => { shown = resolve; });
    const running = this.#read(limit, abort, shown).finally(() => {
      shown();
      if (this.#abort !== abort) return;
      this.#abort = this.#running = undefined;
      this.#options.onChange();
    });
    this.#running = running;
    // The first time, whoever asks is waiting for the rows anyway.
    if (again) this.#options.onChange();
    return running;
  }

  async #read(limit: number, abort: AbortController, shown: () => void): Promise<void> {
    const isCurrent = () => this.#abort === abort;
    let incoming = new Map<string, T>();
    try {
      const { more } = await this.#options.ask({
        limit,
        signal: abort.signal,
        rows: (rows) => {
          if (!isCurrent()) return;
          for (const row of rows) incoming.set(this.#options.keyOf(row), row);
          if (incoming.size <= this.#rows.size && this.#rows !== incoming) return;
          this.#rows = incoming;
          shown();
          this.#options.onChange();
        },
        restart: () => { incoming = new Map(); },
      });
      if (!isCurrent()) return;
      this.#rows = incoming;
      this.#more = more;
      this.#failure = undefined;
    } catch (error) {
      if (!isCurrent()) return;
      const failure = toFailure(error);
      // What was shown stays beside the failure; a list that was cut is never taken for the whole.
      this.#failure = isCancelled(failure) ? { ...failure, what: 'The listing was cancelled.', next: '', actions: ['retry'] } : failure;
      this.#more = false;
    }
  }
}
