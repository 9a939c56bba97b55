// How many files move at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Budget } from '../../../../src/lake/transfers/budget.ts';

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

test('whoever leaves the queue is not waited for, and takes nobody’s room', async () => {
  const budget = new Budget();
  const large = await Promise.all(Array.from({ length: 4 }, () => budget.take(1e9)));
  const over = new AbortController();
  const left = budget.take(1e9, { signal: over.signal });
  const next = budget.take(10);
  over.abort();
  (await left).leave(); // makes no room
  large[0]!.leave();
  (await next).leave();
  const others = await Promise.all(Array.from({ length: 3 }, () => budget.take(10)));
  let in4 = false;
  void budget.take(10).then(() => { in4 = true; });
  await turn();
  assert.equal(in4, false);
  others[0]!.leave();
  await turn();
  assert.equal(in4, true);
});

test('closed, it lets nobody in, and says when all are out', async () => {
  const budget = new Budget();
  const out = await budget.take(10);
  budget.close();
  const over = new AbortController();
  let inside = false;
  const waits = budget.take(10, { signal: over.signal }).then(() => { inside = true; });
  let empty = false;
  void budget.empty().then(() => { empty = true; });
  await turn();
  assert.deepEqual([inside, empty], [false, false]);
  out.leave();
  await turn();
  assert.deepEqual([inside, empty], [false, true]);
  over.abort();
  await waits;
});

test('what is put before the others goes first, the last put first; among equals it is first come, first served', async () => {
  const budget = new Budget();
  const large = await Promise.all(Array.from({ length: 4 }, () => budget.take(1e9)));
  const order: string[] = [];
  for (const whose of ['a', 'b', 'c', 'b', 'a']) void budget.take(1e9, { of: whose }).then((room) => { order.push(whose); room.leave(); });
  budget.first('c');
  budget.first('b');
  await turn();
  assert.deepEqual(order, []);
  large[0]!.leave();
  for (let n = 0; n < 20; n++) await turn();
  assert.deepEqual(order, ['b', 'b', 'c', 'a', 'a']);
});

test('each storage has a limit of its own; one that is full keeps nobody from another', async () => {
  const budget = new Budget();
  await Promise.all(Array.from({ length: 12 }, () => budget.take(1, { at: 'a' })));
  let inside = false;
  void budget.take(1, { at: 'a' }).then(() => { inside = true; });
  await Promise.all(Array.from({ length: 12 }, () => budget.take(1, { at: 'b' })));
  await turn();
  assert.equal(inside, false);
});

test('a storage that complains: whoever tries again there gives up its room while too much is under way, and goes before new ones', async () => {
  const budget = new Budget(() => 0);
  const all = await Promise.all(Array.from({ length: 12 }, () => budget.take(1, { at: 'a' })));
  all[0]!.trouble();
  all[1]!.trouble(); // of the same moment
  assert.equal(budget.limit('a'), 6);
  const order: string[] = [];
  void budget.take(1, { at: 'a' }).then(() => order.push('new'));
  const again = all.slice(0, 7).map((room, n) => room.again().then(() => { order.push(`again ${n}`); }));
  await turn();
  assert.deepEqual(order, ['again 6'], 'six are enough left');
  for (const room of all.slice(7)) room.leave();
  await turn();
  assert.deepEqual(order.slice(1), ['again 0', 'again 1', 'again 2', 'again 3', 'again 4']);
  all[6]!.leave();
  await turn();
  assert.equal(order.at(-1), 'again 5');
  all[0]!.leave();
  await Promise.all(again);
  await turn();
  assert.equal(order.at(-1), 'new');
});
