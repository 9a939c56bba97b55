// Work that several wait for: it is done once for all of them, and goes on when one of them leaves.
import { RucioError } from '../../rucio/errors.ts';

export class Shared<T> {
  readonly #work: () => Promise<T>;
  #flight: Promise<T> | undefined;

  constructor(work: () => Promise<T>) {
    this.#work = work;
  }

  get isUnderWay(): boolean {
    return this.#flight !== undefined;
  }

  /** What comes of the work that is under way, else of a new one. @throws RucioError cancelled when `signal` says so first. */
  join(signal?: AbortSignal): Promise<T> {
    const flight = this.#flight ??= this.#work().finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
    return untilAborted(flight, signal);
  }

  /** It goes on for those who wait for it; whoever comes next begins anew. */
  leave(): void {
    this.#flight = undefined;
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new RucioError('cancelled', 'Cancelled.', { cause: signal.reason }));
    signal.addEventListener('abort', abort, { once: true });
    // First of all: nobody else may be there to hear that the work failed.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}
