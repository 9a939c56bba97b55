// A limit on the bytes of all transfers together, changed while they run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throttle } from '../../../../src/lake/transfers/throttle.ts';

async function took(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

test('without a limit nobody waits; with one, all together have its rate', async () => {
  const throttle = new Throttle();
  await throttle.pass(1e12);
  throttle.set(1_000_000);
  // 300 kB by three at once: 300 ms, never less.
  const ms = await took(() => Promise.all(Array.from({ length: 3 }, async () => {
    for (let n = 0; n < 10; n++) await throttle.pass(10_000);
  })));
  assert.ok(ms >= 295, `${ms} ms`);
});

test('another limit, or none, holds at once for who waits; and whoever is stopped waits no longer', async () => {
  const throttle = new Throttle();
  throttle.set(1);
  const waits = throttle.pass(1e6); // eleven days
  throttle.set(0);
  await waits;
  throttle.set(1);
  const over = new AbortController();
  const stopped = throttle.pass(1e6, over.signal);
  over.abort();
  await stopped;
  await throttle.pass(1e6, over.signal);
});

test('what was not used is not saved up', async () => {
  const throttle = new Throttle();
  throttle.set(1_000_000);
  await throttle.pass(1);
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  assert.ok(await took(() => throttle.pass(200_000)) >= 195);
});
