// How many files move at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Budget } from '../../../../src/lake/transfers/budget.ts';

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

test('whoever leaves the queue is not waited for, and takes nobody’s room', async () => {
  const budget = new Budget();
  const large = await Promise.all(Array.from({ length: 4 }, () => budget.take(1e9)));
  const over = new AbortController();
  const left = budget.take(1e9, over.signal);
  const next = budget.take(10);
  over.abort();
  (await left)(); // makes no room
  large[0]!();
  (await next)();
  const others = await Promise.all(Array.from({ length: 3 }, () => budget.take(10)));
  let in4 = false;
  void budget.take(10).then(() => { in4 = true; });
  await turn();
  assert.equal(in4, false);
  others[0]!();
  await turn();
  assert.equal(in4, true);
});

test('closed, it lets nobody in, and says when all are out', async () => {
  const budget = new Budget();
  const out = await budget.take(10);
  budget.close();
  const over = new AbortController();
  let inside = false;
  const waits = budget.take(10, over.signal).then(() => { inside = true; });
  let empty = false;
  void budget.empty().then(() => { empty = true; });
  await turn();
  assert.deepEqual([inside, empty], [false, false]);
  out();
  await turn();
  assert.deepEqual([inside, empty], [false, true]);
  over.abort();
  await waits;
});

test('what is put before the others goes first, the last put first; among equals it is first come, first served', async () => {
  const budget = new Budget();
  const large = await Promise.all(Array.from({ length: 4 }, () => budget.take(1e9)));
  const order: string[] = [];
  for (const whose of ['a', 'b', 'c', 'b', 'a']) void budget.take(1e9, undefined, whose).then((room) => { order.push(whose); room(); });
  budget.first('c');
  budget.first('b');
  await turn();
  assert.deepEqual(order, []);
  large[0]!();
  for (let n = 0; n < 20; n++) await turn();
  assert.deepEqual(order, ['b', 'b', 'c', 'a', 'a']);
});
