// Who needs the lake service has it back when it went away; one that dies as soon as it is back is not started again at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Comeback } from '../../../src/ui/comeback.ts';
import { TestClock } from './explorer/clock.ts';

function build() {
  const clock = new TestClock();
  const seen = { asked: 0, wanted: true };
  const comeback = new Comeback({ wanted: () => seen.wanted, ask: () => void seen.asked++, clock, now: () => clock.now });
  return { clock, seen, comeback };
}

test('it is asked soon, once, and where nobody needs it not at all', () => {
  const { clock, seen, comeback } = build();
  comeback.onConnection('connected');
  clock.pass(60_000);
  comeback.onConnection('idle');
  assert.equal(seen.asked, 0);
  clock.pass(1000);
  assert.equal(seen.asked, 1);
  clock.pass(60_000);
  assert.equal(seen.asked, 1);
  comeback.onConnection('connected');
  clock.pass(60_000);
  seen.wanted = false;
  comeback.onConnection('idle');
  clock.pass(60_000);
  assert.equal(seen.asked, 1);
});

test('one that dies of being asked is asked every ten seconds at most, and no more when the window goes', () => {
  const { clock, seen, comeback } = build();
  for (let second = 0; second < 600; second++) {
    const before = seen.asked;
    if (second === 0) comeback.onConnection('idle');
    clock.pass(1000);
    if (seen.asked === before) continue;
    comeback.onConnection('connected');
    clock.pass(100);
    comeback.onConnection('idle');
  }
  assert.ok(seen.asked > 40 && seen.asked <= 60, `${seen.asked} times in ten minutes`);
  const { asked } = seen;
  comeback.dispose();
  clock.pass(60_000);
  assert.equal(seen.asked, asked);
});
