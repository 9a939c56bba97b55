// The line above the tree, and states as they are heard.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewMessage } from '../../../../src/ui/explorer/message.ts';
import { StatusStore } from '../../../../src/ui/explorer/statuses.ts';
import { failure } from './fakeLake.ts';

describe('the line above the tree', () => {
  const facts = { connection: 'connected', filter: 'all', unknownStates: new Map() } as const;
  it('says nothing when all is well, also while nothing is connected yet', () => {
    for (const connection of ['idle', 'connecting', 'connected'] as const) assert.equal(viewMessage({ ...facts, connection }), undefined);
  });
  it('says at most that it reconnects when the service was lost', () => {
    assert.equal(viewMessage({ ...facts, connection: 'reconnecting' }), 'Reconnecting to the lake service…');
  });
  it('says what is filtered and where states are not known', () => {
    assert.equal(viewMessage({ ...facts, filter: 'dataset', unknownStates: new Map([['Lake', failure({ what: 'No answer from rucio.test.' })]]) }),
      'States at Lake not known: No answer from rucio.test.\nScopes show datasets only.');
  });
});

describe('states', () => {
  it('are told on only where they changed', () => {
    const store = new StatusStore();
    const told: string[][] = [];
    store.onDidChange((changed) => told.push(changed.map(({ name, state }) => `${name} ${state}`)));
    const info = (name: string, state: 'available' | 'stuck') => ({ scope: 's', name, type: 'FILE' as const, state, looked: 'x' });
    store.hear('lake', [info('a', 'available'), info('b', 'stuck')]);
    store.hear('lake', [info('a', 'available'), info('b', 'available')]);
    store.hear('lake', [info('a', 'available')]);
    assert.deepEqual(told, [['a available', 'b stuck'], ['b available']]);
    assert.equal(store.get({ instance: 'lake', scope: 's', name: 'b' })?.state, 'available');
    assert.equal(store.get({ instance: 'other', scope: 's', name: 'b' }), undefined);
  });
});
