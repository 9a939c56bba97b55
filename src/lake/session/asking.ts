// Asks a person for credentials, and again while the server does not take them.
import { RucioError } from '../../rucio/errors.ts';
import type { Why } from './hub.ts';
import { heldBy, type KeptWay } from './kept.ts';
import type { Held } from './podSignIn.ts';
import type { SessionOptions } from './options.ts';
import type { NamedWay } from './ways.ts';

/** Wrong ones may be typed so often before the question counts as dismissed. */
const TRIES = 3;

export interface Asking {
  readonly ask: NonNullable<SessionOptions['ask']>;
  readonly kept: KeptWay;
  /** What the session holds now. */
  readonly held: () => Held | undefined;
  /** Nobody signed in or out since the question was put. */
  readonly isCurrent: () => boolean;
  readonly accept: (held: Held, way: NamedWay) => void;
  /** What somebody's sign-in or sign-out meanwhile came to. @throws RucioError signInNeeded when they signed out. */
  readonly decided: () => Held;
}

/** What came of it; a reason: it was dismissed. `first`: why a person is needed. Fails when the server can't be asked. */
export async function askPerson(first: string, { ask, kept, held, isCurrent, accept, decided }: Asking): Promise<Held | Why> {
  let reason = first;
  for (let tries = 0; tries < TRIES; tries++) {
    const credentials = await ask(reason, await kept.methods());
    // Somebody signed in another way while the question stood, or a token came.
    const there = held();
    if (there && (!isCurrent() || !credentials)) return there;
    if (!credentials) break;
    const way = kept.from(credentials);
    try {
      const fresh = heldBy(way, await way.signIn());
      // What was typed does not take the place of what came meanwhile, nor is it kept.
      if (!isCurrent()) return decided();
      accept(fresh, way);
      await kept.remember(way);
      return fresh;
    } catch (error) {
      if (RucioError.is(error, 'signInNeeded', 'cancelled')) break; // of several accounts none was chosen: dismissed
      if (!RucioError.is(error, 'wrongCredentials', 'badInput') || !isCurrent()) {
        // The server did not get to see it: what was typed need not be typed again.
        if (isCurrent()) kept.tryLater(way);
        throw error;
      }
      reason = error.message;
    }
  }
  return { text: reason };
}
