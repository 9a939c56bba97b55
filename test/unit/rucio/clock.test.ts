import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Clock } from '../../../src/rucio/clock.ts';

const AT = Date.UTC(2026, 0, 1);
const dateOf = (ms: number): string => new Date(ms).toUTCString();

test('a clock that is right stays as it is, however long the answer took', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 600_000 }), fc.integer({ min: 0, max: 1000 }), fc.nat(999), (took, share, ms) => {
    const began = AT + ms;
    const clock = new Clock(() => began + took);
    clock.heard(dateOf(began + took * share / 1000), began);
    return clock.known && clock.fast === 0 && clock.now() === began + took && clock.problem === undefined;
  }));
});

test('one that is off is put right, to a second and the time that the answer took', () => {
  fc.assert(fc.property(fc.integer({ min: -86_400_000, max: 86_400_000 }), fc.integer({ min: 0, max: 2000 }), (off, took) => {
    fc.pre(Math.abs(off) > 35_000);
    const clock = new Clock(() => AT + off + took);
    clock.heard(dateOf(AT + took), AT + off);
    return Math.abs(clock.now() - (AT + took)) <= 1000 + took && Math.abs(clock.here(AT) - (AT + off)) <= 1000 + took;
  }));
});

test('says it in words; what is no date is not taken; put right again when the machine is', () => {
  let local = AT + 600_000;
  const clock = new Clock(() => local);
  clock.heard(null, local);
  clock.heard('soon', local);
  assert.deepEqual([clock.known, clock.fast], [false, 0]);
  clock.heard(dateOf(AT), local);
  assert.equal(clock.problem, 'This machine’s clock is 10 minutes fast.');
  local = AT - 3 * 3_600_000;
  clock.heard(dateOf(AT), local);
  assert.equal(clock.problem, 'This machine’s clock is 3 hours slow.');
  local = AT;
  clock.heard(dateOf(AT), local);
  assert.deepEqual([clock.problem, clock.fast], [undefined, 0]);
});
