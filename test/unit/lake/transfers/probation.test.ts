// Who begins when, after the service died.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Probation, setAside } from '../../../../src/lake/transfers/probation.ts';

function probation(): { readonly begun: string[]; readonly written: string[]; readonly it: Probation } {
  const begun: string[] = [];
  const written: string[] = [];
  return { begun, written, it: new Probation({ set: (id, change) => void written.push(`${id} ${JSON.stringify(change)}`) }, (id) => begun.push(id), 1000) };
}

test('the unsuspected begin at once; suspects one after the other, the least suspect first, each when the one before moved a file or was alone for long enough', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { begun, written, it } = probation();
  it.admit({ id: 'a', deaths: 0 });
  it.admit({ id: 'b', deaths: 1 });
  it.admit({ id: 'c', deaths: 2 });
  it.admit({ id: 'd', deaths: 2 });
  it.admit({ id: 'e', deaths: 2 });
  it.admit({ id: 'c', deaths: 2 });
  it.admit({ id: 'd', deaths: 2 });
  assert.deepEqual([begun, it.waiting], [['a', 'b', 'c'], true]);
  it.moved('a');
  it.moved('b');
  assert.deepEqual([begun.length, written], [3, ['b {"deaths":0}']]);
  mock.timers.tick(1000);
  assert.deepEqual([begun.at(-1), written.at(-1)], ['d', 'c {"going":false}'], 'the next death is that of d');
  it.moved('d');
  assert.deepEqual([begun.at(-1), written.at(-1), it.waiting], ['e', 'd {"deaths":0}', false]);
  mock.timers.tick(1000);
  assert.deepEqual(written.slice(-3), ['e {"going":false}', 'c {"going":true}', 'e {"going":true}'], 'all go: nobody can tell any more');
  it.moved('c');
  it.moved('c');
  assert.equal(written.filter((one) => one === 'c {"deaths":0}').length, 1);
});

test('one that waits and is paused or cancelled does not begin; whose turn it was makes room', () => {
  const { begun, it } = probation();
  for (const id of ['a', 'b', 'c']) it.admit({ id, deaths: 2 });
  it.left('b');
  it.left('a');
  assert.deepEqual(begun, ['a', 'c']);
  it.close();
});

test('three deaths in a row set one aside that would go', () => {
  assert.equal(setAside({ deaths: 2, state: 'running', instance: 'lake' }), undefined);
  assert.equal(setAside({ deaths: 3, state: 'paused', instance: 'lake' }), undefined);
  assert.equal(setAside({ deaths: 3, state: 'running', instance: 'lake' })?.exceptionClass, 'SetAside');
});
