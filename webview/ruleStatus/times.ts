// Times for people: in their own zone and language, with how far away it is; the exact one in UTC on the tooltip.

const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [['year', 365 * 86_400_000], ['month', 30 * 86_400_000], ['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]];

export const localTime = (at: number): string => LOCAL.format(at);
export const clockTime = (at: number): string => CLOCK.format(at);

/** "in 6 days", "2 hours ago", "now". */
export function relativeTime(at: number, now: number): string {
  const away = at - now;
  const [unit, ms] = UNITS.find(([, size]) => Math.abs(away) >= size) ?? ['minute', 60_000];
  return unit === 'minute' && Math.abs(away) < ms ? 'now' : RELATIVE.format(Math.round(away / ms), unit);
}

/** "2026-11-29 14:03:07 UTC". */
export const universalTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
