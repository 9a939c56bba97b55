// An event that knows nothing of VS Code, so that models can be tested without it.

export interface Disposable { dispose(): void }
export type Event<T> = (listener: (value: T) => void) => Disposable;

export class Signal<T> {
  readonly #listeners = new Set<(value: T) => void>();

  readonly event: Event<T> = (listener) => {
    // Each subscription is one of its own, even of the same function.
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    return { dispose: () => void this.#listeners.delete(own) };
  };

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
