// Numbers and tables for a terminal.

/** "4.1 MB"; powers of 1000, as Rucio's own tools count. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let unit = 0;
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** "90 s", "5 min", "2 h 5 min". */
export function timeText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Columns as wide as their widest cell; those in `right` end at the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd());
}

/** A table with a line of names above it. */
export function headed(names: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const [head = '', ...lines] = table([names, ...rows]);
  const widths = names.map((_, column) => Math.max(...[names, ...rows].map((row) => (row[column] ?? '').length)));
  return [head, widths.map((width) => '-'.repeat(width)).join('  '), ...lines];
}

/** "[#####-----]". `part` from 0 to 1. */
export function bar(part: number, width = 24): string {
  const full = Math.max(0, Math.min(width, Math.floor(part * width)));
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`;
}

/** "7", "7d", "12h", "0" (no end) as seconds; null = no end. undefined: none of these. */
export function daysOf(text: string): number | null | undefined {
  const [, number = '', unit = 'd'] = /^(\d+(?:\.\d+)?)([dh])?$/.exec(text.trim()) ?? [];
  if (number === '') return undefined;
  const seconds = Math.round(Number(number) * (unit === 'h' ? 3600 : 86_400));
  return seconds === 0 ? null : seconds;
}
