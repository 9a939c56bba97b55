// How a rule came along while its page looked at it: its rate, and how long it may still take.
import type { Rule } from '../../protocol.ts';
import { count } from '../explorer/words.ts';
import { lockCounts } from '../rules/words.ts';
import { timeText } from '../transfers/words.ts';
import type { HistoryView } from './messages.ts';

/** ms since 1970, files done. */
export type Point = readonly [at: number, done: number];

const MOST_POINTS = 200;
/** ms over which the rate is taken. */
const SPAN = 600_000;

/** With this look; of many, every second one goes. */
export function withPoint(history: readonly Point[], rule: Rule, at: number): readonly Point[] {
  const counts = lockCounts(rule);
  if (!counts) return history;
  const all: readonly Point[] = [...history, [at, counts.done]];
  return all.length <= MOST_POINTS ? all : all.filter((_, i) => i % 2 === 0 || i === all.length - 1);
}

/** undefined: nothing was seen to move. */
export function historyView(history: readonly Point[], rule: Rule): HistoryView | undefined {
  const counts = lockCounts(rule);
  const first = history[0];
  const last = history.at(-1);
  if (!counts || !first || !last || last[1] <= first[1]) return undefined;
  const since = history.find(([at]) => last[0] - at <= SPAN) ?? first;
  const seconds = (last[0] - since[0]) / 1000;
  const moved = last[1] - since[1];
  const left = counts.total - last[1];
  const words = [`${count(moved, 'file')} in the last ${timeText(seconds)}`];
  if (left > 0 && moved > 0) words.push(`at this rate about ${timeText((left * seconds) / moved)} more`);
  return { points: history, total: counts.total, words: `${words.join('; ')}.` };
}
