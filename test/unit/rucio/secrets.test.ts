// The last line of defence: no secret that this process knows, and nothing that looks like one, is left in a text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secrets } from '../../../src/rucio/secrets.ts';

// Made here, so that no file holds what looks like a secret.
const JWT = [{ alg: 'RS256' }, { sub: 'alice', exp: 1 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.c2lnbmF0dXJl';
const PEM = ['-----BEGIN ENCRYPTED PRIVATE KEY-----', 'MIIE6TAbBgkqhk', 'iG9w0BBQMwDgQI', '-----END ENCRYPTED PRIVATE KEY-----'].join('\n');

test('what looks like a secret is taken out, and the text around it stays', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [`the token ${JWT} is refused`, JWT, 'the token [token …] is refused'],
    [`read ${PEM} in /k.pem`, 'MIIE6TAbBgkqhk', 'read [private key …] in /k.pem'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEow (cut', 'MIIEow', '[private key …]'],
    ['X-Rucio-Auth-Token: alice-CN=Alice, O=CERN-vscode-0123\nHost: x', 'CN=Alice', 'X-Rucio-Auth-Token: …\nHost: x'],
    ["{ 'x-rucio-auth-token': 'alice-0123', a: 1 }", 'alice-0123', "{ 'x-rucio-auth-token': '…', a: 1 }"],
    ['Authorization: Basic YWxpY2U6cHc=', 'YWxpY2U6cHc=', 'Authorization: …'],
    ['sent Bearer abc.def1 to it', 'abc.def1', 'sent Bearer … to it'],
    ['POST grant_type=refresh_token&refresh_token=r4nd0m&x=1', 'r4nd0m', 'POST grant_type=refresh_token&refresh_token=…&x=1'],
    ['/login?password=hunter2', 'hunter2', '/login?password=…'],
    ['vscode://a.b/callback?code=c0de1&state=s', 'c0de1', 'vscode://a.b/callback?code=…&state=s'],
    ['{"refreshToken":"r\\"4","issuer":"i"}', 'r\\"4', '{"refreshToken":"…","issuer":"i"}'],
    ['through http://me:pw@proxy:3128/', ':pw@', 'through http://me:…@proxy:3128/'],
  ];
  for (const [text, secret, wanted] of cases) {
    const clean = new Secrets().scrub(text);
    assert.equal(clean, wanted);
    assert.ok(!clean.includes(secret));
  }
});

test('what is no secret stays as it is', () => {
  for (const text of [
    'There is no user.alice:run7.code=5.eyJ in this Rucio.', 'The token holds characters that no token has.', 'GET /auth/userpass 200 12 ms #4', 'https://rucio.example:443/rules/0123456789abcdef0123456789abcdef',
    'Nobody entered the code in time.', 'Bearer authentication is needed', 'cookies are off', 'mc16:file-0123456789abcdef0123456789abcdef',
  ]) assert.equal(new Secrets().scrub(text), text);
});

test('what this process knows is taken out wherever it stands', () => {
  const secrets = new Secrets();
  secrets.learnFrom([['X-Rucio-Password', 'Tr0ub4dor'], ['X-Rucio-Username', 'alice-long-name'], ['Authorization', 'Bearer opaque-one'], ['token_type', 'Bearer'], ['refresh_token', 'opaque-one-longer'], ['passphrase', 'pp'], ['expires_in', 3600]]);
  assert.equal(secrets.scrub('alice-long-name / Tr0ub4dor / opaque-one / opaque-one-longer / pp / Bearer'), 'alice-long-name / … / … / … / pp / Bearer');
  secrets.forget();
  assert.equal(secrets.scrub('Tr0ub4dor'), 'Tr0ub4dor');
  for (let i = 0; i < 500; i++) secrets.learn(`secret-${i}-`);
  assert.deepEqual([secrets.scrub('secret-1-'), secrets.scrub('secret-499-')], ['secret-1-', '…'], 'bounded');
});
