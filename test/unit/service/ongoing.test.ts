// What was begun before goes on when the lakes are open: later than what was asked first, at once for who asks for it, and whatever one journal is like.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, test } from 'node:test';
import { RucioError } from '../../../src/rucio/errors.ts';
import { Journal } from '../../../src/lake/transfers/journal.ts';
import type { OpenLake } from '../../../src/service/lakes.ts';
import { Ongoing } from '../../../src/service/ongoing.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => { for (const end of ends.splice(0).reverse()) await end(); });

/** A state folder, and a service on it that has one lake, of which nobody knows whose it is: what goes on waits for that. */
function scene() {
  const state = fs.mkdtempSync(path.join(os.tmpdir(), 'ongoing-'));
  const log: string[] = [];
  const lake = {
    instance: { name: 'lake' }, session: { info: { state: 'signedOut' } }, quietClient: {}, storage: {},
    quietAccount: (signal: AbortSignal) => new Promise((_, reject) => { signal.addEventListener('abort', () => reject(new RucioError('cancelled', 'Cancelled.'))); }),
  };
  const ongoing = new Ongoing({
    state, lakes: { all: [{ lake, key: 'k', session: 'bob' } as unknown as OpenLake] }, log: (level, text) => void log.push(`${level} ${text}`),
    news: { transfer: () => undefined, scratch: () => undefined, watchEnded: () => 0 }, onRest: () => undefined,
  });
  ends.push(() => fs.rmSync(state, { recursive: true }), () => ongoing.close());
  return { state, log, ongoing };
}

function begunIn(state: string): void {
  const journal = new Journal(state);
  journal.add({ id: 't', session: 'bob', instance: 'lake', account: 'bob', kind: 'download', wish: { dids: [], folder: '/x' } as never, state: 'running', made: 0 }, [{ scope: 's', name: 'f', path: '/x/f', bytes: 1 }]);
  journal.close();
}

test('a transfer of before is known at once to who asks, and goes on by itself for who does not', { timeout: 30_000 }, async () => {
  const { state, ongoing } = scene();
  begunIn(state);
  ongoing.settleSoon();
  assert.equal(ongoing.working, false, 'not in the way of what is asked first');
  assert.deepEqual(ongoing.transferring.list(new Set(['bob'])).map(({ id }) => id), ['t']);
  assert.equal(ongoing.working, true);

  const other = scene();
  begunIn(other.state);
  other.ongoing.settleSoon();
  while (!other.ongoing.working) await new Promise((resolve) => { setTimeout(resolve, 10); });
  assert.equal(other.ongoing.uses('bob'), true);
});

test('who only browses writes no journal', () => {
  const { state, ongoing } = scene();
  ongoing.settleSoon();
  ongoing.settle();
  assert.deepEqual(ongoing.transferring.list(new Set(['bob'])), []);
  assert.deepEqual(ongoing.work, []);
  assert.deepEqual(fs.readdirSync(state).filter((name) => !name.startsWith('state.db')), []);
});

test('a journal that can\'t be read is said, to who asks for it, too, and keeps the others from nothing', () => {
  const { state, log, ongoing } = scene();
  begunIn(state);
  const newer = new DatabaseSync(path.join(state, 'state.db'));
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  ongoing.settleSoon();
  ongoing.settle();
  assert.deepEqual(log.map((line) => line.split(':')[0]), ['warn watches can\'t be read']);
  assert.equal(ongoing.uses('bob'), true);
  assert.throws(() => ongoing.watching.list('bob'), /newer version/);
});
