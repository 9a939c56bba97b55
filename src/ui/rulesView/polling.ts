// Looks again while somebody can see it: soon after something changed, ever more seldom while nothing does, not at all otherwise.
import { type Clock, systemClock } from '../tree/coalesce.ts';

export interface PollingOptions {
  /** Answers whether anything changed. Never rejects. */
  readonly look: () => Promise<boolean>;
  /** ms. */
  readonly soon?: number;
  readonly slowest?: number;
  readonly clock?: Clock;
}

export class Polling {
  readonly #options: Required<PollingOptions>;
  #timer: unknown;
  #on = false;
  #wait: number;

  constructor(options: PollingOptions) {
    this.#options = { soon: 5_000, slowest: 60_000, clock: systemClock, ...options };
    this.#wait = this.#options.soon;
  }

  set(on: boolean): void {
    if (on === this.#on) return;
    this.#on = on;
    this.#options.clock.clearTimeout(this.#timer);
    this.#wait = this.#options.soon;
    if (on) this.#plan();
  }

  #plan(): void {
    this.#timer = this.#options.clock.setTimeout(() => void this.#look(), this.#wait);
  }

  async #look(): Promise<void> {
    const changed = await this.#options.look();
    this.#wait = changed ? this.#options.soon : Math.min(this.#wait * 1.5, this.#options.slowest);
    if (!this.#on) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#plan();
  }
}
