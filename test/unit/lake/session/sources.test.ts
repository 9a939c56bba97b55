import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { whole } from '../../../../src/lake/session/options.ts';
import { Sources } from '../../../../src/lake/session/sources.ts';
import type { Instance } from '../../../../src/lake/types.ts';
import { Clock } from '../../../../src/rucio/clock.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sources-'));
after(() => fs.rmSync(folder, { recursive: true }));
const passwordFile = path.join(folder, 'rucio.cfg');
fs.writeFileSync(passwordFile, '[client]\nusername = ddmlab\npassword = of-config\n');

/** A pod with a token, a store with a password, a rucio.cfg with another; `good`: what the server takes. */
function scene(good: readonly string[]) {
  const instance: Instance = { name: 'lake', displayName: 'The Lake', baseUrl: 'https://r', authUrl: 'https://r', mode: 'replica', pathBeginsAt: 0, ruleLifetimeDays: 7, origin: 'test', tokenEnv: 'T', passwordFile };
  const tried: string[] = [];
  const take = (what: string): void => {
    tried.push(what);
    if (!good.includes(what)) throw new RucioError('wrongCredentials', 'no');
  };
  const sources = new Sources(whole({
    instance, transport: { close: () => undefined, raw: async () => ({}), clock: new Clock(() => 1_000_000) } as never, environment: (name) => (name === 'T' ? 'of-pod' : undefined),
    secrets: { get: async () => JSON.stringify({ method: 'userpass', username: 'alice', password: 'of-store' }), store: async () => undefined },
    calls: {
      userpass: async (_transport, { password }) => {
        take(password);
        return { token: `token ${password}`, account: 'alice' };
      },
      check: async (_transport, token) => {
        take(token);
        return { account: 'alice' };
      },
    },
  }), () => undefined);
  return { tried, sources };
}

const seeking = { held: () => undefined, byHand: false, isCurrent: () => true };

test('one after the other: the pod, what was signed in with last, rucio.cfg; and why a person is needed', async () => {
  for (const [good, method, tried] of [
    [['of-pod', 'of-store', 'of-config'], 'environment', ['of-pod']],
    [['of-store', 'of-config'], 'userpass', ['of-pod', 'of-store']],
    [['of-config'], 'config', ['of-pod', 'of-store', 'of-config']],
  ] as const) {
    const one = scene(good);
    const found = await one.sources.next(seeking);
    assert.ok('token' in found && found.method === method, JSON.stringify(found));
    assert.deepEqual(one.tried, tried);
  }
  const none = await scene([]).sources.next(seeking);
  assert.ok('text' in none && /does not accept the password in/.test(none.text), JSON.stringify(none));
});

test('who signed in by hand is not given what lies about', async () => {
  const { tried, sources } = scene(['of-pod', 'of-config']);
  const found = await sources.next({ ...seeking, byHand: true });
  assert.ok('text' in found);
  assert.deepEqual(tried, ['of-store']);
});

test('somebody signs in or out meanwhile: nothing more is tried', async () => {
  const { tried, sources } = scene(['of-store']);
  await sources.next({ ...seeking, isCurrent: () => tried.length === 0 });
  assert.deepEqual(tried, ['of-pod']);
});

test('a token that the server refused is not given again; after a sign-out it may be', async () => {
  const { tried, sources } = scene(['of-pod', 'of-store']);
  sources.refuse('of-pod');
  const other = await sources.next(seeking);
  assert.ok('token' in other && other.method === 'userpass');
  assert.deepEqual(tried, ['of-store']);
  sources.forget();
  const again = await sources.next(seeking);
  assert.ok('token' in again && again.method === 'environment');
});
