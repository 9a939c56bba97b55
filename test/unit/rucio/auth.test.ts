import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { checkToken, refusedPerhaps, tokenExpiry } from '../../../src/rucio/auth/token.ts';
import { signInUserpass } from '../../../src/rucio/auth/userpass.ts';
import { anyText } from '../../support/anyText.ts';
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

const jwt = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

test('a ready token: whose it is and until when', async () => {
  assert.equal(tokenExpiry(jwt({ exp: 1_700_000_000 })), 1_700_000_000_000);
  for (const none of ['alice-alice-unknown-144f3c', 'a.b.c', jwt({}), jwt(null), jwt({ exp: 'soon' }), '']) assert.equal(tokenExpiry(none), undefined);
  assert.deepEqual(await checkToken(transport, 'good'), { account: 'al/ice' });
  assert.doesNotMatch((await failing(checkToken(transport, 'bad-token'), 'wrongCredentials')).message, /bad-token/);
});

test('a refused token: what it says of itself', async () => {
  const now = 1_700_000_000_000;
  const exp = now / 1000 + 60;
  for (const [token, words] of [
    ['alice-alice-unknown-144f3c', ': it may have expired, or be meant for another server.'],
    [jwt({ exp: exp - 61, aud: 'x' }), ': it has expired.'],
    [jwt({ exp }), ': perhaps it is meant for another server.'],
    [jwt({ exp, aud: 'somebody-else', iss: 'https://iam.example.org' }), '. It is for the audience “somebody-else”, from https://iam.example.org: perhaps it is meant for another server.'],
    [jwt({ aud: 'somebody-else' }), '. It is for the audience “somebody-else”: perhaps it has expired, or is meant for another server.'],
    [jwt({ exp, iss: 'https://iam.example.org/' }), '. It is from https://iam.example.org/: perhaps it is meant for another server.'],
    [jwt({ exp, aud: ['a', 1, null, 'b', ['c'], 'd', 'e'] }), '. It is for the audience “a”, “b”, “d” and 1 more: perhaps it is meant for another server.'],
    [jwt({ exp, aud: '\u202e[Click](command:x)\n“a”', iss: { toString: 'x' } }), '. It is for the audience “??Click??command:x???a?”: perhaps it is meant for another server.'],
    [jwt({ exp, aud: '\u0007 \n', iss: 7 }), ': perhaps it is meant for another server.'],
    [jwt({ exp, aud: `eyJhbGciOiJub25lIn0${jwt({ sub: 'another token' }).slice(3)}`, iss: 'https://me:planted-word@iam.example.org' }), '. It is for the audience “?token ??”, from https://me:?@iam.example.org: perhaps it is meant for another server.'],
    [`e30.${Buffer.from(JSON.stringify({ exp, aud: 'signature-of-it' })).toString('base64url')}.signature-of-it`, ': perhaps it is meant for another server.'],
  ] as const) assert.equal(refusedPerhaps(token, now), words);
  assert.match((await failing(checkToken(transport, jwt({ aud: 'eos' })), 'wrongCredentials')).message, /^The server does not accept this token\. It is for the audience “eos”: perhaps/);
});

test('a refused token: whatever it says of itself, the sentence stays one, and short, and holds nothing of the token', () => {
  const claim = fc.oneof(fc.jsonValue(), anyText({ maxLength: 300 }), fc.array(anyText({ maxLength: 40 }), { maxLength: 8 }), fc.constantFrom('signature-in-clear', 'x signature-in-clear', 'e30.eyJ', 'A'.repeat(10_000)));
  fc.assert(fc.property(fc.record({ exp: fc.oneof(claim, fc.double()), aud: claim, iss: claim }, { requiredKeys: [] }), anyText(), (claims, rest) => {
    for (const token of [`e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature-in-clear`, rest, `${rest}.${rest}.${rest}`]) {
      const words = refusedPerhaps(token, 1_700_000_000_000);
      assert.match(words, /^(?:: |\. It is (?:for the audience “|from ))[\w.:/@+~%&=,; ?…“”-]*\.$/);
      assert.ok(words.length < 500, String(words.length));
      assert.ok(!words.includes('signature-in-clear'));
    }
  }));
});

test('a whoami that is led elsewhere is no answer', async () => {
  const remove = server.add({ path: '/accounts/whoami', redirect: 'https://login.example.org/accounts/mallory' });
  assert.match((await failing(checkToken(transport, 'good'), 'notRucio')).message, /login\.example\.org/);
  remove();
});
