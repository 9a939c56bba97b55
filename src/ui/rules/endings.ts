// How *Make Available* ended, in words: for one DID, and for several in one sentence.
import type { AvailabilityInfo, MakeAvailablePreview, RuleProgress } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { bytesText, count, didText, stateWords } from '../explorer/words.ts';
import { progressText, progressWords } from './words.ts';

export interface Ending {
  /** `available`: can be read here now. `info`: goes on by itself. */
  readonly look: 'available' | 'info' | 'warning' | 'error';
  readonly text: string;
  readonly did?: DidRef;
  /** What *Show Rule* shows. */
  readonly ruleId?: string;
}

export interface Ended {
  readonly did: DidRef;
  readonly progress: RuleProgress;
  /** What was granted and differs from what was asked. */
  readonly notes: readonly string[];
  /** No longer watched, while it goes on. */
  readonly left: boolean;
  readonly preview?: MakeAvailablePreview;
  /** How it looks here, once the rule is OK; undefined when it could not be looked at. */
  readonly here?: AvailabilityInfo;
  /** The rule is not about what can be read here. */
  readonly elsewhere?: boolean;
}

export function endingOf({ did, progress, notes, left, preview, here, elsewhere }: Ended): Ending {
  const { rule } = progress;
  const name = didText(did);
  const ending = (look: Ending['look'], ...sentences: string[]): Ending => ({ did, ruleId: rule.id, look, text: [...sentences, ...notes].filter(Boolean).join(' ') });
  if (left) return ending('info', `${name} is no longer watched (${progressText(progress)}). Its rule goes on at the data lake.`);
  if (rule.state === 'OK' && elsewhere) return ending('info', `The rule for ${name} is OK: its data is at ${rule.rse_expression}${sizeOf(preview, rule.locks_ok_cnt)}.`);
  if (rule.state === 'OK') {
    if (!here || here.state === 'available') return ending('available', `${name} is available${sizeOf(preview, rule.locks_ok_cnt)}.`);
    const words = stateWords(here);
    return ending('warning', `The rule for ${name} is OK, but here it is: ${words.title}.`, words.meaning, here.looked);
  }
  const words = progressWords(progress);
  const why = rule.error ? `Rucio says: “${rule.error}”.` : '';
  return ending('warning', `${name}: ${words.title}.`, words.meaning, why, words.next[0] ?? '');
}

function sizeOf(preview: MakeAvailablePreview | undefined, locks: number): string {
  const files = preview?.files ?? locks;
  const parts = [];
  if (files > 0) parts.push(count(files, 'file'));
  if (preview?.bytes != null) parts.push(bytesText(preview.bytes));
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

const LOOKS: readonly Ending['look'][] = ['error', 'warning', 'info', 'available'];

/** "2 of 3 DIDs are available. test:ds.c: Stuck. …"; what is not well is said of each, the first ones in full. */
export function summaryOf(endings: readonly Ending[]): Ending {
  const good = endings.filter(({ look }) => look === 'available');
  const others = endings.filter(({ look }) => look !== 'available');
  const look = LOOKS.find((worst) => endings.some((ending) => ending.look === worst)) ?? 'info';
  const told = others.slice(0, 3).map(({ text }) => text);
  if (others.length > told.length) told.push(`And ${others.length - told.length} more.`);
  const [first] = others;
  return {
    // Several DIDs have no one path to copy: the buttons for it would mean the first only.
    look: look === 'available' ? 'info' : look,
    text: [`${good.length} of ${count(endings.length, 'DID')} ${good.length === 1 ? 'is' : 'are'} available.`, ...told].join(' '),
    ...(first?.ruleId === undefined ? {} : { ruleId: first.ruleId }),
  };
}
