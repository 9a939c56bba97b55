// How a watched rule ended, in words.
import type { Watch } from '../../protocol.ts';
import { didText } from '../explorer/words.ts';

export interface WatchWords {
  readonly look: 'information' | 'warning';
  readonly text: string;
}

export function endedWords({ did, state, error, type }: Pick<Watch, 'did' | 'state' | 'error' | 'type'>): WatchWords {
  const name = didText(did);
  const why = error ? ` Rucio says: “${error}”.` : '';
  switch (state) {
    case 'available': return { look: 'information', text: `${name} is available here.` };
    case 'empty': return { look: 'information', text: `${name} holds no files, so there is nothing to wait for.` };
    case 'stuck': return { look: 'warning', text: `${name} does not come here for now: its rule is stuck.${why} Show Rule tells what can be done.` };
    case 'suspended': return { look: 'warning', text: `${name} does not come here: its rule was suspended.${why} Show Rule tells what can be done.` };
    case 'OK': return { look: 'information', text: `The rule for ${name} is OK: all of its files are there.` };
    case 'STUCK': return { look: 'warning', text: `The rule for ${name} is stuck.${why} Show Rule tells what can be done.` };
    case 'SUSPENDED': return { look: 'warning', text: `The rule for ${name} was suspended; it does not go on by itself.${why}` };
    case 'GONE': return { look: 'warning', text: `The rule for ${name} is gone: it was denied, deleted, or it ran out.` };
    default: return { look: 'information', text: `${type ? '' : 'The rule for '}${name} has ended: ${state}.${why}` };
  }
}

/** "since 14:05": of today, else with its day. */
export function sinceText(since: number, now = Date.now()): string {
  const iso = (at: number): string => new Date(at).toISOString();
  return iso(since).slice(0, 10) === iso(now).slice(0, 10) ? `since ${iso(since).slice(11, 16)} UTC` : `since ${iso(since).slice(0, 10)}`;
}
