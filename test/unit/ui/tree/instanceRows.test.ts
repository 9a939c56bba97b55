import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance, SessionInfo } from '../../../../src/protocol.ts';
import { lowerFirst } from '../../../../src/ui/explorer/words.ts';
import { SessionStore, signInWords } from '../../../../src/ui/sessions.ts';
import { InstanceRows, type InstanceRowsOptions } from '../../../../src/ui/tree/instanceRows.ts';

/** `welcomed`: what the service has now. */
function scene(more: Partial<InstanceRowsOptions> = {}) {
  const welcomed = { instances: ['a', 'b/c'].map((name) => ({ name }) as Instance), sessions: [] as SessionInfo[] };
  const asked: string[] = [];
  const sessions = new SessionStore();
  const rows = new InstanceRows({
    client: { welcome: async () => welcomed as never }, sessions, onChange: () => undefined,
    ask: async (instance) => {
      asked.push(instance);
      return { more: false };
    },
    ...more,
  });
  return { welcomed, asked, sessions, rows };
}

test('what was opened below an instance stays when the instances are asked for again; what is gone goes', async () => {
  const { welcomed, asked, rows } = scene();
  await rows.root.get();
  assert.deepEqual(rows.all.map(({ instance }) => instance), ['a', 'b/c']);
  const below = rows.get('a')!.branch;
  await below.get();
  welcomed.instances = [{ name: 'a', displayName: 'renamed' } as Instance];
  await rows.refresh();
  assert.equal(rows.get('a')!.branch, below);
  assert.equal(rows.get('a')!.config.displayName, 'renamed');
  assert.equal(rows.get('b/c'), undefined);
  assert.deepEqual(asked, ['a', 'a'], 'only what is open is read again');
});

test('only those have a row that are to be shown', async () => {
  const { rows } = scene({ shows: ({ name }) => name !== 'a' });
  await rows.root.get();
  assert.deepEqual(rows.all.map(({ instance }) => instance), ['b/c']);
});

test('another account is told of once, and only where something was read', async () => {
  const told: string[] = [];
  const { welcomed, sessions, rows } = scene({ onAccount: ({ instance }) => void told.push(instance) });
  const signedIn = (account: string): SessionInfo => ({ instance: 'a', state: 'signedIn', account });
  welcomed.sessions = [signedIn('alice')];
  await rows.root.get();
  sessions.hear(signedIn('bob'));
  assert.deepEqual(told, [], 'nobody has opened it');
  await rows.get('a')!.branch.get();
  sessions.hear(signedIn('bob'));
  sessions.hear({ ...signedIn('bob'), expiresAt: 1 });
  assert.deepEqual(told, []);
  sessions.hear({ instance: 'a', state: 'signedOut' });
  sessions.hear(signedIn('alice'));
  assert.deepEqual(told, ['a', 'a']);
});

test('“not signed in” is said where somebody asked and nobody is; not while it is being asked', () => {
  const nobody: SessionInfo = { instance: 'a', state: 'signedOut' };
  assert.deepEqual(signInWords(nobody, true), { beside: '', spoken: 'Being asked who is signed in' });
  assert.deepEqual(signInWords(nobody, false), { beside: 'not signed in', spoken: 'Not signed in' });
  assert.equal(lowerFirst(signInWords({ instance: 'a', state: 'signedIn', account: 'Alice' }, false).spoken), 'signed in as Alice', 'a name stays as it is');
  for (const asking of [true, false]) assert.deepEqual(signInWords({ instance: 'a', state: 'signedIn', account: 'alice' }, asking), { beside: 'alice', spoken: 'Signed in as alice' });
});
