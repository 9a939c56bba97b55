// What is told in bursts is read again one time after the other, and only while somebody can see it: a reading that is asked for anew before it
// ended would never end.
import { type Clock, systemClock } from '../tree/coalesce.ts';

export interface RereadingOptions {
  readonly seen: () => boolean;
  /** Never rejects. */
  readonly read: () => Promise<void>;
  /** ms from the end of one reading to the next. */
  readonly pause?: number;
  readonly clock?: Clock;
}

export class Rereading {
  readonly #options: Required<RereadingOptions>;
  /** Something changed since the last reading began. */
  #due = false;
  #busy = false;
  #timer: unknown;

  constructor(options: RereadingOptions) {
    this.#options = { pause: 1000, clock: systemClock, ...options };
  }

  /** Something changed. */
  hear(): void {
    this.#due = true;
    this.look();
  }

  /** It may be seen now: what was missed is read. */
  look(): void {
    if (this.#due && !this.#busy && this.#options.seen()) void this.#read();
  }

  dispose(): void {
    this.#busy = true;
    this.#options.clock.clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    const { read, clock, pause } = this.#options;
    this.#busy = true;
    this.#due = false;
    await read();
    this.#timer = clock.setTimeout(() => {
      this.#busy = false;
      this.look();
    }, pause);
  }
}
