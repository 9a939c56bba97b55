// Which variables a terminal of ours gets, beside those that the machine sets itself.
import { OWN_VARIABLES, withoutOurs } from '../../client/environment.ts';
import type { ProgramEnvironment } from '../../protocol.ts';

type Variables = Readonly<Record<string, string>>;

export interface Offered {
  /** Empty where nobody is signed in, or all was left to the machine. */
  readonly variables: Variables;
  /** What the machine sets itself, and so was left as it is. */
  readonly left: readonly string[];
}

/** They belong together: an account of ours beside a configuration of somebody else's is nobody's sign-in. */
const CLIENT = ['RUCIO_CONFIG', 'RUCIO_ACCOUNT', 'RUCIO_AUTH_TYPE'];

/**
 * `env`: of this window's own process. `chosen`: a person said whose sign-in terminals have, so that comes first; else what the
 * machine sets stays.
 */
export function offered({ variables }: Pick<ProgramEnvironment, 'variables'>, env: Readonly<Record<string, string | undefined>>, chosen: boolean): Offered {
  const machine = withoutOurs(env);
  const set = (name: string): boolean => (machine[name] ?? '') !== '';
  const left = chosen ? [] : Object.keys(variables).filter(set);
  const client = left.some((name) => CLIENT.includes(name));
  const kept = Object.entries(variables).filter(([name]) => !left.includes(name) && !(client && (CLIENT.includes(name) || name === 'RUCIO_VO')));
  const names = kept.map(([name]) => name);
  return { left, variables: names.length === 0 ? {} : { ...Object.fromEntries(kept), [OWN_VARIABLES]: names.join(',') } };
}
