// What a person types for a rule, understood: lifetimes in days, words or dates; numbers; texts. Knows nothing of VS Code.

export const DAY = 86_400;
/** rucio 41: common/schema/generic.py, COMMENT */
export const LONGEST_COMMENT = 250;
/** An end further away is a slip of the finger: the server's dates go no further than the year 9999. */
const LONGEST_DAYS = 36_500;

export type Understood<T> = { readonly value: T } | { readonly problem: string };

const UNITS: Readonly<Record<string, number>> = { h: 3600, hour: 3600, hours: 3600, d: DAY, day: DAY, days: DAY, w: 7 * DAY, week: 7 * DAY, weeks: 7 * DAY, month: 30 * DAY, months: 30 * DAY, year: 365 * DAY, years: 365 * DAY };
const NO_END = new Set(['no end', 'none', 'never', 'no', 'forever', 'no lifetime']);

/** "7", "7 days", "12 h", "no end", "2026-12-24", "2026-12-24 18:00" (UTC) as seconds from `now` (ms since 1970); null = no end. */
export function parseLifetime(text: string, now: number): Understood<number | null> {
  const typed = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (typed === '') return { problem: 'Type a number of days, a date, or “no end”.' };
  if (NO_END.has(typed)) return { value: null };
  const span = /^(\d+(?:[.,]\d+)?) ?([a-z]*)$/.exec(typed);
  if (span) {
    const unit = span[2] === '' ? DAY : UNITS[span[2]!];
    if (unit === undefined) return { problem: `“${span[2]}” is no unit: use hours, days, weeks or months.` };
    return inBounds(Math.round(Number(span[1]!.replace(',', '.')) * unit));
  }
  const date = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{1,2}):(\d{2}))?(?: ?(?:z|utc))?$/.exec(typed);
  if (!date) return { problem: 'Type a number of days (7), a span (12 hours, 2 weeks), a date (2026-12-24), or “no end”.' };
  const [year, month, dayOfMonth, hour, minute] = date.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number, number];
  const at = Date.UTC(year, month - 1, dayOfMonth, hour, minute);
  const back = new Date(at);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== dayOfMonth || hour > 23 || minute > 59) return { problem: 'There is no such date.' };
  if (at <= now) return { problem: 'That date is past.' };
  return inBounds(Math.round((at - now) / 1000));
}

function inBounds(seconds: number): Understood<number> {
  if (seconds <= 0) return { problem: 'It must last longer than that.' };
  return seconds > LONGEST_DAYS * DAY ? { problem: 'That is longer than 100 years: type “no end” instead.' } : { value: seconds };
}

/** For a box that {@link parseLifetime} reads again: "7 days", "1.5 days", "12 hours", "no end". */
export function lifetimeText(seconds: number | null): string {
  if (seconds === null) return 'no end';
  const whole = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? '' : 's'}`;
  return seconds >= DAY ? whole(Math.round((seconds / DAY) * 100) / 100, 'day') : whole(Math.round((seconds / 3600) * 100) / 100, 'hour');
}

/** `of` as in "copies"; a whole number from `least` to `most`. */
export function parseWhole(text: string, of: string, least: number, most: number): Understood<number> {
  const typed = text.trim();
  const value = Number(typed);
  if (!/^\d{1,9}$/.test(typed)) return { problem: `Type a whole number of ${of}.` };
  if (value < least) return { problem: `At least ${least}.` };
  return value > most ? { problem: `At most ${most}.` } : { value };
}

export function commentProblem(text: string): string | undefined {
  // The server counts code points, as Python does.
  const length = [...text.trim()].length;
  return length > LONGEST_COMMENT ? `${length - LONGEST_COMMENT} characters too long: the server keeps ${LONGEST_COMMENT}.` : undefined;
}

/** Those of Rucio's generic schema (rucio 41: common/schema/generic.py, ACTIVITY); a community may have others. */
export const ACTIVITIES = [
  'User Subscriptions', 'Analysis Input', 'Analysis Output', 'Data Brokering', 'Data Challenge', 'Data Consolidation', 'Data Rebalancing', 'Debug', 'Express',
  'Functional Test', 'Group Subscriptions', 'Production Input', 'Production Output', 'Staging', 'T0 Export', 'T0 Tape', 'Upload/Download (Job)', 'Upload/Download (User)',
] as const;
