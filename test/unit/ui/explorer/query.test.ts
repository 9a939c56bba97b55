// A search as one types: one question after a pause, the one before dropped, failures with a way on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Query } from '../../../../src/ui/explorer/query.ts';
import { TestClock } from './clock.ts';
import { FakeLake, rowOf, settle } from './fakeLake.ts';

function build() {
  const lake = new FakeLake();
  const clock = new TestClock();
  const query = new Query(lake.asClient, () => undefined, clock);
  const type = (text: string) => query.ask({ instance: 'lake', text, type: 'all' });
  return { lake, clock, query, type, names: () => query.state.rows.map(({ name }) => name) };
}

describe('the search', () => {
  it('asks nothing without a scope, and once after a pause', () => {
    const { lake, clock, query, type } = build();
    type('te');
    clock.pass(1000);
    assert.equal(query.state.idle, true);
    for (const text of ['test:', 'test:a', 'test:ab ']) {
      type(text);
      clock.pass(100);
    }
    assert.deepEqual(lake.streams, []);
    assert.equal(query.state.busy, true);
    clock.pass(200);
    assert.deepEqual(lake.streams.map(({ params }) => params['text']), ['test:ab']);
  });

  it('cancels at the next key, and keeps the last rows until new ones come', async () => {
    const { lake, clock, query, type, names } = build();
    type('test:a');
    clock.pass(200);
    const first = lake.last;
    first.rows([rowOf('a1')]);
    assert.deepEqual(names(), ['a1']);
    type('test:b');
    assert.equal(first.signal?.aborted, true);
    assert.deepEqual(names(), ['a1']);
    clock.pass(200);
    assert.deepEqual(names(), ['a1']);
    first.rows([rowOf('a2')]);
    assert.deepEqual(names(), ['a1']);
    lake.last.rows([rowOf('b1')]);
    assert.deepEqual(names(), ['b1']);
    await lake.last.end(true);
    assert.deepEqual([query.state.more, query.state.busy], [true, false]);
    type('test:c');
    clock.pass(200);
    await lake.last.end();
    assert.deepEqual(names(), [], 'nothing found is nothing');
  });

  it('fails in words, and goes on by retry', async () => {
    const { lake, clock, query, type, names } = build();
    type('test:a');
    clock.pass(200);
    await lake.last.fail({ kind: 'busy' });
    assert.equal(query.state.failure?.kind, 'busy');
    query.retry();
    assert.equal(query.state.failure, undefined);
    lake.last.rows([rowOf('a1')]);
    await lake.last.end();
    assert.deepEqual(names(), ['a1']);
    query.dispose();
    await settle();
  });
});
