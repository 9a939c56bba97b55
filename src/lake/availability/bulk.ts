// Asking for many DIDs in one call, when one of them may spoil it.
import { RucioError } from '../../rucio/errors.ts';
import type { DID } from '../../rucio/types.ts';
import { keyOf } from './memory.ts';

/**
 * Asks for all at once. A name that the server's schema does not take (`/..`: InvalidObject) spoils the whole call: then
 * halves are asked for, until those that spoil it are found. `known` are from before, and not asked for again.
 */
export async function askInBulk(dids: readonly DID[], known: ReadonlyMap<string, RucioError>, ask: (dids: readonly DID[]) => Promise<void>): Promise<Map<string, RucioError>> {
  const failures = new Map<string, RucioError>();
  const good = dids.filter((did) => {
    const error = known.get(keyOf(did));
    if (error) failures.set(keyOf(did), error);
    return !error;
  });
  const halves = async (some: readonly DID[]): Promise<void> => {
    if (some.length === 0) return;
    try {
      await ask(some);
    } catch (error) {
      if (!RucioError.is(error, 'refused') || error.exceptionClass !== 'InvalidObject') throw error;
      if (some.length === 1) failures.set(keyOf(some[0]!), error);
      else {
        const middle = Math.ceil(some.length / 2);
        await halves(some.slice(0, middle));
        await halves(some.slice(middle));
      }
    }
  };
  await halves(good);
  return failures;
}
