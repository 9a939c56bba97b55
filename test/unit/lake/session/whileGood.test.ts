// A token that the server renews only while it is good: renewed in time, with nobody asking for it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Session } from '../../../../src/lake/session/session.ts';
import type { Instance } from '../../../../src/lake/types.ts';
import { faultyProxy, refuse } from '../../../support/faults.ts';
import { transportTo } from '../../rucio/helpers.ts';

const jwt = (lifeSeconds: number, name: string): string => `e30.${Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + lifeSeconds, name })).toString('base64url')}.c2ln`;
const first = jwt(4, 'first');
const second = jwt(3600, 'second');
let refreshes = 0;

const server = await faultyProxy((request, response) => {
  const token = request.headers['x-rucio-auth-token'];
  if (token !== first && token !== second) return refuse(response, 401, 'CannotAuthenticate', 'Cannot authenticate with given credentials');
  if (request.url === '/accounts/whoami') return void response.writeHead(303, { Location: 'alice' }).end();
  assert.deepEqual([request.url, request.headers['x-rucio-account']], ['/auth/oidc_refresh', 'alice']);
  // At first there is no newer one: empty headers, as Rucio answers then.
  response.writeHead(200, { 'X-Rucio-Auth-Token': ++refreshes === 1 ? '' : second, 'X-Rucio-Auth-Token-Expires': '' }).end();
});
after(() => server.close());

test('renewed before its end, after a first try in vain, without a question', async () => {
  const transport = transportTo(server.url);
  const stores: (string | null)[] = [];
  const instance: Instance = { name: 'lake', displayName: 'The Lake', baseUrl: server.url, authUrl: server.url, mode: 'replica', pathBeginsAt: 0, ruleLifetimeDays: 7, origin: 'test' };
  const session = new Session({
    instance, transport, ask: () => assert.fail('nobody is to be asked'),
    secrets: { get: async () => JSON.stringify({ method: 'oidc', token: first, account: 'alice' }), store: async (value) => void stores.push(value) },
  });
  assert.deepEqual(await session.signInQuietly().then(({ account, method }) => [account, method]), ['alice', 'oidc']);
  assert.equal(await session.current(), first);
  for (let tries = 0; stores.length === 0 && tries < 100; tries++) await pause(50);
  assert.deepEqual(JSON.parse(stores[0]!), { method: 'oidc', token: second, account: 'alice' });
  assert.equal(await session.current(), second);
  assert.equal(refreshes, 2);
  session.close();
  transport.close();
});
