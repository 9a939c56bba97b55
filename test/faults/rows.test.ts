// The fault matrix has 53 rows, and each of them a test that has its number in its title: here, or where this table says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../support/install.ts';

const ROWS = [
  ...Array.from({ length: 18 }, (_, n) => `U${n + 1}`), ...Array.from({ length: 9 }, (_, n) => `C${n + 1}`), ...Array.from({ length: 10 }, (_, n) => `D${n + 1}`),
  ...Array.from({ length: 8 }, (_, n) => `H${n + 1}`), ...Array.from({ length: 8 }, (_, n) => `N${n + 1}`),
];

/** What other suites test besides: the file, and what the title has. */
const ELSEWHERE: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  H1: [['test/browser/transfers.test.ts', 'the tab is closed, the storage comes back, another tab is opened: it went on']],
  H3: [['test/browser/two-windows.test.ts', ''], ['test/lake/service.test.ts', 'twenty windows that start together end with one service']],
  H4: [['test/lake/rotation.test.ts', 'a refresh token that was renewed is in every window’s store, and the old one is no more']],
  H7: [['test/lake/sign-in-troubles.test.ts', 'a clock that is 10 minutes fast: what is good stays good, and what has ended is said with the reason'], ['test/lake/sign-in-troubles.test.ts', 'a clock that is 10 minutes slow: what has ended is known to have ended']],
};

const titlesOf = (file: string): string[] => [...fs.readFileSync(file, 'utf8').matchAll(/^\s*(?:test|it)\((?:(['`])((?:(?!\1).)*)\1)/gm)].map((match) => match[2]!);

test('each of the 53 rows has its test', () => {
  const here = fs.readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts')).flatMap((name) => titlesOf(path.join(import.meta.dirname, name)));
  // "C1, C3 register": a title may have several.
  const numbers = new Map<string, number>();
  for (const title of here) for (const [number] of (/^(?:[UCDHN]\d+(?:, )?)+ /.exec(title)?.[0] ?? '').matchAll(/[UCDHN]\d+/g)) numbers.set(number, (numbers.get(number) ?? 0) + 1);
  assert.equal(ROWS.length, 53);
  assert.deepEqual(ROWS.filter((row) => !numbers.has(row)), [], 'rows without a test');
  assert.deepEqual([...numbers.keys()].filter((row) => !ROWS.includes(row)), [], 'no such rows');
  for (const [row, all] of Object.entries(ELSEWHERE)) for (const [file, title] of all) assert.ok(titlesOf(path.join(root, file)).some((one) => title === '' || one === title), `${row}: ${file} has no “${title}”`);
  console.log(`the fault matrix: ${ROWS.length} rows, ${[...numbers.values()].reduce((sum, n) => sum + n, 0)} tests in this suite carry their numbers`);
});
