// A question for credentials, and what may be remembered of its answer.
import type { Credentials } from '../../protocol.ts';

/** What may be remembered of an answer: nothing secret. */
export interface Remembered {
  readonly method: Credentials['method'];
  readonly username?: string;
  readonly account?: string;
  /** Paths. */
  readonly certificate?: string;
  readonly key?: string;
}

export function remembered(credentials: Credentials): Remembered {
  if (credentials.method === 'token') return { method: 'token' };
  if (credentials.method === 'userpass') {
    const { password: _secret, ...rest } = credentials;
    return rest;
  }
  if (credentials.method === 'x509' || credentials.method === 'ssh') {
    const { passphrase: _secret, ...rest } = credentials;
    return rest;
  }
  return credentials;
}

export interface CredentialsQuestion {
  readonly displayName: string;
  /** Why it is asked, in the service's words; shown in every step. */
  readonly reason?: string;
  /** On offer, the best first. */
  readonly methods: readonly Credentials['method'][];
  /** Where a ready token would come from, in words; then "take that" is offered first. */
  readonly ready?: string;
  /** The last answer: asked again, only the secret is typed anew. */
  readonly last?: Remembered;
  /** What is filled in beforehand, with the method still to be chosen. */
  readonly known?: Omit<Remembered, 'method'>;
  /** Tries them; the words of what is wrong keep the last box open. */
  readonly check?: (credentials: Credentials) => Promise<string | undefined>;
}
