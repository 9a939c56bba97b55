// The words for a replication rule: its state, what that means, what to do next, how far it is. One place, so that the
// rule page, the progress and the notifications say the same.
import type { Rule, RuleProgress, RuleState } from '../../protocol.ts';
import { count } from '../explorer/words.ts';

/** How a state looks: `ok` is done, `moving` goes on by itself, `waiting` needs somebody, `bad` is in trouble. */
export type Tone = 'ok' | 'moving' | 'waiting' | 'bad';

export interface RuleWords {
  readonly tone: Tone;
  /** "Replicating". */
  readonly title: string;
  /** One sentence: what it means for the one who waits for the data. */
  readonly meaning: string;
  /** What to do, one sentence each; empty when there is nothing to do. */
  readonly next: readonly string[];
}

type StateWords = Omit<RuleWords, 'meaning'> & { readonly meaning: (rse: string) => string };

const STATES: Readonly<Record<RuleState, StateWords>> = {
  OK: { tone: 'ok', title: 'OK', meaning: (rse) => `All of its files are at ${rse}.`, next: [] },
  REPLICATING: { tone: 'moving', title: 'Replicating', meaning: (rse) => `Its files are on their way to ${rse}.`, next: [] },
  INJECT: {
    tone: 'moving', title: 'Injecting', meaning: () => 'Rucio has accepted the rule and has not started on it.',
    next: ['Nothing: Rucio starts on it by itself. Large rules, and rules with a delay, wait a while.'],
  },
  STUCK: {
    tone: 'bad', title: 'Stuck', meaning: (rse) => `Some of its files do not get to ${rse}.`,
    next: [
      'Rucio tries again by itself now and then.',
      'If the error stays the same, send it with the rule ID to the support of your data lake.',
    ],
  },
  WAITING_APPROVAL: {
    tone: 'waiting', title: 'Waiting for approval', meaning: (rse) => `Nothing is copied to ${rse} until somebody approves the rule.`,
    next: ['Whoever is responsible for the RSE has been asked. If you are in a hurry, send them the rule ID.'],
  },
  SUSPENDED: {
    tone: 'bad', title: 'Suspended', meaning: () => 'Somebody suspended the rule, or Rucio did after it had been stuck for long. It does not go on by itself.',
    next: ['Ask the support of your data lake to resume it; they need the rule ID.'],
  },
};

export function ruleWords({ state, rse_expression }: Pick<Rule, 'state' | 'rse_expression'>): RuleWords {
  // A newer Rucio may know a state that we don't: its own word is better than none.
  const words: StateWords = STATES[state] ?? { tone: 'waiting', title: String(state), meaning: () => '', next: [] };
  return { ...words, meaning: words.meaning(rse_expression) };
}

const GONE: RuleWords = {
  tone: 'bad', title: 'Gone', meaning: 'The rule was deleted, or ran out, before it was done.', next: ['Make it available again.'],
};

/** A rule that vanished while it was followed comes as its last state, not moving any more. */
export function isGone({ rule, moving }: Pick<RuleProgress, 'rule' | 'moving'>): boolean {
  return !moving && rule.state !== 'OK' && rule.state !== 'SUSPENDED';
}

/** As {@link ruleWords}, of one that vanished, too. */
export function progressWords(progress: Pick<RuleProgress, 'rule' | 'moving'>): RuleWords {
  return isGone(progress) ? GONE : ruleWords(progress.rule);
}

export interface LockCounts {
  readonly done: number;
  readonly total: number;
  readonly stuck: number;
  /** "6 of 8 files, 1 to go, 1 stuck". */
  readonly text: string;
}

type Counted = Pick<Rule, 'locks_ok_cnt' | 'locks_replicating_cnt' | 'locks_stuck_cnt' | 'copies'>;

/** A lock is one file at one RSE: with several copies there are more locks than files. undefined: there are none (yet). */
export function lockCounts({ locks_ok_cnt: done, locks_replicating_cnt: moving, locks_stuck_cnt: stuck, copies }: Counted): LockCounts | undefined {
  const total = done + moving + stuck;
  if (total === 0) return undefined;
  const parts = [`${done.toLocaleString('en-US')} of ${copies > 1 ? `${total.toLocaleString('en-US')} copies of files` : count(total, 'file')}`];
  if (moving > 0) parts.push(`${moving.toLocaleString('en-US')} to go`);
  if (stuck > 0) parts.push(`${stuck.toLocaleString('en-US')} stuck`);
  return { done, total, stuck, text: parts.join(', ') };
}

/** For a line of progress: "6 of 8 files, 2 to go"; before there are locks, the state in words. */
export function progressText({ rule }: Pick<RuleProgress, 'rule'>): string {
  return lockCounts(rule)?.text ?? ruleWords(rule).title.toLowerCase();
}
