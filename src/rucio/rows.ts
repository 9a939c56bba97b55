// What the server sends is looked at where it comes in: the few fields that everything rests on are there, or the answer is no Rucio's.
import { RucioError } from './errors.ts';

/** Each row is an object with these fields as texts (with no `texts`: anything). `before`: rows checked earlier, for the place in the error. */
export function checkRows(rows: readonly unknown[], texts: readonly string[], before: number, request: string): void {
  if (texts.length === 0) return;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Record<string, unknown> | null;
    if (typeof row !== 'object' || row === null) throw wrong(`row ${before + i + 1} is no object`, request);
    for (const text of texts) {
      if (typeof row[text] !== 'string') throw wrong(`row ${before + i + 1} has no text “${text}”`, request);
    }
  }
}

/** `value` is an object with these fields as texts. */
export function checkObject<T>(value: unknown, texts: readonly string[], request: string): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('it is no object', request);
  for (const text of texts) {
    if (typeof (value as Record<string, unknown>)[text] !== 'string') throw wrong(`it has no text “${text}”`, request);
  }
  return value as T;
}

/** `value` is a list of texts. */
export function checkTexts(value: unknown, request: string): string[] {
  if (!Array.isArray(value)) throw wrong('it is no list', request);
  const at = value.findIndex((one) => typeof one !== 'string');
  if (at >= 0) throw wrong(`its item ${at + 1} is no text`, request);
  return value as string[];
}

function wrong(what: string, request: string): RucioError {
  return new RucioError('notRucio', `The answer to ${request} is not as Rucio's are: ${what}.`, { request });
}
