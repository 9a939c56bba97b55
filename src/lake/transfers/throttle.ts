// How many bytes a second all transfers together may move, as a person set it; changed while they run.

export class Throttle {
  /** Bytes a second; 0 = as fast as it goes. */
  #rate = 0;
  /** When what was let through so far has had its time; ms. */
  #until = 0;
  readonly #waiting = new Set<() => void>();

  /** Who waits now is judged by the new rate. */
  set(bytesPerSecond: number): void {
    if (bytesPerSecond === this.#rate) return;
    this.#rate = bytesPerSecond;
    this.#until = 0;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves when so many bytes may have moved: what comes later waits for what came before. Also when `signal` ends. */
  async pass(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.#rate === 0) return;
    const now = performance.now();
    // What was not used for a while is not saved up.
    this.#until = Math.max(this.#until, now) + (bytes / this.#rate) * 1000;
    if (this.#until - now < 1 || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, this.#until - now);
      signal?.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}
