// What a server granted compared with what was asked of it, each difference a sentence; and times and lifetimes in words.
import type { Rule } from '../../rucio/types.ts';

export const DAY = 86_400;
/** Seconds by which a granted end may differ from the asked one before it is said. */
export const SLACK = 600;

/** What may be asked of a rule; what is left out was left to the server. `lifetime` in seconds, null = no end. */
export interface AskedRule {
  readonly copies: number;
  readonly rse_expression: string;
  readonly lifetime: number | null;
  readonly grouping?: string;
  readonly activity?: string;
  readonly comment?: string | null;
  readonly priority?: number;
  readonly source_replica_expression?: string | null;
  readonly ask_approval?: boolean;
  readonly notify?: 'Y' | 'N' | 'C' | 'P';
}

/** How a rule tells what `notify` asked for (rucio 41: db/sqla/constants.py, RuleNotification). */
const NOTIFICATION = { Y: 'YES', N: 'NO', C: 'CLOSE', P: 'PROGRESS' } as const;

/** `now` in ms since 1970: a lifetime counts from then. */
export function notesOfGranted(rule: Rule, asked: AskedRule, now: number): string[] {
  const notes = lifetimeNotes(rule, asked.lifetime, now);
  const differ = (what: string, wanted: string | number | null | undefined, given: string | number | null): void => {
    if (wanted !== undefined && (wanted ?? '') !== (given ?? '')) notes.push(`Asked for ${what} ${named(wanted)}; the server made a rule with ${named(given)}.`);
  };
  if (rule.copies !== asked.copies) notes.push(`Asked for ${asked.copies} ${asked.copies === 1 ? 'copy' : 'copies'}; the server made a rule for ${rule.copies}.`);
  if (rule.rse_expression !== asked.rse_expression) notes.push(`Asked for ${asked.rse_expression}; the server made a rule for ${rule.rse_expression}.`);
  differ('the grouping', asked.grouping, rule.grouping);
  differ('the activity', asked.activity, rule.activity);
  differ('the comment', asked.comment, rule.comments);
  differ('the priority', asked.priority, rule.priority);
  differ('the source', asked.source_replica_expression, rule.source_replica_expression);
  differ('the notification', asked.notify === undefined ? undefined : NOTIFICATION[asked.notify], rule.notification);
  if (asked.ask_approval && rule.state !== 'WAITING_APPROVAL') notes.push('Asked for approval; the server lets the rule go on without.');
  if (rule.state === 'WAITING_APPROVAL') notes.push('The rule waits until somebody approves it.');
  if (rule.state === 'INJECT') notes.push('The server takes the rule up in the background, as it is a large one.');
  return notes;
}

/** Where the end of the rule is not the one that was asked for. */
export function lifetimeNotes(rule: Pick<Rule, 'expires_at'>, lifetime: number | null, now: number): string[] {
  const ends = endOf(rule);
  if (lifetime === null) return ends === null ? [] : [`Asked for no end; the server lets the rule end on ${day(ends)}.`];
  if (ends === null) return [`Asked for ${days(lifetime)}; the server gave the rule no end.`];
  return Math.abs(ends - now - lifetime * 1000) > SLACK * 1000 ? [`Asked for ${days(lifetime)}; the server lets the rule end on ${day(ends)}.`] : [];
}

/** ms since 1970; null = no end. */
export function endOf(rule: Pick<Rule, 'expires_at'>): number | null {
  return rule.expires_at === null ? null : Date.parse(rule.expires_at);
}

/** "1 day", "2.5 days", "3 hours". */
export function days(seconds: number): string {
  const [n, unit] = Math.abs(seconds) < DAY ? [Math.round(seconds / 360) / 10, 'hour'] : [Math.round((seconds / DAY) * 10) / 10, 'day'];
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}

/** UTC, to the minute. */
export function day(ms: number): string {
  return Number.isNaN(ms) ? 'an unknown day' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function named(value: string | number | null): string {
  return value === null || value === '' ? 'none' : `“${value}”`;
}
