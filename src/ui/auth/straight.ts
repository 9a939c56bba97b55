// A sign-in that goes straight to the log-in page of one's institute: most come to a lake with such a provider by it. Other ways are on offer beside it.
import { isCancelled, toFailure } from '../failures.ts';

/** Those on the screen, by instance. */
const going = new Map<string, { another: boolean }>();

/** `another`: another way is wanted, or needed: `why`, in words. */
export type Went = { readonly how: 'signedIn' } | { readonly how: 'dismissed' } | { readonly how: 'another'; readonly why?: string };

export async function goStraight(instance: string, attempt: () => PromiseLike<void>): Promise<Went> {
  const mine = { another: false };
  going.set(instance, mine);
  try {
    await attempt();
    return { how: 'signedIn' };
  } catch (error) {
    const failure = toFailure(error);
    if (mine.another) return { how: 'another' };
    return isCancelled(failure) ? { how: 'dismissed' } : { how: 'another', why: failure.what };
  } finally {
    going.delete(instance);
  }
}

/** For the box before the page; undefined where that page was asked for by its name. */
export function anotherWay(instance: string): (() => void) | undefined {
  const mine = going.get(instance);
  return mine && (() => { mine.another = true; });
}
