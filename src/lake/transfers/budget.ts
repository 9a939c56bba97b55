// How many files move at once, over all transfers: a dozen small ones, or four large ones, or a mixture.

const ALL = 12;
const MB = 1_000_000;

export class Budget {
  #left = ALL;
  readonly #waiting: { readonly weight: number; readonly go: () => void }[] = [];

  /** Resolves when there is room for a file of so many bytes; gives the way to make room again. First come, first served. */
  async take(bytes: number): Promise<() => void> {
    const weight = bytes < 4 * MB ? 1 : bytes < 64 * MB ? 2 : 3;
    await new Promise<void>((go) => {
      this.#waiting.push({ weight, go });
      this.#next();
    });
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#left += weight;
      this.#next();
    };
  }

  #next(): void {
    for (let first = this.#waiting[0]; first && first.weight <= this.#left; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#left -= first.weight;
      first.go();
    }
  }
}
