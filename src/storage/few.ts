// A few at a time of what a storage makes others wait for.
import { RucioError } from '../rucio/errors.ts';

export class Few {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /** First come, first served. @throws RucioError cancelled when the signal comes before the turn. */
  async turn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await turn(this.#waiting, signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** @throws RucioError cancelled when the signal comes before the turn. */
function turn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(new RucioError('cancelled', 'Cancelled.'));
    };
    const go = (): void => {
      signal?.removeEventListener('abort', leave);
      resolve();
    };
    if (signal?.aborted) return reject(new RucioError('cancelled', 'Cancelled.'));
    signal?.addEventListener('abort', leave, { once: true });
    waiting.push(go);
  });
}
