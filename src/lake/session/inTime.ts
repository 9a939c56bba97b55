// Renews a token before its end by itself, where one that has ended is lost for good: then the next call may come too late.

/** Of setTimeout, ms. */
const LONGEST = 2 ** 31 - 1;
/** ms; what ends this soon is left to its end. */
const SHORTEST = 1000;

export class InTime {
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** In place of what was set before: calls `renew` some `margin` ms before the end (ms since 1970), and again, ever sooner, while it answers that the token is still the same. */
  set(endsAt: number, margin: number, renew: () => Promise<boolean>): void {
    this.clear();
    const left = endsAt - this.#now();
    if (left < SHORTEST) return;
    const timer = this.#timer = setTimeout(() => {
      void renew().then((same) => {
        if (same && this.#timer === timer) this.set(endsAt, margin, renew);
      });
    }, Math.min(Math.max(left - margin, left / 2), LONGEST)).unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
