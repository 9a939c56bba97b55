// The line above the tree: the connection, where states could not be looked up, and which DIDs are shown.
import type { ConnectionState } from '../../client/client.ts';
import type { DIDFilter, Failure } from '../../protocol.ts';
import { failureWords } from '../failures.ts';
import { filterWords } from './words.ts';

export interface ViewFacts {
  readonly connection: ConnectionState;
  readonly filter: DIDFilter;
  /** By display name of the instance. */
  readonly unknownStates: ReadonlyMap<string, Failure>;
}

export function viewMessage({ connection, filter, unknownStates }: ViewFacts): string | undefined {
  const lines = [];
  if (connection === 'reconnecting') lines.push('Reconnecting to the lake service…');
  if (connection === 'failed') lines.push('The lake service does not answer; what is shown may be old. Refresh tries again.');
  for (const [instance, failure] of unknownStates) lines.push(`States at ${instance} not known: ${failureWords(failure).short}.`);
  if (filter !== 'all') lines.push(`Scopes show ${filterWords[filter].only}.`);
  return lines.length > 0 ? lines.join('\n') : undefined;
}
