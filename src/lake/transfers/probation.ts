// Transfers during which the service died again and again (out of memory, a fault of ours): one may be the reason. From the second death on they
// begin one after the other, so that the next death is that of the last that began; whoever has three is set aside, and the others go on.
import { RucioError } from '../../rucio/errors.ts';
import type { Journal, TransferRow } from './journal.ts';

/** Deaths in a row, with no file of it moved in between. */
const SET_ASIDE = 3;
const SUSPECT = 2;
/** ms that one goes alone before the next begins. */
export const ALONE = 10_000;

export class Probation {
  readonly #journal: Pick<Journal, 'set'>;
  readonly #begin: (id: string) => void;
  readonly #alone: number;
  /** Deaths of those that go. */
  readonly #deaths = new Map<string, number>();
  #waiting: { readonly id: string; readonly deaths: number }[] = [];
  /** Who began last and has to show that it does no harm. */
  #now: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** They did no harm before the next one began: its death is not theirs. */
  #passed: string[] = [];

  constructor(journal: Pick<Journal, 'set'>, begin: (id: string) => void, alone = ALONE) {
    this.#journal = journal;
    this.#begin = begin;
    this.#alone = alone;
  }

  /** Begun now, or when those before it have shown that it is not they. */
  admit({ id, deaths }: Pick<TransferRow, 'id' | 'deaths'>): void {
    if (this.#now === id || this.#waiting.some((one) => one.id === id)) return;
    if (deaths > 0) this.#deaths.set(id, deaths);
    if (deaths < SUSPECT) return this.#begin(id);
    this.#waiting.push({ id, deaths });
    this.#waiting.sort((a, b) => a.deaths - b.deaths);
    if (this.#now === undefined) this.#next();
  }

  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** A file of it came to its end: it is not the reason. */
  moved(id: string): void {
    if (this.#deaths.delete(id)) this.#journal.set(id, { deaths: 0 });
    if (this.#now === id) this.#next();
  }

  /** It goes no longer, whyever. */
  left(id: string): void {
    this.#waiting = this.#waiting.filter((one) => one.id !== id);
    this.#passed = this.#passed.filter((one) => one !== id);
    this.#deaths.delete(id);
    if (this.#now === id) this.#next();
  }

  /** Nothing is written from here on. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#passed = [];
  }

  #next(): void {
    clearTimeout(this.#timer);
    if (this.#now !== undefined && this.#deaths.has(this.#now)) {
      this.#passed.push(this.#now);
      this.#journal.set(this.#now, { going: false });
    }
    this.#now = this.#waiting.shift()?.id;
    if (this.#now === undefined) {
      // All go: from here on nobody can tell whose death it was.
      for (const id of this.#passed.splice(0)) this.#journal.set(id, { going: true });
      return;
    }
    this.#timer = setTimeout(() => this.#next(), this.#alone);
    this.#begin(this.#now);
  }
}

/** What this transfer is stopped with, when it has to be. */
export function setAside({ deaths, state, instance }: Pick<TransferRow, 'deaths' | 'state' | 'instance'>): RucioError | undefined {
  if (deaths < SET_ASIDE || state !== 'running') return undefined;
  return new RucioError('serverError', `The lake service on this machine ended ${deaths} times while it worked on this transfer. It was set aside, so that others go on; what has been moved so far is kept.`, { subject: instance, exceptionClass: 'SetAside' });
}
