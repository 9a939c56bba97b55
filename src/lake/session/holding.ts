// The token that a session holds: since when, how long it is good for, and when one looks for a better one.
import type { Held } from './podSignIn.ts';

/** Shortly before a token's end, when nothing better is to be had: so often is looked again. ms. */
const LOOK_AGAIN = 2000;

export class Holding {
  readonly #now: () => number;
  readonly #marginMs: number;
  #held: Held | undefined;
  #since = 0;
  #lookedAt = -LOOK_AGAIN;

  constructor({ now, marginMs }: { readonly now: () => number; readonly marginMs: number }) {
    this.#now = now;
    this.#marginMs = marginMs;
  }

  get held(): Held | undefined {
    return this.#held;
  }

  take(held: Held): void {
    this.#held = held;
    this.#since = this.#now();
  }

  drop(): void {
    this.#held = undefined;
  }

  /** It need not be renewed, or a moment ago there was nothing better. */
  isGood(held: Held): boolean {
    return held.expiresAt === undefined || held.expiresAt - this.margin(held) > this.#now() || this.#lookedJustNow(held.expiresAt);
  }

  /** Nothing better came: what is held is good until its end. */
  isGoodYet(held: Held): boolean {
    if (held.expiresAt !== undefined && held.expiresAt <= this.#now()) return false;
    this.#lookedAt = this.#now();
    return true;
  }

  /** Of a token's life, ms; less of a short one. */
  margin(held: Held): number {
    return held.expiresAt === undefined ? 0 : Math.min(this.#marginMs, (held.expiresAt - this.#since) / 4);
  }

  #lookedJustNow(expiresAt: number): boolean {
    const now = this.#now();
    return expiresAt > now && now - this.#lookedAt < LOOK_AGAIN;
  }
}
