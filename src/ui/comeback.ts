// Brings the lake service back when it went away under somebody who looks at something, or waits for it. One that dies as soon as it
// is back is left alone for a while.
import type { ConnectionState } from '../client/client.ts';
import { type Clock, systemClock } from './tree/coalesce.ts';

/** ms; what else may bring it back comes first. */
const SOON = 300;
/** ms; one that lived no longer is started again only after as long. */
const SHORT_LIFE = 10_000;

export interface ComebackOptions {
  /** Whether somebody needs it now. */
  readonly wanted: () => boolean;
  /** Asks the service something, which starts it. */
  readonly ask: () => void;
  readonly clock?: Clock;
  readonly now?: () => number;
}

export class Comeback {
  readonly #options: ComebackOptions;
  readonly #clock: Clock;
  readonly #now: () => number;
  #connectedAt = 0;
  #timer: unknown;

  constructor(options: ComebackOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#now = options.now ?? Date.now;
  }

  onConnection(state: ConnectionState): void {
    if (state === 'connected') this.#connectedAt = this.#now();
    if (state !== 'idle' || !this.#options.wanted()) return;
    const wait = this.#now() - this.#connectedAt < SHORT_LIFE ? SHORT_LIFE : SOON;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#options.ask(), wait);
  }

  dispose(): void {
    this.#clock.clearTimeout(this.#timer);
  }
}
