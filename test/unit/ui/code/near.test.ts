import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { distance, nearest } from '../../../../src/ui/code/near.ts';

/** The textbook's, whole table. */
function plain(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (__, j) => (i === 0 ? j : j === 0 ? i : 0)));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1);
    }
  }
  return d[a.length]![b.length]!;
}

describe('near names', () => {
  it('counts changes as the textbook does, up to the bound', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    fc.assert(fc.property(word, word, fc.integer({ min: 0, max: 5 }), (a, b, most) => {
      assert.equal(distance(a, b, most), Math.min(plain(a, b), most + 1));
    }));
  });

  it('names what may have been meant, the nearest first, and nothing that is far', () => {
    assert.deepEqual(nearest('ds.rwa', ['ds.raw', 'ds.row', 'other', 'ds.rwa.2']), ['ds.raw']);
    assert.deepEqual(nearest('DS.RAW', ['ds.raw']), ['ds.raw']);
    assert.deepEqual(nearest('tset', ['test', 'user.alice']), ['test']);
    assert.deepEqual(nearest('run.0001.root', ['run.0002.root', 'run.0001.rot', 'run.9999.root']), ['run.0001.rot', 'run.0002.root']);
    assert.deepEqual(nearest('abc', ['xyz']), []);
  });
});
