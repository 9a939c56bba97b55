// A keeper of files for other programs, for one sign-in of the service's.
import path from 'node:path';
import { TokenExchange } from '../../rucio/auth/tokenExchange.ts';
import type { Clock } from '../../rucio/clock.ts';
import { type LakeOptions, transportOf } from '../lake.ts';
import type { Environment } from '../session/podTokens.ts';
import { ProgramKeeper, type SignIn } from './keeper.ts';
import { PodFiles } from './podFiles.ts';

export interface OpenKeeperOptions {
  /** The service's own; the files lie in a folder of this one, by `key`. */
  readonly state: string;
  /** The session's. */
  readonly key: string;
  /** Of the newest client. */
  readonly environment: Environment;
  readonly onProblem: (problem: string) => void;
  readonly log: (message: string) => void;
}

export function openKeeper(options: Pick<LakeOptions, 'instance' | 'network' | 'version' | 'log'>, session: SignIn & { readonly clock: Clock }, { state, key, environment, onProblem, log }: OpenKeeperOptions): ProgramKeeper {
  const { instance } = options;
  const transport = transportOf(options);
  const { oidcIssuer: issuer, oidcClientId: clientId } = instance;
  const exchange = issuer !== undefined && clientId !== undefined ? new TokenExchange({ issuer, clientId }, transport) : undefined;
  return new ProgramKeeper({
    instance, session, folder: path.join(state, 'programs', key), onProblem, log, onClose: () => transport.close(),
    podFiles: new PodFiles({ instance, environment, clock: session.clock, ...(exchange && { exchange }) }),
  });
}
