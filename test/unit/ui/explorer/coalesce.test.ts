// Bursts become few events, and none is lost.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Coalescer } from '../../../../src/ui/tree/coalesce.ts';
import { TestClock } from './clock.ts';

describe('coalescing', () => {
  it('hands on the first at once, and what comes then at the end of the interval', () => {
    const clock = new TestClock();
    const seen: string[][] = [];
    const coalescer = new Coalescer<string>(200, (items) => seen.push([...items]), clock);
    coalescer.add('a');
    coalescer.add('b', 'c');
    coalescer.add('b');
    assert.deepEqual(seen, [['a']]);
    clock.pass(199);
    assert.equal(seen.length, 1);
    clock.pass(1);
    assert.deepEqual(seen, [['a'], ['b', 'c']]);
    clock.pass(1000);
    coalescer.add('d');
    assert.equal(seen.length, 3);
  });
  it('hands on at most five a second, and everything', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.nat(9)), { maxLength: 60 }), (steps) => {
      const clock = new TestClock();
      const at: number[] = [];
      const seen = new Set<number>();
      const coalescer = new Coalescer<number>(200, (items) => { at.push(clock.now); items.forEach((item) => seen.add(item)); }, clock);
      for (const [ms, item] of steps) {
        clock.pass(ms);
        coalescer.add(item);
      }
      clock.pass(200);
      assert.deepEqual([...seen].sort(), [...new Set(steps.map(([, item]) => item))].sort());
      assert.ok(at.every((time, i) => i === 0 || time - (at[i - 1] ?? 0) >= 200));
    }));
  });
  it('hands on at once when told to, and nothing after its end', () => {
    const clock = new TestClock();
    const seen: number[] = [];
    const coalescer = new Coalescer<number>(200, (items) => seen.push(...items), clock);
    coalescer.add(1);
    coalescer.add(2);
    coalescer.flush();
    assert.deepEqual(seen, [1, 2]);
    coalescer.add(3);
    coalescer.dispose();
    clock.pass(1000);
    assert.deepEqual(seen, [1, 2]);
  });
});
