// What is under way, in words, and what the log says of a request that failed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../../../src/protocol.ts';
import { Requests } from '../../../src/service/requests.ts';

const FAILURE: Failure = { kind: 'unreachable', what: 'The server can\'t be reached.', next: 'Try again.', actions: [] };

test('each is named by what it is about, until it is done; the question itself is none', () => {
  const requests = new Requests(() => undefined);
  const asked = [
    requests.begin('did/search', { instance: 'lake', text: 'mu*', scope: 's' }),
    requests.begin('did/list', { instance: 'lake', scope: 's', name: '*' }),
    requests.begin('rule/preview', { instance: 'lake', did: { scope: 's', name: 'run' } }),
    requests.begin('rule/get', { instance: 'lake', id: 'abc' }),
    requests.begin('status', {}),
    requests.begin('status', {}),
  ];
  assert.deepEqual(requests.under('status'), ['did/search mu* (lake)', 'did/list s: (lake)', 'rule/preview s:run (lake)', 'rule/get abc (lake)']);
  assert.deepEqual(requests.under('did/list').slice(-2), ['status', 'status'], 'two of the same are two');
  assert.equal(new Set(asked.map(({ name }) => name)).size, asked.length);
  for (const one of asked) one.done();
  assert.deepEqual(requests.under(''), []);
});

test('a failure is logged by its request\'s name, a bug with where it is, and nothing of what was cancelled', () => {
  const log: string[] = [];
  const requests = new Requests((level, text) => void log.push(`${level} ${text.split('\n')[0]}`));
  const asked = requests.begin('ping', { instance: 'lake' });
  asked.failed(FAILURE, new Error('ECONNREFUSED'));
  asked.failed({ ...FAILURE, request: 'GET https://r/ping' }, undefined);
  asked.failed({ ...FAILURE, kind: 'bug', what: 'A bug.' }, new Error('where'));
  asked.failed({ ...FAILURE, kind: 'cancelled' }, new Error('cancelled'));
  assert.deepEqual(log, [
    `warn ${asked.name}: The server can't be reached.`, `warn ${asked.name}: The server can't be reached. [GET https://r/ping]`, `warn ${asked.name}: A bug.`, 'error Error: where',
  ]);
});
