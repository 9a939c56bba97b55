// *Scratch* is told of what becomes of uploads several times a second: it reads one time after the other, and only what is seen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rereading } from '../../../src/ui/scratch/rereading.ts';

test('news that come while it reads are read once, after a pause; what nobody sees, when it is seen', async () => {
  const ends: (() => void)[] = [];
  const timers: (() => void)[] = [];
  let seen = true;
  const rereading = new Rereading({
    seen: () => seen, read: () => new Promise((resolve) => { ends.push(resolve); }),
    clock: { setTimeout: (callback) => timers.push(callback), clearTimeout: () => { timers.length = 0; } },
  });
  const end = async (): Promise<void> => {
    ends.at(-1)!();
    await Promise.resolve();
    timers.pop()!();
  };
  rereading.look();
  assert.equal(ends.length, 0, 'nothing was told');
  for (let n = 0; n < 5; n++) rereading.hear();
  assert.equal(ends.length, 1, 'the first at once, and no other before it ended');
  await end();
  assert.equal(ends.length, 2, 'once for the four that came meanwhile');
  await end();
  assert.equal(ends.length, 2, 'nothing was told since');

  seen = false;
  rereading.hear();
  assert.equal(ends.length, 2);
  seen = true;
  rereading.look();
  assert.equal(ends.length, 3);
  rereading.hear();
  ends.at(-1)!();
  await Promise.resolve();
  rereading.dispose();
  assert.deepEqual([ends.length, timers.length], [3, 0], 'over');
});
