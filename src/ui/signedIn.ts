// Signs in by what lies ready, without asking anyone: looking at a view must not open dialogs.
import { type ServiceClient, ServiceFailure } from '../client/client.ts';
import { signIn } from '../protocol.ts';
import type { SessionStore } from './sessions.ts';

const signInNeeded = (instance: string) => new ServiceFailure({ kind: 'signInNeeded', what: `You are not signed in to ${instance}.`, next: 'Sign in to see its data.', actions: ['signIn'] });

/** @throws ServiceFailure signInNeeded */
export async function signedIn(client: Pick<ServiceClient, 'request'>, sessions: SessionStore, instance: string, signal: AbortSignal): Promise<void> {
  if (sessions.get(instance)?.state === 'signedIn') return;
  if (sessions.signedOutHere(instance)) throw signInNeeded(instance);
  const session = await client.request(signIn, { instance }, signal);
  sessions.hear(session);
  if (session.state !== 'signedIn') throw signInNeeded(instance);
}
