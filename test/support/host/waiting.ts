// Small words that journeys in the browser share: whether something appears in time, and texts as a person reads them.
import { type Locator, errors } from 'playwright-core';

/** How long something on the screen may take. Two busy cores are slow; nothing is measured here. */
export const PATIENCE_MS = 45_000;

/** What is used of an element inside the page; scripts here are checked without the browser's types. */
export interface PageElement {
  textContent: string | null;
  style: { top: string };
  getAttribute(name: string): string | null;
  /** False for what a reused row still holds from before. */
  checkVisibility(): boolean;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** Runs in the page: the words of each row of a list, label and descriptions with a space between, in their order. */
export function wordsOfRows(all: PageElement[]): string[] {
  return all.map((row) => ({ row, index: Number(row.getAttribute('data-index')), level: Number(row.getAttribute('aria-level') ?? 1) }))
    .sort((a, b) => a.index - b.index)
    .map(({ row, level }) => {
      const parts = [...row.querySelectorAll('.label-name, .label-description')].filter((part) => part.checkVisibility()).map((part) => part.textContent ?? '');
      const words = (parts.length > 0 ? parts.join(' ') : row.textContent ?? '').replaceAll(/\s+/g, ' ').trim();
      return '  '.repeat(level - 1) + words;
    });
}

export async function appears(locator: Locator, timeoutMs: number): Promise<boolean> {
  return await locator.waitFor({ timeout: timeoutMs }).then(() => true, ignoreTimeout);
}

export async function disappears(locator: Locator, timeoutMs: number): Promise<boolean> {
  return await locator.waitFor({ timeout: timeoutMs, state: 'detached' }).then(() => true, ignoreTimeout);
}

/** For what is tried again: too slow is "no", everything else is an error. */
export function ignoreTimeout(error: unknown): false {
  if (error instanceof errors.TimeoutError) return false;
  throw error;
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

export function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}\\s*$`);
}
