// Sign-ins as last heard: from the greeting, from the service's news, and from what a person just did in this window.
import type { SessionInfo } from '../protocol.ts';
import type { Sessions } from './context.ts';
import { Signal } from './signal.ts';

export class SessionStore implements Sessions {
  readonly #sessions = new Map<string, SessionInfo>();
  readonly #signedOutHere = new Set<string>();
  readonly #changed = new Signal<SessionInfo>();
  readonly onDidChange = this.#changed.event;

  get(instance: string): SessionInfo | undefined {
    return this.#sessions.get(instance);
  }

  /** By a person, in this window: then a sign-out also means that nothing is signed in again by what lies ready. */
  set(session: SessionInfo): void {
    if (session.state === 'signedOut') this.#signedOutHere.add(session.instance);
    this.hear(session);
  }

  hear(session: SessionInfo): void {
    if (session.state === 'signedIn') this.#signedOutHere.delete(session.instance);
    this.#sessions.set(session.instance, session);
    this.#changed.fire(session);
  }

  /** An instance that was taken out of the settings has no sign-in any more. */
  keepOnly(instances: readonly string[]): void {
    for (const { instance, state } of [...this.#sessions.values()]) {
      if (state === 'signedIn' && !instances.includes(instance)) this.hear({ instance, state: 'signedOut' });
    }
  }

  signedOutHere(instance: string): boolean {
    return this.#signedOutHere.has(instance);
  }
}

/** Beside an instance's row, and in its tooltip. `asking`: what it shows is being asked for, and with that who is signed in. */
export function signInWords(session: SessionInfo | undefined, asking: boolean): { readonly beside: string; readonly spoken: string } {
  if (session?.state === 'signedIn') return { beside: session.account ?? '', spoken: `Signed in as ${session.account ?? 'an unknown account'}` };
  if (asking) return { beside: '', spoken: 'Being asked who is signed in' };
  return { beside: session ? 'not signed in' : '', spoken: 'Not signed in' };
}
