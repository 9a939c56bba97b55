// One question on the screen at a time: the second for the same instance shares the answer of the first, one for another
// instance waits its turn (a new box would close the one that is open, and close would read as "no").

export class Questions<T> {
  readonly #open = new Map<string, Promise<T | null>>();
  #last: Promise<unknown> = Promise.resolve();
  #current: string | undefined;

  /** The instance whose question is on the screen. */
  get current(): string | undefined {
    return this.#current;
  }

  /** `ask` is called when the screen is free. null = dismissed. */
  ask(instance: string, ask: () => Promise<T | null>): Promise<T | null> {
    const open = this.#open.get(instance);
    if (open) return open;
    const mine = this.inTurn(instance, ask).finally(() => this.#open.delete(instance));
    this.#open.set(instance, mine);
    return mine;
  }

  /** Waits its turn and shares nothing. */
  inTurn<R>(instance: string, ask: () => Promise<R>): Promise<R> {
    const mine = this.#last.then(async () => {
      this.#current = instance;
      try {
        return await ask();
      } finally {
        this.#current = undefined;
      }
    });
    this.#last = mine.catch(() => undefined); // its own caller hears of it; the next one only waits for the end
    return mine;
  }
}
