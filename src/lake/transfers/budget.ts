// How many files move at once, over all transfers: a dozen small ones, or four large ones, or a mixture.

const ALL = 12;
const MB = 1_000_000;

interface Waiting { readonly weight: number; readonly of: string; readonly go: () => void }

export class Budget {
  #left = ALL;
  #closed = false;
  #waiting: Waiting[] = [];
  readonly #untilEmpty: (() => void)[] = [];

  /** Those that were put before the others, the last one first. */
  #front: readonly string[] = [];

  /** What waits for `of` goes before all others from now on. */
  first(of: string): void {
    this.#front = [of, ...this.#front.filter((other) => other !== of)].slice(0, 100);
  }

  /** Resolves when there is room for a file of so many bytes, or when `signal` ends; gives the way to make room again. First come, first served, but for {@link first}. */
  async take(bytes: number, signal?: AbortSignal, of = ''): Promise<() => void> {
    const weight = bytes < 4 * MB ? 1 : bytes < 64 * MB ? 2 : 3;
    let taken = false;
    await new Promise<void>((resolve) => {
      const waiting: Waiting = {
        weight, of,
        go: () => {
          taken = true;
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        resolve();
        this.#next(); // who stood behind a large one
      };
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#next();
    });
    return () => {
      if (!taken) return;
      taken = false;
      this.#left += weight;
      this.#next();
      if (this.#left === ALL) for (const told of this.#untilEmpty.splice(0)) told();
    };
  }

  /** Nobody is let in any more. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when nobody is in. */
  async empty(): Promise<void> {
    if (this.#left < ALL) await new Promise<void>((resolve) => { this.#untilEmpty.push(resolve); });
  }

  #foremost(): Waiting | undefined {
    for (const wanted of this.#front) {
      const found = this.#waiting.find(({ of }) => of === wanted);
      if (found) return found;
    }
    return this.#waiting[0];
  }

  #next(): void {
    for (let first = this.#foremost(); !this.#closed && first && first.weight <= this.#left; first = this.#foremost()) {
      this.#waiting.splice(this.#waiting.indexOf(first), 1);
      this.#left -= first.weight;
      first.go();
    }
  }
}
