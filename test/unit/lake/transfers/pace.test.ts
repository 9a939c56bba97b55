// A storage is asked for more while that moves more, and for half when it complains; with a clock of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST, Pace } from '../../../../src/lake/transfers/pace.ts';

/** A storage that moves so many bytes a second at a limit; gives the limit after each period. */
function run(rate: (limit: number) => number, periods: number, { wanted = true, trouble = () => false }: { readonly wanted?: boolean; readonly trouble?: (limit: number) => boolean } = {}): number[] {
  let now = 0;
  const pace = new Pace(() => now);
  return Array.from({ length: periods }, () => {
    if (wanted) pace.wanted();
    now += 2000;
    if (trouble(pace.limit)) pace.trouble();
    else pace.moved(rate(pace.limit) * 2);
    return pace.limit;
  });
}

test('more as long as that moves more, up to a bound', () => {
  const limits = run((limit) => limit * 1e6, 20);
  assert.deepEqual(limits.slice(0, 3), [14, 16, 18]);
  assert.equal(limits.at(-1), MOST);
  assert.ok(limits.every((limit, n) => n === 0 || limit >= limits[n - 1]!));
});

test('a step that moves no more is taken back, and tried again after a while', () => {
  const limits = run(() => 5e6, 12);
  assert.deepEqual(limits.slice(0, 2), [14, 12]);
  assert.deepEqual(limits.slice(2, 10), Array.from({ length: 8 }, () => 12));
  assert.equal(limits[10], 14);
});

test('where it was never full, nothing is known and nothing changes', () => {
  assert.deepEqual(new Set(run((limit) => limit * 1e6, 10, { wanted: false })), new Set([12]));
});

test('complaints halve it, those of one moment once; it stays at what the storage bears, never below one', () => {
  let now = 0;
  const pace = new Pace(() => now);
  pace.trouble();
  now += 500;
  pace.trouble();
  assert.equal(pace.limit, 6);
  for (let n = 0; n < 9; n++) {
    now += 1000;
    pace.trouble();
  }
  assert.equal(pace.limit, 1);

  const limits = run((limit) => limit * 1e6, 200, { trouble: (limit) => limit > 4 });
  const settled = limits.slice(20);
  assert.ok(Math.max(...settled) <= 6 && Math.min(...settled) >= 2, JSON.stringify(settled));
  assert.ok(settled.filter((limit) => limit > 4).length < settled.length / 8, 'it complains seldom');
});

test('small files count by what they cost, not by their bytes', () => {
  let now = 0;
  const pace = new Pace(() => now);
  const limits: number[] = [];
  for (let n = 0; n < 4; n++) {
    pace.wanted();
    for (let file = 0; file < pace.limit * 10; file++) pace.ended();
    now += 2000;
    pace.ended();
    limits.push(pace.limit);
  }
  assert.deepEqual(limits, [14, 16, 18, 20]);
});
