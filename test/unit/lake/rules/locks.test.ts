// The table of a rule's files: whatever is filtered and sorted, its windows are those of the plain list.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LockTable, type LocksQuery } from '../../../../src/lake/rules/locks.ts';
import type { ReplicaLock } from '../../../../src/rucio/types.ts';
import { historyView, withPoint } from '../../../../src/ui/ruleStatus/history.ts';
import { stuckView } from '../../../../src/ui/ruleStatus/files.ts';
import type { Rule } from '../../../../src/rucio/types.ts';

const STATES = ['OK', 'REPLICATING', 'STUCK'] as const;
const name = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\\', "'", 'ü', ' '), minLength: 1, maxLength: 6 });
const lock = fc.record({ scope: fc.constantFrom('s', 't%'), name, rse: fc.constantFrom('R1', 'R_2'), state: fc.constantFrom(...STATES), rule_id: fc.constant('x') });

async function filled(locks: readonly ReplicaLock[]): Promise<LockTable> {
  const table = new LockTable();
  await table.fill({ async *listReplicaLocks() { for (let i = 0; i < locks.length; i += 7) yield locks.slice(i, i + 7); } }, 'x', () => undefined);
  return table;
}

test('windows of any query, put together, are the filtered list in order', async () => {
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(lock, { maxLength: 60, selector: ({ scope, name: n, rse }) => `${scope} ${n} ${rse}` }), fc.string({ unit: fc.constantFrom('a', '%', '_', '\\', ':'), maxLength: 2 }),
    fc.option(fc.constantFrom(...STATES), { nil: undefined }), fc.constantFrom('did', 'rse', 'state'), fc.boolean(), fc.integer({ min: 1, max: 20 }),
    async (locks, text, state, sort, descending, limit) => {
      const table = await filled(locks);
      const fits = locks.filter((row) => (state === undefined || row.state === state) && `${row.scope}:${row.name} ${row.rse}`.toLowerCase().includes(text.toLowerCase()));
      const query: Omit<LocksQuery, 'offset'> = { text, sort: sort as LocksQuery['sort'], descending, limit, ...(state && { state }) };
      const found: string[] = [];
      for (let offset = 0; offset < fits.length; offset += limit) {
        const window = table.window({ ...query, offset });
        assert.equal(window.matching, fits.length);
        assert.equal(window.offset, offset);
        found.push(...window.rows.map((row) => `${row.scope} ${row.name} ${row.rse} ${row.state}`));
      }
      assert.deepEqual([...found].sort(), fits.map((row) => `${row.scope} ${row.name} ${row.rse} ${row.state}`).sort());
      const keys = found.map((text) => (sort === 'state' ? ['STUCK', 'REPLICATING', 'OK'].indexOf(text.split(' ').at(-1)!) : 0));
      assert.deepEqual(keys, [...keys].sort((a, b) => (descending ? b - a : a - b)));
      assert.equal(table.summary().counts.reduce((sum, { files }) => sum + files, 0), locks.length);
      table.close();
      table.close();
    }), { numRuns: 60 });
});

test('a cut stream is no whole table, and a column that is none is refused', async () => {
  const table = new LockTable();
  await assert.rejects(table.fill({ async *listReplicaLocks() { yield [{ scope: 's', name: 'n', rse: 'R', state: 'OK', rule_id: 'x' }] as ReplicaLock[]; throw new Error('cut'); } }, 'x', () => undefined), /cut/);
  assert.deepEqual([table.summary().whole, table.summary().read], [false, 1]);
  assert.throws(() => table.window({ sort: 'name; DROP TABLE lock' as LocksQuery['sort'], offset: 0, limit: 1 }), /no such column/);
  table.close();
});

test('rate and time left from what was seen, and nothing from nothing', () => {
  const rule = (done: number): Rule => ({ locks_ok_cnt: done, locks_replicating_cnt: 100 - done, locks_stuck_cnt: 0, copies: 1 }) as Rule;
  let history = withPoint([], rule(10), 0);
  assert.equal(historyView(history, rule(10)), undefined);
  history = withPoint(history, rule(40), 60_000);
  assert.equal(historyView(history, rule(40))!.words, '30 files in the last 60 s; at this rate about 2 min more.');
  for (let n = 0; n < 1000; n++) history = withPoint(history, rule(41), 61_000 + n);
  assert.ok(history.length <= 200);
  assert.deepEqual(history[0], [0, 10]);
});

test('a stuck file in words', () => {
  assert.deepEqual(stuckView({ scope: 's', name: 'f', rse: 'R', attempts: 3, lastSource: 'A', lastError: 'no route', sources: [{ rse: 'A', readable: false }, { rse: 'B', readable: true }] }).words, ['Tried 3 times, last from A.', 'Rucio says: no route', 'It could come from B.']);
  assert.match(stuckView({ scope: 's', name: 'f', rse: 'R', sources: [] }).words.join(' '), /gives no text.*No storage has a good copy/);
});
