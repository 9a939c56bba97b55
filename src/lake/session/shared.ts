// Work that several wait for: it goes on when one of them leaves.
import { RucioError } from '../../rucio/errors.ts';

export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new RucioError('cancelled', 'Cancelled.', { cause: signal.reason }));
    signal.addEventListener('abort', abort, { once: true });
    // First of all: nobody else may be there to hear that the work failed.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}
