// How much one storage is asked to do at once: more as long as that moves more, half of it when the storage says that it is too much (503, 429, a
// silence, a connection refused). In weights (budget.ts).

/** What it begins with, and the bounds. */
const START = 12;
const LEAST = 1;
export const MOST = 24;
/** ms that are looked at together. */
const PERIOD = 2000;
/** Periods for which it stays as it is after a step up that moved no more, or after trouble. */
const HOLD = 8;
/** What a step up has to move more, as a factor. */
const MORE = 1.05;
/** A file's requests take time whatever its size: as much as so many bytes. */
const FILE = 500_000;
/** ms: complaints of requests that were under way together are one. */
const TOGETHER = 1000;

export class Pace {
  readonly #now: () => number;
  #limit = START;
  #since: number;
  #worth = 0;
  #wanted = false;
  #before: { readonly limit: number; readonly rate: number } | undefined;
  #hold = 0;
  #trouble = -Infinity;

  /** `now`: ms of a clock that never jumps. */
  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  get limit(): number {
    return this.#limit;
  }

  moved(bytes: number): void {
    this.#worth += bytes;
    this.#look();
  }

  ended(): void {
    this.moved(FILE);
  }

  /** Somebody waits only because of this limit. */
  wanted(): void {
    this.#wanted = true;
  }

  trouble(): void {
    const now = this.#now();
    if (now - this.#trouble < TOGETHER) return;
    this.#trouble = now;
    this.#limit = Math.max(LEAST, this.#limit >> 1);
    this.#hold = HOLD;
    this.#before = undefined;
    this.#begin(now);
  }

  #look(): void {
    const now = this.#now();
    if (now - this.#since < PERIOD) return;
    const rate = this.#worth / (now - this.#since);
    const wanted = this.#wanted;
    this.#begin(now);
    if (!wanted) {
      this.#before = undefined; // it was never full: nothing is known of its limit
    } else if (this.#hold > 0) this.#hold--;
    else if (this.#before && rate < this.#before.rate * MORE) {
      this.#limit = this.#before.limit;
      this.#before = undefined;
      this.#hold = HOLD;
    } else if (this.#limit < MOST) {
      this.#before = { limit: this.#limit, rate };
      this.#limit = Math.min(MOST, this.#limit + (this.#limit < 4 ? 1 : 2));
    }
  }

  #begin(now: number): void {
    this.#since = now;
    this.#worth = 0;
    this.#wanted = false;
  }
}
