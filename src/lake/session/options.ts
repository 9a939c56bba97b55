// What a session is made of; what is left out is as usual.
import { checkToken } from '../../rucio/auth/token.ts';
import { signInUserpass } from '../../rucio/auth/userpass.ts';
import type { People } from '../../rucio/auth/way.ts';
import type { Transport } from '../../rucio/transport.ts';
import type { Credentials, Instance } from '../types.ts';
import type { HubTokens } from './hub.ts';
import type { SecretStore } from './kept.ts';
import { KnownTokens } from './knownTokens.ts';
import type { SignInCalls } from './ways.ts';

export interface SessionOptions {
  readonly instance: Instance;
  readonly transport: Transport;
  readonly secrets: SecretStore;
  /** null = dismissed. `reason` is a sentence for a person; `methods` are those on offer. */
  readonly ask?: (reason: string, methods: readonly Credentials['method'][]) => Promise<Credentials | null>;
  readonly people?: People;
  /** The variables that the client handed over; see Session.useEnvironment. */
  readonly environment?: (name: string) => string | undefined;
  readonly hub?: HubTokens;
  /** Tokens of a pod that need not be asked about. */
  readonly known?: KnownTokens;
  /** ms for which a refused token of the pod is not sent again, and no new one is asked for where each is refused as it comes. */
  readonly coolDownMs?: number;
  /** ms before its end at which a token is renewed. */
  readonly marginMs?: number;
  /** Default: the server's time. */
  readonly now?: () => number;
  readonly calls?: SignInCalls;
}

export type WholeOptions = Required<Omit<SessionOptions, 'ask' | 'environment' | 'hub'>> & SessionOptions;

export function whole(options: SessionOptions): WholeOptions {
  return { coolDownMs: 60_000, marginMs: 60_000, now: options.transport.clock.now, calls: { userpass: signInUserpass, check: checkToken }, ...options, people: options.people ?? {}, known: options.known ?? new KnownTokens() };
}
