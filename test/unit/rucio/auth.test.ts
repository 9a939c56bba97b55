import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { checkToken, tokenExpiry } from '../../../src/rucio/auth/token.ts';
import { signInUserpass } from '../../../src/rucio/auth/userpass.ts';
import { faultyProxy, refuse } from '../../support/faults.ts';
import { failing, transportTo } from './helpers.ts';

const server = await faultyProxy((request, response) => {
  const { 'x-rucio-username': user, 'x-rucio-password': password, 'x-rucio-account': account, 'x-rucio-auth-token': token } = request.headers;
  if (request.url === '/accounts/whoami') {
    if (token !== 'good') return refuse(response, 401, 'CannotAuthenticate', 'Cannot authenticate with given credentials');
    return void response.writeHead(303, { Location: 'al%2Fice' }).end('<!doctype html><title>Redirecting...</title>');
  }
  if (password !== 'pässword 1') return refuse(response, 401, 'CannotAuthenticate', `Cannot authenticate to account ${String(account)} with given credentials`);
  if (user === 'two' && account === undefined) return void response.writeHead(206, { 'X-Rucio-Auth-Accounts': 'alice,bob' }).end('["alice", "bob"]');
  response.writeHead(200, { 'X-Rucio-Auth-Token': 'good', 'X-Rucio-Auth-Token-Expires': 'Sun, 22 Nov 2026 16:55:14 UTC', ...(user !== 'old' && { 'X-Rucio-Auth-Account': String(account ?? user) }) }).end();
});
after(() => server.close());
const transport = transportTo(server.url, { vo: 'def', appId: 'vscode' });

test('user and password: a token with its end; several accounts; wrong ones', async () => {
  const expiresAt = Date.UTC(2026, 10, 22, 16, 55, 14);
  assert.deepEqual(await signInUserpass(transport, { username: 'alice', password: 'pässword 1' }), { token: 'good', account: 'alice', expiresAt });
  assert.deepEqual(await signInUserpass(transport, { username: 'two', password: 'pässword 1' }), { accounts: ['alice', 'bob'] });
  assert.deepEqual(await signInUserpass(transport, { username: 'two', password: 'pässword 1', account: 'bob' }), { token: 'good', account: 'bob', expiresAt });
  // A server that does not say which account it was is asked.
  assert.deepEqual(await signInUserpass(transport, { username: 'old', password: 'pässword 1' }), { token: 'good', account: 'al/ice', expiresAt });
  await failing(signInUserpass(transport, { username: 'alice', password: 'wrong' }), 'wrongCredentials');
  for (const password of ['', 'a\nb', '€']) assert.doesNotMatch((await failing(signInUserpass(transport, { username: 'alice', password }), 'badInput')).message, /€/);
  assert.equal(server.seen[0]?.headers['x-rucio-vo'], 'def');
  assert.equal(server.seen[0]?.headers['x-rucio-appid'], 'vscode');
});

test('signing in goes to authUrl, and only that', async () => {
  const api = await faultyProxy((_, response) => void response.end('{"version":"41"}'));
  const both = transportTo(api.url, { authUrl: server.url });
  await signInUserpass(both, { username: 'alice', password: 'pässword 1' });
  await both.json({ path: '/ping' });
  assert.deepEqual(api.seen.map((one) => one.path), ['/ping']);
  both.close();
  await api.close();
});

test('a ready token: whose it is and until when', async () => {
  const jwt = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  assert.equal(tokenExpiry(jwt({ exp: 1_700_000_000 })), 1_700_000_000_000);
  for (const none of ['alice-alice-unknown-144f3c', 'a.b.c', jwt({}), jwt(null), jwt({ exp: 'soon' }), '']) assert.equal(tokenExpiry(none), undefined);
  assert.deepEqual(await checkToken(transport, 'good'), { account: 'al/ice' });
  assert.doesNotMatch((await failing(checkToken(transport, 'bad-token'), 'wrongCredentials')).message, /bad-token/);
});

test('a whoami that is led elsewhere is no answer', async () => {
  const remove = server.add({ path: '/accounts/whoami', redirect: 'https://login.example.org/accounts/mallory' });
  assert.match((await failing(checkToken(transport, 'good'), 'notRucio')).message, /login\.example\.org/);
  remove();
});
