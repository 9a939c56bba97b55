// The words of the rows of *Rules*.
import type { Rule } from '../../protocol.ts';
import { didText } from '../explorer/words.ts';
import { lockCounts, ruleWords } from '../rules/words.ts';

const UNITS: readonly (readonly [ms: number, noun: string])[] = [[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute']];

/** "ends in 3 days", "ends within a minute", "over", "no end". `at` as Rucio writes times. */
export function expiryText(at: string | null, now = Date.now()): string {
  if (at === null) return 'no end';
  const left = Date.parse(at) - now;
  if (Number.isNaN(left)) return `ends ${at}`;
  if (left <= 0) return 'over';
  for (const [ms, noun] of UNITS) {
    const n = Math.floor(left / ms);
    if (n >= 1) return `ends in ${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;
  }
  return 'ends within a minute';
}

/** Never 100 before it is. */
export function percentText(rule: Rule): string | undefined {
  const counts = lockCounts(rule);
  return counts && rule.state !== 'OK' ? `${Math.floor((counts.done / counts.total) * 100)} %` : undefined;
}

/** "42 % · EULAKE-1 · ends in 3 days": what is waited for first, as the view is narrow; whose, where it is not mine. */
export function ruleDescription(rule: Rule, mine: string | undefined, now = Date.now()): string {
  return [percentText(rule), rule.rse_expression, expiryText(rule.expires_at, now), rule.account === mine ? undefined : `of ${rule.account}`].filter(Boolean).join(' · ');
}

/** For screen readers. */
export function ruleLabel(rule: Rule, mine: string | undefined, now = Date.now()): string {
  return [`rule for ${didText(rule)}`, ruleWords(rule).title, `at ${rule.rse_expression}`, lockCounts(rule)?.text, expiryText(rule.expires_at, now), rule.account === mine ? undefined : `of ${rule.account}`].filter(Boolean).join(', ');
}

/** "3", "200+": what was read. */
export const countText = (size: number, more: boolean): string => `${size.toLocaleString('en-US')}${more ? '+' : ''}`;
