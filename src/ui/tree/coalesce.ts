// Gathers what comes in bursts and hands it on at most once per interval: at once when it is quiet, else at its end.

export interface Clock {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemClock: Clock = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

export class Coalescer<T> {
  readonly #interval: number;
  readonly #flush: (items: ReadonlySet<T>) => void;
  readonly #clock: Clock;
  #waiting = new Set<T>();
  #timer: unknown;

  /** @param interval ms */
  constructor(interval: number, flush: (items: ReadonlySet<T>) => void, clock: Clock = systemClock) {
    this.#interval = interval;
    this.#flush = flush;
    this.#clock = clock;
  }

  add(...items: readonly T[]): void {
    for (const item of items) this.#waiting.add(item);
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    this.#hand();
  }

  /** Hands on what waits, now. */
  flush(): void {
    if (this.#waiting.size === 0) return;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#hand();
  }

  dispose(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #hand(): void {
    const items = this.#waiting;
    this.#waiting = new Set();
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      if (this.#waiting.size > 0) this.#hand();
    }, this.#interval);
    this.#flush(items);
  }
}
