// The rucio.cfg for terminals: what stands in it for each way of signing in, and what never does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConfig, clientSignInOf } from '../../../../src/lake/programs/clientConfig.ts';

const SERVER = { baseUrl: 'https://rucio.example/api/', authUrl: 'https://auth.example' };
const JWT = `eyJhbGciOiJub25lIn0.${Buffer.from('{}').toString('base64url')}.x`;

test('how the client would sign in by itself: paths and names of what was kept, never its secrets', () => {
  const kept = { certificate: '/c.pem', key: '/k.pem', passphrase: 'secret', username: 'al', password: 'secret', refreshToken: 'secret' };
  const of = (method: Parameters<typeof clientSignInOf>[0]['method'], token = 'opaque-token'): unknown => clientSignInOf({ token, account: 'alice', method }, kept, '/tmp/x509up_u1');
  assert.deepEqual(of('x509'), { type: 'x509', certificate: '/c.pem', key: '/k.pem' });
  assert.deepEqual(of('proxy'), { type: 'x509_proxy', proxy: '/tmp/x509up_u1' });
  assert.deepEqual(of('userpass'), { type: 'userpass', username: 'al' });
  assert.deepEqual(of('config'), { type: 'userpass', username: 'alice' });
  assert.deepEqual(of('device', JWT), { type: 'oidc' });
  assert.deepEqual(of('file', JWT), { type: 'oidc' });
  assert.deepEqual(of('token'), { type: 'userpass', username: 'alice' });
});

test('the file: addresses without a slash at the end, % doubled, one certificate file for both, no line break', () => {
  const about = { account: 'alice', tokenFile: '/state/100%/token' };
  const text = clientConfig({ ...SERVER, caCert: '/ca.pem', vo: 'escape' }, { ...about, signIn: { type: 'x509', certificate: '/both.pem' } });
  assert.deepEqual(text.split('\n').slice(1), [
    '[client]', 'rucio_host = https://rucio.example/api', 'auth_host = https://auth.example', 'ca_cert = /ca.pem', 'vo = escape', 'account = alice', 'auth_type = x509',
    'auth_token_file_path = /state/100%%/token', 'client_cert = /both.pem', 'client_key = /both.pem', 'request_retries = 3', '',
  ]);
  assert.match(clientConfig(SERVER, { ...about, signIn: { type: 'userpass', username: 'al' } }), /^username = al\npassword = \n/m);
  assert.throws(() => clientConfig(SERVER, { ...about, account: 'alice\npassword = x', signIn: { type: 'oidc' } }), TypeError);
});
