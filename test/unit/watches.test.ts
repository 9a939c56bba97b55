// What is watched outlives the service, in a database whose shape has a version.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import { WatchStore } from '../../src/service/watches.ts';

const did = { scope: 's', name: 'n' };

it('watches are there after a new start, each once, until they were told', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'watches-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const first = new WatchStore(folder);
  first.add({ session: 'a', id: 'r1', did, since: 1, state: 'REPLICATING' });
  first.add({ session: 'a', id: 'r1', did, since: 2, state: 'STUCK' });
  first.add({ session: 'b', id: 'r1', did, since: 3, state: 'STUCK' });
  first.end('a', 'r1', 'OK', undefined, 9);
  // Not closed: the service was killed. What it had said stands.
  const second = new WatchStore(folder);
  assert.deepEqual(second.of('a'), [{ session: 'a', id: 'r1', did, since: 1, state: 'OK', ended: 9 }]);
  second.remove('a', 'r1');
  assert.deepEqual(first.of('a'), []);
  assert.deepEqual(first.of('b'), [{ session: 'b', id: 'r1', did, since: 3, state: 'STUCK' }]);
  // Of a DID that is waited for.
  second.add({ session: 'c', id: 'did s:n', type: 'DATASET', did, since: 4, state: 'notAvailable' });
  assert.deepEqual(first.of('c'), [{ session: 'c', id: 'did s:n', type: 'DATASET', did, since: 4, state: 'notAvailable' }]);
  first.close();
  second.close();
});

it('a database of the first version is brought to this one, with what is watched', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'watches-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const old = new DatabaseSync(path.join(folder, 'state.db'));
  old.exec(`CREATE TABLE watch (session TEXT NOT NULL, id TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, since INTEGER NOT NULL, state TEXT NOT NULL, error TEXT, ended INTEGER, PRIMARY KEY (session, id)) STRICT;
    INSERT INTO watch VALUES ('a', 'r1', 's', 'n', 1, 'STUCK', NULL, NULL); PRAGMA user_version = 1`);
  old.close();
  const store = new WatchStore(folder);
  assert.deepEqual(store.of('a'), [{ session: 'a', id: 'r1', did, since: 1, state: 'STUCK' }]);
  store.close();
});

it('a database of a newer version is left as it is, and what is said of it fits', (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'watches-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const newer = new DatabaseSync(path.join(folder, 'state.db'));
  newer.exec('CREATE TABLE other (x); PRAGMA user_version = 99');
  newer.close();
  assert.throws(() => new WatchStore(folder), (error) => {
    const { what, next, actions } = explain(error);
    assert.deepEqual([what, actions], ['The rules and DIDs that are waited for were written down by a newer version of this extension.', ['reload', 'showLog']]);
    assert.match(next, /^Reload the window/);
    return true;
  });
});
